"""Projects that give a model little to learn from: the run ends well and says in words what is missing."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from labeling.errors import Invalid
from labeling.models import Flag, JobState, QueueEntry, Task
from labeling.reasons.ambiguous import AMBIGUOUS
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.low_quality import LOW_QUALITY
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from labeling.selectors.media import path_of
from quality.learning import classifier
from quality.models import Prediction, PushedModel, PushedPrediction
from quality.services import runs
from quality.services.pipeline import item_issues
from tests import factories
from tests.quality.services import making

pytestmark = pytest.mark.django_db


def schema(kind: str, **settings: Any) -> dict[str, Any]:
    return {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "intent", "kind": kind, "field": "text", **settings}],
    }


def ran(project: Any, question: str = making.QUESTION) -> dict[str, Any]:
    job = making.run(project, question)
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")
    summary: dict[str, Any] = making.shown(project, question).summary
    return summary


def why(project: Any) -> str:
    return str(ran(project)["unavailable"]["predictions"])


def test_one_class() -> None:
    project = factories.project()
    tasks = making.messages(project, 12)
    making.label(tasks, ["billing"] * 12)
    assert "All labels are the same class" in why(project)
    assert not Flag.objects.filter(reason=LABEL_ERROR.name).exists()


def test_three_labels() -> None:
    project = factories.project()
    making.messages(project, 3)
    making.messages(project, 9, labeled=False, start=100)
    assert "3 classes have labels, but only 0 of them have the 3 labels" in why(project)
    assert not QueueEntry.objects.exclude(reason="").exists()


def test_no_labels_and_no_tasks() -> None:
    project = factories.project()
    job = making.run(project)
    assert job.state == JobState.FAILED
    assert job.error == "There are no tasks to look at yet. Import some first."
    making.messages(project, 5, labeled=False)
    assert "Nothing is labeled yet" in why(project)


def test_ten_thousand_classes() -> None:
    names = [f"class {number}" for number in range(10_000)]
    project = factories.project(schema=schema("choice", labels=names))
    tasks = factories.tasks(project, data=[{"text": f"{name} and nothing else"} for name in names[:1000]])
    making.label(tasks, names[:1000])
    assert "1,000 classes have labels, but only 0 of them have the 3 labels" in why(project)


def test_few_of_ten_thousand_classes() -> None:
    names = [*making.LABELS, *(f"class {number}" for number in range(9_997))]
    project = factories.project(schema=schema("choice", labels=names))
    making.messages(project, 60)
    rare = factories.tasks(project, 2)
    making.label(rare, ["class 9996", "class 9995"])
    summary = ran(project)
    assert summary["signal"]["accuracy"] > 0.8
    assert "2 classes have fewer than 3 labels to learn from and are left out: class 9995" in summary["scarce_note"]
    assert not Flag.objects.filter(task__in=rare, reason=LABEL_ERROR.name).exists()


def test_more_probabilities_than_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "MAX_CELLS", 100)
    project = factories.project()
    making.messages(project, 60)
    assert "60 items with 3 classes are 180 probabilities, more than the 100 that fit into memory" in why(project)
    assert not Flag.objects.filter(reason=LABEL_ERROR.name).exists()


def test_many_classes_that_can_be_learned_fit_on_the_page(client_for: Any) -> None:
    """Of 80 classes with four labels each, the table shows those most mixed up, and the page stays small."""
    names = [f"class {number}" for number in range(80)]
    project = factories.project(schema=schema("choice", labels=names))
    texts = [{"text": f"topic{number} word{number} thing{number} {turn}"} for turn in range(4) for number in range(80)]
    tasks = factories.tasks(project, data=texts)
    given = names * 4
    for number in range(0, 80, 3):
        given[number] = names[(number + 1) % 80]
    making.label(tasks, given)
    summary = ran(project)
    assert summary["label_errors"]["flagged"] >= 15
    page = client_for(factories.member(project, "reviewer")).get(f"/p/{project.slug}/quality/")
    assert len(page.context["matrix"]["classes"]) == 15
    assert len(page.content) < 400_000
    assert page.context["confusion"].left_out > 0


def test_identical_items() -> None:
    project = factories.project()
    tasks = factories.tasks(project, data=[{"text": "always the same"} for _ in range(30)])
    making.label(tasks, [making.LABELS[number % 3] for number in range(30)])
    summary = ran(project)
    assert "no better than always answering the most common class" in summary["unavailable"]["predictions"]
    assert summary["duplicates"] == {"groups": 1, "items": 30, "exact": 30, "differing": 1, "across_splits": 0}
    flag = Flag.objects.get()
    assert (flag.reason, flag.task) == (NEAR_DUPLICATE.name, tasks[0])
    assert flag.note == "The same item is there 30 times, and the labels differ."
    assert flag.evidence["members"] == [task.pk for task in tasks]


def test_labels_without_any_sense() -> None:
    project = factories.project()
    tasks = making.messages(project, 90)
    sense = np.random.default_rng(5).integers(0, 3, 90)
    making.label(tasks, [making.LABELS[code] for code in sense])
    assert "no better than always answering the most common class" in why(project)
    assert not Flag.objects.filter(reason__in=(LABEL_ERROR.name, AMBIGUOUS.name)).exists()
    assert not QueueEntry.objects.exclude(reason="").exists()


def push(project: Any, values: Any, *, out_of_fold: bool = True) -> None:
    model = PushedModel.objects.create(
        project=project,
        question="intent",
        name="ours",
        classes=making.LABELS,
        out_of_fold=out_of_fold,
        created_by=project.created_by,
    )
    PushedPrediction.objects.bulk_create(
        [
            PushedPrediction(model=model, task=task, probabilities=np.asarray(row, dtype="<f4").tobytes())
            for task, row in zip(project.tasks.order_by("pk"), values, strict=False)
        ]
    )


def test_random_probabilities_that_were_sent() -> None:
    project = factories.project()
    making.messages(project, 90)
    push(project, np.random.default_rng(0).dirichlet(np.ones(3), size=90))
    assert "no better than always answering the most common class" in why(project)
    assert making.shown(project).model == "ours"


def test_probabilities_that_cannot_be_used() -> None:
    project = factories.project()
    making.messages(project, 30)
    push(project, [[0.5, 0.1, 0.1]] * 30)
    assert "Row 1 does not sum to 1 (30 rows in all)" in why(project)


def test_probabilities_of_a_model_that_saw_the_labels() -> None:
    project = factories.project()
    making.messages(project, 30)
    push(project, np.eye(3)[np.arange(30) % 3], out_of_fold=False)
    assert "not out of fold" in why(project)


def test_probabilities_that_were_sent_are_used_and_the_gain_stays_the_fixed_models() -> None:
    project = factories.project()
    making.messages(project, 60)
    making.messages(project, 9, split="test", start=500)
    values = np.full((69, 3), 0.02)
    values[np.arange(69), np.arange(69) % 3] = 0.96
    values[10] = [0.97, 0.02, 0.01]  # this model is sure that the eleventh message, labeled delivery, is about billing
    push(project, values)
    summary = ran(project)
    assert summary["signal"]["labels"] == 69
    assert Flag.objects.get(reason=LABEL_ERROR.name).evidence["suggested"] == "billing"
    assert making.shown(project).gain.items == 9


def test_several_labels() -> None:
    project = factories.project(schema=schema("multi_choice", labels=[*making.LABELS, "rare"], min=0))
    values = [[making.LABELS[n % 3]] if n % 2 else sorted({making.LABELS[n % 3], "billing"}) for n in range(90)]
    data = [
        {"text": making.message(making.LABELS[n % 3], n) + (" " + making.message("billing", n) if n % 2 == 0 else "")}
        for n in range(90)
    ]
    tasks = factories.tasks(project, data=data)
    values[1], values[2] = ["delivery", "other"], ["delivery"]
    making.label(tasks, values)
    summary = ran(project)
    assert summary["label_errors"]["items"] == 90
    flags = {flag.task_id: flag for flag in Flag.objects.filter(reason=LABEL_ERROR.name)}
    assert len(flags) < 20
    extra = flags[tasks[1].pk]
    assert (extra.evidence["extra"], "missing" in extra.evidence) == (["other"], False)
    assert extra.evidence["suggested"] == ["delivery"]
    assert extra.note == "Likely too much: “other”."
    other = flags[tasks[2].pk]
    assert "delivery" in other.evidence["extra"]
    assert other.evidence["suggested"] == other.evidence["missing"] == ["billing", "other"]
    prediction = Prediction.objects.get(task=tasks[2])
    assert [making.shown(project).classes[code] for code in prediction.predicted] == other.evidence["suggested"]
    assert "one label to choose" in summary["unavailable"]["gain"]


@pytest.mark.parametrize(("kind", "settings", "values"), [("rating", {}, [1, 3, 5]), ("text", {}, ["a", "b", "c"])])
def test_ratings_and_texts_say_what_is_not_there(kind: str, settings: dict[str, Any], values: list[Any]) -> None:
    project = factories.project(schema=schema(kind, **settings))
    tasks = factories.tasks(project, data=[{"text": making.message("billing", n)} for n in range(29)] + [{"text": ""}])
    making.label(tasks, [values[n % 3] for n in range(30)])
    summary = ran(project)
    assert f"For a {kind} question" in summary["unavailable"]["predictions"]
    assert Flag.objects.get(task=tasks[-1], reason=LOW_QUALITY.name).note == "Empty."


def test_the_second_question_of_a_field_leaves_the_items_to_the_first() -> None:
    both = schema("choice", labels=making.LABELS)
    both["questions"].append({"name": "tone", "kind": "choice", "field": "text", "labels": ["good", "bad"]})
    project = factories.project(schema=both)
    making.messages(project, 30)
    empty = factories.task(project, text=" ")
    ran(project)
    ran(project, "tone")
    assert Flag.objects.get(task=empty).question == making.QUESTION


def test_images() -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    generator = np.random.default_rng(0)
    data = []
    for number in range(60):
        values = generator.normal(110, 20, (40, 40))
        values[:, 4:12] += 120 * (number % 2 == 0)
        values[4:12, :] += 120 * (number % 2 == 1)
        if number == 59:
            values[:] = 3
        out = io.BytesIO()
        Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(out, "PNG")
        sha256 = f"{number:064x}"
        default_storage.save(path_of(sha256, "original"), ContentFile(out.getvalue()))
        data.append({"image": {"sha256": sha256, "width": 40, "height": 40, "name": "a.png", "bytes": 9}})
    tasks = factories.tasks(project, data=[*data, {"image": {"sha256": "f" * 64, "width": 4, "height": 4}}])
    labels = [str(number % 2) for number in range(60)]
    labels[7] = "0"
    making.label(tasks[:60], labels, question="digit")
    job = making.run(project, "digit")
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")
    assert Flag.objects.get(task=tasks[7], reason=LABEL_ERROR.name).evidence["suggested"] == "1"
    assert "very dark" in Flag.objects.get(task=tasks[59], reason=LOW_QUALITY.name).note.lower()
    assert "not to be read" in Flag.objects.get(task=tasks[60], reason=LOW_QUALITY.name).note
    before = list(Flag.objects.order_by("task_id", "reason").values_list("task_id", "reason", "score"))
    assert making.run(project, "digit", force=True).state == JobState.SUCCEEDED
    assert list(Flag.objects.order_by("task_id", "reason").values_list("task_id", "reason", "score")) == before


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(Invalid, match="no question “mood”"):
        runs.start(actor=None, project=factories.project(), question="mood")


def test_copies_are_one_flag_a_group_and_the_worst_groups_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    project = factories.project()
    making.messages(project, 30)
    texts = [f"the very same parcel number {number} has not arrived at my address yet" for number in range(8)]
    texts = [text.replace("parcel", word) for text, word in zip(texts, making.TOPICS["other"].split(), strict=False)]
    twins = [factories.tasks(project, data=[{"text": text}] * 2, split="train") for text in texts]
    for pair in twins:
        making.label(pair, ["delivery", "delivery"])
    making.label(twins[5], ["delivery", "billing"])
    Task.objects.filter(pk=twins[3][0].pk).update(split="test")
    monkeypatch.setattr(item_issues, "most_of", lambda items: 2)
    summary = ran(project)
    assert summary["duplicates"] == {"groups": 8, "items": 16, "exact": 16, "differing": 1, "across_splits": 1}
    found = Flag.objects.filter(reason=NEAR_DUPLICATE.name).order_by("place")
    assert [flag.task_id for flag in found] == [twins[5][0].pk, twins[3][0].pk]
    assert [flag.evidence["members"] for flag in found] == [[a.pk, b.pk] for a, b in (twins[5], twins[3])]
    assert summary["looked_for"]["near_duplicate"] == {
        "found": 8,
        "words": "16 items in 8 groups, 1 with differing labels, 1 across splits; the worst 2 come first",
    }


def test_a_group_larger_than_a_flag_is_about_is_several_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_issues, "MOST_MEMBERS", 4)
    project = factories.project()
    tasks = factories.tasks(project, data=[{"text": "always the same"} for _ in range(10)])
    making.label(tasks, ["billing"] * 10)
    ran(project)
    found = Flag.objects.filter(reason=NEAR_DUPLICATE.name).order_by("task_id")
    assert [len(flag.evidence["members"]) for flag in found] == [4, 3, 3]
    assert sorted(task for flag in found for task in flag.evidence["members"]) == [task.pk for task in tasks]
