"""Annotations: what people answer. A save that was acknowledged is committed, exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from labeling.errors import Conflict, Invalid, Problem
from labeling.kinds.schema import parse_answers
from labeling.models import (
    Annotation,
    AnnotationRevision,
    AnnotationState,
    Comment,
    FlagReason,
    Lease,
    QueueEntry,
    SkipReason,
)
from labeling.selectors import versions as current_versions
from labeling.services import claims, events, flags, labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.kinds.schema import Schema
    from labeling.models import Task, User
    from labeling.selectors.versions import Versions

MAX_KEY = 64
MAX_COMMENT = 10_000
MAX_LEAD_TIME_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Saved:
    """A save, as it was acknowledged; a retry of the same save gets the same."""

    annotation_id: int
    revision: AnnotationRevision
    task_id: int
    replayed: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the reply to the one who saved."""
        return {
            "id": self.annotation_id,
            "task": self.task_id,
            "state": self.revision.state,
            "version": self.revision.number,
            "answers": self.revision.answers,
            "updated_at": self.revision.created_at,
            "counted": self.revision.counted,
            "guideline_version": self.revision.guideline_version,
        }


@dataclass(frozen=True, slots=True)
class Submission:
    """What a person sends: answers, and how they came about."""

    answers: Mapping[str, Any]
    state: AnnotationState = AnnotationState.SUBMITTED
    version: int = 0
    lead_time_ms: int = 0
    skip_reason: str = ""
    comment: str = ""


@transaction.atomic
def submit(*, actor: User, task: Task, submission: Submission, key: str) -> Saved:
    """Save a person's answers to a task as a new revision.

    The same `key` again is the same save: nothing is written and the first reply returns. A `version` other than the
    stored one raises `Conflict` with what is stored. Only an answer that holds one of the task's slots counts; one that
    comes after all slots were filled by others is kept, and does not.
    """
    _check(key, submission)
    claims.serialize(actor=actor, project=task.project)
    entry = QueueEntry.objects.select_for_update().get(task_id=task.pk)
    if (again := _replay(actor, task, key)) is not None:
        return again
    versions = current_versions.current(task.project_id)
    schema = current_versions.by_pk(versions.schema_pk)
    answers = _parse(submission, schema)
    annotation = Annotation.objects.filter(task_id=task.pk, annotator_id=actor.pk).first()
    _check_version(annotation, submission.version)

    was_submitted = annotation is not None and annotation.state == AnnotationState.SUBMITTED
    counted = _take_slot(actor, task, entry, submission.state, had=annotation is not None and annotation.counted)
    annotation, revision = _store(
        actor, task, annotation, submission, answers, counted=counted, versions=versions, key=key
    )
    if was_submitted or submission.state == AnnotationState.SUBMITTED:
        labels.settle(task=task, entry=entry, schema=schema, versions=versions, actor=actor)
    if submission.state == AnnotationState.SKIPPED:
        note = SkipReason(submission.skip_reason or SkipReason.OTHER).label
        flags.put(task=task, reason=FlagReason.SKIPPED, actor=actor, note=note)
    elif submission.state == AnnotationState.SUBMITTED and entry.open_slots == 0 and counted:
        flags.drop(task=task, reason=FlagReason.SKIPPED)
    entry.save(update_fields=("required", "open_slots", "state"))
    if submission.comment.strip():
        Comment.objects.create(task=task, project_id=task.project_id, author=actor, body=submission.comment.strip())
    if submission.state != AnnotationState.DRAFT or was_submitted:
        events.record(
            verb=f"annotation.{submission.state}",
            project=task.project,
            actor=actor,
            task=task,
            annotation=annotation.pk,
            version=revision.number,
        )
    return Saved(annotation_id=annotation.pk, revision=revision, task_id=task.pk, replayed=False)


@transaction.atomic
def comment(*, actor: User, task: Task, body: str) -> Comment:
    """Add a comment to a task."""
    body = body.strip()
    if not body or len(body) > MAX_COMMENT or "\x00" in body:
        message = f"A comment has 1 to {MAX_COMMENT} characters, and no NUL characters."
        raise Invalid(message, problems=(Problem("body", message),))
    made = Comment.objects.create(task=task, project_id=task.project_id, author=actor, body=body)
    events.record(verb="comment.added", project=task.project, actor=actor, task=task, comment=made.pk)
    return made


def _check(key: str, submission: Submission) -> None:
    problems = []
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        problems.append(Problem("Idempotency-Key", f"Expected 1 to {MAX_KEY} printable characters, such as a UUID."))
    if not 0 <= submission.lead_time_ms <= MAX_LEAD_TIME_MS:
        problems.append(Problem("lead_time_ms", f"Expected 0 to {MAX_LEAD_TIME_MS} milliseconds."))
    if submission.skip_reason and submission.skip_reason not in SkipReason.values:
        problems.append(Problem("skip_reason", f"Expected one of {', '.join(SkipReason.values)}."))
    if len(submission.comment) > MAX_COMMENT or "\x00" in submission.comment:
        problems.append(Problem("comment", f"Expected at most {MAX_COMMENT} characters, and no NUL characters."))
    if problems:
        message = "The answer could not be saved: " + problems[0].message
        raise Invalid(message, problems=problems)


def _replay(actor: User, task: Task, key: str) -> Saved | None:
    revision = AnnotationRevision.objects.select_related("annotation").filter(annotator_id=actor.pk, key=key).first()
    if revision is None:
        return None
    if revision.annotation.task_id != task.pk:
        message = "This Idempotency-Key was used for another task. Use a new key for every save."
        raise Invalid(message, problems=(Problem("Idempotency-Key", message),))
    return Saved(annotation_id=revision.annotation_id, revision=revision, task_id=task.pk, replayed=True)


def _parse(submission: Submission, schema: Schema) -> dict[str, Any]:
    if submission.state == AnnotationState.SKIPPED:
        return dict(parse_answers(submission.answers, schema, complete=False)) if submission.answers else {}
    return dict(parse_answers(submission.answers, schema, complete=submission.state == AnnotationState.SUBMITTED))


def _check_version(annotation: Annotation | None, version: int) -> None:
    stored = annotation.version if annotation else 0
    if version == stored:
        return
    message = "Your answer to this task was changed elsewhere, perhaps in another tab. Choose which one to keep."
    raise Conflict(
        message,
        current=None
        if annotation is None
        else {
            "version": annotation.version,
            "answers": annotation.answers,
            "state": annotation.state,
            "updated_at": annotation.updated_at,
        },
    )


def _take_slot(actor: User, task: Task, entry: QueueEntry, state: AnnotationState, *, had: bool) -> bool:
    """Move the task's slots for a save: returns whether the answer counts. `had`: the stored answer counts already.

    Keeps counted answers + leases + open slots = required, whatever the person held before.
    """
    lease = Lease.objects.filter(task_id=task.pk, user_id=actor.pk)
    held = lease.delete()[0] + int(had)
    if held == 0 and entry.open_slots > 0 and state != AnnotationState.SKIPPED:
        entry.open_slots -= 1
        held = 1
    if state == AnnotationState.SKIPPED:
        entry.open_slots += held
        return False
    entry.open_slots += max(0, held - 1)
    if state == AnnotationState.SUBMITTED:
        return held > 0
    if held:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO labeling_lease (task_id, user_id, project_id, expires_at, created_at) VALUES "
                "(%s, %s, %s, statement_timestamp() + %s * interval '1 second', statement_timestamp())",
                (task.pk, actor.pk, task.project_id, task.project.lease_seconds),
            )
    return False


def _store(
    actor: User,
    task: Task,
    annotation: Annotation | None,
    submission: Submission,
    answers: dict[str, Any],
    *,
    counted: bool,
    versions: Versions,
    key: str,
) -> tuple[Annotation, AnnotationRevision]:
    now = timezone.now()
    if annotation is None:
        annotation = Annotation(task=task, project_id=task.project_id, annotator=actor, version=0)
    annotation.state = submission.state
    annotation.answers = answers
    annotation.version += 1
    annotation.counted = counted
    annotation.lead_time_ms = submission.lead_time_ms
    annotation.skip_reason = submission.skip_reason if submission.state == AnnotationState.SKIPPED else ""
    annotation.schema_version = versions.schema
    annotation.guideline_version = versions.guideline
    annotation.updated_at = now
    annotation.save()
    revision = AnnotationRevision.objects.create(
        annotation=annotation,
        annotator=actor,
        number=annotation.version,
        key=key,
        state=annotation.state,
        answers=answers,
        counted=counted,
        lead_time_ms=annotation.lead_time_ms,
        skip_reason=annotation.skip_reason,
        schema_version=versions.schema,
        guideline_version=versions.guideline,
        created_at=now,
    )
    return annotation, revision
