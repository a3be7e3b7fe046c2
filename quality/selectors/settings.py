"""How a project's pipeline is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.models import QualitySettings

if TYPE_CHECKING:
    from labeling.models import Project


def settings_for(project: Project) -> QualitySettings:
    """Return the project's settings, the defaults if nobody has changed any (that row is not stored)."""
    return QualitySettings.objects.filter(project=project).first() or QualitySettings(project=project)
