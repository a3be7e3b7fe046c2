"""Projects that were checked, and what their quality page says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from labeling.models import Project, Role, User
from tests import factories
from tests.quality.services import making

SignIn = Callable[[User], Client]


def checked(**settings: Any) -> Project:
    """Make a project with three wrong labels and a test split, looked at once."""
    project = factories.project(**settings)
    labeled = making.messages(project, 60)
    making.label(labeled[:3], ["other", "billing", "delivery"])
    making.messages(project, 15, split="test", start=500)
    making.run(project)
    return project


def shown(client_for: SignIn, project: Project, role: str = Role.REVIEWER, query: str = "") -> Any:
    return client_for(factories.member(project, role)).get(f"/p/{project.slug}/quality/{query}")


def text(reply: Any) -> str:
    return " ".join(reply.content.decode().split())
