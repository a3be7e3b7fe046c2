"""A group of copies on a card: which of them stays, by keys, and the same card on a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from labeling.models import Flag, Project, QueueEntry, Role, Task, User
from labeling.reasons.near_duplicate import NEAR_DUPLICATE, NearDuplicateEvidence
from labeling.services import flags
from tests import factories
from tests.e2e.conftest import PHONE
from tests.e2e.reviewing import DECISIONS, address, card, saved
from tests.quality.services import making

Browse = Callable[..., Page]
TEXT = {"text": "Where is my parcel? It should have been here last week."}


def copied() -> tuple[Project, User, list[Task]]:
    """Make two groups of copies: one whose labels differ, across splits, and one that agrees."""
    project = factories.project()
    made = [
        *factories.tasks(project, data=[TEXT] * 2, split="train"),
        *factories.tasks(project, data=[TEXT], split="test"),
    ]
    making.label(made, ["billing", "delivery", "delivery"])
    other = factories.tasks(project, data=[{"text": "Thank you!"}] * 2, split="train")
    making.label(other, ["other", "other"])
    groups = ((made, 0.0, True), (other, 0.5, False))
    found = [
        flags.Finding(
            task_id=tasks[0].pk,
            reason=NEAR_DUPLICATE,
            score=score,
            evidence=NearDuplicateEvidence(
                members=tuple(task.pk for task in tasks), exact=True, labels_differ=bad, across_splits=bad
            ),
        )
        for tasks, score, bad in groups
    ]
    flags.sync_flags(project=project, question="intent", reasons=[NEAR_DUPLICATE], findings=found, actor=None)
    return project, factories.member(project, Role.REVIEWER, name="Ann Onymous"), made


def test_copies_are_decided_with_keys_and_taken_back(browse: Browse, violations: Callable[[Page], list[str]]) -> None:
    project, ann, made = copied()
    first = Flag.objects.get(project=project, task=made[0])
    page = browse(ann, path=address(project))
    shown = page.locator(f"[data-flag='{first.pk}']")
    expect(shown.get_by_label("Copies").locator("li")).to_have_count(3)
    assert violations(page) == []
    marked = shown.locator("[data-stays]:checked")
    expect(marked).to_have_value(str(made[0].pk))
    page.keyboard.press("n")
    expect(marked).to_have_value(str(made[1].pk))
    with page.expect_response(DECISIONS):
        page.keyboard.press("q")
    expect(shown).to_be_hidden()
    assert set(QueueEntry.objects.filter(state="quarantined").values_list("task", flat=True)) == {
        made[0].pk,
        made[2].pk,
    }

    with page.expect_response(DECISIONS):
        page.keyboard.press("z")
    expect(shown).to_be_visible()
    assert not QueueEntry.objects.filter(state="quarantined").exists()
    with page.expect_response(DECISIONS) as answered:
        page.keyboard.press("t")
    expect(shown).to_be_hidden()
    assert answered.value.status == 201
    assert set(Task.objects.values_list("split", flat=True)) == {"train"}

    phone = browse(ann, path=address(project), phone=True)
    saved(phone)
    assert violations(phone) == []
    bar = phone.locator(".dc-rail").bounding_box()
    assert bar is not None
    for button in card(phone).locator("[data-decision='keep_one'], [data-decision='keep']").all():
        place = button.bounding_box()
        assert place is not None
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= PHONE["width"]
        assert place["y"] + place["height"] <= bar["y"]
    with phone.expect_response(DECISIONS):
        card(phone).get_by_role("button", name="Keep one, quarantine 1").click()
    expect(phone.get_by_text("Nothing waits for review")).to_be_visible()
