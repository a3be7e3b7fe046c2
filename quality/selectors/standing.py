"""What a question still needs before a check makes sense, and what has changed since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Func, Max, Min

from labeling.models import Label, Split
from quality.learning.limits import LEAST_PER_CLASS
from quality.selectors import settings as settings_reads

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project
    from quality.models import Run

COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a question stands.

    Parameters
    ----------
    fresh
        Labels that came after those the last run knew, counted to `COUNTED`.
    to_go
        New labels until the next run starts by itself; None when none does.
    needed
        What has to be labeled before a model can learn anything, in words; empty when nothing is missing.
    """

    fresh: int
    to_go: int | None
    needed: str

    @property
    def due(self) -> bool:
        """Whether enough labels are new for a run to start by itself as soon as nobody labels."""
        return self.to_go == 0


@dataclass(frozen=True, slots=True)
class NewLabels:
    """Labels that came after those a run knew: how many, up to a limit, and when first and last of them came."""

    count: int
    first: datetime | None
    last: datetime | None


def new_labels(project: Project, question: str, *, after_label: int, most: int) -> NewLabels:
    """Return the labels of a question that came after another one, counted up to a limit only."""
    found = Label.objects.filter(project=project, question=question, pk__gt=after_label).order_by("pk")[:most]
    return NewLabels(**found.aggregate(count=Count("pk"), first=Min("created_at"), last=Max("created_at")))


def standing_for(project: Project, question: Question, run: Run | None) -> Standing:
    """Return where a question stands."""
    chosen = settings_reads.settings_for(project)
    after = run.last_label if run else 0
    fresh = new_labels(project, question.name, after_label=after, most=COUNTED).count
    return Standing(
        fresh=fresh,
        to_go=max(0, chosen.after_labels - fresh) if chosen.automatic and question.track else None,
        needed=_needed(_by_class(project, question)) if run is None and question.track else "",
    )


def _by_class(project: Project, question: Question) -> list[tuple[str, int]]:
    """Return the classes of labels that a model may learn from, the most frequent first."""
    found = Label.objects.filter(project=project, question=question.name, retired_at=None)
    named = found.exclude(task__split=Split.TEST).annotate(name=Func("classes", function="unnest"))
    counted = named.values("name").annotate(count=Count("pk")).order_by("-count", "name")
    return [(row["name"], row["count"]) for row in counted]


def _needed(counts: list[tuple[str, int]]) -> str:
    """Say what is missing until two classes can be learned."""
    ready = [name for name, count in counts if count >= LEAST_PER_CLASS]
    if len(ready) >= 2:
        return ""
    now = ", ".join(f"{name}: {count}" for name, count in counts[:5]) or "none yet"
    missing = sum(LEAST_PER_CLASS - min(LEAST_PER_CLASS, count) for _, count in [*counts[:2], ("", 0), ("", 0)][:2])
    return (
        f"Label at least {LEAST_PER_CLASS} items of each of two classes outside the test split: {missing} more to go "
        f"(labels now: {now}). Likely errors show from some dozens of labels on."
    )
