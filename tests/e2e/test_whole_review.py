"""A review from end to end in a browser: a cell of the matrix, copies, a sample, an answer sent back and given anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from labeling.models import Annotation, Flag, FlagState, Label, Project, QueueEntry, Role, TaskState, User
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from tests import factories
from tests.e2e.reviewing import card, saved
from tests.labeling.services.test_returns import answer
from tests.quality.services import making

pytestmark = pytest.mark.e2e


def checked_project() -> tuple[Project, User]:
    """Make a project with wrong labels, three copies of one message, and three answers of Ann, and check it."""
    project = factories.project()
    made = making.messages(project, 60)
    making.label(made[:6], ["other", "billing", "delivery"] * 2)
    copied = {"text": making.message("billing", 900)}
    making.label(factories.tasks(project, data=[copied] * 3), ["billing", "billing", "other"])
    ann = factories.member(project, name="Ann Otator")
    for task in factories.tasks(project, data=[{"text": f"Message {number}"} for number in (1, 2, 3)]):
        answer(ann, task)
    making.run(project)
    return project, ann


@pytest.mark.timeout(240)
def test_from_a_cell_of_the_matrix_to_an_answer_that_is_given_anew(
    browse: Callable[..., Page], violations: Callable[[Page], list[str]]
) -> None:
    project, ann = checked_project()
    reviewer = factories.member(project, Role.REVIEWER, name="Rev Iewer")
    flag = Flag.objects.filter(project=project, reason=LABEL_ERROR.name, evidence__given="other").first()
    assert flag is not None

    page = browse(reviewer, path=reverse("project-quality", args=(project.slug,)))
    page.locator(".dc-matrix").get_by_role("link", name=f"given other, suggested {flag.evidence['suggested']}").click()
    doubted = int(card(page).get_attribute("data-flag") or 0)
    page.keyboard.press("a")
    expect(page.locator(f'.dc-review-card[data-flag="{doubted}"]:visible')).to_have_count(0)
    saved(page)
    decided = Flag.objects.get(pk=doubted)
    assert Label.objects.get(task=decided.task_id, retired_at=None).value == decided.evidence["suggested"]

    page.goto(page.url.partition("?")[0] + f"?reason={NEAR_DUPLICATE.name}")
    copies = Flag.objects.get(project=project, reason=NEAR_DUPLICATE.name)
    expect(
        card(page)
        .get_by_text("Nearly the same item is there 3 times")
        .or_(card(page).get_by_text("The same item is there 3 times"))
    ).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("q")
    expect(page.locator(f'.dc-review-card[data-flag="{copies.pk}"]:visible')).to_have_count(0)
    saved(page)
    copies.refresh_from_db()
    assert copies.state == FlagState.RESOLVED
    states = QueueEntry.objects.filter(task__in=copies.evidence["members"]).values_list("state", flat=True)
    assert sorted(states) == [TaskState.LABELED, TaskState.QUARANTINED, TaskState.QUARANTINED]

    page.get_by_role("link", name="Samples").click()
    page.wait_for_url(f"**{reverse('project-samples', args=(project.slug,))}")
    page.wait_for_load_state("load")  # its keys are listened to by then
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
