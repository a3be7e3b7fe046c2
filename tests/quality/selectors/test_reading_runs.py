"""What pages read of runs: gains, confusions, similar tasks, health."""

from __future__ import annotations

import pytest

from labeling.models import Label, LabelSource
from labeling.reasons.low_quality import LOW_QUALITY
from labeling.selectors import versions as version_reads
from labeling.services import guidelines, tasks
from quality.models import Prediction
from quality.scoring.health import Part
from quality.selectors import health as health_reads
from quality.selectors import items as item_reads
from quality.selectors import runs as run_reads
from quality.selectors import similar as similar_reads
from quality.tracks.single import one_class
from tests import factories
from tests.quality.services import making

pytestmark = pytest.mark.django_db


def test_the_gain_of_each_run_with_the_corrections_before_it() -> None:
    project = factories.project()
    labeled = making.messages(project, 45)
    test = making.messages(project, 12, split="test", start=500)
    making.label(labeled[:6], ["other", "billing", "delivery"] * 2)
    making.run(project)
    making.label(labeled[:6], making.LABELS * 2, source=LabelSource.REVIEW)
    making.run(project)
    making.label(test[:1], ["other"], source=LabelSource.REVIEW)
    making.run(project)
    points = run_reads.gains(project, making.QUESTION)
    assert [point.new_corrections for point in points] == [0, 6, 1]
    assert [point.comparable for point in points] == [True, True, False]
    assert points[1].gain.log_loss < points[0].gain.log_loss
    assert run_reads.newest(project, making.QUESTION) == points[-1].run
    assert list(run_reads.history(project)) == [point.run for point in reversed(points)]
    assert run_reads.alive(project, making.QUESTION) is None


def test_predictions_worst_first_with_their_distribution() -> None:
    project = factories.project()
    labeled = making.messages(project, 45)
    making.label(labeled[:1], ["other"])
    making.run(project)
    run = making.shown(project)
    assert run_reads.worst(run)[0].task_id == labeled[0].pk
    shares = run_reads.distribution(Prediction.objects.get(run=run, task=labeled[0]), run.classes)
    assert shares[0][0] == "billing"
    assert sum(share for _, share in shares) == pytest.approx(1, abs=0.01)
    assert {(pair.given, pair.suggested) for pair in run_reads.confusions(run)} >= {("other", "billing")}


def test_similar_tasks_come_nearest_first() -> None:
    project = factories.project()
    labeled = making.messages(project, 30)
    twin = factories.task(project, text=making.message("billing", 0) + "!")
    empty = factories.task(project, text="")
    assert similar_reads.similar_tasks(labeled[0], "text") == []
    making.run(project)
    found = similar_reads.similar_tasks(labeled[0], "text", most=5)
    assert found[0].task_id == twin.pk
    assert found[0].distance < 0.2
    assert [each.distance for each in found] == sorted(each.distance for each in found)
    assert labeled[0].pk not in {each.task_id for each in found}
    assert similar_reads.similar_tasks(empty, "text") == []


def test_health_says_what_is_not_known() -> None:
    project = factories.project()
    labeled = making.messages(project, 30)
    factories.tasks(project, data=[{"text": ""}, labeled[0].data])
    making.run(project)
    found = health_reads.health_for(project, making.shown(project))
    parts = {part.name: part for part in found.parts}
    assert parts["completeness"].value == pytest.approx(31 / 32)
    assert parts["uniqueness"].value == pytest.approx(31 / 32)
    assert parts["balance"].value == pytest.approx(1)
    accuracy = parts["accuracy"].value
    assert accuracy is not None
    assert accuracy > 0.8
    assert parts["timeliness"].value is None
    assert "No guideline" in parts["timeliness"].why
    assert found.overall is not None


def test_labels_that_came_with_the_data_are_not_out_of_date() -> None:
    project = factories.project()
    labeled = making.messages(project, 12)
    guidelines.save_draft(actor=project.created_by, project=project, body="Say what it is about.", entries=[])
    guidelines.publish(actor=project.created_by, project=project, change_note="First")
    making.run(project)

    def timeliness() -> Part:
        parts = health_reads.health_for(project, making.shown(project)).parts
        return next(part for part in parts if part.name == "timeliness")

    assert timeliness().value is None
    assert timeliness().why == "All labels came with the data, under no guideline."
    # Of those given here, one of two was given under what holds now.
    making.label(labeled[:2], ["billing", "delivery"], source=LabelSource.ANNOTATION)
    Label.objects.filter(task=labeled[0], retired_at=None).update(guideline_version=1)
    assert timeliness().value == pytest.approx(0.5)


def test_items_are_a_sample_when_there_are_too_many() -> None:
    project = factories.project()
    making.messages(project, 40)
    making.messages(project, 160, labeled=False, start=300)
    question = version_reads.schema(project.pk).questions[0]
    found = item_reads.read_items(project, question, most=100)
    assert found.total == 200
    assert int(found.labeled.sum()) == 40
    assert 60 <= found.size < 160
    again = item_reads.load(found.dump())
    assert again.tasks.tolist() == item_reads.read_items(project, question, most=100).tasks.tolist()
    assert one_class(again)[again.labeled].tolist() == one_class(found)[found.labeled].tolist()


def test_quarantine_ends_a_tasks_part_in_flags() -> None:
    project = factories.project()
    labeled = making.messages(project, 30)
    odd = factories.task(project, text="")
    making.run(project)
    assert odd.flags.filter(state="open", reason=LOW_QUALITY.name).exists()
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[odd.pk, labeled[0].pk])
    making.run(project)
    assert not odd.flags.filter(state="open").exists()
