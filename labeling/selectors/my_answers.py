"""All answers of one person in a project, and what became of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from labeling.models import (
    Annotation,
    AnnotationRevision,
    AnnotationState,
    AnswerReview,
    AnswerVerdict,
    Flag,
    FlagState,
    Label,
    LabelSource,
    ReturnState,
    SkipReason,
)
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.explorer import Chip
from labeling.selectors.explorer.pages import read_soon
from labeling.selectors.paging import Page, keyset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from labeling.kinds.schema import Schema
    from labeling.models import Project, User

PAGE = 50
MAX_SEARCH = 200
OUTCOMES = {
    "label": "Is the label",
    "other": "Another was chosen",
    "changed": "Changed by a reviewer",
    "sent_back": "Sent back",
    "skipped": "Skipped",
    "open": "No label yet",
}
"""What can have become of an answer, in words."""
FURTHER = {
    "submitted": "All but skips",
    "reviewed": "Decided by a reviewer",
    "returned": "Sent back at some time",
    "corrected": "Corrected without being asked",
}
"""What else answers can be asked for; an answer may be several of these."""
SORTS = {"newest": "-updated_at", "oldest": "updated_at"}
_REVIEWED = [LabelSource.REVIEW, LabelSource.BULK]


@dataclass(frozen=True, slots=True)
class AnswerFilter:
    """Which of a person's answers to list; empty parts ask for nothing.

    Parameters
    ----------
    q
        Words of the texts or the beginning of an external id, as in the explorer, and as it finds them: by index.
    outcome
        A name in `OUTCOMES` or `FURTHER`.
    reason
        Why a task was skipped.
    since, until
        The first and the last day on which an answer was given or changed.
    """

    q: str = ""
    outcome: str = ""
    reason: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class MyAnswer:
    """An answer with what became of it, and what a reviewer said."""

    annotation: Annotation
    chips: list[Chip]
    outcome: str
    label_chips: list[Chip]
    who: str = ""
    note: str = ""

    @property
    def words(self) -> str:
        """What became of it."""
        return OUTCOMES[self.outcome]


def my_answers(
    project: Project, user: User, wanted: AnswerFilter, *, sort: str = "", cursor: str = ""
) -> tuple[list[MyAnswer], str]:
    """Return a page of a person's answers and skips with what became of them, and the cursor of the next page."""
    schema = version_reads.schema(project.pk)
    found = with_outcome(answers_of(project, user), wanted.outcome, schema)
    if wanted.reason in SkipReason.values:
        found = found.filter(state=AnnotationState.SKIPPED, skip_reason=wanted.reason)
    if wanted.since:
        found = found.filter(updated_at__gte=day_begins(wanted.since))
    if wanted.until:
        found = found.filter(updated_at__lt=day_begins(wanted.until + timedelta(days=1)))
    found = found.select_related("task").defer("task__meta")
    asked = explorer_reads.matches(project, explorer_reads.TaskFilter(search=wanted.q)) if wanted.q else None

    def read(among: explorer_reads.Matches | None) -> list[Page[Annotation]]:
        rows = found if among is None else found.filter(task__in=among.tasks)
        return [keyset(rows, order=SORTS.get(sort, SORTS["newest"]), cursor=cursor, size=PAGE)]

    (page,) = read_soon(
        lambda: read(asked), otherwise=lambda: read(asked.found_first() if asked and asked.walk else asked)
    )
    return outcomes_of(page.rows, schema), page.next_cursor


def answers_of(project: Project, user: User) -> QuerySet[Annotation]:
    """Return a person's answers and skips."""
    return Annotation.objects.filter(project=project, annotator=user).exclude(state=AnnotationState.DRAFT)


def day_begins(day: date) -> datetime:
    """Return when a day begins here."""
    return timezone.make_aware(datetime.combine(day, time.min))


def with_outcome(found: QuerySet[Annotation], outcome: str, schema: Schema) -> QuerySet[Annotation]:
    """Narrow answers to those of which this became, or that are this; all for a name that is none."""
    if outcome not in OUTCOMES and outcome not in FURTHER:
        return found
    if outcome == "skipped":
        return found.filter(state=AnnotationState.SKIPPED)
    found = found.filter(state=AnnotationState.SUBMITTED)
    returned = Exists(AnswerReview.objects.filter(annotation=OuterRef("pk"), verdict=AnswerVerdict.RETURNED))
    waits = Exists(AnswerReview.objects.filter(annotation=OuterRef("pk"), back=ReturnState.WAITING))
    if outcome == "submitted":
        return found
    if outcome == "returned":
        return found.filter(returned)
    if outcome == "sent_back":
        return found.filter(waits)
    if outcome == "corrected":
        earlier = AnnotationRevision.objects.filter(
            annotation=OuterRef("pk"), number__lt=OuterRef("version"), state=AnnotationState.SUBMITTED
        ).exclude(answers=OuterRef("answers"))
        return found.filter(Exists(earlier), version__gt=1).exclude(returned)
    return _with_label(found.exclude(waits), outcome, schema)


def _with_label(found: QuerySet[Annotation], outcome: str, schema: Schema) -> QuerySet[Annotation]:
    """Narrow answers by the labels of their tasks."""
    current = Label.objects.filter(task_id=OuterRef("task_id"), retired_at=None)
    differs, changed, reviewed = Q(pk__in=[]), Q(pk__in=[]), Q(pk__in=[])
    for name in (question.name for question in schema.questions):
        mine = current.filter(question=name).exclude(value=OuterRef(f"answers__{name}"))
        answered = Q(answers__has_key=name)
        differs |= answered & Q(Exists(mine))
        changed |= answered & Q(Exists(mine.filter(source__in=_REVIEWED)))
        reviewed |= answered & Q(Exists(current.filter(question=name, source__in=_REVIEWED)))
    if outcome == "reviewed":
        return found.filter(reviewed)
    if outcome == "changed":
        return found.filter(changed)
    if outcome == "other":
        return found.filter(differs).exclude(changed)
    return found.exclude(differs).filter(Exists(current)) if outcome == "label" else found.filter(~Exists(current))


def outcomes_of(annotations: Sequence[Annotation], schema: Schema) -> list[MyAnswer]:
    """Return answers with what became of them; the same number of queries for one and for many."""
    tasks = [annotation.task_id for annotation in annotations]
    labels: defaultdict[int, dict[str, Label]] = defaultdict(dict)
    current = Label.objects.filter(task_id__in=tasks, retired_at__isnull=True).select_related("created_by")
    for label in current:
        labels[label.task_id][label.question] = label
    said: dict[int, AnswerReview] = {}
    reviews = AnswerReview.objects.filter(annotation__in=annotations).exclude(verdict="").select_related("reviewer")
    for review in reviews.order_by("pk"):
        said[review.annotation_id] = review
    notes = {}
    decided = Flag.objects.filter(task_id__in=tasks, state=FlagState.RESOLVED, label__retired_at=None)
    for flag in decided.exclude(label=None).exclude(resolution_note=""):
        notes[flag.label_id] = flag.resolution_note
    return [
        _outcome(annotation, labels[annotation.task_id], said.get(annotation.pk), notes, schema)
        for annotation in annotations
    ]


def _outcome(
    annotation: Annotation,
    labels: Mapping[str, Label],
    review: AnswerReview | None,
    notes: Mapping[int | None, str],
    schema: Schema,
) -> MyAnswer:
    chips = _chips(schema, annotation.answers) if annotation.state == AnnotationState.SUBMITTED else []
    if annotation.state == AnnotationState.SKIPPED:
        return MyAnswer(annotation, chips, "skipped", [])
    if review is not None and review.back == ReturnState.WAITING:
        return MyAnswer(annotation, chips, "sent_back", [], str(review.reviewer), review.note)
    differing = [
        label for name, label in labels.items()
        if name in annotation.answers and label.value != annotation.answers[name]
    ]  # fmt: skip
    changed = [label for label in differing if label.source in _REVIEWED]
    shown = _chips(schema, {label.question: label.value for label in differing})
    if changed:
        label = changed[0]
        corrected = review is not None and review.verdict == AnswerVerdict.CORRECTED
        note = notes.get(label.pk) or (review.note if corrected and review is not None else "")
        return MyAnswer(annotation, chips, "changed", shown, str(label.created_by or ""), note)
    if differing:
        return MyAnswer(annotation, chips, "other", shown)
    return MyAnswer(annotation, chips, "label" if labels else "open", [])


def _chips(schema: Schema, answers: Mapping[str, Any]) -> list[Chip]:
    return [chip for name, value in answers.items() for chip in explorer_reads.chips_of(schema.question(name), value)]
