"""The end of a run: all of its results at once, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from labeling.models import Label, QueueEntry, Task, TaskState, User
from labeling.reasons.base import About
from labeling.reasons.evidence import RUN
from labeling.reasons.registry import checked_reasons
from labeling.services import flags, queue
from quality.models import AnnotatorQuality, ClassPair, Consensus, EmbeddingSet, Gain, Prediction, Run
from quality.models.documents import FlagsPart
from quality.models.jobs import RunCursor
from quality.selectors import flag_counts as flag_count_reads
from quality.services import arrays
from quality.services.pipeline import encode, item_issues, order, several_people
from quality.services.pipeline.findings import Draft
from quality.services.queueing import order_queue

if TYPE_CHECKING:
    from quality.services.pipeline.context import Context


def publish_results(context: Context) -> None:
    """Show what the run found: flags, predictions, counts by class and the gain, in one transaction."""
    findings = [Draft.load(kept) for kept in arrays.kept_json(context.run, "findings") or []]
    measured = arrays.kept_json(context.run, "gain")
    context.job.progress(5000, 6000, "Putting the results in place")
    with transaction.atomic():
        current = _standing(context, findings)
        synced = flags.sync_flags(
            project=context.project,
            question=context.question.name,
            reasons=checked_reasons(About.LABEL) + (checked_reasons(About.ITEM) if context.owns_items else []),
            findings=current,
            actor=context.run.requested_by,
            most=item_issues.most_flagged(context),
            since=context.run.created_at,
        )
        pairs = arrays.kept_json(context.run, "pairs") or []
        ClassPair.objects.bulk_create(
            [
                ClassPair(run=context.run, given=given, suggested=suggested, estimated=estimated, flagged=flagged)
                for given, suggested, estimated, flagged in pairs
            ],
            batch_size=1000,
        )
        if measured is not None:
            flagged = flag_count_reads.open_in_test_split(context.project, context.question.name)
            Gain.objects.create(run=context.run, flagged=flagged, **_columns(measured), **_tested(context))
        _people(context)
        scores = arrays.kept_json(context.run, order.KEPT)
        if scores is not None:
            queue.keep_scores(
                project=context.project, question=context.question.name, scores=[tuple(row) for row in scores]
            )
        summary = context.summary.noted(
            flags=FlagsPart(
                found=len(current),
                opened=synced.opened,
                updated=synced.updated,
                closed=synced.closed,
                decided=synced.decided,
            )
        )
        context.run.summary = summary.dump()
        context.run.completed_at = timezone.now()
        context.run.save(update_fields=("summary", "completed_at"))
        _clean(context)
        # Raises when the run was cancelled or taken over: then nothing of the above has happened.
        context.job.checkpoint(RunCursor(done=context.job.cursor.done, shown=True))


def reorder(context: Context) -> None:
    """Put the open tasks in their new order, if there are scores; afterwards nothing of the run waits."""

    def told(total: int, done: int) -> None:
        context.job.progress(5000 + 999 * done // total, 6000, "Ordering the queue")

    if arrays.kept_json(context.run, order.KEPT) is not None:
        options = context.options
        order_queue(
            context.project,
            random_share=options.random_share,
            seed=options.seed + context.run.pk,
            progress=told,
        )
    arrays.forget(context.run)


def _standing(context: Context, findings: list[Draft]) -> list[flags.Finding]:
    """Return the findings whose label still stands and whose tasks are still there and not in quarantine."""
    labels = {found.label for found in findings if found.label >= 0}
    standing = set(Label.objects.filter(pk__in=labels, retired_at=None).values_list("pk", flat=True))
    tasks = {task for found in findings for task in (found.task, *found.evidence.member_tasks())}
    there = set(
        QueueEntry.objects.filter(task_id__in=tasks, project=context.project)
        .exclude(state=TaskState.QUARANTINED)
        .values_list("task_id", flat=True)
    )
    return [
        flags.Finding(
            task_id=found.task,
            reason=found.reason,
            score=found.score,
            evidence=evidence.model_copy(update={RUN: context.run.pk}),
            part=found.part,
        )
        for found in findings
        if found.task in there and (found.label < 0 or found.label in standing)
        if (evidence := found.evidence.among(there)) is not None
    ]


def _tested(context: Context) -> dict[str, bytes]:
    """Return what is kept of each test item, for comparing runs in pairs."""
    kept = arrays.kept_arrays(context.run, "tested") or {}
    return {name: kept[name].tobytes() for name in ("losses", "hits", "sure") if name in kept}


def _people(context: Context) -> None:
    kept = arrays.kept_json(context.run, several_people.KEPT) or {}
    standing = set(User.objects.filter(pk__in=[row[0] for row in kept.get("people", ())]).values_list("pk", flat=True))
    fields = ("answers", "compared", "agreed", "quality", "mixed_up")
    AnnotatorQuality.objects.bulk_create(
        [
            AnnotatorQuality(run=context.run, annotator_id=pk, **dict(zip(fields, rest, strict=True)))
            for pk, *rest in kept.get("people", ())
            if pk in standing
        ]
    )
    tasks = [row[0] for row in kept.get("consensus", ())]
    there = set(Task.objects.filter(pk__in=tasks, project=context.project).values_list("pk", flat=True))
    fields = ("answers", "given", "suggested", "quality", "agreement")
    Consensus.objects.bulk_create(
        [
            Consensus(run=context.run, task_id=pk, **dict(zip(fields, rest, strict=True)))
            for pk, *rest in kept.get("consensus", ())
            if pk in there
        ],
        batch_size=5_000,
    )


def _columns(measured: dict[str, Any]) -> dict[str, Any]:
    columns = dict(measured)
    for name in ("accuracy", "macro_f1", "log_loss"):
        columns[f"{name}_low"], columns[f"{name}_high"] = columns.pop(f"{name}_interval")
    return columns


def _clean(context: Context) -> None:
    """Delete what this run takes the place of: predictions of earlier runs, vectors of earlier tasks."""
    earlier = Run.objects.filter(
        project=context.project, question=context.question.name, completed_at__isnull=False
    ).exclude(pk=context.run.pk)
    Prediction.objects.filter(run__in=earlier).delete()
    Consensus.objects.filter(run__in=earlier).delete()
    EmbeddingSet.objects.filter(project=context.project, field=context.field.name).exclude(
        fingerprint=encode.fingerprint(context)
    ).delete()
