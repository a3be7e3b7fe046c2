"""Several answers become a label by the chosen method: compared, applied as one act, undone, never over a reviewer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.errors import Invalid
from labeling.models import (
    BulkAct,
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
from labeling.services import jobs, tasks
from quality.models import ConsensusMethod
from quality.selectors import agreement as agreement_reads
from quality.services.agreement import starting
from tests import factories
from tests.invariants import invariant
from tests.quality.agreement.crowds import QUESTION, answer, crowd, measured
from tests.quality.services import making

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

B, D, X = "billing", "delivery", "other"
DS = ConsensusMethod.DAWID_SKENE


def two_careful_and_one_who_guesses() -> tuple[Project, list[Task]]:
    """Two good people, one of whom left out the last task, and one who says the same of everything."""
    project, made, team = crowd(
        " ".join([B, D, X] * 8 + ["."]), " ".join([B, D, X] * 8 + ["."]), " ".join([X] * 24 + ["."])
    )
    last = made[-1]
    QueueEntry.objects.filter(task=last).update(required=2, open_slots=2)
    Project.objects.filter(pk=project.pk).update(overlap=2, max_overlap=2)
    project.refresh_from_db()
    answer(team[0], last, B)
    answer(team[2], last, X)
    return project, made


def choose(project: Project, method: str) -> None:
    job = starting.choose_method(actor=project.created_by, project=project, question=QUESTION, method=method)
    assert job is not None
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.error == ""


def label_of(task: Task) -> Label | None:
    return Label.objects.filter(task=task, question=QUESTION, retired_at=None).first()


def test_methods_are_compared_before_one_is_chosen() -> None:
    project, made = two_careful_and_one_who_guesses()
    making.label([made[0]], [B], source=LabelSource.REVIEW)
    parts = {part.method: part for part in measured(project).methods}
    rule, skills = parts[""], parts[DS]
    assert (rule.labeled, rule.tied, rule.differ) == (24, 1, 0)
    assert (skills.labeled, skills.tied, skills.differ, skills.differ_tasks) == (25, 0, 1, [made[-1].pk])
    assert (rule.right, rule.reviewed, skills.right, skills.reviewed) == (1, 1, 1, 1)
    assert "quality check" in parts[ConsensusMethod.CROWDLAB].unavailable
    assert label_of(made[-1]) is None  # nothing is applied by itself


def test_the_chosen_method_settles_what_was_tied_and_is_undone_as_one_act() -> None:
    project, made = two_careful_and_one_who_guesses()
    last = made[-1]
    assert QueueEntry.objects.get(task=last).state == TaskState.DISPUTED
    choose(project, DS)
    told = label_of(last)
    assert told is not None
    assert (told.value, told.source, told.method, told.created_by) == (B, LabelSource.CONSENSUS, DS, None)
    assert told.confidence is not None
    assert 0.5 < told.confidence <= 1
    assert QueueEntry.objects.get(task=last).state == TaskState.LABELED
    assert not Flag.objects.filter(task=last, reason="conflict", state=FlagState.OPEN).exists()
    act = BulkAct.objects.get(verb="settle")
    invariant(project)
    tasks.undo(actor=project.created_by, act=act)
    assert label_of(last) is None
    assert QueueEntry.objects.get(task=last).state == TaskState.DISPUTED
    assert Flag.objects.filter(task=last, reason="conflict", state=FlagState.OPEN).exists()
    invariant(project)


def test_choosing_the_majority_again_takes_the_labels_back() -> None:
    project, made = two_careful_and_one_who_guesses()
    choose(project, DS)
    choose(project, ConsensusMethod.RULE)
    assert label_of(made[-1]) is None
    assert not Label.objects.filter(project=project, retired_at=None).exclude(method="").exists()
    assert QueueEntry.objects.get(task=made[-1]).state == TaskState.DISPUTED


def test_a_reviewer_outranks_every_method() -> None:
    project, made = two_careful_and_one_who_guesses()
    making.label([made[0]], [D], source=LabelSource.REVIEW)
    choose(project, DS)
    told = label_of(made[0])
    assert told is not None
    assert (told.value, told.source) == (D, LabelSource.REVIEW)


def test_measuring_again_changes_nothing_more() -> None:
    project, _ = two_careful_and_one_who_guesses()
    choose(project, DS)
    acts = BulkAct.objects.count()
    measured(project)
    assert BulkAct.objects.count() == acts


def test_crowdlab_takes_part_once_a_check_is_complete() -> None:
    project = factories.project(overlap=2)
    made = making.messages(project, 36, labeled=False)
    team = [factories.member(project, Role.ANNOTATOR) for _ in range(2)]
    for number, task in enumerate(made):
        for person in team:
            answer(person, task, making.LABELS[number % 3])
    making.run(project)
    parts = {part.method: part for part in measured(project).methods}
    assert parts[ConsensusMethod.CROWDLAB].unavailable == ""
    assert parts[ConsensusMethod.CROWDLAB].labeled == 36


def test_of_texts_there_is_the_rule_alone() -> None:
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "q", "kind": "text", "field": "text"}],
    }
    told = measured(factories.project(schema=schema), "q").methods
    assert [part.method for part in told if not part.unavailable] == [""]


def test_an_unknown_method_or_question_is_refused() -> None:
    project = factories.project()
    for question, method in ((QUESTION, "magic"), ("another", DS)):
        with pytest.raises(Invalid):
            starting.choose_method(actor=project.created_by, project=project, question=question, method=method)


def test_managers_choose_on_the_page(client_for: SignIn) -> None:
    project, _ = two_careful_and_one_who_guesses()
    measured(project)
    address = f"/p/{project.slug}/agreement/"
    sent = {"question": QUESTION, "method": str(DS)}
    reviewer = client_for(factories.member(project, Role.REVIEWER))
    assert "Use this method" not in reviewer.get(address).content.decode()
    assert reviewer.post(f"{address}method/", sent).status_code == 403
    manager = client_for(factories.member(project, Role.MANAGER))
    assert "Use this method" in manager.get(address).content.decode()
    assert manager.post(f"{address}method/", sent).status_code == 302
    assert agreement_reads.chosen_method(project, QUESTION) == DS
