"""What is known about the quality of labels. Who finds that out registers here: this app does not know them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labeling.models import Label, Project


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a model says of a label: its quality in [0, 1] (low is bad), and what the model would answer."""

    quality: float | None = None
    predicted: Any = None


Source = Callable[["Project", Sequence["Label"]], dict[int, Verdict]]
_sources: list[Source] = []

UNKNOWN = Verdict()


def register(source: Source) -> None:
    """Have a function asked for verdicts; it returns them by the label's id."""
    _sources.append(source)


def verdicts_for(project: Project, labels: Sequence[Label]) -> dict[int, Verdict]:
    """Return what is known, by the label's id; labels of which nothing is known are absent."""
    found: dict[int, Verdict] = {}
    for source in _sources:
        found |= source(project, labels)
    return found
