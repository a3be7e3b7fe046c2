"""What our own JSON Lines export adds to a task: its past. Read back and written again."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.utils import timezone
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from labeling.errors import Invalid
from labeling.formats.given import IMPORTED, person_of
from labeling.kinds.base import storable
from labeling.kinds.problems import listed, quoted
from labeling.kinds.schema import load_answers
from labeling.models import (
    SERVICE_DOMAIN,
    Annotation,
    AnnotationRevision,
    AnnotationState,
    Comment,
    Flag,
    FlagState,
    Label,
    LabelSource,
    SkipReason,
    TaskState,
    User,
)
from labeling.reasons.registry import REASONS, load_evidence, reason_named
from labeling.services.imported_people import imported_accounts
from labeling.services.people import clean_email

if TYPE_CHECKING:
    from labeling.kinds.schema import Question, Schema
    from labeling.models import Project
    from labeling.selectors.versions import Versions

MAX_PARTS = 1_000
_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode

Email = Annotated[str, Field(max_length=254), AfterValidator(clean_email)]
Person = Annotated[str, Field(max_length=254), AfterValidator(lambda raw: _named_in_study(raw) or clean_email(raw))]
Words = Annotated[str, Field(max_length=20_000), AfterValidator(storable)]
Number = Annotated[int, Field(ge=0, le=2_000_000_000)]
Skip = Literal[""] | SkipReason


def _named_in_study(raw: str) -> str:
    """Return how a person of an imported study is named; empty where this is somebody with an address."""
    return f"{IMPORTED}{person_of(raw)}" if raw.startswith(IMPORTED) else ""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class PastLabel(_Part):
    """A label that was or is the answer of record."""

    question: str
    value: Any
    source: LabelSource
    confidence: float | None = Field(default=None, ge=0, le=1)
    people: int | None = Field(default=None, ge=1, le=MAX_PARTS)
    annotator: Person | None = None
    created_by: Person | None = None
    schema_version: Number = 1
    guideline_version: Number = 0
    created_at: AwareDatetime
    retired_at: AwareDatetime | None = None
    classes: list[str] = Field(default_factory=list, exclude=True)


class PastRevision(_Part):
    """One save of an annotation."""

    state: AnnotationState
    answers: dict[str, Any] = Field(default_factory=dict)
    counted: bool = False
    lead_time_ms: Number = 0
    skip_reason: Skip = ""
    schema_version: Number = 1
    guideline_version: Number = 0
    created_at: AwareDatetime


class PastAnnotation(_Part):
    """One person's answers, and every save of them."""

    annotator: Person
    created_at: AwareDatetime
    revisions: list[PastRevision] = Field(min_length=1, max_length=MAX_PARTS)


class PastComment(_Part):
    """What a person said about the task."""

    author: Email
    body: Words
    created_at: AwareDatetime
    resolved_by: Email | None = None
    resolved_at: AwareDatetime | None = None


def _known_reason(name: str) -> str:
    if name not in REASONS:
        raise ValueError(f"Expected one of the flag reasons {listed(list(REASONS))}; found {quoted(name)}.")
    return name


class PastFlag(_Part):
    """A flag and what became of it."""

    question: Annotated[str, Field(max_length=64)] = ""
    part: Annotated[str, Field(max_length=64), AfterValidator(storable)] = ""
    reason: Annotated[str, AfterValidator(_known_reason)]
    state: FlagState
    score: float = Field(default=0.0, ge=0, le=1)
    note: Words = ""
    evidence: dict[str, Any] = Field(default_factory=dict)
    raised_by: Email | None = None
    created_at: AwareDatetime
    resolved_by: Email | None = None
    resolved_at: AwareDatetime | None = None
    resolution: Annotated[str, Field(max_length=20)] = ""
    resolution_note: Words = ""


class History(_Part):
    """The past of one task."""

    version: Literal[1]
    state: TaskState = TaskState.TODO
    required: int = Field(default=1, ge=0, le=MAX_PARTS)
    labels: list[PastLabel] = Field(default_factory=list, max_length=MAX_PARTS)
    annotations: list[PastAnnotation] = Field(default_factory=list, max_length=MAX_PARTS)
    comments: list[PastComment] = Field(default_factory=list, max_length=MAX_PARTS)
    flags: list[PastFlag] = Field(default_factory=list, max_length=MAX_PARTS)

    @property
    def current_questions(self) -> set[str]:
        """The questions that have an answer of record."""
        return {label.question for label in self.labels if label.retired_at is None}

    def supersede(self, question: str, value: str) -> None:
        """Retire the answer of record unless it is this value (as JSON text): the row's own labels were edited."""
        for label in self.labels:
            if label.question == question and label.retired_at is None and _encode(label.value) != value:
                label.retired_at = timezone.now()

    def place(self, *, complete: bool) -> tuple[int, int, str]:
        """Return required people, open slots and state of the task."""
        counted = sum(annotation.revisions[-1].counted for annotation in self.annotations)
        required = max(self.required, counted)
        if self.state == TaskState.QUARANTINED:
            return required, required - counted, TaskState.QUARANTINED.value
        state = TaskState.TODO
        if counted >= required and (complete or self.state == TaskState.DISPUTED):
            state = TaskState.LABELED if complete else TaskState.DISPUTED
        return required, required - counted, state.value


def parse_history(raw: Any, schema: Schema, data: Mapping[str, Any]) -> History:
    """Return a task's past, every answer in it checked against the schema and the item in `data`.

    What holds now must keep to the labels on offer, and to the item; limits may have been tightened since it was given.
    What does not hold any more only needs to be an answer.

    Raises
    ------
    Invalid
        With a sentence that says which part is wrong.
    """
    try:
        past = History.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"The history is not as an export writes it: {where}: {first['msg']}.") from None
    for label in past.labels:
        question = _question(schema, label.question)
        answer = question.load(label.value)
        if label.retired_at is None:
            _check_holding(question, answer, data)
        label.value = question.dump_answer(answer)
        label.classes = question.classes(answer)
    for annotation in past.annotations:
        for revision in annotation.revisions:
            revision.answers = load_answers(revision.answers, schema)
            if revision.counted and revision.state != AnnotationState.SUBMITTED:
                raise Invalid("The history counts an annotation that was not submitted.")
        for name, value in annotation.revisions[-1].answers.items() if annotation.revisions[-1].counted else ():
            question = _question(schema, name)
            _check_holding(question, question.load(value), data)
    _once("annotation of one person", (annotation.annotator for annotation in past.annotations))
    _once("answer of record to one question", (label.question for label in past.labels if label.retired_at is None))
    _once("open flag for one reason", ((f.question, f.reason, f.part) for f in past.flags if f.state == FlagState.OPEN))
    return past


def _question(schema: Schema, name: str) -> Question:
    question = schema.question(name)
    if question is None:
        raise Invalid(f"The history has a label for a question {name[:64]!r}, which this project does not have.")
    return question


def _check_holding(question: Question, answer: Any, data: Mapping[str, Any]) -> None:
    """Raise `Invalid` unless an answer that holds is one that labeling could go on from."""
    if question.looks_at_item:
        question.parse(question.dump_answer(answer), data.get(question.field))
    if lost := set(question.classes(answer)) - set(question.class_names):
        raise Invalid(f"The history has a label {min(lost)[:64]!r}, which the question {question.name} does not offer.")


def _once(what: str, keys: Iterable[Any]) -> None:
    if any(count > 1 for count in Counter(keys).values()):
        raise Invalid(f"The history has more than one {what}.")


def restore(*, project: Project, versions: Versions, restored: Sequence[tuple[int, History]]) -> int:
    """Write the past of new tasks; returns how many labels of record they have. To be called within a transaction."""
    writer = _Restorer(project, versions, _people(project, (past for _, past in restored)))
    writer.annotations(restored)
    writer.labels(restored)
    writer.comments(restored)
    writer.flags(restored)
    return sum(len(past.current_questions) for _, past in restored)


def _people(project: Project, pasts: Iterable[History]) -> dict[str, int]:
    """Return the ids of everybody named; an address that is not known becomes an account nobody can enter yet."""
    emails: set[str] = set()
    for past in pasts:
        emails |= {annotation.annotator for annotation in past.annotations}
        for comment in past.comments:
            emails |= {email for email in (comment.author, comment.resolved_by) if email}
        for label in past.labels:
            emails |= {email for email in (label.created_by, label.annotator) if email}
        for flag in past.flags:
            emails |= {email for email in (flag.raised_by, flag.resolved_by) if email}
    studied = {email.removeprefix(IMPORTED) for email in emails if email.startswith(IMPORTED)}
    known = {f"{IMPORTED}{name}": pk for name, pk in imported_accounts(project, studied).items()}
    known |= dict(User.objects.filter(email__in=emails).values_list("email", "pk"))
    for email in sorted(emails - set(known)):
        known[email] = User.objects.create_user(email, is_service=email.endswith(SERVICE_DOMAIN)).pk
    return known


class _Restorer:
    """Writes the parts of several pasts, each kind of part at once."""

    def __init__(self, project: Project, versions: Versions, people: dict[str, int]) -> None:
        self._project = project
        self._versions = versions
        self._people = people
        self._now = timezone.now()
        self._annotation_ids: dict[tuple[int, str], int] = {}

    def _moment(self, value: datetime) -> datetime:
        return min(value, self._now)

    def _made_under(self, part: PastLabel | PastRevision) -> dict[str, int]:
        """Return version numbers that this project has."""
        return {
            "schema_version": max(1, min(part.schema_version, self._versions.schema)),
            "guideline_version": min(part.guideline_version, self._versions.guideline),
        }

    def _person(self, email: str | None) -> int | None:
        return self._people[email] if email else None

    def annotations(self, restored: Sequence[tuple[int, History]]) -> None:
        pairs = [(task_id, annotation) for task_id, past in restored for annotation in past.annotations]
        rows = [
            Annotation(
                task_id=task_id,
                project=self._project,
                annotator_id=self._people[annotation.annotator],
                state=last.state,
                answers=last.answers,
                version=len(annotation.revisions),
                counted=last.counted,
                lead_time_ms=last.lead_time_ms,
                skip_reason=_skip_reason(last),
                updated_at=self._moment(last.created_at),
                **self._made_under(last),
            )
            for task_id, annotation in pairs
            for last in annotation.revisions[-1:]
        ]
        Annotation.objects.bulk_create(rows, batch_size=1000)
        for row, (task_id, annotation) in zip(rows, pairs, strict=True):
            self._annotation_ids[task_id, annotation.annotator] = row.pk
            row.created_at = self._moment(annotation.created_at)
        Annotation.objects.bulk_update(rows, ("created_at",), batch_size=1000)
        AnnotationRevision.objects.bulk_create(
            [
                AnnotationRevision(
                    annotation=row,
                    annotator_id=row.annotator_id,
                    number=number,
                    # The browser's own key was used in the project the row comes from, and keys are unique.
                    key=f"import-{uuid.uuid4().hex}",
                    state=revision.state,
                    answers=revision.answers,
                    counted=revision.counted,
                    lead_time_ms=revision.lead_time_ms,
                    skip_reason=_skip_reason(revision),
                    created_at=self._moment(revision.created_at),
                    **self._made_under(revision),
                )
                for row, (_, annotation) in zip(rows, pairs, strict=True)
                for number, revision in enumerate(annotation.revisions, start=1)
            ],
            batch_size=1000,
        )

    def labels(self, restored: Sequence[tuple[int, History]]) -> None:
        Label.objects.bulk_create(
            [
                Label(
                    task_id=task_id,
                    project=self._project,
                    question=label.question,
                    value=label.value,
                    classes=label.classes,
                    source=label.source,
                    confidence=label.confidence,
                    people=label.people,
                    annotation_id=self._annotation_ids.get((task_id, label.annotator or "")),
                    created_by_id=self._person(label.created_by),
                    created_at=self._moment(label.created_at),
                    retired_at=label.retired_at and self._moment(label.retired_at),
                    **self._made_under(label),
                )
                for task_id, past in restored
                for label in past.labels
            ],
            batch_size=1000,
        )

    def comments(self, restored: Sequence[tuple[int, History]]) -> None:
        pairs = [(task_id, comment) for task_id, past in restored for comment in past.comments]
        rows = [
            Comment(task_id=task_id, project=self._project, author_id=self._people[comment.author], body=comment.body)
            for task_id, comment in pairs
        ]
        Comment.objects.bulk_create(rows, batch_size=1000)
        for row, (_, comment) in zip(rows, pairs, strict=True):
            row.created_at = self._moment(comment.created_at)
            if comment.resolved_at and comment.resolved_by:
                row.resolved_at = self._moment(comment.resolved_at)
                row.resolved_by_id = self._people[comment.resolved_by]
        Comment.objects.bulk_update(rows, ("created_at", "resolved_at", "resolved_by"), batch_size=1000)

    def flags(self, restored: Sequence[tuple[int, History]]) -> None:
        pairs = [(task_id, flag) for task_id, past in restored for flag in past.flags]
        rows = [
            Flag(
                task_id=task_id,
                project=self._project,
                question=flag.question,
                part=flag.part,
                reason=flag.reason,
                state=flag.state,
                score=flag.score,
                place=reason_named(flag.reason).place(flag.score),
                note=flag.note,
                evidence=load_evidence(flag.reason, flag.evidence).moved_elsewhere().dump(),
                raised_by_id=self._person(flag.raised_by),
                resolved_by_id=self._person(flag.resolved_by),
                resolved_at=flag.resolved_at and self._moment(flag.resolved_at),
                resolution=flag.resolution,
                resolution_note=flag.resolution_note,
            )
            for task_id, flag in pairs
        ]
        Flag.objects.bulk_create(rows, batch_size=1000)
        for row, (_, flag) in zip(rows, pairs, strict=True):
            row.created_at = self._moment(flag.created_at)
        Flag.objects.bulk_update(rows, ("created_at",), batch_size=1000)


def _skip_reason(part: PastRevision) -> str:
    return part.skip_reason if part.state == AnnotationState.SKIPPED else ""
