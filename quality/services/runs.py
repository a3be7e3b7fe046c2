"""Runs: start one by hand, by schedule, or because labels are new; and the settings of these."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import Annotation, AnnotationState, JobRun, JobState, Project
from labeling.selectors import versions as version_reads
from labeling.services import events, jobs
from quality.models import QualitySettings, Run, Trigger
from quality.models.jobs import RunParams
from quality.scoring.options import FILTERS, SCORES, STRATEGIES
from quality.selectors import settings as settings_reads
from quality.selectors import standing as standing_reads
from quality.selectors.runs import KIND
from quality.services.pipeline.context import check_encoder

if TYPE_CHECKING:
    from datetime import datetime

    from labeling.models import User

logger = logging.getLogger(__name__)

QUEUE = "quality"

REST = timedelta(hours=6)
"""What failed or was cancelled does not start by itself again at once; people can start it any time."""

PAUSE = timedelta(minutes=2)
"""What starts by itself waits until nobody has answered for so long: it would slow down whoever labels."""

LONGEST_WAIT = timedelta(minutes=30)
"""In a project that never pauses it starts all the same, so long after it was due."""


def only_question(project: Project) -> str:
    """Return the question of a project that asks one, or raise `Invalid` with those to choose from."""
    names = [question.name for question in version_reads.schema(project.pk).questions]
    if len(names) != 1:
        message = f"Say which question to check: {', '.join(names)}."
        raise Invalid(message, problems=(Problem("question", message),))
    return names[0]


@transaction.atomic
def start(
    *, actor: User | None, project: Project, question: str, trigger: Trigger = Trigger.HAND, force: bool = False
) -> JobRun:
    """Start the pipeline for a question; raises `Conflict` with the living job while one is alive.

    With `force`, unchanged input is looked at again.
    """
    if version_reads.schema(project.pk).question(question) is None:
        message = f"There is no question “{question[:64]}” in this project."
        raise Invalid(message, problems=(Problem("question", message),))
    chosen = settings_reads.settings_for(project)
    return jobs.start(
        kind=KIND,
        project=project,
        actor=actor,
        queue=QUEUE,
        exclusive_key=_key(project, question),
        params=RunParams(
            question=question,
            trigger=trigger,
            force=force,
            options={
                "encoder": chosen.encoder,
                "filter_by": chosen.filter_by,
                "score": chosen.score,
                "strategy": chosen.strategy,
            },
        ),
    )


def _key(project: Project, question: str) -> str:
    return f"{KIND}:{project.pk}:{question}"


def start_due_runs() -> list[JobRun]:
    """Start what is due: enough new labels, or the last run long ago, and nobody labeling. Runs every minute."""
    started = []
    for project in Project.objects.filter(archived_at=None).select_related("quality_settings"):
        chosen = getattr(project, "quality_settings", None) or QualitySettings(project=project)
        if not chosen.automatic:
            continue
        for question in version_reads.schema(project.pk).questions:
            if question.track and (due := _find_due(project, question.name, chosen)) is not None:
                trigger, since = due
                if timezone.now() - since < LONGEST_WAIT and _is_labeled_now(project):
                    continue
                try:
                    job = start(actor=None, project=project, question=question.name, trigger=trigger)
                except Conflict:
                    continue
                logger.info("run of %s in project %s starts: %s", question.name, project.pk, trigger.label)
                started.append(job)
    return started


def _is_labeled_now(project: Project) -> bool:
    """Tell whether somebody has answered just now."""
    answers = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED)
    return answers.filter(updated_at__gt=timezone.now() - PAUSE).exists()


def _find_due(project: Project, question: str, chosen: QualitySettings) -> tuple[Trigger, datetime] | None:
    """Return why a run is due and since when, if one is."""
    ended = JobRun.objects.filter(exclusive_key=_key(project, question)).order_by("-pk").first()
    if (
        ended is not None
        and ended.state in {JobState.FAILED, JobState.CANCELLED}
        and timezone.now() - ended.created_at < REST
    ):
        return None
    last = (
        Run.objects.filter(project=project, question=question)
        .order_by("-id")
        .values_list("last_label", "created_at")
        .first()
    )
    after = last[0] if last else 0
    fresh = standing_reads.new_labels(project, question, after_label=after, most=chosen.after_labels)
    if fresh.first is None or fresh.last is None:
        return None
    if fresh.count >= chosen.after_labels:
        return Trigger.LABELS, fresh.last
    if not (last and chosen.every_hours):
        return None
    since = max(fresh.first, last[1] + timedelta(hours=chosen.every_hours))
    return (Trigger.SCHEDULE, since) if since <= timezone.now() else None


@transaction.atomic
def configure(*, actor: User, project: Project, **changes: Any) -> QualitySettings:
    """Change how the pipeline runs: automatic, after_labels, every_hours, encoder, filter_by, score, strategy."""
    problems = list(_problems(project, changes))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    chosen, _ = QualitySettings.objects.select_for_update().get_or_create(project=project)
    changed = {name: value for name, value in changes.items() if getattr(chosen, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(chosen, name, value)
        chosen.save(update_fields=tuple(changed))
        events.record(verb="quality.configured", project=project, actor=actor, changes=changed)
    return chosen


def _problems(project: Project, changes: dict[str, Any]) -> list[Problem]:
    problems = []
    allowed: dict[str, tuple[str, ...]] = {
        "filter_by": FILTERS,
        "score": SCORES,
        "strategy": STRATEGIES,
    }
    for name, choices in allowed.items():
        if name in changes and changes[name] not in choices:
            problems.append(Problem(name, f"Expected one of {', '.join(choices)}."))
    if not 1 <= changes.get("after_labels", 1) <= 1_000_000:
        problems.append(Problem("after_labels", "Expected 1 to 1,000,000 labels."))
    if not 0 <= changes.get("every_hours", 0) <= 24 * 365:
        problems.append(Problem("every_hours", "Expected 0 (never) to 8,760 hours."))
    if "encoder" in changes:
        for field in version_reads.schema(project.pk).fields:
            try:
                check_encoder(changes["encoder"], field.type)
            except Invalid as error:
                problems.append(Problem("encoder", error.message))
    return problems
