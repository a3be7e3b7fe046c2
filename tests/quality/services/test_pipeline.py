"""A run of the pipeline from labels to flags, predictions, queue and gain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Decision, Flag, FlagReason, FlagState, JobRun, JobState, Label, LabelSource, QueueEntry
from labeling.selectors import versions
from labeling.services import jobs, reviews, tasks
from labeling.services.reviews import Ruling
from quality.learning import classifier
from quality.models import ClassPair, Embedding, EmbeddingSet, Gain, Prediction, Run, RunArray
from quality.selectors import standing
from quality.selectors.runs import KIND
from quality.services import runs
from quality.services.pipeline import chain, publish
from quality.services.pipeline.order import RANDOM, TESTING
from tests import factories
from tests.quality.services import making

pytestmark = pytest.mark.django_db

WRONG = ["other", "billing", "delivery"]


def project_with_errors(**settings: Any) -> Any:
    """Make 60 labeled messages, the first three of them labeled wrongly, a test split, and messages to label."""
    project = factories.project(**settings)
    labeled = making.messages(project, 60)
    making.label(labeled[:3], WRONG)
    making.messages(project, 15, split="test", start=500)
    making.messages(project, 20, labeled=False, start=900)
    return project


def label_errors(project: Any, state: str = FlagState.OPEN) -> list[Flag]:
    return list(Flag.objects.filter(project=project, reason=FlagReason.LABEL_ERROR, state=state).order_by("task_id"))


def result(project: Any, **params: Any) -> dict[str, Any]:
    return making.run(project, **params).result or {}


def test_wrong_labels_become_flags_with_evidence() -> None:
    project = project_with_errors()
    job = making.run(project)
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")
    wrong = list(project.tasks.order_by("pk")[:3])
    found = {flag.task_id: flag for flag in label_errors(project)}
    assert {task.pk for task in wrong} <= found.keys()
    assert len(found) <= 6
    flag = found[wrong[0].pk]
    assert flag.score < 0.5
    assert "Likely “billing”" in flag.note
    evidence = flag.evidence
    assert (evidence["given"], evidence["suggested"], evidence["source"]) == ("other", "billing", "import")
    assert evidence["label"] == Label.objects.get(task=wrong[0], retired_at=None).pk
    assert evidence["distribution"][0]["class"] == "billing"
    assert len(evidence["neighbors"]) == 6
    assert evidence["neighbors"][0]["label"] == "billing"
    assert wrong[0].pk not in {neighbor["task"] for neighbor in evidence["neighbors"]}

    run = making.shown(project)
    assert evidence["run"] == run.pk
    assert [step["name"] for step in run.steps] == ["encode", "predict", "issues", "queue", "prove"]
    assert run.summary["label_errors"]["items"] == 75
    assert run.summary["signal"]["accuracy"] > 0.8
    assert ClassPair.objects.filter(run=run, given="other", suggested="billing").get().flagged >= 1
    assert Prediction.objects.filter(run=run).count() == 95
    prediction = Prediction.objects.get(run=run, task=wrong[0])
    assert run.classes[prediction.predicted[0]] == "billing"
    assert prediction.quality == pytest.approx(flag.score, abs=1e-6)
    assert prediction.out_of_fold
    top = np.frombuffer(bytes(prediction.top), dtype=[("class", "<u2"), ("probability", "<f2")])
    assert run.classes[top["class"][0]] == "billing"
    assert EmbeddingSet.objects.get(project=project).count == Embedding.objects.count() == 95
    assert not RunArray.objects.exists()
    gain = Gain.objects.get(run=run)
    assert (gain.items, gain.labels, gain.corrections) == (15, 60, 0)
    assert gain.accuracy_low < gain.accuracy


def test_open_tasks_get_places_and_reasons() -> None:
    project = project_with_errors()
    waiting = making.messages(project, 6, split="test", labeled=False, start=2000)
    making.run(project)
    places = list(QueueEntry.objects.filter(project=project, open_slots__gt=0).order_by("-priority"))
    testing = {task.pk for task in waiting}
    assert {entry.reason for entry in places if entry.task_id in testing} == {TESTING}
    chosen = [entry for entry in places if entry.task_id not in testing]
    assert len(chosen) == 20
    assert sum(entry.reason == RANDOM for entry in chosen) == 2
    assert len({entry.priority for entry in chosen}) == 20
    assert not any(name in entry.reason for entry in places for name in making.LABELS)
    assert set(QueueEntry.objects.filter(project=project, open_slots=0).values_list("reason", flat=True)) == {""}


def test_the_test_split_is_never_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    learned: list[int] = []
    trained = classifier.trained

    def watched(matrix: Any, labels: Any, *, seed: int) -> Any:
        learned.append(len(labels))
        return trained(matrix, labels, seed=seed)

    monkeypatch.setattr(classifier, "trained", watched)
    making.run(project)
    # Five folds of 60 and one model of all 60: 15 labeled tasks of the test split are in none.
    assert sorted(learned) == [48] * 5 + [60]


def test_unconfirmed_labels_are_no_measure() -> None:
    project = factories.project()
    making.messages(project, 30)
    test = making.messages(project, 9, split="test", start=500)
    making.label(test, [making.LABELS[n % 3] for n in range(9)], source=LabelSource.ANNOTATION)
    making.run(project)
    run = making.shown(project)
    assert not Gain.objects.filter(run=run).exists()
    assert "No item of the test split has a confirmed label" in run.summary["unavailable"]["gain"]
    making.label(test[:4], ["billing", "delivery", "other", "billing"], source=LabelSource.REVIEW)
    making.run(project)
    assert Gain.objects.get(run=making.shown(project)).items == 4


def test_unchanged_input_is_not_looked_at_again() -> None:
    project = project_with_errors()
    making.run(project)
    run = making.shown(project)
    job = making.run(project)
    assert job.result == {"run": run.pk, "unchanged": True}
    assert Run.objects.count() == 1
    assert result(project, force=True)["unchanged"] is False
    making.label([project.tasks.earliest("pk")], ["billing"])
    assert result(project)["unchanged"] is False
    assert Run.objects.count() == 3


def test_the_same_input_gives_the_same_results() -> None:
    project = project_with_errors()
    making.run(project)
    fields = ("task_id", "predicted", "probability", "quality", "top")
    before = list(Prediction.objects.order_by("task_id").values_list(*fields))
    making.run(project, force=True)
    assert list(Prediction.objects.order_by("task_id").values_list(*fields)) == before


def test_a_rerun_closes_what_no_longer_holds_and_leaves_decisions_alone() -> None:
    project = project_with_errors()
    reviewer = factories.member(project, "reviewer")
    making.run(project)
    kept, corrected = label_errors(project)[:2]
    reviews.decide(actor=reviewer, project=project, flag_ids=[kept.pk], ruling=Ruling(Decision.KEEP))
    making.label([corrected.task], ["delivery"])
    making.run(project)
    assert not Flag.objects.filter(task=kept.task, state=FlagState.OPEN).exists()
    corrected.refresh_from_db()
    assert corrected.state == FlagState.CLOSED
    assert making.shown(project).summary["flags"]["decided"] >= 1
    # Another label is another question.
    making.label([kept.task], ["delivery"])
    making.run(project)
    again = Flag.objects.get(task=kept.task, reason=FlagReason.LABEL_ERROR, state=FlagState.OPEN)
    assert again.evidence["given"] == "delivery"


def test_a_label_that_a_reviewer_decided_is_not_flagged_while_it_stands() -> None:
    project = project_with_errors()
    reviewer = factories.member(project, "reviewer")
    making.run(project)
    flag = label_errors(project)[0]
    ruling = Ruling(Decision.RELABEL, answer="delivery")
    act = reviews.decide(actor=reviewer, project=project, flag_ids=[flag.pk], ruling=ruling).act
    making.run(project)
    assert not Flag.objects.filter(task=flag.task, reason=FlagReason.LABEL_ERROR, state=FlagState.OPEN).exists()
    # Taken back, the label is as it was, and so is the flag.
    reviews.undo(actor=reviewer, act=act)
    making.run(project)
    assert Flag.objects.get(task=flag.task, reason=FlagReason.LABEL_ERROR, state=FlagState.OPEN).pk == flag.pk


def test_corrections_are_counted() -> None:
    project = project_with_errors()
    wrong = list(project.tasks.order_by("pk")[:3])
    making.label(wrong, making.LABELS, source=LabelSource.REVIEW)
    making.label([wrong[0]], ["billing"], source=LabelSource.REVIEW)
    making.run(project)
    assert Gain.objects.get(run=making.shown(project)).corrections == 3


def test_nothing_is_shown_before_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    seen = []
    prove = chain.WORK["prove"]

    def look_around(context: Any) -> None:
        prove(context)
        seen.append(
            (
                Flag.objects.count(),
                Run.objects.filter(completed_at__isnull=False).count(),
                Gain.objects.count(),
                QueueEntry.objects.exclude(reason="").count(),
            )
        )

    monkeypatch.setitem(chain.WORK, "prove", look_around)
    making.run(project)
    assert seen == [(0, 0, 0, 0)]


def test_what_fails_at_the_end_leaves_nothing_half_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    monkeypatch.setattr(publish, "_clean", lambda context: 1 / 0)
    job = making.run(project)
    assert job.state == JobState.FAILED
    assert not Flag.objects.exists()
    assert not ClassPair.objects.exists()
    assert not Run.objects.filter(completed_at__isnull=False).exists()


class KilledError(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.mark.parametrize("step", ["encode", "predict", "issues", "queue", "prove"])
def test_a_run_whose_worker_died_goes_on_where_it_was(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    making.run(project)
    expected = [(flag.task_id, round(flag.score, 5)) for flag in label_errors(project)]
    Flag.objects.all().delete()

    job = runs.start(actor=None, project=project, question=making.QUESTION, force=True)
    done: list[str] = []
    works = dict(chain.WORK)

    def counted(name: str) -> Any:
        def work(context: Any) -> None:
            done.append(name)
            works[name](context)
            if name == step and done.count(name) == 1:
                raise KilledError

        return work

    for name in works:
        monkeypatch.setitem(chain.WORK, name, counted(name))
    with pytest.raises(KilledError):
        jobs.run(job.pk)
    # A label given meanwhile is left to the next run.
    making.label([project.tasks.earliest("pk")], ["delivery"])
    JobRun.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    making.work(job)
    assert job.state == JobState.SUCCEEDED
    assert {name: done.count(name) for name in works} == {name: 2 if name == step else 1 for name in works}
    assert Run.objects.count() == 2
    first = project.tasks.earliest("pk").pk
    found = [(flag.task_id, round(flag.score, 5)) for flag in label_errors(project)]
    assert found == [(task, score) for task, score in expected if task != first]


def dies(*_: Any) -> None:
    raise KilledError


def lost(job: JobRun) -> None:
    """Let the clock find out that the job's worker is gone."""
    JobRun.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - jobs.LOST_AFTER - timedelta(seconds=1))
    jobs.tend()
    job.refresh_from_db()


def test_the_clock_starts_a_run_again_whose_worker_died(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    with monkeypatch.context() as patch:
        patch.setitem(chain.WORK, "issues", dies)
        with pytest.raises(KilledError):
            jobs.run(job.pk)
        # Nobody else starts one meanwhile, and nothing of it is shown.
        with pytest.raises(Conflict):
            runs.start(actor=None, project=project, question=making.QUESTION)
        assert not Flag.objects.exists()
        lost(job)
    assert (job.state, job.message) == (JobState.QUEUED, "The worker died; starting again")
    making.work(job)
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 2)
    assert Run.objects.count() == 1
    assert label_errors(project)


def test_a_run_that_kills_its_worker_again_and_again_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    making.run(project)
    before = list(Flag.objects.order_by("pk").values_list("pk", "state"))
    job = runs.start(actor=None, project=project, question=making.QUESTION, force=True)
    monkeypatch.setitem(chain.WORK, "predict", dies)
    for _ in range(jobs.MAX_ATTEMPTS):
        with pytest.raises(KilledError):
            jobs.run(job.pk)
        lost(job)
    assert job.state == JobState.FAILED
    assert "The worker died 3 times while doing this" in job.error
    assert list(Flag.objects.order_by("pk").values_list("pk", "state")) == before
    monkeypatch.undo()
    assert making.run(project, force=True).state == JobState.SUCCEEDED


def test_a_worker_that_dies_while_showing_the_results_shows_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    with monkeypatch.context() as patch:
        patch.setattr(publish, "_clean", dies)
        with pytest.raises(KilledError):
            jobs.run(job.pk)
    assert not Flag.objects.exists()
    assert not Gain.objects.exists()
    lost(job)
    making.work(job)
    assert job.state == JobState.SUCCEEDED
    assert Gain.objects.count() == 1
    assert label_errors(project)


def test_labels_that_arrive_during_a_run_wait_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    [waiting] = factories.tasks(project, data=[{"text": making.message("billing", 5000)}])
    predict = chain.WORK["predict"]

    def meanwhile(context: Any) -> None:
        making.label([waiting], ["other"])
        predict(context)

    with monkeypatch.context() as patch:
        patch.setitem(chain.WORK, "predict", meanwhile)
        making.run(project)
    run = making.shown(project)
    assert run.labels == 75
    assert Prediction.objects.get(task=waiting).quality is None
    assert not Flag.objects.filter(task=waiting, reason=FlagReason.LABEL_ERROR).exists()
    question = versions.schema(project.pk).question(making.QUESTION)
    assert question is not None
    assert standing.of(project, question, run).fresh == 1
    assert result(project)["unchanged"] is False
    assert making.shown(project).labels == 76


def test_a_worker_that_dies_while_ordering_the_queue_orders_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    reorder = publish.reorder

    def die(context: Any) -> None:
        raise KilledError

    monkeypatch.setattr(publish, "reorder", die)
    with pytest.raises(KilledError):
        jobs.run(job.pk)
    monkeypatch.setattr(publish, "reorder", reorder)
    JobRun.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    assert making.work(job).state == JobState.SUCCEEDED
    assert QueueEntry.objects.filter(reason=RANDOM).count() == 2
    assert not RunArray.objects.exists()


def test_one_run_at_a_time_per_question() -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    with pytest.raises(Conflict) as raised:
        runs.start(actor=None, project=project, question=making.QUESTION)
    assert raised.value.current == {"job": job.pk}
    making.work(job)
    runs.start(actor=None, project=project, question=making.QUESTION)


@pytest.mark.parametrize("step", ["encode", "predict", "prove"])
def test_a_cancelled_run_shows_nothing(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    work = chain.WORK[step]

    def cancelled(context: Any) -> None:
        work(context)
        jobs.cancel(actor=project.created_by, job=job)

    monkeypatch.setitem(chain.WORK, step, cancelled)
    making.work(job)
    assert job.state == JobState.CANCELLED
    assert not Flag.objects.exists()
    assert not Run.objects.filter(completed_at__isnull=False).exists()
    assert not QueueEntry.objects.exclude(reason="").exists()
    monkeypatch.setitem(chain.WORK, step, work)
    assert making.run(project).state == JobState.SUCCEEDED
    assert not RunArray.objects.exists()


def test_a_label_changed_during_the_run_is_not_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    first, second = project.tasks.order_by("pk")[:2]
    prove = chain.WORK["prove"]

    def meanwhile(context: Any) -> None:
        prove(context)
        making.label([first], ["billing"], source=LabelSource.REVIEW)
        tasks.quarantine(actor=project.created_by, project=project, task_ids=[second.pk])

    monkeypatch.setitem(chain.WORK, "prove", meanwhile)
    making.run(project)
    found = {flag.task_id for flag in label_errors(project)}
    assert found
    assert not found & {first.pk, second.pk}
    assert result(project)["unchanged"] is False


def test_quarantined_tasks_take_no_part() -> None:
    project = project_with_errors()
    first = project.tasks.earliest("pk")
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[first.pk])
    making.run(project)
    assert making.shown(project).labels == 74
    assert not Flag.objects.filter(task=first).exists()
    assert not Prediction.objects.filter(task=first).exists()


def test_the_job_is_registered_for_the_quality_queue() -> None:
    project = project_with_errors()
    job = runs.start(actor=project.created_by, project=project, question=making.QUESTION)
    assert (job.kind, job.queue) == (KIND, "quality")
