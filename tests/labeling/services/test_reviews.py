"""Deciding flags: what each decision writes, that it happens once, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.errors import Conflict, Invalid, NotFound
from labeling.models import (
    AnnotationState,
    BulkAct,
    Event,
    Flag,
    FlagState,
    Label,
    LabelSource,
    Project,
    QueueEntry,
    Role,
    Task,
    TaskState,
    User,
)
from labeling.reasons.ambiguous import AMBIGUOUS
from labeling.reasons.base import Reason
from labeling.reasons.conflict import CONFLICT
from labeling.reasons.decisions import OF_COPIES, Decision
from labeling.reasons.evidence import Evidence
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from labeling.reasons.outlier import OUTLIER
from labeling.reasons.skipped import SKIPPED
from labeling.selectors import queues as queue_reads
from labeling.services import annotations as saving
from labeling.services import flags, reviews, tasks
from labeling.services.annotations import Submission
from labeling.services.reviews import Decided, Ruling
from tests import factories

pytestmark = pytest.mark.django_db

SEVERAL: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "delivery", "other"]},
        {"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["refund", "late", "rude"]},
    ],
}


def answered(project: Project, label: str = "billing", **data: Any) -> Task:
    """Make a task that one person has labeled."""
    task = factories.task(project, **data)
    person = factories.member(project)
    submission = Submission(answers={"intent": label})
    saving.submit(actor=person, task=task, submission=submission, key=f"{task.pk}")
    return task


def current(task: Task, question: str = "intent") -> Label:
    return Label.objects.get(task=task, question=question, retired_at=None)


def found(*tasks_: Task, suggested: str | None = "delivery", reason: Reason[Evidence] = LABEL_ERROR) -> list[Flag]:
    """Flag tasks as the scan of a project does."""
    project = tasks_[0].project
    findings = []
    for task in tasks_:
        label = Label.objects.filter(task=task, question="intent", retired_at=None).first()
        said: dict[str, Any] = {"label": label.pk, "given": label.value} if label else {}
        if suggested:
            said |= {"suggested": suggested, "probability": 0.9}
        findings.append(flags.Finding(task_id=task.pk, reason=reason, score=0.1, evidence=reason.evidence(**said)))
    flags.sync_flags(project=project, question="intent", reasons=[reason], findings=findings, actor=None)
    return [Flag.objects.get(task=task, reason=reason.name, state=FlagState.OPEN) for task in tasks_]


def decide(by: User, *decided: Flag, decision: Decision = Decision.ACCEPT, **values: Any) -> Decided:
    answer, note = values.pop("answer", None), values.pop("note", "")
    return reviews.decide(
        actor=by,
        project=decided[0].project,
        flag_ids=[flag.pk for flag in decided],
        ruling=Ruling(decision, answer=answer, note=note),
        **values,
    )


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def ann(project: Project) -> User:
    return factories.member(project, Role.REVIEWER)


def test_accepting_writes_the_suggested_label_and_closes_the_flag(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task)
    done = decide(ann, flag, note=" clearly ")
    label = current(task)
    assert (label.value, label.source, label.created_by) == ("delivery", LabelSource.REVIEW, ann)
    assert label.classes == ["delivery"]
    flag.refresh_from_db()
    assert (flag.state, flag.resolution, flag.resolved_by) == (FlagState.RESOLVED, "accept_suggestion", ann)
    assert (flag.resolution_note, flag.label, flag.act) == ("clearly", label, done.act)
    assert LABEL_ERROR.evidence.load(flag.evidence).given == "billing"
    event = Event.objects.get(verb="flag.resolved")
    assert (event.task, event.actor, event.payload["resolution"]) == (task, ann, "accept_suggestion")
    assert Label.objects.filter(task=task, retired_at__isnull=False).count() == 1


def test_keeping_confirms_the_given_label(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task)
    decide(ann, flag, decision=Decision.KEEP)
    assert (current(task).value, current(task).source) == ("billing", LabelSource.REVIEW)
    # A second reviewer who keeps it too adds nothing.
    (again,) = found(task, reason=AMBIGUOUS, suggested=None)
    confirmed = current(task)
    decide(ann, again, decision=Decision.KEEP)
    assert current(task) == confirmed
    again.refresh_from_db()
    assert again.label == confirmed


def test_another_label_is_given(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task)
    decide(ann, flag, decision=Decision.RELABEL, answer="other")
    assert current(task).value == "other"


@pytest.mark.parametrize("decision", [Decision.QUARANTINE, Decision.AMBIGUOUS])
def test_decisions_about_the_item_leave_the_label(project: Project, ann: User, decision: Decision) -> None:
    task = answered(project)
    before = current(task)
    (flag,) = found(task)
    decide(ann, flag, decision=decision)
    assert current(task) == before
    state = TaskState.QUARANTINED if decision == Decision.QUARANTINE else TaskState.LABELED
    assert QueueEntry.objects.get(task=task).state == state


def test_keeping_an_odd_item_says_nothing_about_its_label(project: Project, ann: User) -> None:
    task = answered(project)
    before = current(task)
    (flag,) = found(task, reason=OUTLIER, suggested=None)
    decide(ann, flag, decision=Decision.KEEP)
    assert current(task) == before


def test_a_decided_label_answers_whatever_else_put_it_in_doubt(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task)
    doubt = flags.put_flag(task=task, reason=CONFLICT, question="intent")
    odd = flags.put_flag(task=task, reason=OUTLIER, question="intent")
    done = decide(ann, flag)
    states = dict(Flag.objects.values_list("pk", "state"))
    assert states == {flag.pk: "resolved", doubt.pk: "resolved", odd.pk: "open"}
    reviews.undo(actor=ann, act=done.act)
    assert set(Flag.objects.values_list("state", flat=True)) == {"open"}


def test_a_skipped_task_is_labeled_by_the_reviewer_and_nobody_else_is_asked(project: Project, ann: User) -> None:
    task = factories.task(project)
    person = factories.member(project)
    submission = Submission(answers={}, state=AnnotationState.SKIPPED, skip_reason="unclear")
    saving.submit(actor=person, task=task, submission=submission, key="skip")
    flag = Flag.objects.get(reason=SKIPPED.name)
    done = decide(ann, flag, decision=Decision.RELABEL, answer="other")
    entry = QueueEntry.objects.get(task=task)
    assert (entry.state, entry.required, entry.open_slots) == (TaskState.LABELED, 0, 0)
    flag.refresh_from_db()
    assert flag.label == current(task)
    reviews.undo(actor=ann, act=done.act)
    entry.refresh_from_db()
    assert (entry.state, entry.required, entry.open_slots) == (TaskState.TODO, 1, 1)
    assert not Label.objects.filter(task=task, retired_at=None).exists()


def test_a_flag_about_the_whole_task_takes_answers_by_question(ann: User) -> None:
    project = factories.project(schema=SEVERAL)
    task = factories.task(project)
    flag = flags.raise_flag(actor=project.created_by, task=task, note="look")
    with pytest.raises(Invalid) as refused:
        decide(ann, flag, decision=Decision.RELABEL, answer="billing")
    assert refused.value.problems[0].path == "answer"
    decide(ann, flag, decision=Decision.RELABEL, answer={"intent": "billing", "topics": ["rude", "late"]})
    assert current(task).value == "billing"
    assert current(task, "topics").value == ["late", "rude"]
    flag.refresh_from_db()
    assert flag.label == current(task)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"decision": Decision.RELABEL}, "answer"),
        ({"decision": Decision.RELABEL, "answer": "nonsense"}, "answer"),
        ({"decision": Decision.KEEP, "answer": "billing"}, "answer"),
        ({"decision": Decision.KEEP, "note": "a\x00b"}, "note"),
        ({"decision": Decision.KEEP, "note": "x" * 5_001}, "note"),
        ({"key": "k" * 65}, "Idempotency-Key"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    project: Project, ann: User, values: dict[str, Any], path: str
) -> None:
    task = answered(project)
    (flag,) = found(task)
    with pytest.raises(Invalid) as refused:
        decide(ann, flag, **values)
    assert refused.value.problems[0].path == path
    flag.refresh_from_db()
    assert flag.state == FlagState.OPEN
    assert current(task).source == LabelSource.ANNOTATION
    assert not BulkAct.objects.exists()


def test_a_suggestion_can_be_accepted_only_where_there_is_one(project: Project, ann: User) -> None:
    (flag,) = found(answered(project), suggested=None, reason=AMBIGUOUS)
    with pytest.raises(Invalid, match="suggests no label"):
        decide(ann, flag)


def test_flags_of_other_projects_are_not_there(project: Project, ann: User) -> None:
    (mine,) = found(answered(project))
    (other,) = found(answered(factories.project()))
    with pytest.raises(NotFound):
        decide(ann, mine, other)


def test_the_same_key_again_is_the_same_decision(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task)
    first = decide(ann, flag, key="k")
    again = decide(ann, flag, key="k")
    assert (again.act, again.flag_ids, again.replayed) == (first.act, first.flag_ids, True)
    assert Label.objects.filter(task=task).count() == 2
    with pytest.raises(Invalid, match="another decision"):
        decide(ann, flag, decision=Decision.KEEP, key="k")


def test_a_flag_is_decided_once(project: Project, ann: User) -> None:
    (flag,) = found(answered(project))
    decide(ann, flag)
    with pytest.raises(Conflict, match="closed already") as refused:
        decide(ann, flag, decision=Decision.KEEP)
    assert refused.value.current == {"state": "resolved", "resolution": "accept_suggestion"}


def test_a_label_that_changed_since_it_was_flagged_is_not_decided_blindly(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task)
    tasks.assign_label(actor=ann, project=project, task_ids=[task.pk], question="intent", value="other")
    with pytest.raises(Conflict, match="changed"):
        decide(ann, flag)
    # Who saw the new label may decide about it.
    with pytest.raises(Conflict):
        decide(ann, flag, seen={flag.pk: [flag.evidence["label"]]})
    decide(ann, flag, seen={flag.pk: [current(task).pk]})
    assert current(task).value == "delivery"


def test_many_flags_are_one_act_with_one_way_back(project: Project, ann: User) -> None:
    made = [answered(project) for _ in range(4)]
    decided = found(*made)
    tasks.assign_label(actor=ann, project=project, task_ids=[made[0].pk], question="intent", value="other")
    done = decide(ann, *decided)
    assert done.flag_ids == [flag.pk for flag in decided[1:]]
    assert "changed" in done.left[decided[0].pk]
    assert {current(task).value for task in made[1:]} == {"delivery"}
    event = Event.objects.get(verb="flags.resolved")
    assert (event.payload["flags"], event.payload["count"]) == (3, 3)
    tasks.undo(actor=ann, act=done.act)
    assert {current(task).value for task in made[1:]} == {"billing"}
    assert Flag.objects.filter(state=FlagState.OPEN).count() == 4
    done.act.refresh_from_db()
    assert done.act.undone_at is not None
    with pytest.raises(Conflict, match="taken back already"):
        reviews.undo(actor=ann, act=done.act)


def test_nothing_to_decide_among_many_is_a_conflict(project: Project, ann: User) -> None:
    decided = found(answered(project), answered(project))
    decide(ann, *decided)
    with pytest.raises(Conflict, match="None of the 2 flags"):
        decide(ann, *decided)


def test_two_flags_of_one_task_in_one_act(project: Project, ann: User) -> None:
    task = answered(project)
    (one,) = found(task)
    (two,) = found(task, reason=NEAR_DUPLICATE)
    done = decide(ann, one, two, decision=Decision.RELABEL, answer="other")
    assert Label.objects.filter(task=task).count() == 2
    assert done.act.count == 1
    reviews.undo(actor=ann, act=done.act)
    assert current(task).value == "billing"
    assert set(Flag.objects.values_list("state", flat=True)) == {"open"}


def test_undoing_brings_the_label_before_back_as_a_new_row(project: Project, ann: User) -> None:
    task = answered(project)
    before = current(task)
    (flag,) = found(task)
    done = decide(ann, flag)
    assert reviews.undo(actor=ann, act=done.act) == [flag.pk]
    label = current(task)
    assert label.pk > before.pk
    assert (label.value, label.source, label.annotation_id, label.created_by_id) == (
        before.value,
        before.source,
        before.annotation_id,
        before.created_by_id,
    )
    flag.refresh_from_db()
    assert (flag.state, flag.resolution, flag.resolved_by, flag.label, flag.act) == ("open", "", None, None, None)
    assert Event.objects.filter(verb="flags.reopened", task=task).count() == 1
    # It can be decided anew: the label has the value that the flag rests on.
    decide(ann, flag)
    assert current(task).value == "delivery"


def test_undoing_a_quarantine_restores_the_task(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task)
    done = decide(ann, flag, decision=Decision.QUARANTINE)
    assert queue_reads.open_flags([project.pk])[project.pk] == 0
    reviews.undo(actor=ann, act=done.act)
    assert QueueEntry.objects.get(task=task).state == TaskState.LABELED
    assert queue_reads.open_flags([project.pk])[project.pk] == 1


def test_one_task_of_an_act_can_be_taken_back(project: Project, ann: User) -> None:
    one, two = answered(project), answered(project)
    decided = found(one, two)
    done = decide(ann, *decided)
    reviews.undo(actor=ann, act=done.act, task_id=one.pk)
    assert [current(task).value for task in (one, two)] == ["billing", "delivery"]
    done.act.refresh_from_db()
    assert done.act.undone_at is None
    reviews.undo(actor=ann, act=done.act)
    assert current(two).value == "billing"


def test_a_decision_that_something_newer_rests_on_stays(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task)
    done = decide(ann, flag)
    tasks.assign_label(actor=ann, project=project, task_ids=[task.pk], question="intent", value="other")
    with pytest.raises(Conflict, match="changed after this decision"):
        reviews.undo(actor=ann, act=done.act)
    assert current(task).value == "other"


def test_what_was_flagged_anew_meanwhile_is_not_flagged_twice(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task, reason=OUTLIER, suggested=None)
    done = decide(ann, flag, decision=Decision.AMBIGUOUS)
    flags.put_flag(task=task, reason=OUTLIER, question="intent")
    reviews.undo(actor=ann, act=done.act)
    assert sorted(Flag.objects.values_list("state", flat=True)) == ["closed", "open"]


@pytest.mark.parametrize("decision", [d for d in Decision if d not in {Decision.RELABEL, *OF_COPIES}])
def test_what_a_person_decided_is_not_flagged_again_on_unchanged_data(
    project: Project, ann: User, decision: Decision
) -> None:
    task = answered(project)
    (flag,) = found(task)
    decide(ann, flag, decision=decision)
    label = current(task)
    finding = flags.Finding(
        task_id=task.pk,
        reason=LABEL_ERROR,
        score=0.1,
        evidence=LABEL_ERROR.evidence(label=label.pk, given=label.value, suggested="other"),
    )
    reasons = [LABEL_ERROR]
    again = flags.sync_flags(project=project, question="intent", reasons=reasons, findings=[finding], actor=None)
    assert (again.opened, again.decided) == (0, 1)


def test_an_annotators_later_answer_does_not_outrank_the_reviewer(project: Project, ann: User) -> None:
    task = answered(project)
    (flag,) = found(task)
    decide(ann, flag)
    person = task.annotations.get().annotator
    submission = Submission(answers={"intent": "other"}, version=1)
    saving.submit(actor=person, task=task, submission=submission, key="later")
    assert current(task).value == "delivery"
