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
from labeling.selectors.explorer import TaskFilter, pages
from labeling.services import annotations as saving
from labeling.services import claims, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db


def found(project: Project, query: str, *, reviewer: bool = True) -> set[int]:
    wanted = explorer_reads.parse_task_filter(QueryDict(query), reviewer=reviewer)
    matches = explorer_reads.matches(project, wanted)
    ids = explorer_reads.page(matches, sort="id", cursor="", size=100).ids
    assert matches.total == len(ids)
    return set(ids)


def walk(project: Project, sort: str, *, size: int, query: str = "") -> list[int]:
    """Go through all pages forward; and back again, which must show the same."""
    matches = explorer_reads.matches(project, explorer_reads.parse_task_filter(QueryDict(query), reviewer=True))
    seen: list[list[int]] = []
    cursor = ""
    while True:
        page = explorer_reads.page(matches, sort=sort, cursor=cursor, size=size)
        seen.append(page.ids)
        if not page.next:
            break
        cursor = page.next
    backward = [page.ids]
    while page.previous:
        page = explorer_reads.page(matches, sort=sort, cursor=page.previous, size=size)
        backward.insert(0, page.ids)
    assert [pk for ids in backward for pk in ids] == [pk for ids in seen for pk in ids]
    return [pk for ids in seen for pk in ids]


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


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_go_forward_and_back_through_every_task_in_every_order(size: int) -> None:
    project = factories.project()
    made = factories.tasks(project, 4)
    unnamed = factories.tasks(project, 2)
    names = ["b", "a", "B", "ä"]
    Task.objects.bulk_create(
        [
            Task(project=project, external_id=name, content_hash=str(name), data={"text": str(name)}, meta={})
            for name in (*names, None, None)
        ]
    )
    ids = list(Task.objects.order_by("pk").values_list("pk", flat=True))
    named = {task.external_id: task.pk for task in Task.objects.exclude(external_id=None)}
    QueueEntry.objects.bulk_create(
        [QueueEntry(task_id=pk, project=project) for pk in ids if pk not in {task.pk for task in made + unnamed}]
    )
    QueueEntry.objects.filter(task=made[1]).update(priority=2.5)
    QueueEntry.objects.filter(task=made[3]).update(priority=0.5)
    QueueEntry.objects.filter(task=made[0]).update(open_slots=0)
    assert walk(project, "id", size=size) == ids
    assert walk(project, "-id", size=size) == ids[::-1]
    by_name = [named[name] for name in sorted(named, key=lambda name: str(name).encode())]
    nameless = [pk for pk in ids if pk not in named.values()]
    assert walk(project, "external_id", size=size) == by_name + nameless
    assert walk(project, "-external_id", size=size) == nameless[::-1] + by_name[::-1]
    waiting = [made[1].pk, made[3].pk, *(pk for pk in ids if pk not in {made[0].pk, made[1].pk, made[3].pk})]
    assert walk(project, "queue", size=size) == [*waiting, made[0].pk]


def test_pages_of_a_filter_keep_to_it() -> None:
    project = factories.project()
    factories.tasks(project, 3, split="train")
    kept = factories.tasks(project, 5, split="test")
    assert walk(project, "-id", size=2, query="split=test") == [task.pk for task in reversed(kept)]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzksMCwxXQ", "WzAsMCwiYSJd", "WzAsMCwxLDJd", "bnVsbA", "//", "W251bGwsMCwxXQ"]
)
def test_a_cursor_that_is_none_starts_over(cursor: str) -> None:
    project = factories.project()
    (task,) = factories.tasks(project, 1)
    matches = explorer_reads.matches(project, explorer_reads.TaskFilter())
    assert explorer_reads.page(matches, sort="id", cursor=cursor, size=5).ids == [task.pk]


def test_neighbors_are_those_of_the_filtered_list_also_of_a_task_that_left_it() -> None:
    project = factories.project()
    one, two, three, four = factories.tasks(project, 4, split="train")
    tasks.set_split(actor=project.created_by, project=project, task_ids=[three.pk], split="")
    matches = explorer_reads.matches(project, explorer_reads.TaskFilter(split="train"))
    assert explorer_reads.beside(matches, sort="id", task_id=two.pk) == (one.pk, four.pk)
    assert explorer_reads.beside(matches, sort="id", task_id=three.pk) == (two.pk, four.pk)
    assert explorer_reads.beside(matches, sort="-id", task_id=one.pk) == (two.pk, 0)
    assert explorer_reads.beside(matches, sort="id", task_id=0) == (0, 0)


def test_counting_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "COUNTED", 3)
    project = factories.project()
    factories.tasks(project, 3, split="train")
    assert not explorer_reads.matches(project, explorer_reads.TaskFilter()).is_more
    more = factories.tasks(project, 3, split="train")
    for wanted in (explorer_reads.TaskFilter(), explorer_reads.TaskFilter(split="train")):
        matches = explorer_reads.matches(project, wanted)
        assert matches.is_more
        assert matches.total == 4
        assert explorer_reads.first_ids(matches, sort="-id", most=2) == [more[2].pk, more[1].pk]


def test_that_many_fit_is_remembered_and_who_fits_is_not(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(pages, "COUNTED", 2)
    project = factories.project()
    made = factories.tasks(project, 4, split="train")
    wanted = explorer_reads.TaskFilter(split="train")
    assert explorer_reads.matches(project, wanted).is_more
    tasks.set_split(actor=project.created_by, project=project, task_ids=[made[0].pk], split="")
    with django_assert_num_queries(0):
        matches = explorer_reads.matches(project, wanted)
    assert matches.is_more
    assert explorer_reads.page(matches, sort="id", cursor="", size=5).ids == [task.pk for task in made[1:]]
    assert not explorer_reads.matches(factories.project(), wanted).is_more


@pytest.mark.parametrize("sort", list(explorer_reads.SORTS))
def test_a_slow_walk_is_given_up_for_a_plan_that_always_ends(sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "COUNTED", 2)
    project = factories.project()
    made = factories.tasks(project, 5, split="train")
    usual = walk(project, sort, size=2, query="split=train")
    tries: list[int] = []

    def too_slow(found: pages.Matches, *rest: Any) -> Any:
        tries.append(1)
        rows = ordered(found, *rest)
        return rows.extra(where=["pg_sleep(1) IS NOT NULL"]) if found.walk else rows

    ordered = pages._ordered
    monkeypatch.setattr(pages, "PATIENCE_MS", 50)
    monkeypatch.setattr(pages, "_ordered", too_slow)
    matches = explorer_reads.matches(project, explorer_reads.TaskFilter(split="train"))
    assert explorer_reads.first_ids(matches, sort=sort, most=5) == usual
    assert len(tries) > 1
    assert set(usual) == {task.pk for task in made}


def test_rows_show_labels_flags_and_the_beginning_of_a_text() -> None:
    project = factories.project()
    (task,) = factories.tasks(project, data=[{"text": "word " * 500}], meta={"k": "v"})
    label(task)
    Flag.objects.create(task=task, project=project, reason=OUTLIER.name)
    (row,) = explorer_reads.rows(project, [task.pk])
    assert len(row.text) == 280
    assert [chip.title for chip in row.given[0].chips] == ["billing"]
    assert row.given[0].chips[0].color == "#e69f00"
    assert row.sources == ["Import"]
    assert row.flags == 1


def test_a_label_of_an_older_schema_is_shown_as_it_is() -> None:
    project = factories.project()
    task = factories.task(project)
    label(task, "no longer offered")
    (row,) = explorer_reads.rows(project, [task.pk])
    assert [chip.title for chip in row.given[0].chips] == ["no longer offered"]


@pytest.mark.parametrize("query", ["", "q=number", "state=todo", "label.intent=none", "split=train"])
@pytest.mark.parametrize("sort", list(explorer_reads.SORTS))
def test_the_same_queries_for_one_row_and_for_many(query: str, sort: str) -> None:
    project = factories.project()
    person = factories.member(project)
    wanted = explorer_reads.parse_task_filter(QueryDict(query), reviewer=True)

    def read() -> None:
        page = explorer_reads.page(explorer_reads.matches(project, wanted), sort=sort, cursor="", size=50)
        assert page.ids
        explorer_reads.rows(project, page.ids)

    factories.tasks(project, 1, split="train")

    def add() -> None:
        for task in factories.tasks(project, 6, split="train")[:2]:
            saving.submit(actor=person, task=task, submission=Submission({"intent": "other"}), key=str(task.pk))
        claims.claim(actor=person, project=project, count=1)

    assert_same_queries(read, add_rows=add)


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
