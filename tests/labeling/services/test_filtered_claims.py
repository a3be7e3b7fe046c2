"""Claims limited to what a filter finds: the same rules, the same order, fewer tasks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from labeling.errors import Forbidden, Invalid, Unavailable
from labeling.models import Lease, Project, QueueEntry, Task
from labeling.selectors import explorer as explorer_reads
from labeling.selectors.explorer import TaskFilter, pages
from labeling.services import annotations as saving
from labeling.services import claims
from labeling.services import tasks as acts
from labeling.services.annotations import Submission
from tests import factories
from tests.invariants import invariant

pytestmark = pytest.mark.django_db

REFUND = TaskFilter(search="refund")


def refunds(project: Project) -> list[int]:
    """Make six tasks, every second about a refund; return those three."""
    made = factories.tasks(
        project, data=[{"text": f"{'refund' if number % 2 else 'parcel'} {number}"} for number in range(6)]
    )
    return [task.pk for task in made[1::2]]


def test_only_what_fits_is_handed_out_in_the_order_of_the_queue() -> None:
    project = factories.project()
    first, second, third = refunds(project)
    QueueEntry.objects.filter(task=third).update(priority=1)
    person = factories.member(project)

    taken = claims.claim_fitting(actor=person, project=project, wanted=REFUND, count=2)
    assert (taken.task_ids, taken.remaining) == ([third, first], 1)
    taken = claims.claim_fitting(actor=person, project=project, wanted=REFUND, count=5)
    assert (taken.task_ids, taken.remaining) == ([second], 0)
    invariant(project)


def test_rules_of_the_queue_hold_within_a_filter() -> None:
    project = factories.project(overlap=2)
    answered, set_aside, free = refunds(project)
    person, *others = (factories.member(project) for _ in range(3))
    claims.claim_fitting(actor=person, project=project, wanted=TaskFilter(chosen=(answered,)), count=1)
    saving.submit(
        actor=person,
        task=Task.objects.get(pk=answered),
        key="k-1",
        submission=Submission(answers={"intent": "billing"}, version=0),
    )
    acts.quarantine(actor=project.created_by, project=project, task_ids=[set_aside])

    assert claims.claim_fitting(actor=person, project=project, wanted=REFUND, count=9).task_ids == [free]
    assert claims.claim_fitting(actor=others[0], project=project, wanted=REFUND, count=9).task_ids == [answered, free]
    assert claims.claim_fitting(actor=others[1], project=project, wanted=REFUND, count=9).task_ids == []
    invariant(project)


def test_held_tasks_that_fit_come_first_though_holding_them_moved_them() -> None:
    project = factories.project()
    first, second, _ = refunds(project)
    person = factories.member(project)
    untouched = TaskFilter(search="refund", state="todo")
    (other, *_) = claims.claim(actor=person, project=project, count=1).task_ids
    claims.claim_fitting(actor=person, project=project, wanted=untouched, count=1)

    taken = claims.claim_fitting(actor=person, project=project, wanted=untouched, count=2, held=True)

    assert taken.task_ids == [first, second]
    assert other not in taken.task_ids
    assert Lease.objects.filter(user=person, task=other).exists()
    invariant(project)


def test_expired_leases_come_back_within_a_filtered_claim() -> None:
    project = factories.project()
    refunds(project)
    away, here = factories.member(project), factories.member(project)
    held = claims.claim(actor=away, project=project, count=6).task_ids
    Lease.objects.filter(user=away).update(expires_at=timezone.now() - timedelta(seconds=1))

    taken = claims.claim_fitting(actor=here, project=project, wanted=REFUND, count=9).task_ids

    assert len(taken) == 3
    assert set(taken) < set(held)
    invariant(project)


def test_where_more_fit_than_are_counted_the_claims_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "COUNTED", 2)
    project = factories.project()
    first, second, third = refunds(project)
    person = factories.member(project)
    found = explorer_reads.matches(project, REFUND)
    assert found.walk
    assert explorer_reads.count_open(found, person) == 3

    taken = claims.claim_fitting(actor=person, project=project, wanted=REFUND, count=2)

    assert (taken.task_ids, taken.remaining) == ([first, second], 1)
    cache.clear()
    assert explorer_reads.count_open(found, person) == 3, "what one holds is open to oneself"
    assert explorer_reads.open_ids(found, person, most=9) == [third]
    invariant(project)


def test_a_filter_that_cannot_be_answered_in_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PATIENCE_MS", 20)
    monkeypatch.setattr(pages, "LONGEST_MS", 20)

    def sleep() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        return []

    with pytest.raises(Unavailable, match="Narrow the filter"):
        pages.read_soon(sleep)
    assert factories.project().pk, "the transaction goes on"


@pytest.mark.parametrize(
    "query",
    ["flag=any", "flag=decided:any", "label.intent=is:billing", "label.intent=any", "source=model", "state=disputed",
     "state=skipped", "state=labeled", "annotator=1"],
)  # fmt: skip
def test_who_only_labels_stays_blind(query: str) -> None:
    with pytest.raises(Forbidden, match="reviewers"):
        explorer_reads.parse_queue_filter(query, reviewer=False)
    assert not explorer_reads.parse_queue_filter(query, reviewer=True).is_empty


@pytest.mark.parametrize("query", ["q=refund&state=open&sort=-id", "?split=none", "label.intent=none", "tasks=3,4"])
def test_what_tells_nothing_of_others_is_for_everybody(query: str) -> None:
    assert not explorer_reads.parse_queue_filter(query, reviewer=False).is_empty


@pytest.mark.parametrize("query", ["sate=open", "state=opem", "tasks=1,x", f"tasks={','.join('9' * 201)}"])
def test_a_condition_that_is_not_understood_is_refused(query: str) -> None:
    with pytest.raises(Invalid):
        explorer_reads.parse_queue_filter(query, reviewer=True)
