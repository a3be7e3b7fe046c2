"""Several questions of one project wish for different tasks: one queue is made of all of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labeling.models import JobRun, JobState, Project, QueueEntry, QueueScore, Task, User
from labeling.services import claims, jobs, projects, queue
from quality.services import queueing, runs
from quality.services.pipeline.order import SURE, UNSURE
from quality.services.queueing import RANDOM, TESTING
from tests import factories
from tests.quality.services import making

pytestmark = pytest.mark.django_db

TONE = "tone"


def schema(*, tones: tuple[str, ...] = ("good", "bad"), title: str = "Tone") -> dict[str, Any]:
    return {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [
            {"name": making.QUESTION, "kind": "choice", "field": "text", "labels": making.LABELS},
            {"name": TONE, "kind": "choice", "field": "text", "labels": list(tones), "title": title},
        ],
    }


def two_questions(*, waiting: int = 20) -> tuple[Project, list[Task]]:
    """Make a project with two questions, labels for both, and tasks that wait."""
    project = factories.project(schema=schema())
    labeled = making.messages(project, 60)
    making.label(labeled, ["good" if number % 3 else "bad" for number in range(60)], question=TONE)
    return project, making.messages(project, waiting, labeled=False, start=900)


def order(project: Project) -> dict[int, tuple[float, str]]:
    entries = QueueEntry.objects.filter(project=project, open_slots__gt=0)
    return {entry.task_id: (entry.priority, entry.reason) for entry in entries}


def scores(project: Project, question: str, wanted: dict[Task, float], reason: str) -> None:
    queue.keep_scores(
        project=project, question=question, scores=[(task.pk, score, reason) for task, score in wanted.items()]
    )


def ordered(project: Project, *, seed: int = 1, random_share: float = 0.0) -> dict[int, tuple[float, str]]:
    queueing.order_queue(project, random_share=random_share, seed=seed, progress=lambda total, done: None)
    return order(project)


def test_a_run_of_one_question_leaves_what_the_other_wishes() -> None:
    project, _ = two_questions()
    making.run(project)
    first = list(QueueScore.objects.filter(question=making.QUESTION).order_by("task_id").values("task_id", "score"))
    assert len(first) == 20
    making.run(project, TONE)
    kept = QueueScore.objects.filter(question=making.QUESTION).order_by("task_id").values("task_id", "score")
    assert list(kept) == first
    assert QueueScore.objects.filter(question=TONE).count() == 20
    places = order(project)
    drawn = {task for task, (_, reason) in places.items() if reason == RANDOM}
    assert len(drawn) == 2
    wishes: dict[int, float] = {}
    for task, score in QueueScore.objects.values_list("task_id", "score"):
        wishes[task] = max(score, wishes.get(task, 0.0))
    rest = sorted(places.keys() - drawn, key=lambda task: -places[task][0])
    assert [wishes[task] for task in rest] == sorted((wishes[task] for task in rest), reverse=True)
    # The most wanted of each question is among the first three: two wishes, and perhaps a draw between them.
    for question in (making.QUESTION, TONE):
        most = QueueScore.objects.filter(question=question).exclude(task__in=drawn).order_by("-score")[0]
        assert sorted(places, key=lambda task: -places[task][0]).index(most.task_id) < 5


def test_the_highest_wish_decides_and_its_reason_is_shown() -> None:
    project, (one, two, three, *_) = two_questions()
    scores(project, making.QUESTION, {one: 0.9, two: 0.1, three: 0.3}, UNSURE)
    scores(project, TONE, {one: 0.2, two: 1.0}, SURE)
    places = ordered(project)
    assert [places[task.pk][1] for task in (two, one, three)] == [SURE, UNSURE, UNSURE]
    assert places[two.pk] > places[one.pk] > places[three.pk]


def test_what_is_drawn_at_random_is_drawn_for_the_task_whatever_any_question_wishes() -> None:
    project, waiting = two_questions(waiting=40)
    up = {task: 1 - place / 40 for place, task in enumerate(waiting)}
    down = {task: (place + 1) / 40 for place, task in enumerate(waiting)}
    scores(project, making.QUESTION, up, UNSURE)
    scores(project, TONE, up, UNSURE)
    alike = {task: place for task, place in ordered(project, random_share=0.1).items() if place[1] == RANDOM}
    assert len(alike) == 4
    scores(project, TONE, down, SURE)
    other = {task: place for task, place in ordered(project, random_share=0.1).items() if place[1] == RANDOM}
    assert other == alike
    # Every tenth place is one, also at the front.
    handed_out = sorted(order(project).values(), reverse=True)
    for start in range(0, 40, 10):
        assert [reason for _, reason in handed_out[start : start + 10]].count(RANDOM) == 1


def test_each_task_is_drawn_as_often_as_every_other() -> None:
    project, waiting = two_questions(waiting=10)
    scores(project, making.QUESTION, {task: 1 - place / 10 for place, task in enumerate(waiting)}, UNSURE)
    scores(project, TONE, {task: float(place == 9) for place, task in enumerate(waiting)}, UNSURE)
    counts = dict.fromkeys((task.pk for task in waiting), 0)
    for seed in range(200):
        for task, (_, reason) in ordered(project, seed=seed, random_share=0.1).items():
            counts[task] += reason == RANDOM
    assert sum(counts.values()) == 200
    assert np.array(list(counts.values())) == pytest.approx(np.full(10, 20), abs=16)


def test_the_test_split_stands_in_random_order_for_all_questions() -> None:
    project, waiting = two_questions()
    testing = making.messages(project, 3, split="test", labeled=False, start=3000)
    wanted = {task: 1 - place / 23 for place, task in enumerate([*testing, *waiting])}
    scores(project, making.QUESTION, wanted, UNSURE)
    scores(project, TONE, wanted, UNSURE)
    places = ordered(project)
    assert {places[task.pk][1] for task in testing} == {TESTING}
    assert [places[task.pk][0] for task in testing] != sorted((places[task.pk][0] for task in testing), reverse=True)


def test_the_same_run_twice_changes_nothing() -> None:
    project, waiting = two_questions()
    scores(project, making.QUESTION, {task: 1 - place / 20 for place, task in enumerate(waiting)}, UNSURE)
    scores(project, TONE, {task: (place + 1) / 20 for place, task in enumerate(waiting)}, UNSURE)
    before = ordered(project)
    told: list[int] = []
    queueing.order_queue(project, random_share=0.0, seed=1, progress=lambda total, done: told.append(done))
    assert told == [20]
    assert order(project) == before
    stored = set(QueueScore.objects.values_list("task_id", "question", "score"))
    scores(project, TONE, {task: (place + 1) / 20 for place, task in enumerate(waiting)}, UNSURE)
    assert set(QueueScore.objects.values_list("task_id", "question", "score")) == stored


def test_a_run_that_dies_while_ordering_the_queue_takes_both_questions_in_when_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class KilledError(BaseException):
        pass

    def die(**_: Any) -> None:
        raise KilledError

    project, _ = two_questions()
    making.run(project)
    job = runs.start(actor=None, project=project, question=TONE)
    with monkeypatch.context() as patch:
        patch.setattr(queue, "reorder", die)
        with pytest.raises(KilledError):
            jobs.perform_job(job.pk)
    before = order(project)
    JobRun.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    assert making.work(job).state == JobState.SUCCEEDED
    assert order(project) != before
    assert QueueScore.objects.values("question").distinct().count() == 2
    assert len(order(project)) == 20


def test_scores_that_another_run_brought_meanwhile_are_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    project, (one, two, *_) = two_questions()
    making.run(project)
    scores(project, making.QUESTION, {one: 0.9, two: 0.8}, UNSURE)
    QueueScore.objects.filter(question=TONE).delete()
    reorder = queue.reorder
    calls: list[int] = []

    def meanwhile(**given: Any) -> int:
        calls.append(1)
        if len(calls) == 1:
            making.run(project, TONE)
            scores(project, TONE, {two: 1.0}, SURE)
        return reorder(**given)

    monkeypatch.setattr(queue, "reorder", meanwhile)
    places = ordered(project)
    assert places[two.pk] > places[one.pk]
    assert places[two.pk][1] == SURE


def test_what_a_claim_hands_out_is_what_both_questions_want_most() -> None:
    project, waiting = two_questions()
    scores(project, making.QUESTION, {waiting[7]: 1.0, waiting[8]: 0.2}, UNSURE)
    scores(project, TONE, {waiting[9]: 0.9}, UNSURE)
    ordered(project)
    person: User = factories.member(project)
    assert claims.claim(actor=person, project=project, count=2).task_ids == [waiting[7].pk, waiting[9].pk]


def test_a_question_that_asks_otherwise_loses_its_scores_and_one_with_other_words_does_not() -> None:
    project, (one, two, *_) = two_questions()
    manager = project.created_by
    scores(project, making.QUESTION, {one: 0.9}, UNSURE)
    scores(project, TONE, {two: 0.9}, UNSURE)
    projects.revise_schema(actor=manager, project=project, schema=schema(title="How it sounds"))
    assert QueueScore.objects.count() == 2
    projects.revise_schema(actor=manager, project=project, schema=schema(tones=("good", "bad", "mixed")))
    assert list(QueueScore.objects.values_list("question", flat=True)) == [making.QUESTION]


def test_a_question_that_is_removed_loses_its_scores() -> None:
    project = factories.project(schema=schema())
    one, two = factories.tasks(project, 2)
    scores(project, making.QUESTION, {one: 0.2, two: 0.1}, UNSURE)
    scores(project, TONE, {two: 0.9}, UNSURE)
    only = schema()
    only["questions"].pop()
    projects.revise_schema(actor=project.created_by, project=project, schema=only)
    places = ordered(project)
    assert places[one.pk] > places[two.pk]


def test_scores_are_kept_of_open_tasks_of_the_project_only() -> None:
    project, (one, two, *_) = two_questions()
    stranger = factories.task(factories.project())
    QueueEntry.objects.filter(task=two).update(open_slots=0)
    scores(project, TONE, {one: 0.5, two: 0.5, stranger: 0.5}, "x" * 300)
    assert [(score.task_id, len(score.reason)) for score in QueueScore.objects.all()] == [(one.pk, 200)]
