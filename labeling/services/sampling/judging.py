"""What a reviewer says of an answer: it is right, another is, or its person is to look again; and the way back.

What is judged is a person's *answer*; the label of record may be another, where several people answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from labeling import access, locks
from labeling.errors import Conflict, Invalid, Problem
from labeling.models import AnswerReview, AnswerVerdict, ReturnState
from labeling.models.sampling import JudgedBefore
from labeling.reasons.decisions import Decision
from labeling.reasons.registry import reason_named
from labeling.services import events, flags, notices, returns
from labeling.services.reviews.leases import drop_leases
from labeling.services.reviews.locked_tasks import LockedTasks, lock_tasks
from labeling.services.reviews.ruling import parse_given
from labeling.services.reviews.undoing import restore_task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.models import Annotation, User


@transaction.atomic
def judge(
    *,
    actor: User,
    review: AnswerReview,
    verdict: AnswerVerdict,
    version: int,
    answers: Mapping[str, Any] | None = None,
    note: str = "",
) -> AnswerReview:
    """Write down what a reviewer says of a sampled answer, of which they saw `version`.

    Accepted: where the label of record says the same as the answer, the reviewer confirms it. A label that says
    otherwise stays, and an answer that is no label yet, because others are still asked, becomes none.
    Corrected: `answers` become the label of record, whatever it was. Sent back: see `returns`.
    """
    access.check_person(actor, "review answers")
    locks.lock_person(review.project_id, actor.pk)
    locked = lock_tasks(review.project, [review.task_id], with_data=verdict == AnswerVerdict.CORRECTED)
    review = _lock(review)
    if review.verdict:
        message = "Somebody reviewed this answer already."
        raise Conflict(message, current={"verdict": review.verdict})
    if review.sample is not None and review.sample.closed_at is not None:
        message = "This sample is closed. Continue it to review more of its answers."
        raise Conflict(message)
    if verdict == AnswerVerdict.RETURNED:
        returns.mark_sent_back(actor=actor, review=review, version=version, note=note)
        return review
    answer = returns.standing_answer(review, version=version)
    given = _confirmed(locked, answer) if verdict == AnswerVerdict.ACCEPTED else _corrected(locked, answer, answers)
    _write(locked, review, given, actor=actor, verdict=verdict, note=note)
    review.version, review.verdict, review.note = version, verdict, note.strip()[: returns.MAX_NOTE]
    review.reviewer, review.decided_at = actor, timezone.now()
    review.before = JudgedBefore(task=locked.row(review.task_id).as_entry()).dump()
    review.save()
    events.record(
        verb=f"answer.{verdict}", project=review.project, actor=actor, task=review.task,
        annotation=answer.pk, version=version, review=review.pk,
    )  # fmt: skip
    return review


def _lock(review: AnswerReview) -> AnswerReview:
    found = AnswerReview.objects.select_for_update(of=("self",)).select_related("sample", "project", "task")
    return found.get(pk=review.pk)


def _confirmed(locked: LockedTasks, answer: Annotation) -> dict[str, Any]:
    """Return the labels of record that say what the answer says."""
    current = locked.current[answer.task_id]
    return {
        name: label.value
        for name, label in current.items()
        if name in answer.answers and label.value == answer.answers[name] and locked.schema.question(name) is not None
    }


def _corrected(locked: LockedTasks, answer: Annotation, answers: Mapping[str, Any] | None) -> dict[str, Any]:
    given = parse_given(answers or {}, locked.schema, locked.tasks[answer.task_id].data)
    if not given or all(answer.answers.get(name) == value for name, value in given.items()):
        message = "This is what the person answered. Accept it, or give another answer."
        raise Invalid(message, problems=(Problem("answer", message),))
    return given


def _write(
    locked: LockedTasks, review: AnswerReview, given: Mapping[str, Any], *, actor: User, verdict: str, note: str
) -> None:
    """Make answers the label of record, as a reviewer's decision does: with the flags that they answer."""
    row = locked.row(review.task_id)
    for question, value in given.items():
        locked.write(review.task, question, value, actor=actor)
    if not given:
        return
    locked.close_slots(review.task_id)
    labeled = locked.entries[review.task_id].open_slots == 0
    resolution = Decision.KEEP if verdict == AnswerVerdict.ACCEPTED else Decision.RELABEL
    for flag in locked.open_flags_of(review.task_id):
        reason = reason_named(flag.reason)
        if (reason.is_about_label and flag.question in given) or (reason.falls_when_labeled and labeled):
            label = locked.current[review.task_id].get(flag.question)
            flags.close(flag=flag, actor=actor, resolution=resolution, note=note, label=label)
            row.flags.append(flag.pk)
    locked.store_entries([review.task_id])
    drop_leases(task_ids=[review.task_id])
    notices.tell_of_labels(actor=actor, label_ids=[new for _, new in row.labels.values()], note=note.strip())


@transaction.atomic
def undo_judgment(*, actor: User, review: AnswerReview) -> AnswerReview:
    """Take back what a reviewer said of a sampled answer: it is to be reviewed again."""
    locks.lock_person(review.project_id, actor.pk)
    before = JudgedBefore.load(review.before) if review.before else None
    closed = before.task.flags if before else []
    locked = lock_tasks(review.project, [review.task_id], flag_ids=closed)
    review = _lock(review)
    if not review.verdict:
        message = "This was taken back already."
        raise Conflict(message)
    if review.back in {ReturnState.ANSWERED, ReturnState.FREED}:
        message = "The answer came back already, so this stays as it was reviewed."
        raise Conflict(message, current={"back": review.back})
    if before is not None:
        if not restore_task(locked, before.task):
            message = "The label was changed after this, so it stays as it was reviewed."
            raise Conflict(message)
        for pk in closed:
            flags.reopen(flag=locked.flags[pk])
        locked.store_entries([review.task_id])
    notices.forget_return(review=review)
    review.verdict = review.note = review.back = ""
    review.reviewer = review.decided_at = review.before = review.back_at = None
    review.save()
    events.record(verb="answer.taken_back", project=review.project, actor=actor, task=review.task, review=review.pk)
    return review
