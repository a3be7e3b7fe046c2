"""The explorer finds exactly what a filter asks for, in every order, from every page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from labeling.errors import Forbidden, Invalid
from labeling.models import (
    AnnotationState,
    Flag,
    FlagState,
    Label,
    LabelSource,
    Lease,
    Project,
    QueueEntry,
    Task,
)
from labeling.reasons.outlier import OUTLIER
from labeling.selectors import explorer as explorer_reads
from labeling.selectors.explorer import TaskFilter
from labeling.services import annotations as saving
from labeling.services import tasks
from labeling.services.annotations import Submission
from tests import factories

pytestmark = pytest.mark.django_db


def found(project: Project, query: str, *, reviewer: bool = True) -> set[int]:
    wanted = explorer_reads.parse_task_filter(QueryDict(query), reviewer=reviewer)
    matches = explorer_reads.matches(project, wanted)
    ids = explorer_reads.page(matches, sort="id", cursor="", size=100).ids
    assert matches.total == len(ids)
    return set(ids)


def label(task: Task, value: str = "billing", **more: Any) -> Label:
    values = {"question": "intent", "source": LabelSource.IMPORT, "schema_version": 1, "created_at": timezone.now()}
    return Label.objects.create(task=task, project=task.project, value=value, classes=[value], **{**values, **more})


def test_words_are_found_by_their_beginning_in_any_case_and_all_must_be_there() -> None:
    project = factories.project()
    refund, other = factories.tasks(project, data=[{"text": "Where is my REFUND, please"}, {"text": "please help"}])
    assert found(project, "q=refu") == {refund.pk}
    assert found(project, "q=please") == {refund.pk, other.pk}
    assert found(project, "q=please+refund") == {refund.pk}
    assert found(project, "q=please+nothing") == set()


@pytest.mark.parametrize("search", ["'", "a'b:*", "& | !", "\\", "(", "100%", "it's", "foo-bar", "a@b.example", "::"])
def test_whatever_is_typed_is_searched_and_never_an_error(search: str) -> None:
    project = factories.project()
    task = factories.task(project, text=f"before {search} after")
    query = QueryDict(mutable=True)
    query["q"] = search
    matches = explorer_reads.matches(project, explorer_reads.parse_task_filter(query, reviewer=True))
    assert set(explorer_reads.page(matches, sort="id", cursor="", size=10).ids) <= {task.pk}


@pytest.mark.parametrize("search", ["foo-bar", "a@b.example", "it's", "3.14"])
def test_words_with_marks_in_them_are_found_as_they_are_written(search: str) -> None:
    project = factories.project()
    task = factories.task(project, text=f"before {search} after")
    factories.task(project, text="before after")
    query = QueryDict(mutable=True)
    query["q"] = search
    matches = explorer_reads.matches(project, explorer_reads.parse_task_filter(query, reviewer=True))
    assert explorer_reads.page(matches, sort="id", cursor="", size=10).ids == [task.pk]


@pytest.mark.parametrize("search", ["script", "<script>", "alert(1)", "img", "quot", "return", "refund/return"])
def test_words_within_markup_are_found(search: str) -> None:
    project = factories.project()
    text = "<script>alert(1)</script> a refund/return <img src=x> of &quot;goods&quot;"
    marked, _ = factories.tasks(project, data=[{"text": text}, {"text": "before after"}])
    query = QueryDict(mutable=True)
    query["q"] = search
    matches = explorer_reads.matches(project, explorer_reads.parse_task_filter(query, reviewer=True))
    assert explorer_reads.page(matches, sort="id", cursor="", size=10).ids == [marked.pk]


def test_the_search_for_words_walks_along_their_index() -> None:
    project = factories.project()
    factories.tasks(project, 1_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_task")
    assert "task_by_all_words" in explorer_reads.matching(project, TaskFilter(search="refund")).explain()


def test_an_external_id_is_found_by_its_beginning_also_when_it_is_a_pattern() -> None:
    project = factories.project()
    plain = factories.tasks(project, external_id="order-17", data=[{"text": "a"}])[0]
    pattern = factories.tasks(project, external_id="100%_", data=[{"text": "b"}])[0]
    assert found(project, "q=order-1") == {plain.pk}
    assert found(project, "q=100%25_") == {pattern.pk}
    assert found(project, "q=%25") == set()


def test_a_task_is_found_by_its_number_beside_what_else_fits() -> None:
    project = factories.project()
    wanted, other = factories.tasks(project, data=[{"text": "one"}, {"text": "two"}])
    elsewhere = factories.task(factories.project(), text="three")
    told = factories.task(project, text=f"see {wanted.pk}")
    (named,) = factories.tasks(project, external_id=f"{wanted.pk}-copy", data=[{"text": "four"}])

    assert found(project, f"q={wanted.pk}") == {wanted.pk, told.pk, named.pk}
    assert found(project, f"q=%23{other.pk}") == {other.pk}
    assert found(project, f"q=%23{elsewhere.pk}") == set()
    assert found(project, "q=" + "9" * 30) == set()


def test_words_and_external_ids_are_searched_at_once() -> None:
    project = factories.project()
    named = factories.tasks(project, external_id="alpha-1", data=[{"text": "x"}])[0]
    told = factories.task(project, text="an alpha version")
    assert found(project, "q=alpha") == {named.pk, told.pk}


def test_every_task_stands_at_exactly_one_state() -> None:
    project = factories.project()
    person = factories.member(project)
    todo, held, answered, skipped, disputed, quarantined = factories.tasks(project, 6)
    Lease.objects.create(task=held, user=person, project=project, expires_at=timezone.now())
    QueueEntry.objects.filter(task=held).update(open_slots=0)
    saving.submit(actor=person, task=answered, submission=Submission({"intent": "billing"}), key="1")
    saving.submit(actor=person, task=skipped, submission=Submission({}, state=AnnotationState.SKIPPED), key="2")
    tasks.quarantine(actor=person, project=project, task_ids=[quarantined.pk])
    QueueEntry.objects.filter(task=disputed).update(open_slots=0, state="disputed")
    by_state = {state: found(project, f"state={state}") for state in explorer_reads.STATES}
    assert by_state == {
        "todo": {todo.pk},
        "progress": {held.pk},
        "labeled": {answered.pk},
        "skipped": {skipped.pk},
        "disputed": {disputed.pk},
        "quarantined": {quarantined.pk},
    }
    assert found(project, "state=open") == {todo.pk, held.pk, skipped.pk}
    shown = {row.id: row.state for row in explorer_reads.rows(project, list(Task.objects.values_list("pk", flat=True)))}
    assert shown == {pk: state for state, ids in by_state.items() for pk in ids}


def test_labels_are_found_by_question_and_only_current_ones() -> None:
    project = factories.project()
    billing, changed, bare = factories.tasks(project, 3)
    label(billing)
    old = label(changed)
    Label.objects.filter(pk=old.pk).update(retired_at=timezone.now())
    label(changed, "delivery", source=LabelSource.REVIEW)
    assert found(project, "label.intent=is:billing") == {billing.pk}
    assert found(project, "label.intent=any") == {billing.pk, changed.pk}
    assert found(project, "label.intent=none") == {bare.pk}
    assert found(project, "source=review") == {changed.pk}
    assert found(project, "label.gone=none") == {billing.pk, changed.pk, bare.pk}


def test_flags_are_found_while_they_are_open() -> None:
    project = factories.project()
    flagged, resolved, _ = factories.tasks(project, 3)
    Flag.objects.create(task=flagged, project=project, reason=OUTLIER.name)
    Flag.objects.create(task=resolved, project=project, reason=OUTLIER.name, state=FlagState.RESOLVED)
    assert found(project, "flag=outlier") == {flagged.pk}
    assert found(project, "flag=any") == {flagged.pk}
    assert found(project, "flag=manual") == set()


def test_metadata_is_found_as_text_and_as_a_number() -> None:
    project = factories.project()
    text = factories.tasks(project, meta={"batch": "7"})[0]
    number = factories.tasks(project, meta={"batch": 7, "more": 1})[0]
    factories.tasks(project, meta={"batch": 8})
    assert found(project, "meta=batch%3D7") == {text.pk, number.pk}


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "[1]", '"\\u0000"', "null", "{", "9" * 400])
def test_metadata_that_reads_like_odd_json_is_only_text(value: str) -> None:
    project = factories.project()
    task = factories.tasks(project, meta={"k": value.replace("\x00", "")})[0]
    query = QueryDict(mutable=True)
    query["meta"] = f"k={value}"
    matches = explorer_reads.matches(project, explorer_reads.parse_task_filter(query, reviewer=True))
    assert explorer_reads.page(matches, sort="id", cursor="", size=9).ids == [task.pk]


def test_splits_are_found_and_their_absence() -> None:
    project = factories.project()
    train = factories.tasks(project, split="train")[0]
    none = factories.task(project)
    assert found(project, "split=train") == {train.pk}
    assert found(project, "split=none") == {none.pk}


def test_only_reviewers_find_by_annotator() -> None:
    project = factories.project()
    person = factories.member(project)
    task, _ = factories.tasks(project, 2)
    saving.submit(actor=person, task=task, submission=Submission({"intent": "other"}), key="1")
    assert found(project, f"annotator={person.pk}") == {task.pk}
    with pytest.raises(Forbidden):
        found(project, f"annotator={person.pk}", reviewer=False)


def test_another_project_is_never_found() -> None:
    project, other = factories.project(), factories.project()
    hidden = factories.tasks(other, external_id="same", data=[{"text": "same words"}], meta={"k": "v"})[0]
    label(hidden)
    for query in ("", "q=same", "state=todo", "label.intent=any", "label.intent=none", "meta=k%3Dv"):
        assert found(project, query) == set()


@pytest.mark.parametrize(
    "query",
    ["state=lost", "split=half", "source=dream", "flag=red", "meta=nothing", "label.intent=billing", "annotator=x"],
)
def test_a_filter_nobody_offers_is_refused_in_words(query: str) -> None:
    with pytest.raises(Invalid) as refused:
        explorer_reads.parse_task_filter(QueryDict(query), reviewer=True)
    assert refused.value.problems[0].path == query.split("=", maxsplit=1)[0]


def test_a_filter_survives_its_address() -> None:
    query = "q=a+b&state=labeled&split=train&label.intent=is%3Abilling&source=import&flag=any&annotator=3&meta=k%3Dv"
    wanted = explorer_reads.parse_task_filter(QueryDict(query), reviewer=True)
    again = QueryDict(mutable=True)
    again.update(dict(wanted.params()))
    assert explorer_reads.parse_task_filter(again, reviewer=True) == wanted
    assert len(wanted.params()) == 8


def test_a_whole_group_of_labels_is_found() -> None:
    labels = [{"name": "poodle", "group": "Animal / Dog"}, {"name": "cat", "group": "Animal"}, {"name": "stone"}]
    question = {"name": "intent", "kind": "choice", "field": "text", "labels": labels}
    project = factories.project(schema={"fields": [{"name": "text", "type": "text"}], "questions": [question]})
    poodle, cat, stone = factories.tasks(project, 3)
    for task, name in ((poodle, "poodle"), (cat, "cat"), (stone, "stone")):
        label(task, name)
    assert found(project, "label.intent=in:Animal") == {poodle.pk, cat.pk}
    assert found(project, "label.intent=in:Animal+/+Dog") == {poodle.pk}
    assert found(project, "label.intent=in:Anim") == set()
    assert found(project, "label.other=in:Animal") == set()
