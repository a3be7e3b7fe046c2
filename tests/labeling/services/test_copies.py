"""Groups of copies: one flag, one decision about all of them, and what a later check makes of it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeling.errors import Conflict, Invalid
from labeling.models import (
    Event,
    Flag,
    FlagState,
    Label,
    LabelSource,
    Project,
    ReviewLease,
    Role,
    Task,
    TaskState,
    User,
)
from labeling.models.acts import load_act
from labeling.reasons.decisions import Decision
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from labeling.reasons.registry import load_evidence
from labeling.selectors import reviews as review_reads
from labeling.services import flags, reviews, tasks
from labeling.services.reviews import Ruling
from tests import factories
from tests.labeling.services.copies import check, copies, decide, finding, flagged, labels_of, splits_of, states_of
from tests.quality.services import making

pytestmark = pytest.mark.django_db

NOT_AGAIN, AGAIN = (0, 1), (1, 0)


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def ann(project: Project) -> User:
    return factories.member(project, Role.REVIEWER)


def test_one_copy_stays_and_the_rest_is_quarantined_until_it_is_taken_back(project: Project, ann: User) -> None:
    made = copies(project, "billing", "billing", "delivery")
    flag = flagged(made, labels_differ=True)
    done = decide(ann, flag, Decision.KEEP_ONE, made[1].pk)
    assert states_of(made) == [TaskState.QUARANTINED, TaskState.LABELED, TaskState.QUARANTINED]
    assert labels_of(made) == ["billing", "billing", "delivery"]
    flag.refresh_from_db()
    assert (flag.state, flag.resolution, flag.resolved_by) == (FlagState.RESOLVED, "keep_one", ann)
    assert done.closed_flags == [flag.pk]
    assert Event.objects.filter(verb="flag.resolved").count() == 1

    assert reviews.undo(actor=ann, act=done.act) == [flag.pk]
    assert states_of(made) == [TaskState.LABELED] * 3
    flag.refresh_from_db()
    assert flag.state == FlagState.OPEN


def test_unless_another_is_chosen_the_one_with_a_confirmed_label_stays(project: Project, ann: User) -> None:
    made = copies(project, "billing", "billing", "billing")
    making.label(made[2:], ["billing"], source=LabelSource.REVIEW)
    decide(ann, flagged(made), Decision.KEEP_ONE)
    assert states_of(made) == [TaskState.QUARANTINED, TaskState.QUARANTINED, TaskState.LABELED]


def test_without_a_confirmed_label_the_first_stays(project: Project, ann: User) -> None:
    made = copies(project, "billing", "billing")
    decide(ann, flagged(made), Decision.KEEP_ONE)
    assert states_of(made) == [TaskState.LABELED, TaskState.QUARANTINED]


def test_all_get_one_label_and_what_put_theirs_in_doubt_is_answered(project: Project, ann: User) -> None:
    made = copies(project, "billing", "delivery", "other")
    doubt = flags.put_flag(task=made[2], reason=LABEL_ERROR, question="intent")
    flag = flagged(made, labels_differ=True)
    done = decide(ann, flag, Decision.RELABEL, "delivery")
    assert labels_of(made) == ["delivery"] * 3
    assert done.closed_flags == sorted([doubt.pk, flag.pk])
    assert set(Label.objects.filter(task__in=made, retired_at=None).values_list("source", flat=True)) == {"review"}
    reviews.undo(actor=ann, act=done.act)
    assert labels_of(made) == ["billing", "delivery", "other"]
    assert set(Flag.objects.values_list("state", flat=True)) == {"open"}


def test_all_are_put_into_one_split_and_back(project: Project, ann: User) -> None:
    made = [*copies(project, "billing", "billing"), *copies(project, "billing", split="test")]
    done = decide(ann, flagged(made, across_splits=True), Decision.ONE_SPLIT, "train")
    assert splits_of(made) == ["train"] * 3
    assert load_act(done.act).task_ids == [made[2].pk, made[0].pk]
    reviews.undo(actor=ann, act=done.act)
    assert splits_of(made) == ["train", "train", "test"]


def test_a_split_that_somebody_changed_since_stays_when_the_decision_is_taken_back(project: Project, ann: User) -> None:
    made = [*copies(project, "billing"), *copies(project, "billing", split="test")]
    done = decide(ann, flagged(made, across_splits=True), Decision.ONE_SPLIT, "train")
    tasks.set_split(actor=ann, project=project, task_ids=[made[1].pk], split="validation")
    reviews.undo(actor=ann, act=done.act)
    assert splits_of(made) == ["train", "validation"]


def test_all_stay_as_they_are_and_nothing_is_said_about_their_labels(project: Project, ann: User) -> None:
    made = copies(project, "billing", "delivery")
    before = list(Label.objects.values_list("pk", flat=True))
    decide(ann, flagged(made, labels_differ=True), Decision.KEEP)
    assert list(Label.objects.values_list("pk", flat=True)) == before
    assert states_of(made) == [TaskState.LABELED] * 2


def test_the_label_of_any_copy_that_changed_since_it_was_seen_is_a_conflict(project: Project, ann: User) -> None:
    made = copies(project, "billing", "delivery")
    flag = flagged(made, labels_differ=True)
    seen = list(Label.objects.filter(task__in=made, retired_at=None).values_list("pk", flat=True))
    tasks.assign_label(actor=ann, project=project, task_ids=[made[1].pk], question="intent", value="other")
    with pytest.raises(Conflict, match="label was changed"):
        decide(ann, flag, Decision.RELABEL, "billing", seen={flag.pk: seen})
    assert labels_of(made) == ["billing", "other"]


def test_a_group_is_decided_once(project: Project, ann: User) -> None:
    made = copies(project, "billing", "billing")
    flag = flagged(made)
    bob = factories.member(project, Role.REVIEWER)
    done = decide(ann, flag, Decision.KEEP_ONE, key="once")
    assert decide(ann, flag, Decision.KEEP_ONE, key="once").act == done.act
    with pytest.raises(Conflict, match="closed already"):
        decide(bob, flag, Decision.QUARANTINE)
    assert states_of(made) == [TaskState.LABELED, TaskState.QUARANTINED]


def test_a_group_that_a_check_made_larger_meanwhile_is_looked_at_again(
    project: Project, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = copies(project, "billing", "billing", "billing")
    flag = flagged(made[:2])
    deciding = import_module("labeling.services.reviews.deciding")
    look_at = deciding.lock_tasks

    def after_a_check(*args: Any, **more: Any) -> Any:
        check(project, finding(made))
        return look_at(*args, **more)

    monkeypatch.setattr(deciding, "lock_tasks", after_a_check)
    with pytest.raises(Conflict, match="found more of these copies"):
        decide(ann, flag, Decision.QUARANTINE)


def test_copies_in_quarantine_are_left_out(project: Project, ann: User) -> None:
    made = copies(project, "billing", "delivery", "other")
    flag = flagged(made, labels_differ=True)
    tasks.quarantine(actor=ann, project=project, task_ids=[made[0].pk, made[2].pk])
    decide(ann, flag, Decision.RELABEL, "billing")
    assert labels_of(made) == ["billing", "billing", "other"]


@pytest.mark.parametrize(
    ("decision", "answer", "words"),
    [
        (Decision.KEEP_ONE, 0, "none of these copies"),
        (Decision.KEEP_ONE, "first", "none of these copies"),
        (Decision.ONE_SPLIT, None, "which split"),
        (Decision.ONE_SPLIT, "holdout", "which split"),
        (Decision.KEEP, 3, "An answer goes with"),
    ],
)
def test_what_cannot_be_decided_about_copies_is_said(
    project: Project, ann: User, decision: Decision, answer: Any, words: str
) -> None:
    flag = flagged(copies(project, "billing", "billing"))
    with pytest.raises(Invalid, match=words):
        decide(ann, flag, decision, answer)


def test_one_item_alone_has_no_copies_to_decide_about(project: Project, ann: User) -> None:
    (task,) = copies(project, "billing")
    flag = flags.put_flag(task=task, reason=LABEL_ERROR, question="intent")
    with pytest.raises(Invalid, match="one item alone"):
        decide(ann, flag, Decision.KEEP_ONE)


def test_too_many_tasks_for_one_act_are_refused(project: Project, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labeling.services.reviews.deciding.MAX_TASKS", 2)
    flag = flagged(copies(project, "billing", "billing", "billing"))
    with pytest.raises(Invalid, match="about 3 items"):
        decide(ann, flag, Decision.KEEP)


def test_one_group_of_several_that_were_decided_together_is_taken_back_whole(project: Project, ann: User) -> None:
    one, two = copies(project, "billing", "billing"), copies(project, "other", "other")
    check(project, finding(one), finding(two))
    both = list(Flag.objects.order_by("task_id"))
    done = reviews.decide(
        actor=ann, project=project, flag_ids=[flag.pk for flag in both], ruling=Ruling(Decision.KEEP_ONE)
    )
    assert states_of([*one, *two]) == ["labeled", "quarantined"] * 2
    assert reviews.undo(actor=ann, act=done.act, task_id=one[1].pk) == [both[0].pk]
    assert states_of([*one, *two]) == ["labeled", "labeled", "labeled", "quarantined"]
    assert set(ReviewLease.objects.values_list("task", flat=True)) == {one[0].pk}


@pytest.mark.parametrize(
    ("decision", "answer", "before", "after", "expected"),
    [
        (Decision.KEEP, None, {}, {}, NOT_AGAIN),
        (Decision.KEEP, None, {"labels_differ": True}, {"labels_differ": True}, NOT_AGAIN),
        (Decision.KEEP, None, {}, {"labels_differ": True}, AGAIN),
        (Decision.KEEP, None, {}, {"across_splits": True}, AGAIN),
        (Decision.RELABEL, "billing", {"labels_differ": True}, {}, NOT_AGAIN),
        (Decision.RELABEL, "billing", {"labels_differ": True}, {"labels_differ": True}, AGAIN),
        (Decision.RELABEL, "billing", {"across_splits": True}, {"across_splits": True}, AGAIN),
        (Decision.ONE_SPLIT, "train", {"across_splits": True}, {}, NOT_AGAIN),
        (Decision.KEEP_ONE, None, {}, {}, AGAIN),
        (Decision.QUARANTINE, None, {}, {}, AGAIN),
    ],
)
def test_what_was_decided_is_asked_again_only_when_something_is_new(
    project: Project,
    ann: User,
    decision: Decision,
    answer: Any,
    before: dict[str, bool],
    after: dict[str, bool],
    expected: tuple[int, int],
) -> None:
    made = copies(project, "billing", "billing", "billing")
    decide(ann, flagged(made, **before), decision, answer)
    again = check(project, finding(made, **after))
    assert (again.opened, again.decided) == expected


def test_the_same_copies_under_another_first_one_are_not_asked_about_again_but_more_are(
    project: Project, ann: User
) -> None:
    made = copies(project, "billing", "billing", "billing")
    decide(ann, flagged(made), Decision.KEEP)
    again = check(project, finding(made[1:]))
    assert (again.opened, again.decided) == NOT_AGAIN
    more = check(project, finding([*made[1:], *copies(project, "billing")]))
    assert (more.opened, more.decided) == AGAIN


def test_what_was_decided_while_a_check_looked_stays_decided(project: Project, ann: User) -> None:
    made = copies(project, "billing", "delivery")
    began = timezone.now()
    decide(ann, flagged(made, labels_differ=True), Decision.RELABEL, "billing")
    again = check(project, finding(made, labels_differ=True), since=began)
    assert (again.opened, again.decided) == NOT_AGAIN


def test_the_worst_groups_are_flagged_and_the_next_ones_once_they_are_decided(project: Project, ann: User) -> None:
    groups = [copies(project, "billing", "billing") for _ in range(3)]
    found = [finding(made, score=score) for made, score in zip(groups, (0.7, 0.1, 0.5), strict=True)]
    limit = {"most": {NEAR_DUPLICATE.name: 1}}
    check(project, *found, **limit)
    first = Flag.objects.get(state=FlagState.OPEN)
    assert first.task == groups[1][0]
    decide(ann, first, Decision.KEEP)
    again = check(project, *found, **limit)
    assert (again.opened, again.decided) == (1, 1)
    assert Flag.objects.get(state=FlagState.OPEN).task == groups[2][0]


def test_open_flags_on_each_copy_are_joined_and_decided_ones_left_alone(project: Project, ann: User) -> None:
    made = copies(project, "billing", "billing", "delivery")
    alone, decided, other = copies(project, "other", "other", "other")

    def old(task: Task, *others: Task, **more: Any) -> Flag:
        evidence = {"copies": [{"task": one.pk, "label": "x", "split": ""} for one in others], "basis": "[]", "run": 4}
        return Flag.objects.create(
            task=task,
            project=project,
            question="intent",
            reason=NEAR_DUPLICATE.name,
            **{"score": 0.3, "evidence": evidence, **more},
        )

    # Of copies that agreed the first had no flag of its own.
    kept, closed = old(made[1], made[0], made[2]), old(made[2], made[0], made[1], score=0.1)
    gone, done = old(alone), old(decided, other, state=FlagState.RESOLVED)
    with connection.schema_editor() as editor:
        for _ in range(2):
            import_module("labeling.migrations.0022_groups_of_copies").join_copies(apps, editor)
    for flag in (kept, closed, gone, done):
        flag.refresh_from_db()
    assert [flag.state for flag in (kept, closed, gone, done)] == ["open", "closed", "open", "resolved"]
    assert (kept.score, kept.place) == (0.1, NEAR_DUPLICATE.place(0.1))
    evidence = load_evidence(kept.reason, kept.evidence)
    assert evidence.member_tasks() == tuple(task.pk for task in made)
    assert kept.evidence == evidence.dump()
    assert "copies" in done.evidence
    decide(ann, kept, Decision.KEEP_ONE)
    assert states_of(made) == ["labeled", "quarantined", "quarantined"]


def test_a_copy_tells_what_was_found_and_decided_about_its_group(
    project: Project, ann: User, client_for: Callable[[User], Client]
) -> None:
    made = copies(project, "billing", "billing")
    flag = flagged(made)
    client = client_for(ann)
    page = reverse("project-task", args=(project.slug, made[1].pk))
    assert "near duplicate" in client.get(page).content.decode()
    cards = client.post(reverse("project-review-cards", args=(project.slug,)), {"task": made[1].pk})
    assert f'data-flag="{flag.pk}"' in cards.content.decode()
    done = decide(ann, flag, Decision.KEEP_ONE)
    shown = client.get(page).content.decode()
    assert "one of the copies stays, the others are in quarantine" in shown
    assert "taken back" not in shown
    reviews.undo(actor=ann, act=done.act)
    assert "was taken back" in client.get(page).content.decode()


def test_a_group_is_kept_as_it_is_on_the_page_of_its_task(
    project: Project, ann: User, client_for: Callable[[User], Client]
) -> None:
    flag = flagged(copies(project, "billing", "delivery"), labels_differ=True)
    client_for(ann).post(reverse("flag-resolve", args=(flag.pk,)), {"note": "Both are right."})
    flag.refresh_from_db()
    assert (flag.resolution, flag.resolution_note) == ("keep", "Both are right.")


def test_flags_of_a_group_are_found_by_an_index(project: Project) -> None:
    groups = [copies(project, "billing", "billing") for _ in range(20)]
    check(project, *(finding(made) for made in groups))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_flag")
        cursor.execute("SET LOCAL enable_seqscan = off")
    about_it = review_reads.flags_about(groups[7][1].pk)
    assert about_it.get().task == groups[7][0]
    assert "flag_by_member" in about_it.explain()


def test_a_decision_is_taken_back_without_the_copy_that_was_deleted_since(project: Project, ann: User) -> None:
    made = copies(project, "billing", "billing", "billing")
    done = decide(ann, flagged(made), Decision.KEEP_ONE)
    Task.objects.filter(pk=made[1].pk).delete()
    reviews.undo(actor=ann, act=done.act)
    assert states_of([made[0], made[2]]) == [TaskState.LABELED] * 2
