"""Studies with several people's answers: kept as theirs, settled as answers given here are, and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from labeling.errors import Forbidden, Invalid
from labeling.models import (
    Annotation,
    AnnotationRevision,
    Flag,
    FlagState,
    ImportProblem,
    Label,
    Project,
    QueueEntry,
    Task,
    TaskState,
    User,
)
from labeling.selectors import staffing as staffing_reads
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import imports, people
from labeling.services.annotations import Submission
from quality.selectors.confirmed import confirmed_labels
from tests import factories
from tests.importing import counts, imported, jsonl, problems

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

LONG = (
    "item,worker,label\n"
    "1,w1,billing\n1,w2,billing\n1,w3,other\n"
    "2,w1,billing\n2,w2,delivery\n"
    "3,w3,delivery\n"
)  # fmt: skip
MAPPING = {"item": "external_id", "worker": "annotator", "label": "label:intent", "*": "drop"}


def said(**answers: str) -> list[dict[str, Any]]:
    return [{"annotator": name, "answers": {"intent": answer}} for name, answer in answers.items()]


def told(job: Any, *names: str) -> tuple[int, ...]:
    assert job.result is not None, job.error
    return tuple(job.result.get(name, 0) for name in names)


def answers(project: Project) -> dict[tuple[str, str], Any]:
    found = Annotation.objects.filter(project=project).select_related("annotator", "task")
    return {(one.task.external_id or "", one.annotator.name): one.answers["intent"] for one in found}


def labels(project: Project) -> dict[str, tuple[Any, str, int | None]]:
    found = Label.objects.filter(project=project, retired_at=None).select_related("task")
    return {label.task.external_id or "": (label.value, label.source, label.people) for label in found}


def places(project: Project) -> dict[str, tuple[int, int, str]]:
    found = QueueEntry.objects.filter(project=project).select_related("task")
    return {entry.task.external_id or "": (entry.required, entry.open_slots, entry.state) for entry in found}


def test_lists_of_answers_become_annotations_and_the_labels_that_follow() -> None:
    project = factories.project(overlap=2, max_overlap=5)
    given = said(w1="billing", w2="Billing", w3="other")
    given[0]["submitted_at"] = "2020-05-01T12:00:00+02:00"
    job = imported(
        project,
        jsonl([
            {"external_id": "1", "text": "Pay twice", "annotations": given},
            {"external_id": "2", "text": "Where?", "annotations": said(w1="billing", w2="delivery")},
            {"external_id": "3", "text": "Hm", "annotations": []},
        ]),
    )  # fmt: skip
    assert counts(job) == (3, 0, 0)
    assert told(job, "answers", "people", "several", "refused_answers") == (5, 3, 2, 0)
    assert answers(project)["1", "w2"] == "billing"
    assert labels(project) == {"1": ("billing", "consensus", 3)}
    assert places(project) == {"1": (3, 0, "labeled"), "2": (2, 0, "disputed"), "3": (2, 2, "todo")}
    assert Flag.objects.get(state=FlagState.OPEN).task.external_id == "2"
    first = Annotation.objects.get(task__external_id="1", annotator__name="w1")
    assert first.updated_at.isoformat() == "2020-05-01T10:00:00+00:00"
    assert AnnotationRevision.objects.count() == 5
    assert str(first.annotator) == "w1 (imported)"


@pytest.mark.parametrize("order", ["by task", "by person"])
def test_rows_of_one_task_need_not_stand_together(monkeypatch: pytest.MonkeyPatch, order: str) -> None:
    monkeypatch.setattr("labeling.services.imports.running.BATCH_ROWS", 2)
    monkeypatch.setattr("labeling.services.imports.settling.BATCH", 2)
    project = factories.project()
    head, *rows = LONG.splitlines()
    rows = sorted(rows, key=lambda row: row.split(",")[1]) if order == "by person" else rows
    job = imported(project, "\n".join([head, *rows]).encode(), "crowd.csv", mapping=MAPPING)
    assert counts(job) == (3, 0, 0)
    assert told(job, "answers", "people", "several") == (6, 3, 2)
    assert labels(project) == {"1": ("billing", "consensus", 3), "3": ("delivery", "annotation", 1)}
    assert not Label.objects.exclude(retired_at=None).exists()
    assert places(project)["2"] == (2, 0, TaskState.DISPUTED)
    assert Task.objects.get(external_id="3").data == {"text": "3"}


def test_the_same_file_again_is_the_same_answers() -> None:
    project = factories.project()
    imported(project, LONG.encode(), "crowd.csv", mapping=MAPPING)
    job = imported(project, LONG.encode(), "again.csv", mapping=MAPPING)
    assert (counts(job), told(job, "answers", "same_answers")) == ((0, 0, 0), (0, 6))
    assert (AnnotationRevision.objects.count(), User.objects.filter(is_imported=True).count()) == (6, 3)


def test_columns_of_persons_are_their_answers() -> None:
    project = factories.project()
    content = b"text,answer:intent:ann,bob\nPay,billing,billing\nLost,delivery,\n"
    mapping = {"text": "field:text", "answer:intent:ann": "answer:intent:ann", "bob": "answer:intent:Bob B."}
    job = imported(project, content, "wide.csv", mapping=mapping)
    assert told(job, "answers", "people", "several") == (3, 2, 1)
    assert set(User.objects.filter(is_imported=True).values_list("name", flat=True)) == {"ann", "Bob B."}


def test_what_one_person_is_said_to_have_answered_wrongly_costs_no_other() -> None:
    project = factories.project()
    given = [*said(w1="billing", w2="nonsense", w1b="billing"), {"answers": {"intent": "other"}}, *said(w1="other")]
    job = imported(project, jsonl([{"text": "Pay", "annotations": given}, {"text": "Lost"}]))
    assert (counts(job), told(job, "answers", "refused_answers")) == ((2, 0, 0), (2, 3))
    assert problems(job) == [(1, "intent"), (1, "annotations"), (1, "intent")]
    messages = list(ImportProblem.objects.filter(job=job).order_by("pk").values_list("message", flat=True))
    assert messages[0].startswith("w2: ")
    assert messages[2].startswith("w1 answered billing before, and other here")


def test_a_row_of_one_person_with_a_wrong_answer_is_not_taken() -> None:
    project = factories.project()
    job = imported(
        project, b"item,worker,label\n1,w1,billing\n1,w2,nonsense\n2,,billing\n", mapping=MAPPING, name="a.csv"
    )
    assert (counts(job), problems(job)) == ((1, 2, 0), [(3, "intent"), (4, "worker")])


def test_answers_to_tasks_that_are_there_take_the_open_slots_and_are_taken_back() -> None:
    project = factories.project(overlap=3)
    imported(project, jsonl([{"external_id": "1", "text": "Pay twice"}, {"external_id": "4", "text": "Other"}]))
    member = factories.member(project, "annotator")
    before = places(project)
    job = imported(project, LONG.encode(), "crowd.csv", mapping=MAPPING)
    assert counts(job)[0] == 2
    assert (places(project)["1"], labels(project)["1"][0]) == ((3, 0, "labeled"), "billing")
    assert Task.objects.get(external_id="1").data == {"text": "Pay twice"}
    imports.remove(actor=project.created_by, job=job)
    assert (places(project), labels(project)) == (before, {})
    assert not Annotation.objects.exists()
    assert not User.objects.filter(is_imported=True).exists()
    assert member.is_active


def test_an_import_that_people_went_on_from_is_not_taken_back() -> None:
    project = factories.project()
    job = imported(project, LONG.encode(), "crowd.csv", mapping=MAPPING)
    assert imports.removable(job).possible
    person = factories.member(project, "annotator")
    task = Task.objects.get(external_id="3")
    saving.submit(actor=person, task=task, submission=Submission(answers={"intent": "other"}), key="a")
    assert imports.removable(job).touched == 1


def test_a_task_whose_answers_leave_a_question_open_asks_people() -> None:
    urgent = {"name": "urgent", "kind": "choice", "field": "text", "labels": ["yes", "no"]}
    schema = factories.TEXT_SCHEMA | {"questions": [*factories.TEXT_SCHEMA["questions"], urgent]}
    project = factories.project(schema=schema, overlap=2)
    job = imported(project, LONG.encode(), "crowd.csv", mapping=MAPPING)
    assert places(project) == {"1": (5, 2, "todo"), "2": (2, 0, "disputed"), "3": (3, 2, "todo")}
    imports.remove(actor=project.created_by, job=job)
    assert not Task.objects.exists()


def test_nobody_enters_as_an_imported_person() -> None:
    project = factories.project()
    imported(project, LONG.encode(), "crowd.csv", mapping=MAPPING)
    person = User.objects.get(name="w1")
    assert not person.has_usable_password()
    assert not person.is_active
    with pytest.raises(Invalid):
        people.invite(actor=project.created_by, project=project, role="annotator", email=person.email)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=person.pk).update(is_active=True)
    with pytest.raises(Forbidden):
        saving.submit(actor=person, task=Task.objects.all()[0], submission=Submission(answers={}), key="b")
    assert not staffing_reads.labelers(project.pk).filter(user__is_imported=True).exists()


def test_one_name_is_one_account_in_a_project_and_another_in_the_next() -> None:
    one, other = factories.project(), factories.project()
    for project in (one, other, one):
        imported(project, LONG.replace("1,w1", "9,w1").encode(), "crowd.csv", mapping=MAPPING)
    assert User.objects.filter(name="w1").count() == 2


def test_what_people_of_a_study_agree_on_is_not_confirmed() -> None:
    project = factories.project()
    imported(project, LONG.encode(), "crowd.csv", mapping=MAPPING)
    question = version_reads.schema(project.pk).question("intent")
    assert question is not None
    assert confirmed_labels(project, question) == set()
