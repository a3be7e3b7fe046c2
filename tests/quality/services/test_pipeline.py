"""A run of the pipeline from labels to flags, predictions, queue and gain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labeling.models import Flag, FlagState, JobState, Label, LabelSource, QueueEntry
from labeling.reasons.decisions import Decision
from labeling.reasons.label_error import LABEL_ERROR
from labeling.services import reviews, tasks
from labeling.services.reviews import Ruling
from quality.learning import classifier
from quality.models import ClassPair, Embedding, EmbeddingSet, Gain, Prediction, Run, RunArray
from quality.models.documents import Steps
from quality.selectors.runs import KIND
from quality.services import runs
from quality.services.queueing import RANDOM, TESTING
from tests import factories
from tests.quality.services import making
from tests.quality.services.making import label_errors, project_with_errors, result

pytestmark = pytest.mark.django_db


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
    assert [step.name for step in Steps.load(run.steps).done] == ["encode", "predict", "issues", "queue", "prove"]
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
    again = Flag.objects.get(task=kept.task, reason=LABEL_ERROR.name, state=FlagState.OPEN)
    assert again.evidence["given"] == "delivery"


def test_a_label_that_a_reviewer_decided_is_not_flagged_while_it_stands() -> None:
    project = project_with_errors()
    reviewer = factories.member(project, "reviewer")
    making.run(project)
    flag = label_errors(project)[0]
    ruling = Ruling(Decision.RELABEL, answer="delivery")
    act = reviews.decide(actor=reviewer, project=project, flag_ids=[flag.pk], ruling=ruling).act
    making.run(project)
    assert not Flag.objects.filter(task=flag.task, reason=LABEL_ERROR.name, state=FlagState.OPEN).exists()
    # Taken back, the label is as it was, and so is the flag.
    reviews.undo(actor=reviewer, act=act)
    making.run(project)
    assert Flag.objects.get(task=flag.task, reason=LABEL_ERROR.name, state=FlagState.OPEN).pk == flag.pk


def test_corrections_are_counted() -> None:
    project = project_with_errors()
    wrong = list(project.tasks.order_by("pk")[:3])
    making.label(wrong, making.LABELS, source=LabelSource.REVIEW)
    making.label([wrong[0]], ["billing"], source=LabelSource.REVIEW)
    making.run(project)
    assert Gain.objects.get(run=making.shown(project)).corrections == 3


def test_a_correction_that_was_taken_back_does_not_count() -> None:
    project = project_with_errors()
    wrong = list(project.tasks.order_by("pk")[:3])
    before = {label.task_id: label.value for label in Label.objects.filter(task__in=wrong, retired_at=None)}
    making.label(wrong, making.LABELS, source=LabelSource.REVIEW)
    making.label(wrong[:1], [before[wrong[0].pk]], source=LabelSource.REVIEW)
    making.label(wrong[1:2], [before[wrong[1].pk]])
    making.run(project)
    assert Gain.objects.get(run=making.shown(project)).corrections == 1


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
