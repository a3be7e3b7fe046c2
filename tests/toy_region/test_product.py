"""A kind of regions goes through the whole product, and no file of the product knows it."""

import itertools
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from rest_framework.test import APIClient

from labeling.errors import Invalid
from labeling.models import (
    Annotation,
    AnnotationState,
    Flag,
    FlagState,
    JobState,
    Label,
    LabelSource,
    Project,
    Role,
    Task,
    User,
)
from labeling.reasons.conflict import CONFLICT
from labeling.selectors import exports as export_reads
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import imports, jobs, tasks
from labeling.services.annotations import Submission
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
keys = itertools.count()

TEXT = "Ada met Grace 🙂 in London"
SCHEMA: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [{"name": "names", "kind": "stretch", "field": "text", "labels": ["person", "place"]}],
}


def piece(name: str, start: int, end: int, label: str = "person") -> dict[str, Any]:
    return {"id": name, "start": start, "end": end, "label": label}


ADA, GRACE, LONDON = piece("a", 0, 3), piece("b", 8, 13), piece("c", 19, 25, "place")


@pytest.fixture
def project() -> Project:
    return factories.project(schema=SCHEMA, overlap=3, max_overlap=3)


def answer(person: User, task: Task, *pieces: dict[str, Any], **fields: Any) -> None:
    saving.submit(
        actor=person,
        task=task,
        submission=Submission(answers={"names": list(pieces)}, **fields),
        key=f"toy-{next(keys)}",
    )


def current(task: Task) -> Label | None:
    return Label.objects.filter(task=task, retired_at=None).first()


def three_people(project: Project) -> list[User]:
    return [factories.member(project) for _ in range(3)]


def said_by(task: Task) -> list[tuple[Annotation, str]]:
    answers = task.annotations.select_related("annotator").order_by("pk")
    return [(given, given.answers["names"][0]["label"]) for given in answers]


def disputed(project: Project) -> tuple[Task, Flag]:
    """Make a task about which three people say three things."""
    task = factories.task(project, text=TEXT)
    for person, said in zip(three_people(project), (ADA, GRACE, LONDON), strict=True):
        answer(person, task, said)
    return task, Flag.objects.get(task=task, reason=CONFLICT.name, state=FlagState.OPEN)


def test_a_save_is_checked_against_its_own_item(project: Project, api_for: Callable[[User], APIClient]) -> None:
    long, short = factories.task(project, text=TEXT), factories.task(project, text="Ada")
    client = api_for(factories.member(project))

    def save(task: Task, state: str) -> Any:
        body = {"answers": {"names": [LONDON]}, "state": state, "version": 0}
        return client.post(
            f"/api/tasks/{task.pk}/annotations/", body, format="json", headers={"Idempotency-Key": f"k{next(keys)}"}
        )

    for state in ("draft", "submitted"):
        refused = save(short, state)
        assert refused.status_code == HTTPStatus.BAD_REQUEST, state
        assert refused.json()["errors"][0]["path"] == "answers.names[0].end"
    assert save(long, "submitted").status_code == HTTPStatus.CREATED


def test_a_draft_comes_back_as_it_was(project: Project) -> None:
    task, person = factories.task(project, text=TEXT), factories.member(project)
    answer(person, task, LONDON, ADA, state=AnnotationState.DRAFT)
    kept = task.annotations.get(annotator=person)
    assert kept.answers == {"names": [ADA, LONDON]}, "in the order of the text"


def test_three_people_settle_on_what_most_of_them_marked(project: Project) -> None:
    task = factories.task(project, text=TEXT)
    ann, bob, cat = three_people(project)
    answer(ann, task, ADA, GRACE)
    answer(bob, task, piece("x", 8, 13), piece("y", 0, 3))
    assert current(task) is None
    answer(cat, task, ADA, LONDON)

    label = current(task)
    assert label is not None
    assert (label.source, label.created_by, label.classes) == (LabelSource.CONSENSUS, None, ["person"])
    assert [(found["start"], found["end"]) for found in label.value] == [(0, 3), (8, 13)]
    assert label.confidence == pytest.approx(1 - 0.5 / 3)


def test_three_answers_that_share_nothing_are_no_label_but_a_conflict(
    project: Project, client_for: Callable[[User], Client], api_for: Callable[[User], APIClient]
) -> None:
    task, flag = disputed(project)
    reviewer = factories.member(project, Role.REVIEWER)
    assert current(task) is None

    card = client_for(reviewer).post(f"/p/{project.slug}/review/cards/", {"again": flag.pk})
    assert card.status_code == HTTPStatus.OK
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", card.content.decode()))
    assert "Give these labels" not in said, "a card has no form for regions"
    assert all(f"{answered.annotator.email} {label} " in said for answered, label in said_by(task)), said

    def decide(*pieces: dict[str, Any]) -> Any:
        return api_for(reviewer).post(
            f"/api/flags/{flag.pk}/resolution/",
            {"decision": "relabel", "answer": list(pieces), "labels": []},
            format="json",
            headers={"Idempotency-Key": f"decide-{next(keys)}"},
        )

    refused = decide(piece("far", 20, 99))
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert "behind the text" in refused.json()["detail"]
    assert decide(ADA, GRACE, LONDON).status_code in {HTTPStatus.OK, HTTPStatus.CREATED}
    label = current(task)
    assert label is not None
    assert (label.source, label.classes) == (LabelSource.REVIEW, ["person", "place"])

    back = api_for(reviewer).delete(f"/api/flags/{flag.pk}/resolution/", headers={"Idempotency-Key": "back"})
    assert back.status_code == HTTPStatus.OK
    assert current(task) is None
    flag.refresh_from_db()
    assert flag.state == FlagState.OPEN


def test_many_tasks_cannot_have_one_answer(project: Project, client_for: Callable[[User], Client]) -> None:
    task, manager = factories.task(project, text=TEXT), project.created_by
    with pytest.raises(Invalid, match="many tasks cannot have one answer"):
        tasks.assign_label(actor=manager, project=project, task_ids=[task.pk], question="names", value=[ADA])
    page = client_for(manager).get(f"/p/{project.slug}/tasks/")
    assert page.status_code == HTTPStatus.OK
    assert 'name="question" value="names"' not in page.content.decode()


def test_people_find_it_by_its_labels_and_read_its_past(project: Project, client_for: Callable[[User], Client]) -> None:
    task, other = factories.tasks(project, data=[{"text": TEXT}, {"text": "Nobody here"}])
    for person in three_people(project):
        answer(person, task, ADA, LONDON)
        answer(person, other)
    reader = client_for(project.created_by)

    found = reader.get(f"/p/{project.slug}/tasks/", {"label.names": "is:place"}).content.decode()
    assert f"/tasks/{task.pk}/" in found
    assert f"/tasks/{other.pk}/" not in found
    past = reader.get(f"/p/{project.slug}/tasks/{task.pk}/").content.decode()
    assert past.count(">person<") >= 1
    assert past.count(">place<") >= 1
    for page in ("", "label/", "quality/", "review/", "settings/", "settings/schema/", "activity/", "export/"):
        assert reader.get(f"/p/{project.slug}/{page}").status_code == HTTPStatus.OK, page


def test_a_decision_in_bulk_on_its_task_can_be_undone(project: Project) -> None:
    task, _ = disputed(project)
    act = tasks.quarantine(actor=project.created_by, project=project, task_ids=[task.pk])
    tasks.undo(actor=project.created_by, act=act)
    assert Flag.objects.filter(task=task, state=FlagState.OPEN).exists()


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_every_format_carries_it_there_and_back(format: str) -> None:
    project = factories.project(schema=SCHEMA)
    task, empty = factories.tasks(project, data=[{"text": TEXT}, {"text": "Nobody here"}])
    person = factories.member(project)
    answer(person, task, ADA, LONDON)
    answer(person, empty)
    content = b"".join(export_reads.stream(project=project, format=format).content)

    twin = factories.project(schema=SCHEMA)
    job = imports.start(
        actor=twin.created_by, project=twin, file=ContentFile(content, name=f"export.{format}"), options=None
    )
    jobs.perform_job(job.pk)
    job.refresh_from_db()

    assert job.state == JobState.SUCCEEDED, job.error
    values = dict(
        Label.objects.filter(project=twin, retired_at=None).values_list("task__external_id", "value").order_by("pk")
    )
    assert values == {task.external_id: [ADA, LONDON], empty.external_id: []}


def test_a_row_is_checked_against_its_own_text_not_that_of_another_row() -> None:
    project = factories.project(schema=SCHEMA)
    rows = [{"text": text, "labels": {"names": [LONDON]}} for text in (TEXT, "short", f"{TEXT}!")]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    job = imports.start(
        actor=project.created_by, project=project, file=ContentFile(content, name="rows.jsonl"), options=None
    )
    jobs.perform_job(job.pk)
    job.refresh_from_db()

    assert [problem.row for problem in job.import_problems.all()] == [2]
    assert sorted(Task.objects.filter(project=project).values_list("data__text", flat=True)) == [TEXT, f"{TEXT}!"]


def test_how_far_two_people_are_apart_is_a_number(project: Project) -> None:
    question = version_reads.schema(project.pk).question("names")
    assert question is not None
    one, other = question.load([ADA, GRACE]), question.load([ADA, LONDON])
    assert question.distance(one, other) == 0.5
    assert question.track == ""
