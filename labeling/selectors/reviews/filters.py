"""Which flags to look at, and in which order: those that wait, what is worth most first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from labeling.errors import Invalid, Problem
from labeling.models import Annotation, AnnotationState, Flag, FlagState, Label, QueueEntry, Split, Task, TaskState
from labeling.reasons.evidence import SUGGESTED
from labeling.reasons.registry import REASONS
from labeling.selectors.reviews.groups import flags_about

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from labeling.models import Project


@dataclass(frozen=True, slots=True)
class Order:
    """An order of flags: its columns, which end in a unique one, and what a page says of it."""

    words: str
    about: str
    columns: tuple[str, ...]

    def statement(self, rows: str) -> str:
        """Return the columns as a statement orders `rows` by them."""
        return ", ".join(
            f"{rows}.{column.removeprefix('-')}{' DESC' if column.startswith('-') else ''}" for column in self.columns
        )


ORDERS: dict[str, Order] = {
    "": Order(
        "What changes most first",
        "Disagreements and likely label errors first: deciding one gives or changes a label. Then copies, what people "
        "ask about, unclear labels, and poor or unusual items.",
        ("place", "id"),
    ),
    "score": Order(
        "Worst score first",
        "Lowest score first. Scores of different reasons mean different things: choose one reason to compare them.",
        ("score", "id"),
    ),
    "newest": Order("Newest first", "What was flagged last comes first.", ("-created_at", "-id")),
    "item": Order(
        "By item", "In the order of the items: all that is flagged about one comes together.", ("task_id", "id")
    ),
}
"""By the word in an address; flags come in the first one unless another is asked for."""

SCORES: dict[str, str] = {"0.05": "up to 0.05", "0.1": "up to 0.1", "0.2": "up to 0.2", "0.5": "up to 0.5"}
MAX_LABEL = 200
HIDDEN = (
    "This project hides what is suggested until a reviewer has decided, so flags cannot be chosen by it. "
    "Leave this condition out."
)


@dataclass(frozen=True, slots=True)
class FlagFilter:
    """What flags to show; empty parts ask for nothing. `given` and `suggested` are the names of labels."""

    reason: str = ""
    question: str = ""
    given: str = ""
    suggested: str = ""
    annotator: int = 0
    below: str = ""
    task: int = 0
    split: str = ""
    order: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether every flag fits."""
        return self == FlagFilter(order=self.order)

    def params(self) -> list[tuple[str, str]]:
        """Return the filter as parameters of an address; `read` is the way back."""
        plain = [
            ("reason", self.reason),
            ("question", self.question),
            ("given", self.given),
            ("suggested", self.suggested),
            ("annotator", str(self.annotator or "")),
            ("below", self.below),
            ("task", str(self.task or "")),
            ("split", self.split),
            ("order", self.order),
        ]
        return [(name, value) for name, value in plain if value]

    def without(self, name: str) -> FlagFilter:
        """Return the filter with one condition taken out."""
        return replace(self, **{name: type(getattr(self, name))()})


def parse_flag_filter(project: Project, query: Mapping[str, str]) -> FlagFilter:
    """Return the filter in an address, or raise `Invalid` with every condition that cannot be met."""
    problems: list[Problem] = []
    if project.decide_first and query.get("suggested"):
        problems.append(Problem("suggested", HIDDEN))

    def number(name: str) -> int:
        raw = query.get(name, "")
        if not raw:
            return 0
        if not (raw.isascii() and raw.isdigit() and len(raw) < 20 and int(raw) < 2**63):
            problems.append(Problem(name, f"Expected the number of {'a person' if name == 'annotator' else 'a task'}."))
            return 0
        return int(raw)

    def one_of(name: str, known: list[str]) -> str:
        value = query.get(name, "")
        if value and value not in known:
            problems.append(Problem(name, f"“{value[:40]}” is no {name} to filter by. Choose one from the list."))
        return value

    texts = {name: query.get(name, "") for name in ("question", "given", "suggested")}
    for name, value in texts.items():
        if len(value) > MAX_LABEL or "\x00" in value:
            problems.append(Problem(name, "Expected a name from the list."))
    found = FlagFilter(
        reason=one_of("reason", list(REASONS)),
        below=one_of("below", list(SCORES)),
        annotator=number("annotator"),
        task=number("task"),
        split=one_of("split", [split for split in Split.values if split]),
        order=one_of("order", list(ORDERS)),
        **texts,
    )
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    return found


def matching(project: Project, wanted: FlagFilter) -> QuerySet[Flag]:
    """Return the project's flags that fit, whatever their state, in no order. No joins: what is found can be locked."""
    flags = (flags_about(wanted.task) if wanted.task else Flag.objects).filter(project=project)
    exact = {"reason": wanted.reason, "question": wanted.question}
    flags = flags.filter(**{name: value for name, value in exact.items() if value})
    if wanted.below:
        flags = flags.filter(score__lte=float(wanted.below))
    if wanted.given:
        labels = Label.objects.filter(
            task_id=OuterRef("task_id"), retired_at__isnull=True, classes__contains=[wanted.given]
        )
        flags = flags.filter(Exists(labels.filter(question=OuterRef("question"))) | Q(Exists(labels), question=""))
    if wanted.suggested:
        flags = flags.filter(
            Q(evidence__contains={SUGGESTED: wanted.suggested}) | Q(evidence__contains={SUGGESTED: [wanted.suggested]})
        )
    if wanted.split:
        flags = flags.filter(Exists(Task.objects.filter(pk=OuterRef("task_id"), split=wanted.split)))
    if wanted.annotator:
        theirs = Annotation.objects.filter(task_id=OuterRef("task_id"), annotator_id=wanted.annotator)
        flags = flags.filter(Exists(theirs.exclude(state=AnnotationState.DRAFT)))
    return flags


def waiting(project: Project, wanted: FlagFilter | None = None) -> QuerySet[Flag]:
    """Return the flags that wait for a reviewer, in no order: open, and not of tasks in quarantine."""
    quarantined = QueueEntry.objects.filter(task_id=OuterRef("task_id"), state=TaskState.QUARANTINED)
    return matching(project, wanted or FlagFilter()).filter(~Exists(quarantined), state=FlagState.OPEN)
