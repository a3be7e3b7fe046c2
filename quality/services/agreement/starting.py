"""When agreement is measured: by hand, or because answers are new."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import Annotation, AnnotationState, Project
from labeling.selectors import versions as version_reads
from labeling.services import events, jobs
from quality.models import AgreementReport, ConsensusChoice, ConsensusMethod
from quality.selectors import agreement as agreement_reads
from quality.selectors.several_answers import count_new

if TYPE_CHECKING:
    from datetime import datetime

    from labeling.models import JobRun, User

QUEUE = "quality"
AFTER_ANSWERS = 100
"""So many new answers are worth measuring at once."""
PAUSE = timedelta(minutes=1)
"""Fewer are measured once nobody has answered for so long."""
SHARE_OF_TIME = 20
"""Between two measurements of a project pass at least so many times the seconds that the last one took."""
REST = timedelta(hours=1)
"""What failed or was cancelled does not start by itself again at once; people can start it any time."""


@transaction.atomic
def start(*, actor: User | None, project: Project) -> JobRun:
    """Measure the agreement of a project anew; raises `Conflict` with the living job while one is alive."""
    return jobs.start(
        kind=agreement_reads.KIND,
        project=project,
        actor=actor,
        queue=QUEUE,
        exclusive_key=f"{agreement_reads.KIND}:{project.pk}",
    )


@transaction.atomic
def choose_method(*, actor: User, project: Project, question: str, method: str) -> JobRun | None:
    """Choose how several answers become a question's label, and bring the labels into line.

    Returns the job that does it; None while one is measuring anyway, which may have read the former choice: the labels
    follow with the next measurement.
    """
    asked = version_reads.schema(project.pk).question(question)
    if asked is None or method not in ConsensusMethod.values:
        message = "Choose a question of this project, and one of the methods."
        raise Invalid(message, problems=(Problem("method", message),))
    ConsensusChoice.objects.update_or_create(
        project=project, question=question, defaults={"method": method, "chosen_by": actor}
    )
    events.record(verb="consensus.chosen", project=project, actor=actor, question=question, method=method)
    try:
        return start(actor=actor, project=project)
    except Conflict:
        return None


def start_due_measurements() -> list[JobRun]:
    """Measure where answers are new and nobody is answering, or many are new. Runs every minute."""
    started = []
    for project in Project.objects.filter(archived_at=None):
        if _is_due(project):
            try:
                started.append(start(actor=None, project=project))
            except Conflict:
                continue
    return started


def _is_due(project: Project) -> bool:
    last = agreement_reads.last_job(project)
    if last is not None:
        ran = (last.finished_at - last.started_at) if last.finished_at and last.started_at else timedelta()
        rest = REST if agreement_reads.has_failed(last) else max(PAUSE, ran * SHARE_OF_TIME)
        if last.finished_at is None or timezone.now() - last.finished_at < rest:
            return False
    reports = AgreementReport.objects.filter(project=project).aggregate(read_at=Max("read_at"))
    since = reports["read_at"]
    if since is not None and ConsensusChoice.objects.filter(project=project, chosen_at__gt=since).exists():
        return True
    new = count_new(project, since=since, most=AFTER_ANSWERS)
    if new == 0 or (since is None and not _has_several(project)):
        return False
    return new >= AFTER_ANSWERS or not _answered_since(project, timezone.now() - PAUSE)


def _has_several(project: Project) -> bool:
    """Tell whether a task may have answers of two people: without, there is nothing to measure."""
    people = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED)
    return len(people.order_by().values_list("annotator_id", flat=True).distinct()[:2]) > 1


def _answered_since(project: Project, moment: datetime) -> bool:
    return count_new(project, since=moment, most=1) > 0
