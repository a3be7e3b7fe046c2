"""A sampled review in a browser, there and back: one accepted, one corrected, one sent back, answered anew, seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from labeling.models import Annotation, Label, Role
from tests import factories
from tests.labeling.services.test_returns import answer

pytestmark = pytest.mark.e2e


@pytest.mark.timeout(240)
def test_an_answer_is_sent_back_answered_anew_and_comes_back(
    browse: Callable[..., Page], violations: Callable[[Page], list[str]]
) -> None:
    project = factories.project()
    ann = factories.member(project, name="Ann Otator")
    for task in factories.tasks(project, data=[{"text": f"Message {number}"} for number in (1, 2, 3)]):
        answer(ann, task)
    reviewer = factories.member(project, Role.REVIEWER, name="Rev Iewer")

    page = browse(reviewer, path=reverse("project-samples", args=(project.slug,)))
    page.keyboard.press("n")
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_text("3 of 3 answers are still to be reviewed")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("a")
    expect(page.get_by_text("2 of 3 answers are still to be reviewed")).to_be_visible()
    page.get_by_label("Why, if you correct it").fill("A parcel is named.")
    page.get_by_role("group", name="Correct it to").get_by_role("button", name="delivery").click()
    expect(page.get_by_text("1 of 3 answers are still to be reviewed")).to_be_visible()
    page.keyboard.press("b")
    page.get_by_label("What should they look at?").fill("Read the second sentence.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("waits for Ann Otator")).to_be_visible()
    assert violations(page) == []

    theirs = browse(ann)
    theirs.get_by_role("link", name="Inbox: 2 unread").click()
    expect(theirs.get_by_text("A parcel is named.")).to_be_visible()
    assert violations(theirs) == []
    theirs.get_by_role("row", name="Sent back to you").get_by_role("link").click()
    expect(theirs.locator("[data-sent-back]")).to_have_text("Sent back by Rev Iewer: Read the second sentence.")
    expect(theirs.get_by_role("radio", name="billing", exact=True)).to_be_checked()
    task_id = int(theirs.url.rpartition("=")[2])
    with theirs.expect_response(lambda response: f"/api/tasks/{task_id}/annotations/" in response.url):
        theirs.keyboard.press("3")
        theirs.keyboard.press("Enter")
    expect(theirs.locator("[data-sent-back]")).to_have_count(0)

    page.reload()
    expect(page.get_by_text("came back")).to_be_visible()
    page.goto(page.url.partition("/p/")[0] + reverse("inbox"))
    expect(page.get_by_role("row", name="Came back")).to_be_visible()
    assert Annotation.objects.get(task_id=task_id).answers == {"intent": "other"}
    assert Label.objects.get(task_id=task_id, retired_at=None).value == "other"
