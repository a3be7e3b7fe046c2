"""Notices: what people are told in their inbox. Written in the transaction of what they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from labeling import statements
from labeling.models import AnnotationState, Comment, Flag, Membership, Notice, NoticeKind, Role
from labeling.reasons.decisions import decision_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from labeling.models import AnswerReview, Project, User

# Whose answer says otherwise than the label that a reviewer has just given; the reviewer knows.
_OTHERWISE = f"""
INSERT INTO labeling_notice (user_id, project_id, task_id, kind, actor_id, note, label_id, created_at)
SELECT DISTINCT ON (a.annotator_id, a.task_id)
       a.annotator_id, l.project_id, l.task_id, '{NoticeKind.CHANGED}', %(actor)s, %(note)s, l.id, l.created_at
FROM labeling_label l JOIN labeling_annotation a ON a.task_id = l.task_id
WHERE l.id = ANY(%(labels)s) AND a.state = '{AnnotationState.SUBMITTED}' AND a.annotator_id <> %(actor)s
  AND a.answers ? l.question AND a.answers -> l.question <> l.value
ORDER BY a.annotator_id, a.task_id, l.id
"""  # noqa: S608 - only names of states and kinds are put in


def tell_of_labels(*, actor: User, label_ids: Collection[int], note: str = "") -> None:
    """Tell the people whose answers a reviewer's new labels contradict."""
    if label_ids:
        statements.run_statement(_OTHERWISE, {"actor": actor.pk, "labels": list(label_ids), "note": note})


def tell_of_flags(*, actor: User, flags: Iterable[Flag]) -> None:
    """Tell the people who raised flags what was decided about them."""
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(
            user_id=flag.raised_by_id,
            project_id=flag.project_id,
            task_id=flag.task_id,
            kind=NoticeKind.FLAG,
            actor=actor,
            note=_decided(flag),
            created_at=now,
        )
        for flag in flags
        if flag.raised_by_id is not None and flag.raised_by_id != actor.pk
    )


def _decided(flag: Flag) -> str:
    decision = decision_named(flag.resolution)
    return ". ".join(words for words in (decision.label if decision else "", flag.resolution_note) if words)


def tell_of_comment(*, comment: Comment) -> None:
    """Tell those who commented on the task before, or flagged it, of a new comment."""
    spoke = Comment.objects.filter(task_id=comment.task_id).values_list("author_id", flat=True)
    flagged = Flag.objects.filter(task_id=comment.task_id, raised_by__isnull=False)
    people = {*spoke, *flagged.values_list("raised_by_id", flat=True)} - {comment.author_id}
    Notice.objects.bulk_create(
        Notice(
            user_id=person,
            project_id=comment.project_id,
            task_id=comment.task_id,
            kind=NoticeKind.COMMENT,
            actor_id=comment.author_id,
            note=comment.body,
            comment=comment,
            created_at=comment.created_at,
        )
        for person in sorted(people)
    )


def tell_of_resolved(*, actor: User, comment: Comment) -> None:
    """Tell who wrote a comment that somebody else resolved it."""
    if comment.author_id != actor.pk:
        Notice.objects.create(
            user_id=comment.author_id,
            project_id=comment.project_id,
            task_id=comment.task_id,
            kind=NoticeKind.RESOLVED,
            actor=actor,
            note=comment.body,
            comment=comment,
            created_at=timezone.now(),
        )


def forget_resolved(*, comment: Comment) -> None:
    """Take back what was told of a comment that is open again."""
    Notice.objects.filter(comment=comment, kind=NoticeKind.RESOLVED).delete()


def tell_of_return(*, actor: User, review: AnswerReview) -> None:
    """Tell the annotator that a reviewer sent an answer back."""
    Notice.objects.create(
        user_id=review.annotator_id,
        project_id=review.project_id,
        task_id=review.task_id,
        kind=NoticeKind.SENT_BACK,
        actor=actor,
        note=review.note,
        review=review,
        created_at=timezone.now(),
    )


def tell_of_webhook(*, project: Project, note: str) -> None:
    """Tell the managers of a project that a webhook was switched off."""
    _tell_managers(project=project, kind=NoticeKind.WEBHOOK, note=note)


def tell_of_drift(*, project: Project, person: User, note: str) -> None:
    """Tell the managers of a project that somebody's answers match those of the others less than before."""
    _tell_managers(project=project, kind=NoticeKind.DRIFT, note=note, actor=person)


def _tell_managers(*, project: Project, kind: NoticeKind, note: str, actor: User | None = None) -> None:
    managers = Membership.objects.filter(project=project, role=Role.MANAGER, user__is_service=False)
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(user_id=user_id, project=project, kind=kind, actor=actor, note=note, created_at=now)
        for user_id in managers.order_by("pk").values_list("user_id", flat=True)
    )


def forget_labels(*, label_ids: Collection[int]) -> None:
    """Take back what was told of labels that no longer stand."""
    Notice.objects.filter(label_id__in=label_ids).delete()


def forget_return(*, review: AnswerReview) -> None:
    """Take back what was told of an answer that is no longer sent back."""
    Notice.objects.filter(review=review).delete()


def mark_read(*, actor: User, notice_ids: Collection[int] | None = None) -> int:
    """Mark the person's notices as read, all of them when none is named; returns how many were unread."""
    unread = Notice.objects.filter(user=actor, read_at=None)
    if notice_ids is not None:
        unread = unread.filter(pk__in=list(notice_ids))
    return unread.update(read_at=timezone.now())
