"""Answers that are sent back: the task comes before the same person again, with a note.

The answer goes on counting meanwhile, so that its person keeps the slot and nobody else is asked; the label that rests
on it stands, in doubt, until they answer anew. Once they leave, the slot is free and somebody else is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from labeling import access
from labeling.access import Action
from labeling.errors import Conflict, Invalid, NotFound, Problem
from labeling.models import Annotation, AnnotationState, AnswerReview, AnswerVerdict, QueueEntry, ReturnState
from labeling.services import asking, events, notices, task_acts

if TYPE_CHECKING:
    from labeling.models import Project, User

MAX_NOTE = 5_000


@transaction.atomic
def send_back(*, actor: User, annotation: Annotation, version: int, note: str) -> AnswerReview:
    """Put a task before the person who answered it again; `version` is the one that the reviewer saw."""
    access.check_person(actor, "review answers")
    lock_entry(annotation.task_id)
    review = AnswerReview(
        project_id=annotation.project_id,
        task_id=annotation.task_id,
        annotation=annotation,
        annotator_id=annotation.annotator_id,
    )
    mark_sent_back(actor=actor, review=review, version=version, note=note)
    return review


def lock_entry(task_id: int) -> QueueEntry:
    """Lock a task's queue entry: saves, decisions and returns of its answers come one after another."""
    entry = QueueEntry.objects.select_for_update().filter(task_id=task_id).first()
    if entry is None:
        raise NotFound
    return entry


def standing_answer(review: AnswerReview, *, version: int) -> Annotation:
    """Return the answer under review as the reviewer saw it; to be called with the task locked."""
    answer = Annotation.objects.select_related("annotator", "project", "task").get(pk=review.annotation_id)
    if answer.version != version or answer.state != AnnotationState.SUBMITTED:
        message = f"{answer.annotator} changed this answer since you saw it. Look at it as it is now."
        raise Conflict(message, current={"version": answer.version, "state": answer.state})
    return answer


def mark_sent_back(*, actor: User, review: AnswerReview, version: int, note: str) -> None:
    """Write down that an answer is sent back and tell its person; to be called with the task locked."""
    answer = standing_answer(review, version=version)
    _check_note(note)
    if not access.may(answer.annotator, answer.project, Action.ANNOTATE):
        message = f"{answer.annotator} labels no more in this project. Correct the answer instead."
        raise Conflict(message)
    if AnswerReview.objects.filter(annotation=answer, back=ReturnState.WAITING).exists():
        message = f"This answer was sent back already: it waits for {answer.annotator}."
        raise Conflict(message)
    review.version, review.verdict, review.note = version, AnswerVerdict.RETURNED, note.strip()
    review.reviewer, review.decided_at = actor, timezone.now()
    review.back, review.back_at = ReturnState.WAITING, None
    review.save()
    notices.tell_of_return(actor=actor, review=review)
    events.record(
        verb="answer.returned", project=answer.project, actor=actor, task=answer.task, annotation=answer.pk,
        version=version, review=review.pk,
    )  # fmt: skip


def _check_note(note: str) -> None:
    if not note.strip():
        message = "Say in the note what to look at again."
        raise Invalid(message, problems=(Problem("note", message),))
    if len(note) > MAX_NOTE or "\x00" in note:
        message = f"A note has at most {MAX_NOTE:,} characters, and no NUL characters."
        raise Invalid(message, problems=(Problem("note", message),))


@transaction.atomic
def withdraw(*, actor: User, review: AnswerReview) -> None:
    """Take back that an answer was sent back, while its person has not answered anew."""
    lock_entry(review.task_id)
    review = AnswerReview.objects.select_for_update(of=("self",)).select_related("project", "task").get(pk=review.pk)
    if review.back != ReturnState.WAITING:
        message = "This does not wait any more: the answer came back, or it was taken back already."
        raise Conflict(message, current={"back": review.back})
    review.back, review.back_at = ReturnState.WITHDRAWN, timezone.now()
    review.save(update_fields=("back", "back_at"))
    notices.forget_return(review=review)
    events.record(verb="answer.taken_back", project=review.project, actor=actor, task=review.task, review=review.pk)


@transaction.atomic
def withdraw_return(*, actor: User, annotation: Annotation) -> None:
    """Take back that an answer was sent back, whoever sent it."""
    waiting = AnswerReview.objects.filter(annotation=annotation, back=ReturnState.WAITING).first()
    if waiting is None:
        message = "This answer waits for nobody: it came back, or it was never sent back."
        raise Conflict(message)
    withdraw(actor=actor, review=waiting)


@transaction.atomic
def free_slots(*, actor: User | None, user: User, project: Project | None = None) -> int:
    """Ask somebody else for what waits for a person who left a project, or all of them; returns how many.

    The answer that was sent back counts no more; its label stands until the new answer is in.
    """
    waiting = AnswerReview.objects.filter(annotator=user, back=ReturnState.WAITING)
    if project is not None:
        waiting = waiting.filter(project=project)
    # Queue entries first and in order of task, as everywhere.
    entries = {
        entry.task_id: entry
        for entry in QueueEntry.objects.select_for_update()
        .filter(task_id__in=waiting.values("task_id"))
        .order_by("task_id")
    }
    found = list(waiting.filter(task_id__in=entries).select_related("project", "annotation").order_by("task_id"))
    counted = [review.annotation for review in found if review.annotation.counted]
    asking.reopen_answers(counted)
    for answer in counted:
        entries[answer.task_id].open_slots += 1
    for place in {review.project_id: review.project for review in found}.values():
        task_acts.restate(place, {pk: entry for pk, entry in entries.items() if entry.project_id == place.pk})
        freed = sum(review.project_id == place.pk for review in found)
        events.record(verb="answer.freed", project=place, actor=actor, member=user.pk, count=freed)
    return waiting.filter(pk__in=[review.pk for review in found]).update(back=ReturnState.FREED, back_at=timezone.now())
