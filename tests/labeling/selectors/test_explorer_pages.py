"""Pages of the explorer: every order, cursors, neighbors, counting, slow plans and rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from labeling.models import (
    Flag,
    Label,
    LabelSource,
    Project,
    QueueEntry,
    Task,
)
from labeling.reasons.outlier import OUTLIER
from labeling.selectors import explorer as explorer_reads
from labeling.selectors.explorer import pages
from labeling.services import annotations as saving
from labeling.services import claims, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db


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
