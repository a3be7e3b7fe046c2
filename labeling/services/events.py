"""Events: every service writes one, in its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labeling.models import Event

if TYPE_CHECKING:
    from labeling.models import Project, Task, User


def record(*, verb: str, project: Project | None, actor: User | None, task: Task | None = None, **payload: Any) -> None:
    """Write down who did what to what."""
    Event.objects.create(
        verb=verb,
        project_id=project.pk if project else None,
        actor_id=actor.pk if actor else None,
        task_id=task.pk if task else None,
        payload=payload,
    )
