"""The job that measures agreement."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from django.db import transaction
from django.utils import timezone

from labeling.models import TaskAgreement
from labeling.selectors import versions as version_reads
from labeling.services import jobs
from quality.models import AgreementReport
from quality.models.jobs import AgreementCursor, AgreementParams, AgreementResult
from quality.selectors import agreement as agreement_reads
from quality.selectors.several_answers import read_by_guideline, read_several
from quality.services.agreement.courses import courses_of, tell_of_drifts
from quality.services.agreement.flagging import flag_lone_answers
from quality.services.agreement.measuring import Measured, measure_agreement
from quality.services.agreement.methods import apply_choice, compare_methods, methods_for

if TYPE_CHECKING:
    from datetime import datetime

    from labeling.kinds.schema import Question
    from labeling.models import Project

BATCH = 5_000

Measuring: TypeAlias = jobs.RunningJob[AgreementParams, AgreementCursor]


def measure(run: Measuring) -> AgreementResult:
    """Measure every question of a project; goes on where it was stopped."""
    project = run.job.project
    if project is None:
        message = "Agreement is measured in a project."
        raise TypeError(message)
    questions = version_reads.schema(project.pk).questions
    for number, question in enumerate(questions):
        if question.name in run.cursor.done:
            continue

        def progress(done: int, total: int, *, number: int = number, name: str = question.name) -> None:
            run.progress(number * total + done, len(questions) * total, f"Comparing answers to {name}")

        progress(0, 1)
        began, read_at = time.monotonic(), timezone.now()
        answers = read_several(project, question)
        measured = measure_agreement(question, answers, read_by_guideline(project, question), progress)
        methods = methods_for(project, question, measured.sheet, measured.skills)
        told = agreement_reads.people_whose_drift_is_told(project, question)
        courses = courses_of(measured.sheet, told=told)
        document = measured.document.model_copy(
            update={"methods": compare_methods(project, question, methods), "courses": courses}
        )
        with transaction.atomic():
            _keep(project, question, replace(measured, document=document), read_at, time.monotonic() - began)
            apply_choice(project, question, methods)
            flag_lone_answers(project, question, measured.sheet)
            tell_of_drifts(project=project, question=question, courses=courses, told=told)
            run.checkpoint(AgreementCursor(done=[*run.cursor.done, question.name]))
    names = [question.name for question in questions]
    AgreementReport.objects.filter(project=project).exclude(question__in=names).delete()
    TaskAgreement.objects.filter(project=project).exclude(question__in=names).delete()
    return AgreementResult(questions=len(questions))


def _keep(project: Project, question: Question, measured: Measured, read_at: datetime, seconds: float) -> None:
    TaskAgreement.objects.filter(project=project, question=question.name).delete()
    TaskAgreement.objects.bulk_create(
        (
            TaskAgreement(
                task_id=row.task,
                project=project,
                question=question.name,
                answers=row.answers,
                agreement=row.agreement,
                differs=row.differs,
            )
            for row in measured.rows
        ),
        batch_size=BATCH,
    )
    AgreementReport.objects.update_or_create(
        project=project,
        question=question.name,
        defaults={"read_at": read_at, "seconds": seconds, "document": measured.document.dump()},
    )
