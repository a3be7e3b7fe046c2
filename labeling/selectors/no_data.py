"""Why a project has nothing to show yet, and who can change that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.access import Action, may
from labeling.models import ALIVE, JobRun, QueueEntry
from labeling.selectors import people as people_reads
from labeling.selectors.imports import KIND as IMPORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.models import Project, User


@dataclass(frozen=True, slots=True)
class NoData:
    """What a page says of a project without tasks: an import under way, or who may start one."""

    importing: JobRun | None
    can_import: bool
    managers: list[User]


def has_tasks(project: Project) -> bool:
    """Whether there is anything to label or to look at."""
    return QueueEntry.objects.filter(project=project).exists()


def no_data_for(user: User, project: Project) -> NoData:
    """Return what to tell a person about a project without tasks."""
    return NoData(
        importing=JobRun.objects.filter(project=project, kind=IMPORT, state__in=ALIVE).order_by("pk").first(),
        can_import=may(user, project, Action.MANAGE) and project.archived_at is None,
        managers=people_reads.managers_of(project),
    )


def importing_among(project_ids: Sequence[int]) -> set[int]:
    """Return the projects into which data is being imported now."""
    alive = JobRun.objects.filter(project__in=project_ids, kind=IMPORT, state__in=ALIVE)
    return set(alive.values_list("project_id", flat=True)) - {None}
