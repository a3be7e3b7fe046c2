"""Flags opened, brought up to date and closed by the thousand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from labeling.models import Event, Flag, FlagState, Project, QueueEntry, Task
from labeling.reasons.base import Reason
from labeling.reasons.conflict import CONFLICT
from labeling.reasons.decisions import Decision
from labeling.reasons.evidence import Evidence
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.near_duplicate import NEAR_DUPLICATE, NearDuplicateEvidence
from labeling.reasons.outlier import OUTLIER
from labeling.services import flags, queue, reviews
from labeling.services.reviews import Ruling
from tests import factories

pytestmark = pytest.mark.django_db

REASONS = (LABEL_ERROR, OUTLIER)


def finding(task: Task, reason: Reason[Evidence] = LABEL_ERROR, **values: Any) -> flags.Finding:
    """Return what a scan found about the label “a”, or about another that is `given`."""
    evidence = reason.evidence(given=values.pop("given", "a"))
    return flags.Finding(task_id=task.pk, reason=reason, evidence=evidence, **({"score": 0.1} | values))


def sync(project: Project, *findings: flags.Finding, question: str = "intent") -> tuple[int, int, int, int]:
    done = flags.sync_flags(project=project, question=question, reasons=REASONS, findings=findings, actor=None)
    return done.opened, done.updated, done.closed, done.decided


def test_flags_follow_the_findings() -> None:
    project = factories.project()
    one, two, three = factories.tasks(project, 3)
    assert sync(project, finding(one), finding(two), finding(one, OUTLIER)) == (3, 0, 0, 0)
    assert sync(project, finding(two, score=0.3, note="worse"), finding(three)) == (1, 1, 2, 0)
    states = {(flag.task_id, flag.reason): flag.state for flag in Flag.objects.all()}
    assert states == {
        (one.pk, "label_error"): FlagState.CLOSED,
        (one.pk, "outlier"): FlagState.CLOSED,
        (two.pk, "label_error"): FlagState.OPEN,
        (three.pk, "label_error"): FlagState.OPEN,
    }
    flag = Flag.objects.get(task=two)
    assert (flag.score, flag.note, flag.evidence["given"]) == (0.3, "worse", "a")
    assert Flag.objects.get(task=three).note == "Another label is more probable."
    assert Event.objects.filter(verb="flags.synced").count() == 2


def test_what_a_person_resolved_stays_so_on_the_same_basis() -> None:
    project = factories.project()
    task = factories.task(project)
    sync(project, finding(task))
    ruling = Ruling(Decision.KEEP)
    flag = Flag.objects.get()
    reviews.decide(actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=ruling, seen={flag.pk: []})
    assert sync(project, finding(task)) == (0, 0, 0, 1)
    assert sync(project, finding(task, given="b")) == (1, 0, 0, 0)


def decided_before_versions(task: Task, given: Any) -> Flag:
    """Make a flag that a person kept, as it was stored before evidence had a version."""
    return Flag.objects.create(
        task=task,
        project=task.project,
        question="intent",
        reason=LABEL_ERROR.name,
        state=FlagState.RESOLVED,
        resolution=Decision.KEEP,
        evidence={"given": given, "basis": json.dumps(given, sort_keys=True, ensure_ascii=False)[:300]},
    )


MANY = [f"label number {number}" for number in range(40)]


def test_answers_that_differ_late_are_not_taken_for_each_other() -> None:
    project = factories.project()
    task = factories.task(project)
    sync(project, finding(task, given=MANY))
    flag = Flag.objects.get()
    reviews.decide(
        actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.KEEP), seen={flag.pk: []}
    )
    assert sync(project, finding(task, given=MANY)) == (0, 0, 0, 1)
    assert sync(project, finding(task, given=[*MANY[:-1], "another"])) == (1, 0, 0, 0)


@pytest.mark.parametrize("given", ["a", 3, ["b", "a"], MANY, "é“"])
def test_what_was_decided_before_evidence_had_versions_stays_decided(given: Any) -> None:
    project = factories.project()
    task = factories.task(project)
    decided_before_versions(task, given)
    assert sync(project, finding(task, given=given)) == (0, 0, 0, 1)


def test_a_new_error_is_found_though_the_old_basis_was_cut() -> None:
    project = factories.project()
    task = factories.task(project)
    decided_before_versions(task, MANY)
    assert sync(project, finding(task, given=[*MANY[:-1], "another"])) == (1, 0, 0, 0)


def test_items_that_were_decided_before_evidence_had_versions_stay_decided() -> None:
    project = factories.project()
    odd, twice = factories.tasks(project, 2)
    copies = [{"task": odd.pk, "label": None, "split": "train"}]
    for task, reason, evidence in (
        (odd, OUTLIER, {"neighbors": [], "basis": "item", "run": 1}),
        (twice, NEAR_DUPLICATE, {"copies": copies, "labels_differ": True, "basis": f"[[{odd.pk}], true]", "run": 1}),
    ):
        Flag.objects.create(
            task=task,
            project=project,
            question="intent",
            reason=reason.name,
            state=FlagState.RESOLVED,
            resolution=Decision.KEEP,
            evidence=evidence,
        )
    found = [
        flags.Finding(task_id=odd.pk, reason=OUTLIER, score=0.1, evidence=OUTLIER.evidence()),
        flags.Finding(
            task_id=twice.pk,
            reason=NEAR_DUPLICATE,
            score=0.1,
            evidence=NearDuplicateEvidence(members=(odd.pk, twice.pk), labels_differ=True),
        ),
    ]
    done = flags.sync_flags(
        project=project, question="intent", reasons=[OUTLIER, NEAR_DUPLICATE], findings=found, actor=None
    )
    assert (done.opened, done.decided) == (0, 2)


def test_each_part_of_an_answer_has_its_own_flag() -> None:
    project = factories.project()
    task = factories.task(project)
    assert sync(project, finding(task), finding(task, part="r1"), finding(task, part="r2")) == (3, 0, 0, 0)
    flag = Flag.objects.get(part="r1")
    ruling = Ruling(Decision.QUARANTINE)
    act = reviews.decide(
        actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=ruling, seen={flag.pk: []}
    ).act
    assert set(Flag.objects.filter(state=FlagState.OPEN).values_list("part", flat=True)) == {"", "r2"}
    assert sync(project, finding(task, part="r1"), finding(task, part="r2", note="still")) == (0, 1, 1, 1)
    assert Flag.objects.get(state=FlagState.OPEN).part == "r2"
    assert Flag.objects.get(part="").state == FlagState.CLOSED
    # What stands beside it is another flag: the one that is taken back opens again.
    assert reviews.undo(actor=project.created_by, act=act) == [flag.pk]
    assert set(Flag.objects.filter(state=FlagState.OPEN).values_list("part", flat=True)) == {"r1", "r2"}


def test_a_part_is_flagged_once_by_hand_too_and_dropped_by_itself() -> None:
    task = factories.task(factories.project())
    for part in ("", "r1", "r1"):
        flags.put_flag(task=task, reason=OUTLIER, question="intent", part=part)
    assert list(Flag.objects.order_by("pk").values_list("part", flat=True)) == ["", "r1"]
    flags.drop_flag(task=task, reason=OUTLIER, question="intent", part="r1")
    assert Flag.objects.get(state=FlagState.OPEN).part == ""
    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.create(task=task, project=task.project, question="intent", reason=OUTLIER.name)


def test_other_questions_reasons_and_people_are_left_alone() -> None:
    project = factories.project()
    task = factories.task(project)
    sync(project, finding(task), question="mood")
    flags.raise_flag(actor=project.created_by, task=task, note="look", question="")
    flags.put_flag(task=task, reason=CONFLICT, question="intent")
    flags.put_flag(task=task, reason=OUTLIER, question="intent", actor=project.created_by)
    assert sync(project) == (0, 0, 0, 0)
    assert Flag.objects.filter(state=FlagState.OPEN).count() == 4


def test_tasks_of_other_projects_get_no_flags() -> None:
    stranger = factories.task(factories.project())
    assert sync(factories.project(), finding(stranger)) == (0, 0, 0, 0)


def test_as_many_statements_for_one_as_for_many() -> None:
    project = factories.project()
    tasks = factories.tasks(project, 300)
    with CaptureQueriesContext(connection) as one:
        sync(project, finding(tasks[0]))
    with CaptureQueriesContext(connection) as many:
        sync(project, *(finding(task) for task in tasks))
    assert len(one) == len(many)
    assert Flag.objects.count() == 300


def test_places_of_open_tasks_are_rewritten() -> None:
    project = factories.project()
    tasks = factories.tasks(project, 5)
    QueueEntry.objects.filter(task=tasks[0]).update(open_slots=0)
    told: list[int] = []
    places = [(task.pk, position / 10, f"place {position}") for position, task in enumerate(tasks)]
    assert queue.reorder(project=project, places=places, after_batch=told.append) == 4
    assert told == [5]
    entries = {entry.task_id: (entry.priority, entry.reason) for entry in QueueEntry.objects.all()}
    assert entries[tasks[0].pk] == (0.0, "")
    assert entries[tasks[4].pk] == (0.4, "place 4")
    assert queue.reorder(project=project, places=places) == 0
    assert queue.reorder(project=factories.project(), places=[(tasks[1].pk, 9.0, "not yours")]) == 0


def test_places_are_written_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "BATCH", 2)
    project = factories.project()
    told: list[int] = []
    places = [(task.pk, 0.5, "x" * 300) for task in factories.tasks(project, 5)]
    assert queue.reorder(project=project, places=places, after_batch=told.append) == 5
    assert told == [2, 4, 5]
