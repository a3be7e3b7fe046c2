"""Pages of errors keep the frame that the person had around them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "status"),
    [("tasks/?state=nonsense", 400), ("people/invite/", 405), ("tasks/999999999/", 404), ("settings/", 403)],
)
def test_an_error_in_a_project_keeps_the_frame(client_for: Callable[[User], Client], path: str, status: int) -> None:
    project = factories.project()
    answer = client_for(factories.member(project)).get(f"/p/{project.slug}/{path}")
    assert answer.status_code == status
    assert f'<nav class="dc-rail" aria-label="{project.name}">' in answer.content.decode()
    assert answer.content.decode().count("<h1>") == 1


def test_an_error_shows_nothing_of_a_project_of_others(client_for: Callable[[User], Client]) -> None:
    project = factories.project(name="Hush")
    for path in (f"/p/{project.slug}/tasks/", f"/p/{project.slug}/people/invite/"):
        content = client_for(factories.user()).get(path).content.decode()
        assert "dc-topbar" in content
        assert "dc-rail" not in content
        assert "Hush" not in content
    assert "dc-topbar" not in Client().get("/nowhere/").content.decode()
