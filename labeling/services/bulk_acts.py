"""Acts on many tasks as they are asked for: few at once, many as a job in steps; either can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import transaction

from labeling.errors import Conflict
from labeling.models import BulkAct, QueueEntry
from labeling.models.bulk_acts import (
    BulkCursor,
    BulkParams,
    BulkResult,
    BulkVerb,
    TakingBackCursor,
    TakingBackParams,
    TakingBackResult,
)
from labeling.selectors import jobs as job_reads
from labeling.services import asking, gold, jobs, settling, task_deletion, tasks
from labeling.services.task_acts import check_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.models import JobRun, Project, User
    from labeling.models.bulk_acts import BulkWish

BULK = job_reads.BULK
TAKE_BACK = "labeling.take_back"
AT_ONCE = 500
"""So many tasks are changed while a person waits; more by a job."""
STEP = 250
"""Tasks that a job changes in one transaction."""

RunningBulk: TypeAlias = jobs.RunningJob[BulkParams, BulkCursor]
RunningTakingBack: TypeAlias = jobs.RunningJob[TakingBackParams, TakingBackCursor]


def carry_out(*, actor: User, project: Project, wish: BulkWish, task_ids: Sequence[int]) -> BulkAct:
    """Do to these tasks what is wished, in one act."""
    who: dict[str, Any] = {"actor": actor, "project": project, "task_ids": task_ids}
    match wish.verb:
        case BulkVerb.SPLIT:
            return tasks.set_split(**who, split=wish.split)
        case BulkVerb.QUARANTINE:
            return tasks.quarantine(**who, reason=wish.reason)
        case BulkVerb.RESTORE:
            return tasks.restore(**who)
        case BulkVerb.LABEL:
            return tasks.assign_label(**who, question=wish.question, value=wish.value)
        case BulkVerb.ASK:
            return asking.ask_again(**who, whom=wish.whom)
        case BulkVerb.SETTLE:
            return settling.settle_now(**who)
        case BulkVerb.GOLD:
            return gold.make_gold(**who)
        case BulkVerb.PLAIN:
            return gold.end_gold(**who)
        case BulkVerb.DELETE:
            return task_deletion.delete_tasks(**who)


def start(*, actor: User, project: Project, wish: BulkWish, task_ids: Sequence[int], query: str = "") -> JobRun:
    """Do to many tasks what is wished, in steps one can follow and cancel; `query` is the list they stood in."""
    check_number(task_ids)
    return jobs.start(
        kind=BULK,
        project=project,
        actor=actor,
        params=BulkParams(wish=wish, tasks=list(task_ids), query=query),
        exclusive_key=f"bulk:{project.pk}",
    )


def carry_out_in_steps(run: RunningBulk) -> BulkResult:
    """Change task after task; each step and how far it came are written together, so that none is done twice."""
    project, actor = _asked_by(run.job)
    wanted = run.params.tasks
    while run.cursor.looked_at < len(wanted):
        at = run.cursor
        run.progress(at.looked_at, len(wanted), "Changing the tasks")
        step = wanted[at.looked_at : at.looked_at + STEP]
        with transaction.atomic():
            # Tasks of an import that was removed meanwhile are no longer there.
            there = QueueEntry.objects.filter(project=project, task_id__in=step).values_list("task_id", flat=True)
            act = carry_out(actor=actor, project=project, wish=run.params.wish, task_ids=list(there)) if there else None
            changed = act.count if act else 0
            acts = [*at.acts, act.pk] if act and changed else at.acts
            run.checkpoint(BulkCursor(looked_at=at.looked_at + len(step), changed=at.changed + changed, acts=acts))
    return BulkResult(changed=run.cursor.changed)


def start_taking_back(*, actor: User, job: JobRun) -> JobRun:
    """Take back what a job did to many tasks, as far as it came."""
    standing = job_reads.standing_acts(job)
    if not standing:
        message = "There is nothing left of this to take back."
        raise Conflict(message)
    return jobs.start(
        kind=TAKE_BACK,
        project=job.project,
        actor=actor,
        params=TakingBackParams(acts=[act.pk for act in standing], tasks=sum(act.count for act in standing)),
        exclusive_key=f"bulk:{job.project_id}",
    )


def take_back_in_steps(run: RunningTakingBack) -> TakingBackResult:
    """Take act after act back, the last one first; one that was taken back meanwhile is left alone."""
    _, actor = _asked_by(run.job)
    for pk in run.params.acts[run.cursor.looked_at :]:
        at = run.cursor
        run.progress(at.taken_back, run.params.tasks, "Taking back")
        with transaction.atomic():
            act = BulkAct.objects.select_for_update().filter(pk=pk, undone_at=None).first()
            if act is not None:
                tasks.undo(actor=actor, act=act)
            count = act.count if act else 0
            run.checkpoint(TakingBackCursor(looked_at=at.looked_at + 1, taken_back=at.taken_back + count))
    return TakingBackResult(taken_back=run.cursor.taken_back)


def _asked_by(job: JobRun) -> tuple[Project, User]:
    if job.project is None or job.requested_by is None:
        message = "Somebody changes tasks of a project."
        raise TypeError(message)
    return job.project, job.requested_by
