"""A save: locked, read, decided, written; two statements under two locks, whatever it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from labeling import access
from labeling.errors import Conflict, Invalid, Problem
from labeling.models import AnnotationRevision, AnnotationState, Comment, GoldServing, SkipReason
from labeling.reasons.skipped import SKIPPED
from labeling.selectors import adjudications as adjudication_reads
from labeling.selectors import staffing as staffing_reads
from labeling.selectors import versions as version_reads
from labeling.services import flags, gold, labels, notices
from labeling.services.annotations import stored
from labeling.services.annotations.submission import Saved, Submission, check, parsed_answers
from labeling.services.labels import CountedAnswers

if TYPE_CHECKING:
    from labeling.models import Task, User
    from labeling.services.annotations.stored import Mine, StoredState
    from labeling.services.labels import Slots


@transaction.atomic
def submit(*, actor: User, task: Task, submission: Submission, key: str) -> Saved:
    """Save a person's answers to a task as a new revision.

    The same `key` again is the same save: nothing is written and the first reply returns. A `version` other than the
    stored one raises `Conflict` with what is stored. Only an answer that holds one of the task's slots counts; one that
    comes after all slots were filled by others is kept, and does not. Nor does one to a task that was given as gold,
    and its person is told nothing of it.
    """
    access.check_person(actor, "answer tasks")
    check(submission, key)
    slots = stored.lock(actor=actor, task=task)
    standing = stored.read_stored_state(actor=actor, task=task, key=key)
    if standing.replayed:
        return _replay(actor, task, key)
    schema = version_reads.by_pk(standing.versions.schema_pk)
    answers = parsed_answers(submission, schema, task.data)
    _check_version(standing.mine, submission.version)
    _check_draft(standing.mine, submission.state)

    before = standing.mine.state if standing.mine else ""
    counted, holds = _take_slot(slots, standing, submission.state)
    saved = Saved(
        annotation_id=standing.annotation_id,
        task_id=task.pk,
        state=submission.state,
        version=submission.version + 1,
        answers=answers,
        updated_at=timezone.now(),
        counted=counted,
        guideline_version=standing.versions.guideline,
        is_gold=standing.is_gold,
    )
    settlement = None
    if not _is_beside(standing) and AnnotationState.SUBMITTED in {before, submission.state}:
        own = [CountedAnswers(saved.annotation_id, answers, saved.guideline_version)] if counted else []
        settlement = labels.settle(
            task=task,
            slots=slots,
            schema=schema,
            schema_version=standing.versions.schema,
            author=actor.pk,
            counted=sorted([*standing.others, *own], key=lambda given: given.annotation_id),
            current=standing.labels,
            earlier=standing.earlier,
            is_anybody_left=lambda: staffing_reads.is_anybody_left(task, besides=actor.pk),
            # A task that nobody else answers has nothing to adjudicate: no query for it.
            ruled=adjudication_reads.left_without_label([task.pk])[task.pk] if standing.others else {},
        )
    told = submission.state != AnnotationState.DRAFT or before == AnnotationState.SUBMITTED
    stored.write(
        actor=actor, task=task, submission=submission, saved=saved, key=key, standing=standing, slots=slots,
        settlement=settlement, holds=holds, verb=f"annotation.{submission.state}" if told else "",
    )  # fmt: skip
    if standing.is_gold:
        gold.keep_first_answer(actor=actor, task=task, saved=saved)
    if settlement is not None:
        labels.mark_conflicts(task=task, settlement=settlement, flagged=standing.flags)
    _mark_skips(actor, task, submission, standing, filled=slots.open_slots == 0 and counted)
    if submission.comment.strip():
        said = submission.comment.strip()
        notices.tell_of_comment(
            comment=Comment.objects.create(task=task, project_id=task.project_id, author=actor, body=said)
        )
    return saved


def _replay(actor: User, task: Task, key: str) -> Saved:
    revision = AnnotationRevision.objects.select_related("annotation").get(annotator_id=actor.pk, key=key)
    if revision.annotation.task_id != task.pk:
        message = "This Idempotency-Key was used for another task. Use a new key for every save."
        raise Invalid(message, problems=(Problem("Idempotency-Key", message),))
    return Saved(
        annotation_id=revision.annotation_id,
        task_id=task.pk,
        state=revision.state,
        version=revision.number,
        answers=revision.answers,
        updated_at=revision.created_at,
        counted=revision.counted,
        guideline_version=revision.guideline_version,
        is_gold=GoldServing.objects.filter(task=task, user=actor).exists(),
        replayed=True,
    )


def _check_version(mine: Mine | None, version: int) -> None:
    if version == (mine.version if mine else 0):
        return
    message = "Your answer to this task was changed elsewhere, perhaps in another tab. Choose which one to keep."
    raise Conflict(
        message,
        current=None
        if mine is None
        else {"version": mine.version, "answers": mine.answers, "state": mine.state, "updated_at": mine.updated_at},
    )


def _check_draft(mine: Mine | None, state: AnnotationState) -> None:
    """Refuse a draft of an answer that was sent back: that counts, and holds its slot, until it is given anew."""
    if state == AnnotationState.DRAFT and mine is not None and mine.is_sent_back:
        message = "This answer was sent back to you and counts until you answer anew. Submit it, or skip the task."
        raise Invalid(message, problems=(Problem("state", message),))


def _is_beside(standing: StoredState) -> bool:
    """Whether it is about gold that holds no slot: then nothing of the task moves."""
    return standing.is_gold and not standing.leased and not (standing.mine is not None and standing.mine.counted)


def _take_slot(slots: Slots, standing: StoredState, state: AnnotationState) -> tuple[bool, bool]:
    """Move the task's slots for a save: returns whether the answer counts, and whether the person keeps a lease.

    Keeps counted answers + leases + open slots = required, whatever the person held before.
    """
    if _is_beside(standing):
        return False, False
    held = int(standing.leased) + int(standing.mine is not None and standing.mine.counted)
    if held == 0 and slots.open_slots > 0 and state != AnnotationState.SKIPPED:
        slots.open_slots -= 1
        held = 1
    if state == AnnotationState.SKIPPED:
        slots.open_slots += held
        return False, False
    slots.open_slots += max(0, held - 1)
    if state == AnnotationState.SUBMITTED:
        return held > 0, False
    return False, held > 0


def _mark_skips(actor: User, task: Task, submission: Submission, standing: StoredState, *, filled: bool) -> None:
    if submission.state == AnnotationState.SKIPPED:
        note = SkipReason(submission.skip_reason or SkipReason.OTHER).label
        flags.put_flag(task=task, reason=SKIPPED, actor=actor, note=note)
    elif submission.state == AnnotationState.SUBMITTED and filled and (SKIPPED.name, "") in standing.flags:
        flags.drop_flag(task=task, reason=SKIPPED)
