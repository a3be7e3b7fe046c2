"""A way of learning is one file: a track that the tests register goes through a whole run."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from labeling.errors import Invalid
from labeling.kinds import text
from labeling.kinds.registry import KINDS
from labeling.models import Flag, JobState, QueueEntry, QueueScore
from labeling.reasons.label_error import LABEL_ERROR
from quality.learning.arrays import Doubles, Floats, Integers
from quality.models import Gain, Prediction
from quality.services import runs
from quality.services.pipeline.order import SURE, UNSURE
from quality.services.queueing import RANDOM
from quality.tracks.base import Arrays, Case, Errors, Finding, Predicted, Track, Untracked
from quality.tracks.lookup import track_named
from quality.tracks.registry import TRACKS
from tests import factories
from tests.quality.services import making

SCHEMA = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [{"name": "summary", "kind": "text", "field": "text"}],
}


class Lengths(Track):
    """Learns how long answers are, and finds those that are far too long."""

    name = "lengths"

    def read_answers(self, answers: Iterator[Any], names: tuple[str, ...]) -> Arrays:
        return {"lengths": np.array([-1 if answer is None else len(answer) for answer in answers], dtype=np.int64)}

    def predict(self, case: Case) -> tuple[Predicted, Integers]:
        rows = np.arange(case.items.size)
        values = np.full((rows.size, 1), 0.9, dtype=np.float32)
        values[case.items.answers["lengths"] < 0] = 0.1
        return Predicted(rows=rows, values=values, classes=np.full(1, -1)), np.zeros(0, dtype=np.int64)

    def require_signal(self, case: Case, found: Predicted) -> tuple[Predicted, dict[str, Any]]:
        return found, {"labels": int(case.items.labeled.sum())}

    def find_errors(self, case: Case, found: Predicted) -> Errors:
        lengths = case.items.answers["lengths"]
        return Errors(
            quality=np.where(lengths > 20, 0.1, 0.9).astype(np.float32),
            findings=[
                Finding(line=line, reason=LABEL_ERROR, score=0.1, details={"suggested": "short"})
                for line in np.flatnonzero(lengths > 20).tolist()
            ],
        )

    def read_line(self, values: Floats, classes: Integers) -> tuple[list[int], float]:
        return [], float(values[0])

    def unsure(self, case: Case, values: Floats) -> Doubles:
        return np.asarray(1 - values[:, 0], dtype=np.float64)


@pytest.fixture
def lengths(monkeypatch: pytest.MonkeyPatch) -> Track:
    """Register the track, and let questions for words name it."""
    track = Lengths()
    monkeypatch.setitem(TRACKS, track.name, track)
    monkeypatch.setattr(text, "TRACK", track.name)
    return track


@pytest.mark.django_db
@pytest.mark.usefixtures("lengths")
def test_a_track_that_is_registered_is_learned_from_and_judged_by() -> None:
    project = factories.project(schema=SCHEMA)
    labeled = making.messages(project, 12, labeled=False)
    making.label(labeled, ["short", "an answer that goes on and on and on", *["short"] * 10], question="summary")
    waiting = making.messages(project, 5, labeled=False, start=500)
    job = making.run(project, "summary")
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")
    flag = Flag.objects.get(reason=LABEL_ERROR.name)
    assert flag.task == labeled[1]
    assert flag.evidence["suggested"] == "short"
    assert len(flag.evidence["neighbors"]) == 6
    assert Prediction.objects.filter(task=labeled[1]).get().quality == pytest.approx(0.1)
    assert QueueScore.objects.filter(question="summary").count() == len(waiting)
    assert set(QueueEntry.objects.filter(task__in=waiting).values_list("reason", flat=True)) == {UNSURE, RANDOM}
    assert SURE not in QueueScore.objects.values_list("reason", flat=True)
    # What it leaves out is said in words.
    run = making.shown(project, "summary")
    assert not Gain.objects.filter(run=run).exists()
    assert "one label to choose" in run.summary["unavailable"]["gain"]
    assert "one label to choose" in run.summary["unavailable"]["people"]
    # The same answers are not looked at again, another one is.
    assert making.result(project, question="summary")["unchanged"] is True
    making.label(labeled[1:2], ["short"], question="summary")
    assert making.result(project, question="summary")["unchanged"] is False
    assert not Flag.objects.filter(reason=LABEL_ERROR.name, state="open").exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("lengths")
def test_runs_start_by_themselves_for_a_question_with_a_track() -> None:
    project = factories.project(schema=SCHEMA)
    runs.configure(actor=project.created_by, project=project, after_labels=3)
    making.label(making.messages(project, 5, labeled=False), ["short"] * 5, question="summary")
    assert [job.params["question"] for job in runs.start_due_runs()] == ["summary"]


@pytest.mark.django_db
def test_no_run_starts_by_itself_for_a_question_without_one() -> None:
    project = factories.project(schema=SCHEMA)
    runs.configure(actor=project.created_by, project=project, after_labels=3)
    making.label(making.messages(project, 5, labeled=False), ["short"] * 5, question="summary")
    assert runs.start_due_runs() == []


def test_every_kind_names_a_track_that_is_there_or_none() -> None:
    assert {kind.TRACK for kind in KINDS.values()} <= {"", *TRACKS}
    assert all(track.name == name for name, track in TRACKS.items())
    assert isinstance(track_named(""), Untracked)


def test_what_a_track_cannot_do_it_says_in_a_sentence() -> None:
    nothing: Any = track_named("")
    names = [name for name, member in Track.__dict__.items() if inspect.isfunction(member) and name[0] != "_"]
    refused: dict[str, str] = {}
    for name in names:
        taken = inspect.signature(getattr(Track, name)).parameters
        given = {parameter: None for parameter in taken if parameter != "self"}
        try:
            getattr(nothing, name)(**given)
        except Invalid as error:
            refused[name] = error.message
    assert all(sentence.endswith(".") for sentence in refused.values())
    assert set(names) - set(refused) == {"read_answers"}
