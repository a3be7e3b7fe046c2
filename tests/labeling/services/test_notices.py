"""What people are told in their inbox: of decisions about their answers and flags, and of what others say."""

from __future__ import annotations

import pytest

from labeling.models import BulkAct, Notice, NoticeKind, Role
from labeling.reasons.decisions import Decision
from labeling.services import annotations as saving
from labeling.services import flags, notices, reviews, tasks
from labeling.services.reviews import Ruling
from tests import factories
from tests.labeling.services.test_returns import answer

pytestmark = pytest.mark.django_db


def test_a_decision_is_told_to_whose_answer_it_contradicts_and_to_who_flagged() -> None:
    project = factories.project(overlap=2, max_overlap=2)
    (task,) = factories.tasks(project)
    ann, bob, reviewer = factories.member(project), factories.member(project), factories.member(project, Role.REVIEWER)
    answer(ann, task, "billing")
    answer(bob, task, "delivery")
    flag = flags.raise_flag(actor=ann, task=task, note="Is this one?", question="intent")

    ruling = Ruling(Decision.RELABEL, answer="delivery", note="A parcel is named.")
    done = reviews.decide(actor=reviewer, project=project, flag_ids=[flag.pk], ruling=ruling)

    told = {(notice.user_id, notice.kind): notice.note for notice in Notice.objects.all()}
    assert told == {
        (ann.pk, NoticeKind.CHANGED): "A parcel is named.",
        (ann.pk, NoticeKind.FLAG): "Another label was given. A parcel is named.",
    }
    reviews.undo(actor=reviewer, act=done.act)
    assert not Notice.objects.filter(kind=NoticeKind.CHANGED).exists()


def test_a_comment_is_told_to_who_commented_or_flagged_before_and_to_nobody_else() -> None:
    project = factories.project()
    (task,) = factories.tasks(project)
    ann, bob, carl, silent = (factories.member(project) for _ in range(4))
    saving.comment(actor=ann, task=task, body="What is this?")
    flags.raise_flag(actor=bob, task=task, note="Unclear.")
    assert not Notice.objects.exists()

    saving.comment(actor=carl, task=task, body="A parcel.")

    assert set(Notice.objects.values_list("user_id", "note")) == {(ann.pk, "A parcel."), (bob.pk, "A parcel.")}
    answer(silent, task, comment="Thanks.")
    assert set(Notice.objects.filter(note="Thanks.").values_list("user_id", flat=True)) == {ann.pk, bob.pk, carl.pk}


def test_notices_are_marked_read_by_their_person_alone() -> None:
    project = factories.project()
    (task,) = factories.tasks(project)
    ann, bob = factories.member(project), factories.member(project)
    saving.comment(actor=ann, task=task, body="What is this?")
    saving.comment(actor=bob, task=task, body="A parcel.")
    (notice,) = Notice.objects.filter(user=ann)
    assert notices.mark_read(actor=bob, notice_ids=[notice.pk]) == 0
    assert notices.mark_read(actor=ann, notice_ids=[notice.pk]) == 1
    assert notices.mark_read(actor=ann) == 0


def test_a_bulk_act_is_told_to_whose_answers_it_changed_and_taken_back_with_it() -> None:
    project = factories.project(overlap=2, max_overlap=2)
    first, second, third = factories.tasks(project, 3)
    ann, bob = factories.member(project), factories.member(project)
    for task in (first, second):
        answer(ann, task, "billing")
        answer(bob, task, "delivery")
    answer(ann, third, "delivery")

    def assign() -> BulkAct:
        ids = [first.pk, second.pk, third.pk]
        return tasks.assign_label(
            actor=project.created_by, project=project, task_ids=ids, question="intent", value="delivery"
        )

    act = assign()
    told = Notice.objects.filter(kind=NoticeKind.CHANGED)
    assert sorted(told.values_list("user_id", "task_id")) == [(ann.pk, first.pk), (ann.pk, second.pk)]
    tasks.undo(actor=project.created_by, act=act)
    assert not told.exists()
    act = assign()
    assign()
    assert told.count() == 2, "the same label again is no news"
    tasks.undo(actor=project.created_by, act=act)
    assert told.count() == 2, "a newer act gave the label that stands"
