"""Claims: exact, ordered, renewable, and given back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import AnnotationState, Lease, QueueEntry, Role, TaskState
from labeling.services import annotations as saving
from labeling.services import claims
from labeling.services.annotations import Submission
from tests import factories
from tests.invariants import invariant

pytestmark = pytest.mark.django_db


def test_hands_out_tasks_in_order_of_priority_then_age() -> None:
    project = factories.project()
    first, second, third = factories.tasks(project, 3)
    QueueEntry.objects.filter(task=third).update(priority=1)
    person = factories.member(project)

    taken = claims.claim(actor=person, project=project, count=2)

    assert taken.task_ids == [third.pk, first.pk]
    assert taken.remaining == 1
    assert claims.claim(actor=person, project=project, count=2).task_ids == [second.pk]
    invariant(project)


def test_two_people_never_hold_the_same_task_at_overlap_one() -> None:
    project = factories.project()
    factories.tasks(project, 4)
    ann, bob = factories.member(project), factories.member(project)

    anns = claims.claim(actor=ann, project=project, count=3).task_ids
    bobs = claims.claim(actor=bob, project=project, count=3).task_ids

    assert len(anns) == 3
    assert len(bobs) == 1
    assert not set(anns) & set(bobs)
    invariant(project)


def test_overlap_two_gives_a_task_to_two_people_and_to_nobody_twice() -> None:
    project = factories.project(overlap=2)
    factories.tasks(project, 1)
    people = [factories.member(project) for _ in range(3)]

    taken = [len(claims.claim(actor=person, project=project, count=5).task_ids) for person in people]

    assert taken == [1, 1, 0]
    assert claims.claim(actor=people[0], project=project, count=5).task_ids == []
    invariant(project)


def test_held_tasks_come_first_when_the_page_is_opened_again() -> None:
    project = factories.project()
    factories.tasks(project, 4)
    person = factories.member(project)
    before = claims.claim(actor=person, project=project, count=2).task_ids

    again = claims.claim(actor=person, project=project, count=3, held=True).task_ids

    assert again[:2] == before
    assert len(again) == 3
    invariant(project)


def test_expired_leases_return_to_the_queue_within_the_next_claim() -> None:
    project = factories.project()
    factories.tasks(project, 2)
    gone, here = factories.member(project), factories.member(project)
    claims.claim(actor=gone, project=project, count=2)
    assert claims.claim(actor=here, project=project, count=2).task_ids == []
    Lease.objects.filter(user=gone).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert len(claims.claim(actor=here, project=project, count=2).task_ids) == 2
    invariant(project)


def test_renewing_keeps_what_is_held_and_says_what_was_lost() -> None:
    project = factories.project()
    tasks = factories.tasks(project, 2)
    person, other = factories.member(project), factories.member(project)
    held = claims.claim(actor=person, project=project, count=1).task_ids
    Lease.objects.update(expires_at=timezone.now() + timedelta(seconds=5))

    assert claims.renew(actor=person, project=project, task_ids=[task.pk for task in tasks]) == held
    assert claims.renew(actor=other, project=project, task_ids=held) == []
    assert Lease.objects.get(user=person).expires_at > timezone.now() + timedelta(seconds=60)


def test_releasing_gives_back_only_ones_own() -> None:
    project = factories.project()
    factories.tasks(project, 3)
    person, other = factories.member(project), factories.member(project)
    mine = claims.claim(actor=person, project=project, count=2).task_ids
    theirs = claims.claim(actor=other, project=project, count=1).task_ids

    assert claims.release(actor=person, project=project, task_ids=[mine[0], theirs[0]]) == [mine[0]]
    assert claims.release(actor=person, project=project) == [mine[1]]
    assert Lease.objects.get().user == other
    invariant(project)


def test_quarantined_and_answered_tasks_are_not_handed_out() -> None:
    project = factories.project(overlap=2)
    quarantined, answered, skipped, left = factories.tasks(project, 4)
    QueueEntry.objects.filter(task=quarantined).update(state=TaskState.QUARANTINED)
    person = factories.member(project, Role.REVIEWER)
    for task, state in ((answered, AnnotationState.SUBMITTED), (skipped, AnnotationState.SKIPPED)):
        answers = {"intent": "other"} if task == answered else {}
        saving.submit(
            actor=person, task=task, submission=Submission(answers=answers, state=state), key=f"key-{task.pk}"
        )

    assert claims.claim(actor=person, project=project, count=5).task_ids == [left.pk]
    invariant(project)
