"""What the explorer shows of each task: a few queries for any number of rows, and never a whole long text."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, Left
from django.urls import reverse

from labeling.errors import Invalid
from labeling.models import Flag, FlagState, Label, LabelSource, Task, TaskAgreement, TaskState
from labeling.selectors import versions as version_reads
from labeling.selectors.explorer.filters import STATES, skipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.kinds.schema import Question, Schema
    from labeling.models import Project

EXCERPT = 280
"""Characters of a text that a row shows."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A label as it is shown everywhere: its title, and its color if it has one."""

    title: str
    color: str = ""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """The answer of record to one question, and where it comes from; without chips there is none."""

    question: str
    chips: list[Chip] = field(default_factory=list)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a field of a task holds: the beginning of a text, or an image."""

    name: str
    type: str
    text: str = ""
    thumb: str = ""
    width: int = 0
    height: int = 0


@dataclass(slots=True)
class TaskRow:
    """A task as the explorer shows it."""

    id: int
    external_id: str
    state: str
    split: str
    priority: float
    reason: str
    meta: dict[str, Any]
    created_at: datetime
    contents: list[Content]
    given: list[GivenAnswer] = field(default_factory=list)
    flags: int = 0
    agreements: list[TaskAgreement] = field(default_factory=list)
    """How far people agree, by question, where several answered and it was asked for."""

    @property
    def state_words(self) -> str:
        """Where the task stands, in words."""
        return STATES[self.state]

    @property
    def text(self) -> str:
        """The beginning of its first text."""
        return next((content.text for content in self.contents if content.text), "")

    @property
    def thumb(self) -> str:
        """The address of its first image, small."""
        return next((content.thumb for content in self.contents if content.thumb), "")

    @property
    def sources(self) -> list[str]:
        """Where its labels come from."""
        return sorted({given.source for given in self.given if given.source})

    @property
    def name(self) -> str:
        """What to call the task."""
        return self.external_id or f"task {self.id}"


def rows(
    project: Project, ids: Sequence[int], *, schema: Schema | None = None, agreement: bool = False
) -> list[TaskRow]:
    """Return the tasks of a page, in its order; who has the project's schema at hand passes it on."""
    schema = schema or version_reads.schema(project.pk)
    flags = Flag.objects.filter(task_id=OuterRef("pk"), state=FlagState.OPEN).order_by().values("task_id")
    excerpts = {
        f"field_{place}": Left(KeyTextTransform(shown.name, "data"), EXCERPT)
        if shown.type == "text"
        else KeyTransform(shown.name, "data")
        for place, shown in enumerate(schema.fields)
    }
    found = (
        Task.objects.filter(project=project, pk__in=ids)
        .annotate(
            state=F("queue_entry__state"),
            open_slots=F("queue_entry__open_slots"),
            required=F("queue_entry__required"),
            priority=F("queue_entry__priority"),
            reason=F("queue_entry__reason"),
            was_skipped=skipped(),
            open_flags=Coalesce(Subquery(flags.annotate(n=Count("pk")).values("n")), 0),
            **excerpts,
        )
        .values(
            "pk", "external_id", "split", "meta", "created_at", "state", "open_slots", "required", "priority", "reason",
            "was_skipped", "open_flags", *excerpts,
        )
    )  # fmt: skip
    by_id = {row["pk"]: _row(project, schema, row) for row in found}
    given = labels_of(schema, ids)
    if agreement:
        for measured in TaskAgreement.objects.filter(task_id__in=ids).order_by("question"):
            if measured.task_id in by_id:
                by_id[measured.task_id].agreements.append(measured)
    for pk, row in by_id.items():
        row.given = [given[pk].get(question.name, GivenAnswer(question.name)) for question in schema.questions]
    return [by_id[pk] for pk in ids if pk in by_id]


def state_of(*, state: str, open_slots: int, required: int, was_skipped: bool) -> str:
    """Return where a task stands, as the filters tell it."""
    if state != TaskState.TODO:
        return state
    if open_slots < required:
        return "progress"
    return "skipped" if was_skipped else "todo"


def labels_of(schema: Schema, ids: Sequence[int]) -> defaultdict[int, dict[str, GivenAnswer]]:
    """Return the labels of record of tasks, by question."""
    found: defaultdict[int, dict[str, GivenAnswer]] = defaultdict(dict)
    current = Label.objects.filter(task_id__in=ids, retired_at__isnull=True)
    for task_id, question, value, source in current.values_list("task_id", "question", "value", "source"):
        chips = chips_of(schema.question(question), value)
        found[task_id][question] = GivenAnswer(question, chips, LabelSource(source).label)
    return found


def chips_of(question: Question | None, value: Any) -> list[Chip]:
    """Return an answer as chips in the colors of the schema; one of another kind is shown as it is."""
    if question is None:
        return [Chip(str(value))]
    try:
        answer = question.load(value)
    except Invalid:
        return [Chip(str(value))]
    known = named_labels(question)
    chips = [known.get(name, Chip(name)) for name in question.classes(answer)]
    return chips or [Chip(question.describe(answer))]


def named_labels(question: Question) -> dict[str, Chip]:
    """Return what a question offers, by name."""
    return {option.name: Chip(option.title, option.color) for option in question.options}


def _row(project: Project, schema: Schema, row: dict[str, Any]) -> TaskRow:
    return TaskRow(
        id=row["pk"],
        external_id=row["external_id"] or "",
        state=state_of(
            state=row["state"],
            open_slots=row["open_slots"],
            required=row["required"],
            was_skipped=row["was_skipped"],
        ),
        split=row["split"],
        priority=row["priority"],
        reason=row["reason"],
        meta=row["meta"],
        created_at=row["created_at"],
        flags=row["open_flags"],
        contents=[
            _content(project, shown.name, shown.type, row[f"field_{place}"])
            for place, shown in enumerate(schema.fields)
        ],
    )


def _content(project: Project, name: str, kind: str, value: Any) -> Content:
    if kind == "text":
        return Content(name, kind, text=value or "")
    if not isinstance(value, dict) or "sha256" not in value:
        return Content(name, kind)
    return Content(
        name,
        kind,
        thumb=media_address(project, value["sha256"], "thumb"),
        width=value.get("width", 0),
        height=value.get("height", 0),
    )


def media_address(project: Project, sha256: str, variant: str) -> str:
    """Return where an image is served to the project's members."""
    return reverse("media", args=(project.slug, sha256, variant))
