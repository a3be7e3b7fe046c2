"""Ask people again about tasks: those who answered, to look at their answers, or one more person."""

from __future__ import annotations

import uuid
from collections import defaultdict
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, TypeAlias

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from labeling.models import Annotation, AnnotationRevision, AnnotationState, Label, QueueEntry, TaskState
from labeling.models.acts import AskAct, AskedBefore, Whom
from labeling.models.documents import JsonDocument
from labeling.selectors import overlap as overlap_reads
from labeling.selectors.task_history import ASKED_AGAIN
from labeling.services import jobs
from labeling.services.task_acts import lock_entries, record_act, restate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from labeling.models import BulkAct, JobRun, Project, User

TAKEN_BACK = "answer stands again "
ASK = "labeling.ask"
BATCH = 1_000


class AskingParams(JsonDocument):
    """The questions that tasks lack a label for."""

    questions: list[str]


class AskingCursor(JsonDocument):
    """How many tasks were asked about."""

    asked: int = 0


class AskingResult(JsonDocument):
    """How many tasks were asked about."""

    asked: int


Asking: TypeAlias = jobs.RunningJob[AskingParams, AskingCursor]


@transaction.atomic
def ask_again(*, actor: User, project: Project, task_ids: Iterable[int], whom: Whom) -> BulkAct:
    """Put tasks into the queue again; the labels they have stand until the new answers are in."""
    entries = lock_entries(project, task_ids)
    asked = {pk: entry for pk, entry in entries.items() if entry.state != TaskState.QUARANTINED}
    before = _ask_another(asked) if whom == Whom.ANOTHER else _ask_the_same(project, asked)
    restate(project, {entry.task: entries[entry.task] for entry in before})
    return record_act(AskAct(whom=whom, before=before), actor=actor, project=project)


def _ask_another(entries: dict[int, QueueEntry]) -> list[AskedBefore]:
    before = []
    for pk, entry in entries.items():
        before.append(AskedBefore(task=pk, required=entry.required, open_slots=entry.open_slots, answers=[]))
        entry.required += 1
        entry.open_slots += 1
    return before


def _ask_the_same(project: Project, entries: dict[int, QueueEntry]) -> list[AskedBefore]:
    counted: defaultdict[int, list[Annotation]] = defaultdict(list)
    for annotation in Annotation.objects.filter(task_id__in=list(entries), counted=True).order_by("pk"):
        counted[annotation.task_id].append(annotation)
    wanted = overlap_reads.people_wanted(project, entries)
    before = []
    for pk, entry in entries.items():
        answers = counted[pk]
        if not answers and entry.required > 0:
            continue  # it waits for its answers already
        was = AskedBefore(
            task=pk,
            required=entry.required,
            open_slots=entry.open_slots,
            answers=[annotation.pk for annotation in answers],
        )
        before.append(was)
        if not answers:
            entry.required = entry.open_slots = wanted[pk]
        entry.open_slots += len(answers)
    reopened = [annotation for entry in before for annotation in counted[entry.task]]
    reopen_answers(reopened)
    return before


def reopen_answers(annotations: Sequence[Annotation]) -> None:
    """Let answers count no more, so that they can be given anew; the caller frees their slots."""
    _revise(annotations, state=AnnotationState.DRAFT, counted=False, key=ASKED_AGAIN)


def _revise(annotations: Sequence[Annotation], *, state: AnnotationState, counted: bool, key: str) -> None:
    """Write a further version of answers, which says the same and stands otherwise."""
    now = timezone.now()
    for annotation in annotations:
        annotation.state, annotation.counted, annotation.updated_at = state, counted, now
        annotation.version += 1
    Annotation.objects.bulk_update(annotations, ("state", "counted", "version", "updated_at"), batch_size=1000)
    AnnotationRevision.objects.bulk_create(
        (
            AnnotationRevision(
                annotation=annotation,
                annotator_id=annotation.annotator_id,
                number=annotation.version,
                key=f"{key}{uuid.uuid4()}",
                state=state,
                answers=annotation.answers,
                counted=counted,
                lead_time_ms=0,
                schema_version=annotation.schema_version,
                guideline_version=annotation.guideline_version,
                created_at=now,
            )
            for annotation in annotations
        ),
        batch_size=1000,
    )


def lacking(project: Project, questions: Sequence[str]) -> QuerySet[QueueEntry]:
    """Return the queue entries of labeled tasks that lack a label for one of these questions."""
    theirs = Label.objects.filter(task_id=OuterRef("task_id"), retired_at=None)
    lacks = [~Q(Exists(theirs.filter(question=name))) for name in questions]
    entries = QueueEntry.objects.filter(project=project, state=TaskState.LABELED)
    return entries.filter(reduce(or_, lacks)) if lacks else entries.none()


def start(*, actor: User, project: Project, questions: Sequence[str]) -> JobRun:
    """Ask those who answered for what labeled tasks lack, in acts of a thousand tasks each."""
    return jobs.start(
        kind=ASK,
        project=project,
        actor=actor,
        params=AskingParams(questions=list(questions)),
        exclusive_key=f"ask:{project.pk}",
    )


def ask_for_what_lacks(run: Asking) -> AskingResult:
    """Ask for what labeled tasks lack; those asked about are labeled no more, so it goes on where it was stopped."""
    project, actor = run.job.project, run.job.requested_by
    if project is None or actor is None:
        message = "Somebody asks in a project."
        raise TypeError(message)
    entries = lacking(project, run.params.questions).order_by("task_id")
    while ids := list(entries.values_list("task_id", flat=True)[:BATCH]):
        run.progress(run.cursor.asked, run.cursor.asked + entries.count(), "Asking again")
        with transaction.atomic():
            act = ask_again(actor=actor, project=project, task_ids=ids, whom=Whom.SAME)
            run.checkpoint(AskingCursor(asked=run.cursor.asked + act.count))
        if act.count < len(ids):
            break  # what could not be asked about would come again and again
    return AskingResult(asked=run.cursor.asked)


def undo_asking(done: AskAct, entries: dict[int, QueueEntry]) -> None:
    """Ask no longer, as far as nobody has begun to answer; the caller works out where the tasks stand."""
    untouched = _untouched([pk for before in done.before for pk in before.answers])
    standing = []
    for before in done.before:
        entry = entries[before.task]
        for pk in before.answers:
            if pk in untouched and entry.open_slots > 0:
                entry.open_slots -= 1
                standing.append(untouched[pk])
        closed = min(entry.open_slots, max(0, entry.required - before.required))
        entry.required -= closed
        entry.open_slots -= closed
    _revise(standing, state=AnnotationState.SUBMITTED, counted=True, key=TAKEN_BACK)


def _untouched(annotation_ids: Sequence[int]) -> dict[int, Annotation]:
    """Return the answers that stand as they were opened."""
    drafts = Annotation.objects.filter(pk__in=annotation_ids, state=AnnotationState.DRAFT).in_bulk()
    revisions = AnnotationRevision.objects.filter(annotation_id__in=list(drafts), key__startswith=ASKED_AGAIN)
    newest = {(pk, number) for pk, number in revisions.values_list("annotation_id", "number")}
    return {pk: annotation for pk, annotation in drafts.items() if (pk, annotation.version) in newest}
