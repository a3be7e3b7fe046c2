"""Every path that accepts an answer checks it against its own item."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.core.files.base import ContentFile

from labeling.errors import Invalid
from labeling.kinds import text
from labeling.kinds.problems import wrong
from labeling.models import AnnotationState, Flag, ImportProblem, Label, Project
from labeling.reasons.decisions import Decision
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import imports, jobs, reviews, tasks
from labeling.services.annotations import Submission
from labeling.services.reviews import Ruling
from labeling.web.answers import from_form, offered
from tests import factories
from tests.labeling.kinds.registering import registered
from tests.pictures import picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.kinds.registry import Kind

pytestmark = pytest.mark.django_db

SCHEMA: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [{"name": "quote", "kind": "quote", "field": "text"}],
}


def parse(raw: Any, config: text.Config, item: Any) -> str:
    """Return words that stand in the text."""
    answer = text.parse(raw, config, item)
    if not isinstance(item, str) or answer not in item:
        raise wrong("Expected words of the text.")
    return answer


@pytest.fixture(autouse=True)
def quotes() -> Iterator[None]:
    """Register a kind whose answers are words of the item."""
    kind = SimpleNamespace(**{**vars(text), "NAME": "quote", "LOOKS_AT_ITEM": True, "parse": parse})
    with registered(cast("Kind", kind)):
        yield


@pytest.fixture
def project() -> Project:
    return factories.project(schema=SCHEMA)


@pytest.mark.parametrize("state", [AnnotationState.SUBMITTED, AnnotationState.DRAFT])
def test_a_save_and_a_draft_are_checked_against_the_task(project: Project, state: AnnotationState) -> None:
    task = factories.task(project, text="The parcel is late")
    person = factories.member(project)
    with pytest.raises(Invalid, match="words of the text"):
        saving.submit(actor=person, task=task, submission=Submission({"quote": "early"}, state=state), key="1")
    saving.submit(actor=person, task=task, submission=Submission({"quote": "late"}, state=state), key="2")


def test_a_decision_is_checked_against_the_task(project: Project) -> None:
    task = factories.task(project, text="The parcel is late")
    flag = Flag.objects.create(task=task, project=project, question="quote", reason="manual", score=0.5)
    who: dict[str, Any] = {"actor": project.created_by, "project": project, "flag_ids": [flag.pk]}

    with pytest.raises(Invalid, match="words of the text"):
        reviews.decide(**who, ruling=Ruling(Decision.RELABEL, "early"))
    reviews.decide(**who, ruling=Ruling(Decision.RELABEL, "late"))

    assert Label.objects.get(task=task, retired_at=None).value == "late"


def test_one_answer_for_many_tasks_is_checked_against_all_of_them(project: Project) -> None:
    made = factories.tasks(project, data=[{"text": "late again"}, {"text": "very late"}, {"text": "early"}])
    who: dict[str, Any] = {"actor": project.created_by, "project": project, "question": "quote", "value": "late"}

    with pytest.raises(Invalid, match="words of the text"):
        tasks.assign_label(**who, task_ids=[task.pk for task in made])
    assert not Label.objects.exists()
    tasks.assign_label(**who, task_ids=[task.pk for task in made[:2]])
    assert Label.objects.count() == 2


def test_a_kind_that_no_form_can_ask_is_refused_in_words() -> None:
    kind = SimpleNamespace(**{**vars(text), "NAME": "drawing", "FORM": "none"})
    schema = {**SCHEMA, "questions": [{"name": "quote", "kind": "drawing", "field": "text", "title": "What"}]}
    with registered(cast("Kind", kind)):
        drawn = factories.project(schema=schema)
        with pytest.raises(Invalid, match="“What” is answered on each item by itself"):
            tasks.assign_label(
                actor=drawn.created_by, project=drawn, task_ids=[factories.task(drawn).pk], question="quote", value="x"
            )
        asks = version_reads.schema(drawn.pk)
        assert offered(asks) == []
        with pytest.raises(Invalid, match="on the item itself"):
            from_form(asks.questions[0], ["x"])


def test_the_same_words_of_a_file_are_checked_against_each_row(project: Project) -> None:
    rows = [{"text": "very\r\nlate", "labels": {"quote": "very\nlate"}}, {"text": "early", "labels": {"quote": "late"}}]
    rows += [{"text": f"late {number}", "labels": {"quote": "late"}} for number in range(2)]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    job = imports.start(actor=project.created_by, project=project, file=ContentFile(content, name="rows.jsonl"))
    jobs.perform_job(job.pk)

    problem = ImportProblem.objects.get(job=job)
    assert (problem.row, problem.column, problem.message) == (2, "quote", "Expected words of the text.")
    assert list(Label.objects.order_by("task_id").values_list("value", flat=True)) == ["very\nlate", "late", "late"]


def parse_place(raw: Any, config: text.Config, item: Any) -> str:
    """Return a place from the left that lies in the image."""
    answer = text.parse(raw, config, None)
    if not isinstance(item, dict) or int(answer) >= item["width"]:
        raise wrong("Expected a place in the image.")
    return answer


@pytest.mark.usefixtures("own_storage")
def test_a_place_in_an_image_is_checked_against_the_pixels_of_each_row() -> None:
    kind = SimpleNamespace(
        **{**vars(text), "NAME": "place", "FIELD_TYPES": ("image",), "LOOKS_AT_ITEM": True, "parse": parse_place}
    )
    schema = {
        "fields": [{"name": "photo", "type": "image"}],
        "questions": [{"name": "place", "kind": "place", "field": "photo"}],
    }
    with registered(cast("Kind", kind)):
        project = factories.project(schema=schema)
        rows = [
            {
                "photo": "data:image/png;base64," + base64.b64encode(picture(size=(width, 8))).decode(),
                "labels": {"place": "20"},
            }
            for width in (32, 16, 64)
        ]
        content = "\n".join(json.dumps(row) for row in rows).encode()
        job = imports.start(actor=project.created_by, project=project, file=ContentFile(content, name="rows.jsonl"))
        jobs.perform_job(job.pk)

    problem = ImportProblem.objects.get(job=job)
    assert (problem.row, problem.column, problem.message) == (2, "place", "Expected a place in the image.")
    assert [label.task.data["photo"]["width"] for label in Label.objects.order_by("task_id")] == [32, 64]
