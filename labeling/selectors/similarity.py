"""Which tasks are like another one. Who can tell registers here: this app does not know them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labeling.models import Project

MOST = 100


@dataclass(frozen=True, slots=True)
class Source:
    """Who can tell.

    Parameters
    ----------
    nearest
        Returns the ids of at most so many tasks of a project like one of them, the most similar first; with the id of a
        person only of those that this person could still answer.
    known
        Whether there is anything to compare a task of a project by; costs next to nothing.
    """

    nearest: Callable[[Project, int, int, int | None], list[int]]
    known: Callable[[Project, int], bool]


_sources: list[Source] = []


def register(source: Source) -> None:
    """Have somebody asked."""
    _sources.append(source)


def similar_tasks(project: Project, task_id: int, *, most: int = MOST, open_to: int | None = None) -> list[int]:
    """Return the tasks of a project most similar to one of its tasks, the most similar first; none if nobody knows.

    `open_to`: the id of a person, for only those that this person could still answer.
    """
    for source in _sources:
        if found := source.nearest(project, task_id, most, open_to):
            return found
    return []


def known(project: Project, task_id: int) -> bool:
    """Return whether tasks like this one can be found."""
    return any(source.known(project, task_id) for source in _sources)
