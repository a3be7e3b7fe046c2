"""What runs of earlier versions stored still loads, and what is not set is not stored."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from labeling.models import JobRun, JobState, Project, Role
from quality.models import Run
from quality.models.documents import Options, Steps, Summary
from quality.selectors import health as health_reads
from quality.selectors import history as history_reads
from quality.services import runs
from quality.services.pipeline import chain
from tests import factories
from tests.quality.services import making

OLD_STEPS = [{"name": "encode", "seconds": 1.2}, {"name": "predict", "seconds": 0.3}]
OLD_PARAMETERS = {
    "encoder": "built-in", "filter_by": "both", "score": "self_confidence", "strategy": "entropy", "seed": 0,
    "random_share": 0.1,
}  # fmt: skip
OLD_SUMMARY: dict[str, Any] = {
    "tasks": 95, "looked_at": 95, "labels": 75, "unlabeled": 20,
    "scarce": ["rare"], "scarce_note": "1 class has fewer than 3 labels to learn from and is left out: rare",
    "signal": {
        "accuracy": 0.94, "baseline_accuracy": 0.35, "log_loss": 0.61, "baseline_log_loss": 1.09, "labels": 75,
    },
    "label_errors": {"items": 75, "flagged": 3, "rate": 0.05, "interval": [0.02, 0.11]},
    "classes": [
        {
            "name": "billing", "labels": 25, "wrong": 1.0, "missed": 0.5, "flagged": 1, "quality": 0.6, "counted": 20,
            "interval": [0.0, 0.2],
        }
    ],
    "groups": [{"items": 20, "agreement": 0.4, "interval": [0.2, 0.6], "tasks": [1, 2, 3]}],
    "ambiguous": 0, "low_quality": 1, "outliers": 2,
    "duplicates": {"groups": 1, "items": 2, "exact": 2, "differing": 0, "across_splits": 1},
    "balance": {"ratio": 1.2, "balance": 0.97, "level": "", "counts": [["billing", 38], ["other", 37]]},
    "splits": {
        "counts": {"": {"labels": 60, "by_class": [20, 20, 20]}, "test": {"labels": 15, "by_class": [6, 5, 4]}},
        "test_shift": 0.01, "test_chance": 0.05, "validation_shift": None, "validation_chance": None,
    },
    "people": {"tasks": 12, "answers": 30, "alpha": None, "alpha_why": "all answers are the same class."},
    "queue": {"ranked": 20, "random": 2},
    "unavailable": {"gain": "No item of the test split has a confirmed label."},
    "flags": {"found": 6, "opened": 6, "updated": 0, "closed": 0, "decided": 0},
}  # fmt: skip


def test_a_summary_of_today_is_stored_as_it_was() -> None:
    assert Summary.load(OLD_SUMMARY).dump() == OLD_SUMMARY
    assert Summary.load({}).dump() == {}
    assert Summary.load({"pairs": [], "ambiguous": 0}).dump() == {"ambiguous": 0}


def test_what_a_run_did_not_look_at_is_none() -> None:
    empty = Summary.load({"tasks": 3})
    assert (empty.ambiguous, empty.label_errors, empty.people, empty.unavailable) == (None, None, None, {})
    assert Summary.load(OLD_SUMMARY).ambiguous == 0


def test_a_summary_has_no_other_names() -> None:
    with pytest.raises(LookupError, match="no guesses"):
        Summary().noted(guesses=1)


def test_steps_were_a_bare_list_once() -> None:
    old = Steps.load(OLD_STEPS)
    assert [(step.name, step.seconds) for step in old.done] == [("encode", 1.2), ("predict", 0.3)]
    assert Steps.load(old.dump()) == old
    assert Steps.load([]).done == ()


def test_parameters_of_old_runs_have_todays_defaults() -> None:
    assert Options.load(OLD_PARAMETERS).strategy == "entropy"
    assert Options.load({"strategy": "margin"}).random_share == 0.1
    assert Options.load(OLD_PARAMETERS).dump() == OLD_PARAMETERS


def old_run(project: Project) -> Run:
    making.run(project)
    Run.objects.update(steps=OLD_STEPS, parameters=OLD_PARAMETERS, summary=OLD_SUMMARY)
    return making.shown(project)


@pytest.mark.django_db
def test_pages_and_api_show_a_run_of_an_earlier_version(client_for: Any) -> None:
    project = making.project_with_errors()
    run = old_run(project)
    [past] = history_reads.past_runs(project, making.QUESTION)
    assert past.steps == [("Reading items", 1.2), ("Predicting", 0.3)]
    assert past.options["strategy"] == "entropy"
    accuracy = next(part for part in health_reads.health_for(project, run).parts if part.name == "accuracy")
    assert accuracy.value == pytest.approx(0.95)
    client: Client = client_for(factories.member(project, Role.REVIEWER))
    page = client.get(f"/p/{project.slug}/quality/").content.decode()
    assert "1 class has fewer than 3 labels to learn from" in page
    assert "3 likely errors" in page
    [document] = client.get(f"/api/projects/{project.slug}/runs/").json()["results"]
    assert document["summary"] == OLD_SUMMARY
    assert document["steps"] == OLD_STEPS
    assert document["parameters"] == OLD_PARAMETERS


@pytest.mark.django_db
def test_a_run_that_an_earlier_version_began_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(BaseException):
        pass

    def die(_: Any) -> None:
        raise KilledError

    project = making.project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    with monkeypatch.context() as patch:
        patch.setitem(chain.WORK, "issues", die)
        with pytest.raises(KilledError):
            making.work(job)
    Run.objects.update(steps=OLD_STEPS)
    JobRun.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    assert making.work(job).state == JobState.SUCCEEDED
    assert [step.name for step in Steps.load(making.shown(project).steps).done] == [
        "encode", "predict", "issues", "queue", "prove",
    ]  # fmt: skip
