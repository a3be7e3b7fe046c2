"""What browser tests of the label page share: a project, a person on its page, and the parts they look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, expect

from labeling.models import Annotation, AnnotationState, Project, Role, User
from tests import factories

Browse = Callable[..., Page]

SEVERAL_QUESTIONS: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "delivery", "other"]},
        {"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["refund", "late"]},
        {"name": "mood", "kind": "rating", "field": "text", "min": 1, "max": 5},
        {"name": "note", "kind": "text", "field": "text", "required": False},
    ],
}
SAVES = "**/api/tasks/*/annotations/"


def make(count: int = 8, *, schema: dict[str, Any] | None = None) -> tuple[Project, User]:
    """Make a project with tasks and a person who labels it."""
    project = factories.project(schema=schema)
    factories.tasks(project, data=[{"text": f"Message {number}"} for number in range(1, count + 1)])
    return project, factories.member(project, Role.ANNOTATOR)


def address(project: Project) -> str:
    return reverse("project-label", args=(project.slug,))


def label_page(browse: Browse, project: Project, person: User, **options: Any) -> Page:
    page = browse(person, path=address(project), **options)
    expect(item(page).or_(page.get_by_text("Nothing left for you to label here"))).to_be_visible()
    return page


def item(page: Page) -> Locator:
    """Return the text of the item on the screen."""
    return page.locator(".dc-item-text")


def saved(page: Page) -> Locator:
    return page.locator("[data-save-state]")


def label(page: Page, name: str) -> Locator:
    return page.get_by_role("radio", name=name, exact=True)


def answer(page: Page, key: str) -> str:
    """Answer the item on the screen with one key, submit it, and return its text."""
    text = item(page).inner_text()
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(item(page).get_by_text(text, exact=True)).to_have_count(0)
    return text


def answers(project: Project) -> dict[str, Any]:
    """Return what was submitted, by the task's text."""
    found = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED).select_related("task")
    return {annotation.task.data["text"]: annotation.answers["intent"] for annotation in found}


def unavailable(route: Route) -> None:
    route.fulfill(status=503, content_type="text/plain", body="restarting")
