"""Several people answer the same tasks: what a run says about their answers, and about the labels."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from django.test import Client

from labeling.models import Flag, LabelSource, Project, Role, Task, User
from labeling.reasons.decisions import Decision
from labeling.reasons.label_error import LABEL_ERROR
from labeling.services import annotations as saving
from labeling.services import reviews
from labeling.services.annotations import Submission
from labeling.services.reviews import Ruling
from quality.models import AnnotatorQuality, Consensus, Run
from quality.selectors import health as health_reads
from quality.selectors import people as people_reads
from tests import factories
from tests.quality.services import making

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def answer(person: User, task: Task, value: str) -> None:
    saving.submit(
        actor=person, task=task, submission=Submission(answers={making.QUESTION: value}), key=f"{person.pk}-{task.pk}"
    )


def crowd(count: int = 36, *, careless: float = 0.5) -> tuple[Project, list[User]]:
    """Make a project with two careful people and one who often guesses, all answering all tasks."""
    project = factories.project(overlap=3)
    tasks = making.messages(project, count, labeled=False)
    team = [factories.member(project, Role.ANNOTATOR, name=name) for name in ("Ann", "Bob", "Cleo")]
    generator = random.Random(4)
    for number, task in enumerate(tasks):
        true = making.LABELS[number % 3]
        for person in team:
            wrong = person is team[2] and generator.random() < careless
            answer(person, task, making.LABELS[(number + 1) % 3] if wrong else true)
    return project, team


def differing_task(quality: float = 0.9) -> tuple[Run, Task]:
    """Make a checked project in which people and model say another class than the label of one task."""
    project, _ = crowd()
    task = project.tasks.earliest("pk")
    making.label([task], ["other"])
    making.run(project)
    run = making.shown(project)
    Consensus.objects.filter(run=run, task=task).update(quality=quality)
    return run, task


@pytest.mark.parametrize(("quality", "named"), [(0.468, False), (0.5, False), (0.51, True)])
def test_what_is_no_more_probable_than_not_is_not_called_likely(quality: float, named: bool) -> None:
    run, task = differing_task(quality)
    assert (task.pk in people_reads.differing(run).values_list("task_id", flat=True)) is named


@pytest.mark.parametrize("source", [LabelSource.REVIEW, LabelSource.BULK])
def test_what_a_reviewer_decided_is_not_doubted(source: str) -> None:
    run, task = differing_task()
    making.label([task], ["other"], source=source)
    assert not people_reads.differing(run).exists()


def test_a_label_that_is_another_by_now_is_not_doubted() -> None:
    run, task = differing_task()
    making.label([task], ["billing"], source=LabelSource.CONSENSUS)
    assert not people_reads.differing(run).exists()


def test_what_a_reviewer_called_ambiguous_is_not_doubted() -> None:
    run, task = differing_task()
    flag = Flag.objects.get(task=task, reason=LABEL_ERROR.name)
    reviewer = factories.member(task.project, Role.REVIEWER)
    decided = reviews.decide(
        actor=reviewer, project=task.project, flag_ids=[flag.pk], ruling=Ruling(Decision.AMBIGUOUS)
    )
    assert decided.flag_ids == [flag.pk]
    assert not people_reads.differing(run).exists()


def test_people_are_compared_and_the_consensus_is_kept() -> None:
    project, team = crowd()
    # Two of three were wrong about the first task: the model is on the side of the third.
    task = project.tasks.earliest("pk")
    making.label([task], ["other"])
    making.run(project)
    run = making.shown(project)
    found = {row.annotator_id: row for row in AnnotatorQuality.objects.filter(run=run)}
    assert set(found) == {person.pk for person in team}
    assert found[team[0].pk].answers == 36
    shares = [found[person.pk].agreed / found[person.pk].compared for person in team]
    assert shares[2] < min(shares[:2])
    qualities = [found[person.pk].quality or 0 for person in team]
    assert qualities[2] < min(qualities[:2])
    assert found[team[2].pk].mixed_up in making.LABELS
    assert run.summary["people"]["tasks"] == 36
    assert 0.2 < run.summary["people"]["alpha"] < 0.9
    consistency = next(part for part in health_reads.health_for(project, run).parts if part.name == "consistency")
    assert consistency.value == run.summary["people"]["alpha"]
    consensus = Consensus.objects.get(task=task)
    assert (consensus.given, consensus.suggested, consensus.answers) == ("other", "billing", 3)
    assert people_reads.differing(run)[0] == consensus


def test_the_page_tells_reviewers_and_nobody_else(client_for: SignIn) -> None:
    project, team = crowd()
    making.run(project)
    address = f"/p/{project.slug}/quality/"
    words = " ".join(client_for(factories.member(project, Role.REVIEWER)).get(address).content.decode().split())
    assert "For helping, not for ranking: 36 tasks have answers of several people." in words
    assert "Krippendorff&#x27;s alpha" in words or "Krippendorff's alpha" in words
    assert all(str(person) in words for person in team)
    words = client_for(factories.member(project, Role.ANNOTATOR)).get(address).content.decode()
    assert not any(str(person) in words for person in team)


def test_few_shared_tasks_tell_nothing(client_for: SignIn) -> None:
    project, _ = crowd(12)
    making.run(project)
    page = client_for(factories.member(project, Role.REVIEWER)).get(f"/p/{project.slug}/quality/")
    assert page.content.decode().count("too few to tell") == 3


def test_without_predictions_people_are_still_compared() -> None:
    project, team = crowd(6, careless=1.0)
    making.label(list(project.tasks.all()), ["billing"] * 6)
    making.run(project)
    run = making.shown(project)
    assert "predictions" in run.summary["unavailable"]
    assert run.summary["unavailable"]["people"].startswith("Without predictions")
    rows = list(AnnotatorQuality.objects.filter(run=run))
    assert {row.quality for row in rows} == {None}
    assert {row.annotator_id: row.agreed for row in rows}[team[2].pk] == 0
    assert not Consensus.objects.exists()


def test_a_new_answer_is_new_input_and_old_consensus_goes() -> None:
    project, _ = crowd(12, careless=0.2)
    making.run(project)
    assert (making.run(project).result or {})["unchanged"] is True
    extra = factories.member(project, Role.ANNOTATOR)
    answer(extra, project.tasks.earliest("pk"), "billing")
    assert (making.run(project).result or {})["unchanged"] is False
    assert set(Consensus.objects.values_list("run", flat=True)) == {making.shown(project).pk}
    assert AnnotatorQuality.objects.values("run").distinct().count() == Run.objects.count() == 2


def test_one_answer_per_task_says_so(client_for: SignIn) -> None:
    project = factories.project()
    making.messages(project, 12)
    making.run(project)
    assert "people" not in making.shown(project).summary
    page = client_for(factories.member(project, Role.REVIEWER)).get(f"/p/{project.slug}/quality/").content.decode()
    assert "No task was answered by two people" in page
