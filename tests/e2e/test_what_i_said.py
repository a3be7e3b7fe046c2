"""What the label page says of a person's own work is true: flags, comments, drafts, and how much is left."""

from __future__ import annotations

from playwright.sync_api import expect

from labeling.models import Comment, Flag, FlagState
from labeling.services import claims
from tests.e2e.labeling import SEVERAL_QUESTIONS, Browse, answer, item, label_page, make, saved


def test_flags_and_comments_of_mine_are_seen_when_the_item_comes_back(browse: Browse) -> None:
    project, person = make(130)
    page = label_page(browse, project, person)
    left = page.locator("[data-left]")
    expect(left).to_have_text("130 left")
    page.keyboard.press("f")
    page.get_by_role("textbox").fill("Cut off?")
    page.keyboard.press("Control+Enter")
    flagged = page.locator("[data-said=flag]")
    expect(flagged).to_have_attribute("title", "You flagged it: Cut off?")
    page.keyboard.press("c")
    page.get_by_role("textbox").fill("Ask Ann.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-said=comments]")).to_contain_text("1")
    first = answer(page, "1")
    expect(flagged).to_have_count(0)
    expect(left).to_have_text("129 left")
    expect(saved(page)).to_have_text("Saved")
    assert (Flag.objects.get().state, Comment.objects.count()) == (FlagState.OPEN, 1)

    page.reload()
    expect(left).to_have_text("129 left")
    page.locator(".ed-recent-item").first.click()
    expect(item(page)).to_have_text(first)
    expect(page.locator("[data-said=comments]")).to_contain_text("1")
    page.keyboard.press("f")
    expect(page.get_by_text("Your flag on item")).to_be_visible()
    expect(flagged).to_have_count(0)
    assert Flag.objects.get().state == FlagState.CLOSED
    page.get_by_role("button", name="Flag it again").click()
    expect(flagged).to_have_attribute("title", "You flagged it: Cut off?")
    expect(saved(page)).to_have_text("Saved")
    assert [flag.note for flag in Flag.objects.filter(state=FlagState.OPEN)] == ["Cut off?"]


def test_twenty_texts_are_ahead_and_what_came_in_meanwhile_is_counted(browse: Browse) -> None:
    project, person = make(130)
    page = label_page(browse, project, person)
    expect(page.locator("[data-left]")).to_have_text("130 left")
    held = claims.claim(actor=person, project=project, count=0, held=True).task_ids
    assert len(held) > 20
    page.context.set_offline(True)
    for number in range(1, 22):
        answer(page, "1")
        expect(saved(page)).to_have_text(f"Offline, {number} waiting")
    today = page.locator(".ed-progress")
    expect(today).to_contain_text("21 today")
    page.context.set_offline(False)
    expect(saved(page)).to_have_text("Saved", timeout=30_000)
    expect(today).to_contain_text("109 left")


def test_a_draft_is_not_called_saved_and_the_button_shows_the_key_that_submits(browse: Browse) -> None:
    project, person = make(5, schema=SEVERAL_QUESTIONS)
    page = label_page(browse, project, person)
    submit = page.get_by_role("button", name="Submit")
    expect(submit).to_contain_text("Enter")
    expect(page.locator(".ed-rating .ed-key")).to_have_text(["1", "2", "3", "4", "5"])
    page.get_by_role("textbox", name="note").fill("Half a thought")
    expect(submit).to_contain_text("Ctrl Enter")
    expect(saved(page)).to_have_text("Draft saved")
    page.keyboard.press("Escape")
    expect(submit).not_to_contain_text("Ctrl")
    page.reload()
    expect(page.get_by_role("textbox", name="note")).to_have_value("Half a thought")
    expect(saved(page)).to_have_text("Draft kept in this browser")
