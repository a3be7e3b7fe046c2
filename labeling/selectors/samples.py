"""Samples of answers: what was drawn, how it stands, and the card of one answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from labeling.models import (
    AnnotationState,
    AnswerReview,
    AnswerVerdict,
    Label,
    LabelSource,
    Sample,
    SamplePer,
    SampleWish,
    User,
)
from labeling.scoring.intervals import wilson
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import guidelines as guideline_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.explorer import Chip
from labeling.selectors.paging import Page, keyset

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.kinds.schema import Question, Schema
    from labeling.models import Project
    from labeling.selectors.guidelines import LabelPart

PAGE = 25
MOST_PARTS = 6
MOST_LABELS = 1_000


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A sample in the list: what it was drawn for, and how far it is."""

    sample: Sample
    words: str
    drawn: int
    reviewed: int


@dataclass(slots=True)
class Figure:
    """How many answers of a person, a label or both were accepted, of those that were reviewed."""

    person: User | None
    label: str
    chip: Chip | None
    drawn: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    @property
    def reviewed(self) -> int:
        """Answers with a verdict."""
        return self.verdicts.total()

    @property
    def accepted(self) -> int:
        """Answers that the reviewer accepted."""
        return self.verdicts[AnswerVerdict.ACCEPTED]

    @property
    def corrected(self) -> int:
        """Answers that the reviewer corrected."""
        return self.verdicts[AnswerVerdict.CORRECTED]

    @property
    def returned(self) -> int:
        """Answers that the reviewer sent back."""
        return self.verdicts[AnswerVerdict.RETURNED]

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share that is accepted."""
        return wilson(self.accepted, self.reviewed)

    @property
    def words(self) -> str:
        """The share in words, with how sure it is: `80% (49% to 94%)`; nothing before the first verdict."""
        if not self.reviewed:
            return ""
        low, high = self.interval
        return f"{self.accepted / self.reviewed:.0%} ({low:.0%} to {high:.0%})"


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """One answer with what a reviewer needs to say whether it is right."""

    review: AnswerReview
    given: list[tuple[str, list[Chip]]]
    labels: list[tuple[str, list[Chip], str]]
    """The labels of record: title, chips, source in words."""
    parts: list[LabelPart]
    confirms: str
    """What accepting does to the label, in a sentence."""
    changed: bool


def samples_of(project: Project, *, cursor: str = "") -> tuple[list[SampleRow], str]:
    """Return a page of the project's samples, newest first, and the cursor of the next."""
    found = Sample.objects.filter(project=project).select_related("drawn_by")
    found = found.annotate(drawn=Count("reviews"), done=Count("reviews", filter=~Q(reviews__verdict="")))
    page = keyset(found, order="-pk", cursor=cursor, size=PAGE)
    people = User.objects.in_bulk({SampleWish.load(sample.wish).person for sample in page.rows})
    schema = version_reads.schema(project.pk)
    rows = [
        SampleRow(
            sample=sample,
            words=wish_in_words(SampleWish.load(sample.wish), schema, people),
            drawn=getattr(sample, "drawn", 0),
            reviewed=getattr(sample, "done", 0),
        )
        for sample in page.rows
    ]
    return rows, page.next_cursor


def wish_in_words(wish: SampleWish, schema: Schema, people: dict[int, User]) -> str:
    """Say what a sample was drawn for: `10 per person, “billing” only, since March 1`."""
    question = schema.question(wish.question)
    title = explorer_reads.named_labels(question).get(wish.label, Chip(wish.label)).title if question else wish.label
    parts = [f"{wish.each} per {SamplePer(wish.per).label.lower()}"]
    if wish.person:
        parts.append(f"of {people.get(wish.person, 'a former member')}")
    if wish.label:
        parts.append(f"“{title}” only")
    if wish.since:
        parts.append(f"from {wish.since:%b %-d, %Y}")
    if wish.until:
        parts.append(f"until {wish.until:%b %-d, %Y}")
    return ", ".join(parts)


def figures_of(sample: Sample, schema: Schema) -> tuple[Figure, list[Figure]]:
    """Return how the sample stands in all, and for each person, label or both it was drawn for."""
    wish = SampleWish.load(sample.wish)
    question = schema.question(wish.question)
    known = explorer_reads.named_labels(question) if question else {}
    by_person = wish.per != SamplePer.LABEL
    rows = list(sample.reviews.values_list("annotator_id", "labels", "verdict"))
    people = User.objects.in_bulk({person for person, _, _ in rows})
    every = Figure(None, "", None)
    found: dict[tuple[int, str], Figure] = {}
    for person, labels, verdict in rows:
        strata = [(person if by_person else 0, label) for label in labels or [""]]
        for key in strata:
            who, label = key
            figure = found.setdefault(
                key, Figure(people.get(who), label, known.get(label, Chip(label)) if label else None)
            )
            _count(figure, verdict)
        _count(every, verdict)
    return every, sorted(found.values(), key=lambda figure: (str(figure.person or ""), figure.label))


def _count(figure: Figure, verdict: str) -> None:
    figure.drawn += 1
    if verdict:
        figure.verdicts[verdict] += 1


def answers_of(
    sample: Sample, *, person: int = 0, label: str = "", verdict: str = "", cursor: str = ""
) -> Page[AnswerReview]:
    """Return a page of a sample's answers, in the order in which they are reviewed."""
    found = sample.reviews.select_related("task", "annotator", "annotation", "reviewer").defer("task__data")
    if person:
        found = found.filter(annotator_id=person)
    if label:
        found = found.filter(labels__contains=[label])
    if verdict == "open":
        found = found.filter(verdict="")
    elif verdict in AnswerVerdict.values:
        found = found.filter(verdict=verdict)
    return keyset(found, order="position", cursor=cursor, size=PAGE)


def waiting_answers(sample: Sample) -> QuerySet[AnswerReview]:
    """Return the answers that are to be reviewed: those withdrawn since they were drawn are passed over."""
    found = sample.reviews.filter(verdict="", annotation__state=AnnotationState.SUBMITTED)
    return found.select_related("sample", "project", "task", "annotation", "annotator").order_by("position")


def last_reviewed(sample: Sample, reviewer: User) -> AnswerReview | None:
    """Return the answer that the reviewer decided last."""
    found = sample.reviews.filter(reviewer=reviewer).exclude(verdict="")
    return found.select_related("project", "task").order_by("-decided_at", "-pk").first()


def answer_card(review: AnswerReview, schema: Schema) -> AnswerCard:
    """Return the card of an answer, as it is now."""
    answers = review.annotation.answers
    current = {label.question: label for label in Label.objects.filter(task_id=review.task_id, retired_at__isnull=True)}
    asked = [question for question in schema.questions if question.name in answers]
    return AnswerCard(
        review=review,
        given=[(question.title, explorer_reads.chips_of(question, answers[question.name])) for question in asked],
        labels=[
            (
                question.title,
                explorer_reads.chips_of(question, current[question.name].value),
                LabelSource(current[question.name].source).of(current[question.name].people),
            )
            for question in asked
            if question.name in current
        ],
        parts=_parts(review, schema, asked),
        confirms=_confirms(asked, review, current),
        changed=review.annotation.version != review.version,
    )


def _confirms(asked: list[Question], review: AnswerReview, current: dict[str, Label]) -> str:
    answers = review.annotation.answers
    same = [question.name in current and current[question.name].value == answers[question.name] for question in asked]
    if asked and all(same):
        return "Accepting confirms the final label: it counts as reviewed."
    if not any(question.name in current for question in asked):
        return "The task has no label yet. Accepting says that this answer is right, and makes no label of it."
    return (
        "The final label is not what this person answered. Accepting says that the answer is right and leaves that "
        "label; correct the answer to change it."
    )


def _parts(review: AnswerReview, schema: Schema, asked: list[Question]) -> list[LabelPart]:
    guideline = guideline_reads.newest(review.project)
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for question in asked:
        wanted[question.name] = set(question.classes(question.load(review.annotation.answers[question.name])))
    found = [
        label
        for part in guideline_reads.parts(schema, guideline.entries if guideline else ())
        for label in part.labels
        if label.name in wanted[label.question] and not label.is_empty
    ]
    return found[:MOST_PARTS]
