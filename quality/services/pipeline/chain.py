"""The chain encode -> predict -> issues -> queue -> prove of one question, run by a worker."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from threadpoolctl import threadpool_limits

from labeling.errors import Invalid
from labeling.models import ALIVE, Label
from labeling.selectors import versions as version_reads
from labeling.services import jobs
from quality.learning import encoders
from quality.models import Run, RunArray
from quality.models.documents import Options, Step, Steps, Summary
from quality.models.jobs import RunCursor, RunParams, RunResult
from quality.selectors import items as item_reads
from quality.selectors import pushed as pushed_reads
from quality.selectors import votes as vote_reads
from quality.services import arrays
from quality.services.pipeline import encode, issues, order, predict, prove, publish, several_people
from quality.services.pipeline.context import STEPS, Context, digest, encoder

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project
    from quality.models import PushedModel
    from quality.tracks.base import Votes
    from quality.tracks.items import Items

VERSION = 4
"""Part of every fingerprint; raise it when the same input gives other results."""

ITEMS = f"items.{VERSION}"
"""What a run looks at, as kept for its steps; what a run of another version kept is read anew."""

FIXED_MODEL = "logistic regression"

WORK = dict(
    zip(
        STEPS,
        (encode.run_encode, predict.run_predict, issues.run_issues, order.run_order, prove.run_prove),
        strict=True,
    )
)


def run_chain(job: jobs.RunningJob[RunParams, RunCursor]) -> RunResult:
    """Run the chain, going on where an interrupted attempt stopped; unchanged input is not looked at again."""
    project = job.job.project
    if project is None:
        message = "a run of the pipeline has a project"
        raise LookupError(message)
    context = _resumed(job, project) or _begun(job, project)
    if isinstance(context, Run):
        return RunResult(run=context.pk, unchanged=True)
    if context.run.completed_at is None:
        # Threads that wait for one another cost more than they bring, above all on a machine with other work to do:
        # two of them took five times the processor time of one, and longer.
        with threadpool_limits(limits=1):
            _work(context)
        publish.publish_results(context)
    publish.reorder(context)
    flags = Summary.load(context.run.summary).flags
    return RunResult(run=context.run.pk, **(flags.model_dump() if flags else {}))


def _work(context: Context) -> None:
    for name in STEPS:
        if name in context.job.cursor.done:
            continue
        context.step = name
        began = time.monotonic()
        WORK[name](context)
        with transaction.atomic():
            step = Step(name=name, seconds=round(time.monotonic() - began, 1))
            context.run.steps = Steps(done=(*Steps.load(context.run.steps).done, step)).dump()
            context.run.save(update_fields=("steps",))
            context.job.checkpoint(RunCursor(done=[*context.job.cursor.done, name]))


def _begun(job: jobs.RunningJob[RunParams, RunCursor], project: Project) -> Context | Run:
    """Begin a run: fix what it looks at, so that labels given meanwhile are left to the next one.

    Returns the last run instead when nothing has changed since.
    """
    question = _question(project, job.params.question)
    options = Options.load(job.params.options)
    sent = pushed_reads.active(project, question.name)
    newest = Label.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"] or 0
    items = item_reads.read_items(project, question)
    if items.size == 0:
        raise Invalid("There are no tasks to look at yet. Import some first.")
    answers = _votes(project, question)
    fingerprint = fingerprint_of(project, question, items, options, sent, answers)
    last = (
        Run.objects.filter(project=project, question=question.name, completed_at__isnull=False)
        .order_by("-completed_at")
        .first()
    )
    if last is not None and last.fingerprint == fingerprint and not job.params.force:
        # Labels that are new but take no part (of tasks in quarantine, say) are no reason to look again either.
        Run.objects.filter(pk=last.pk).update(last_label=newest)
        return last
    RunArray.objects.filter(run__project=project, run__question=question.name).exclude(
        run__job__state__in=ALIVE
    ).delete()
    with transaction.atomic():
        run = Run.objects.create(
            project=project,
            question=question.name,
            job=job.job,
            trigger=job.params.trigger,
            requested_by=job.job.requested_by,
            parameters=options.dump(),
            model=sent.name if sent else FIXED_MODEL,
            fingerprint=fingerprint,
            classes=question.class_names,
            labels=int(items.labeled.sum()),
            last_label=newest,
        )
        arrays.keep_bytes(run, ITEMS, items.dump())
        if answers is not None:
            several_people.keep_votes(run, answers)
        job.checkpoint(RunCursor())
    context = _context(job, project, run, question, items, options, sent)
    context.note(
        tasks=items.total,
        looked_at=items.size,
        labels=run.labels,
        unlabeled=items.size - run.labels,
    )
    return context


def _votes(project: Project, question: Question) -> Votes | None:
    """Return the answers of several people, None where the question's track compares none."""
    try:
        return vote_reads.read_votes(project, question)
    except Invalid:
        return None


def _resumed(job: jobs.RunningJob[RunParams, RunCursor], project: Project) -> Context | None:
    """Return the run that an earlier attempt of this job began, if one did."""
    run = Run.objects.select_related("requested_by").filter(job=job.job).first()
    stored = arrays.kept(run, ITEMS) if run else None
    if run is None or (stored is None and run.completed_at is None):
        return None
    question = _question(project, run.question)
    items = item_reads.load(stored) if stored is not None else item_reads.read_items(project, question, most=0)
    options = Options.load(run.parameters)
    context = _context(job, project, run, question, items, options, pushed_reads.active(project, question.name))
    context.summary = Summary.load(arrays.kept_json(run, "summary"))
    return context


def _context(
    job: jobs.RunningJob[RunParams, RunCursor],
    project: Project,
    run: Run,
    question: Question,
    items: Items,
    options: Options,
    sent: PushedModel | None,
) -> Context:
    schema = version_reads.schema(project.pk)
    field = schema.field(question.field)
    if field is None:
        message = "a question is about a field of its schema"
        raise LookupError(message)
    first = next(other for other in schema.questions if other.field == question.field)
    return Context(
        job=job,
        run=run,
        project=project,
        question=question,
        field=field,
        owns_items=first.name == question.name,
        items=items,
        options=options,
        pushed=sent,
    )


def _question(project: Project, name: str) -> Question:
    question = version_reads.schema(project.pk).question(name)
    if question is None:
        raise Invalid(f"There is no question “{name[:64]}” in this project (any more).")
    return question


def fingerprint_of(
    project: Project,
    question: Question,
    items: Items,
    options: Options,
    sent: PushedModel | None,
    answers: Votes | None,
) -> str:
    """Return what a run's results depend on: labels, answers, task data, splits, schema, parameters, predictions."""
    field = version_reads.schema(project.pk).field(question.field)
    return digest(
        [
            VERSION,
            question.dump(),
            options.dump(),
            encoders.identity(encoder(options.encoder, field.type if field else "")),
            [sent.pk, sent.updated_at.isoformat()] if sent else None,
            items.tasks.tolist(),
            items.contents.tolist(),
            items.splits.tolist(),
            items.labels.tolist(),
            items.confirmed.tolist(),
            [column.tolist() for column in answers.columns().values()] if answers else None,
        ]
    )
