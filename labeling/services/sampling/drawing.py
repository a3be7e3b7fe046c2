"""Drawing a sample: of each person, label or both, the same number of answers, every answer as likely as any other."""

from __future__ import annotations

import hashlib
import heapq
import secrets
from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from labeling import access
from labeling.errors import Conflict, Invalid, Problem
from labeling.models import Annotation, AnnotationState, AnswerReview, Sample, SamplePer
from labeling.selectors import versions as version_reads
from labeling.services import events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from django.db.models import QuerySet

    from labeling.kinds.schema import Question
    from labeling.models import Project, SampleWish, User

MAX_EACH = 100
MAX_ANSWERS = 2_000
CHUNK = 5_000

Row = tuple[int, int, int, int, list[str]]
"""An answer that may be drawn: its id, task, person and version, and its labels."""


@transaction.atomic
def draw(*, actor: User, project: Project, wish: SampleWish, seed: int | None = None) -> Sample:
    """Draw a sample of the answers that are given now, and keep who drew it, of how many, and the seed."""
    access.check_person(actor, "review answers")
    question = _asked_question(project, wish)
    seed = secrets.randbits(62) if seed is None else seed
    population, drawn = _draw(_population(project, wish, question), wish, seed)
    if not drawn:
        message = "No submitted answer fits this. Widen the span of time, or choose everybody."
        raise Invalid(message, problems=(Problem("since", message),))
    if len(drawn) > MAX_ANSWERS:
        message = f"That would be {len(drawn):,} answers; a sample has at most {MAX_ANSWERS:,}. Draw fewer of each."
        raise Invalid(message, problems=(Problem("each", message),))
    sample = Sample.objects.create(
        project=project, drawn_by=actor, seed=seed, wish=wish.dump(), population=population, created_at=timezone.now()
    )
    AnswerReview.objects.bulk_create(
        AnswerReview(
            project=project, sample=sample, task_id=task, annotation_id=pk, annotator_id=person, version=version,
            position=position, labels=sorted(labels),
        )
        for position, ((pk, task, person, version, _), labels) in enumerate(drawn, 1)
    )  # fmt: skip
    events.record(
        verb="sample.drawn", project=project, actor=actor, sample=sample.pk, answers=len(drawn), population=population
    )
    return sample


def _asked_question(project: Project, wish: SampleWish) -> Question | None:
    problems = []
    if not 1 <= wish.each <= MAX_EACH:
        problems.append(Problem("each", f"Draw 1 to {MAX_EACH} answers of each."))
    if wish.since and wish.until and wish.since > wish.until:
        problems.append(Problem("until", "The last day lies before the first."))
    question = version_reads.schema(project.pk).question(wish.question)
    if question is None and (wish.label or wish.per != SamplePer.PERSON):
        problems.append(Problem("question", "Choose the question whose labels count."))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    return question


def _population(project: Project, wish: SampleWish, question: Question | None) -> Iterator[Row]:
    """Yield the answers that may be drawn; what the question does not ask any more has no label."""
    found = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED)
    if wish.person:
        found = found.filter(annotator_id=wish.person)
    if wish.since:
        found = found.filter(updated_at__gte=_midnight(wish.since))
    if wish.until:
        found = found.filter(updated_at__lt=_midnight(wish.until + timedelta(days=1)))
    yield from _labeled(found, wish, question)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def _labeled(found: QuerySet[Annotation], wish: SampleWish, question: Question | None) -> Iterator[Row]:
    columns = ("pk", "task_id", "annotator_id", "version", "answers")
    for pk, task, person, version, answers in found.values_list(*columns).iterator(chunk_size=CHUNK):
        labels: list[str] = []
        if question is not None and question.name in answers:
            labels = question.classes(question.load(answers[question.name]))
        if not wish.label or wish.label in labels:
            yield pk, task, person, version, [wish.label] if wish.label else labels


def _draw(population: Iterator[Row], wish: SampleWish, seed: int) -> tuple[int, list[tuple[Row, set[str]]]]:
    """Return how many answers there are, and those that are drawn, in random order, with the labels they stand for.

    Every answer gets a number that depends on the seed and its id alone; of each stratum those with the smallest are
    drawn. So a seed gives the same sample again, and memory is bounded by the sample and not by the answers.
    """
    count = 0
    kept: defaultdict[tuple[int, str], list[tuple[int, Row]]] = defaultdict(list)
    for row in population:
        count += 1
        number = _number(seed, row[0])
        for stratum in _strata(row, wish.per):
            heap = kept[stratum]
            if len(heap) < wish.each:
                heapq.heappush(heap, (-number, row))
            elif number < -heap[0][0]:
                heapq.heapreplace(heap, (-number, row))
    rows: dict[int, Row] = {}
    labels: defaultdict[int, set[str]] = defaultdict(set)
    for (_, label), heap in kept.items():
        for negative, row in heap:
            rows[-negative] = row
            labels[-negative] |= {label} if label else set()
    return count, [(rows[number], labels[number]) for number in sorted(rows)]


def _number(seed: int, pk: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed} {pk}".encode(), digest_size=16).digest())


def _strata(row: Row, per: SamplePer) -> list[tuple[int, str]]:
    _, _, person, _, labels = row
    match per:
        case SamplePer.PERSON:
            return [(person, "")]
        case SamplePer.LABEL:
            return [(0, label) for label in labels]
        case _:
            return [(person, label) for label in labels]


@transaction.atomic
def close(*, actor: User, sample: Sample, closed: bool = True) -> None:
    """End a sample before all of it is reviewed, or go on with it."""
    locked = Sample.objects.select_for_update(of=("self",)).select_related("project").get(pk=sample.pk)
    if (locked.closed_at is not None) == closed:
        message = "This sample is closed already." if closed else "This sample is open already."
        raise Conflict(message)
    locked.closed_at = timezone.now() if closed else None
    locked.save(update_fields=("closed_at",))
    verb = "sample.closed" if closed else "sample.reopened"
    events.record(verb=verb, project=locked.project, actor=actor, sample=locked.pk)
