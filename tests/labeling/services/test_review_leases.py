"""Leases of flags: worst first, nobody twice, given back, and exact under many reviewers at once."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import (
    BulkAct,
    Flag,
    FlagState,
    Label,
    Project,
    QueueEntry,
    ReviewLease,
    Role,
    Task,
    User,
)
from labeling.models.acts import ReviewAct
from labeling.reasons.decisions import Decision
from labeling.reasons.manual import MANUAL
from labeling.reasons.near_duplicate import NEAR_DUPLICATE, NearDuplicateEvidence
from labeling.reasons.outlier import OUTLIER
from labeling.selectors.reviews import FlagFilter
from labeling.services import anonymity, flags, reviews, tasks
from labeling.services.reviews import Ruling
from tests import factories
from tests.forking import fork


def flagged(project: Project, count: int) -> list[Flag]:
    """Make tasks with a flag each, the first one the worst."""
    made = factories.tasks(project, count)
    findings = [
        flags.Finding(task_id=task.pk, reason=OUTLIER, score=place / 1000, evidence=OUTLIER.evidence())
        for place, task in enumerate(made)
    ]
    flags.sync_flags(project=project, question="intent", reasons=[OUTLIER], findings=findings, actor=None)
    return list(Flag.objects.filter(project=project).order_by("score"))


def ids(found: list[Flag]) -> list[int]:
    return [flag.pk for flag in found]


@pytest.mark.django_db
def test_the_worst_come_first_and_nobody_gets_what_another_looks_at() -> None:
    project = factories.project()
    ann, bob = factories.member(project, Role.REVIEWER), factories.member(project, Role.REVIEWER)
    found = ids(flagged(project, 6))
    assert reviews.claim(actor=ann, project=project, count=2) == found[:2]
    assert reviews.claim(actor=bob, project=project, count=3) == found[2:5]
    # One's own come again (the page was opened anew), but for those that are on the screen.
    assert reviews.claim(actor=ann, project=project, count=2) == found[:2]
    assert reviews.claim(actor=ann, project=project, count=2, known=found[:2]) == found[5:]
    assert reviews.claim(actor=bob, project=project, count=0) == []


@pytest.mark.django_db
def test_all_that_is_flagged_about_a_task_goes_to_one_reviewer() -> None:
    project = factories.project()
    ann, bob = factories.member(project, Role.REVIEWER), factories.member(project, Role.REVIEWER)
    (flag,) = flagged(project, 1)
    by_hand = flags.put_flag(task=flag.task, reason=MANUAL, score=0.9)
    assert reviews.claim(actor=ann, project=project, count=1) == [by_hand.pk]
    assert reviews.claim(actor=bob, project=project, count=5) == []
    assert len(reviews.claim(actor=ann, project=project, count=5)) == 2


@pytest.mark.django_db
def test_leases_run_out_are_renewed_and_given_back() -> None:
    project = factories.project()
    ann, bob = factories.member(project, Role.REVIEWER), factories.member(project, Role.REVIEWER)
    found = ids(flagged(project, 3))
    reviews.claim(actor=ann, project=project, count=3)
    ReviewLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert reviews.renew(actor=ann, project=project, flag_ids=found[:1]) == found[:1]
    assert reviews.claim(actor=bob, project=project, count=3) == found[1:]
    assert reviews.renew(actor=ann, project=project, flag_ids=found) == found[:1]
    assert reviews.release(actor=bob, project=project, flag_ids=found[1:2]) == 1
    assert reviews.claim(actor=ann, project=project, count=3, known=found[:1]) == found[1:2]
    assert reviews.release(actor=ann, project=project) == 2
    assert list(ReviewLease.objects.values_list("user", flat=True)) == [bob.pk]


@pytest.mark.django_db
def test_who_wants_to_be_forgotten_holds_nothing() -> None:
    project = factories.project()
    ann = factories.member(project, Role.REVIEWER)
    flagged(project, 2)
    reviews.claim(actor=ann, project=project, count=2)
    anonymity.anonymize(user=ann)
    assert not ReviewLease.objects.exists()


@pytest.mark.django_db
def test_what_is_decided_or_in_quarantine_is_not_handed_out() -> None:
    project = factories.project()
    ann, bob = factories.member(project, Role.REVIEWER), factories.member(project, Role.REVIEWER)
    found = flagged(project, 3)
    reviews.claim(actor=ann, project=project, count=1)
    ruling = Ruling(Decision.KEEP)
    act = reviews.decide(actor=ann, project=project, flag_ids=[found[0].pk], ruling=ruling).act
    tasks.quarantine(actor=ann, project=project, task_ids=[found[1].task_id])
    assert reviews.claim(actor=bob, project=project, count=3) == ids(found[2:])
    # Taken back, it is with whoever took it back.
    reviews.undo(actor=ann, act=act)
    assert reviews.claim(actor=bob, project=project, count=3) == ids(found[2:])
    assert reviews.claim(actor=ann, project=project, count=3) == ids(found[:1])


@pytest.mark.django_db
def test_a_claim_keeps_to_the_filter() -> None:
    project = factories.project()
    ann = factories.member(project, Role.REVIEWER)
    found = flagged(project, 3)
    manual = flags.raise_flag(actor=ann, task=found[2].task, note="look")
    for wanted, fits in (
        (FlagFilter(reason="manual"), [manual.pk]),
        (FlagFilter(question="intent"), ids(found)),
        (FlagFilter(below="0.05"), [manual.pk, *ids(found)]),
        (FlagFilter(task=found[1].task_id), [found[1].pk]),
        (FlagFilter(given="billing"), []),
    ):
        assert sorted(reviews.claim(actor=ann, project=project, count=9, wanted=wanted)) == sorted(fits), wanted


@pytest.mark.django_db(transaction=True)
def test_many_reviewers_at_once_share_the_flags_without_meeting() -> None:
    project = factories.project()
    flagged(project, 120)
    # Some tasks have a second flag: it may not go to somebody else.
    for task in Task.objects.filter(project=project).order_by("pk")[:30]:
        flags.put_flag(task=task, reason=MANUAL, score=0.5)
    people = [factories.member(project, Role.REVIEWER) for _ in range(6)]
    crew = [fork(_review, project.pk, person.pk) for person in people]
    for process in crew:
        process.join()
    assert [process.exitcode for process in crew] == [0] * len(crew)
    decided = Flag.objects.filter(project=project)
    assert set(decided.values_list("state", "resolution")) == {(FlagState.RESOLVED, "relabel")}
    assert decided.filter(act__isnull=False).count() == 150
    assert len(set(decided.values_list("resolved_by", flat=True))) > 1
    assert Label.objects.filter(project=project, retired_at=None).count() == 120
    assert not ReviewLease.objects.exists()


def _review(project_id: int, user_id: int) -> None:
    """Claim and decide until nothing waits; a flag that somebody else decided meanwhile is a failure."""
    rng = random.Random(user_id)
    project, actor = Project.objects.get(pk=project_id), User.objects.get(pk=user_id)
    until = time.monotonic() + 90
    while time.monotonic() < until:
        wanted = reviews.claim(actor=actor, project=project, count=rng.randint(1, 5))
        if not wanted:
            if not Flag.objects.filter(project=project, state=FlagState.OPEN).exists():
                return
            time.sleep(0.01)
            continue
        if rng.random() < 0.1:
            reviews.release(actor=actor, project=project, flag_ids=wanted)
            continue
        ruling = Ruling(Decision.RELABEL, answer=rng.choice(["billing", "delivery", "other"]))
        done = reviews.decide(actor=actor, project=project, flag_ids=wanted, ruling=ruling)
        assert not done.left, done.left
    raise TimeoutError


@pytest.mark.django_db(transaction=True)
def test_one_flag_decided_by_many_at_once_is_decided_once() -> None:
    project = factories.project()
    (flag,) = flagged(project, 1)
    people = [factories.member(project, Role.REVIEWER) for _ in range(5)]
    crew = [fork(_decide, flag.pk, person.pk) for person in people]
    for process in crew:
        process.join()
    assert sorted(process.exitcode or 0 for process in crew) == [0, 9, 9, 9, 9]
    assert Label.objects.filter(task=flag.task).count() == 1


def _decide(flag_id: int, user_id: int) -> None:
    flag, actor = Flag.objects.select_related("project").get(pk=flag_id), User.objects.get(pk=user_id)
    try:
        ruling = Ruling(Decision.RELABEL, answer="other")
        reviews.decide(actor=actor, project=flag.project, flag_ids=[flag_id], ruling=ruling)
    except Conflict:
        raise SystemExit(9) from None


@pytest.mark.django_db(transaction=True)
def test_groups_and_their_tasks_decided_by_many_at_once_are_decided_once_and_nobody_waits_for_ever() -> None:
    project = factories.project()
    made = [flag.task for flag in flagged(project, 24)]
    groups = [made[start : start + 4] for start in range(0, 24, 4)]
    findings = [
        flags.Finding(
            task_id=group[0].pk,
            reason=NEAR_DUPLICATE,
            score=0.5,
            evidence=NearDuplicateEvidence(members=tuple(task.pk for task in group)),
        )
        for group in groups
    ]
    flags.sync_flags(project=project, question="intent", reasons=[NEAR_DUPLICATE], findings=findings, actor=None)
    crew = [fork(_decide_all, project.pk, factories.member(project, Role.REVIEWER).pk) for _ in range(4)]
    for process in crew:
        process.join()
    assert [process.exitcode for process in crew] == [0] * len(crew)
    decided = Flag.objects.filter(project=project, reason=NEAR_DUPLICATE.name)
    assert set(decided.values_list("state", "resolution")) == {(FlagState.RESOLVED, "keep_one")}
    asked = [ReviewAct.from_columns(act).asked for act in BulkAct.objects.filter(project=project)]
    assert sorted(pk for act in asked for pk in act if pk in ids(list(decided))) == sorted(ids(list(decided)))
    for group in groups:
        assert QueueEntry.objects.filter(task__in=group, state="quarantined").count() == 3


def _decide_all(project_id: int, user_id: int) -> None:
    """Decide every flag in an order of one's own; what another decided first is left to them."""
    project, actor = Project.objects.get(pk=project_id), User.objects.get(pk=user_id)
    found = list(Flag.objects.filter(project=project))
    random.Random(user_id).shuffle(found)
    for flag in found:
        is_group = flag.reason == NEAR_DUPLICATE.name
        ruling = Ruling(Decision.KEEP_ONE) if is_group else Ruling(Decision.RELABEL, answer="other")
        with suppress(Conflict):
            reviews.decide(actor=actor, project=project, flag_ids=[flag.pk], ruling=ruling)
