"""The task explorer and the way to a new project by keyboard alone, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from labeling.models import Label, Project, QueueEntry, Role, SchemaVersion, Task, TaskState
from tests import factories

Browse = Callable[..., Page]


def explorer(project: Project) -> str:
    return f"/p/{project.slug}/tasks/"


def ready(page: Page) -> None:
    """Wait until the page listens to its keys."""
    page.locator("[data-explorer][data-ready]").wait_for()


def test_tasks_are_marked_selected_and_opened_with_keys(browse: Browse) -> None:
    project = factories.project()
    tasks = factories.tasks(project, 5)
    page = browse(project.created_by, path=explorer(project))
    ready(page)
    bar = page.locator("[data-bulk-count]")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar).to_have_text("1 task selected")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(bar).to_have_text("3 tasks selected")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{tasks[1].pk}/")
    page.keyboard.press("j")
    page.wait_for_url(f"**/tasks/{tasks[2].pk}/")


def test_all_that_fit_are_quarantined_and_brought_back_by_undo(browse: Browse) -> None:
    project = factories.project()
    factories.tasks(project, 55)
    quarantined = QueueEntry.objects.filter(state=TaskState.QUARANTINED)
    page = browse(project.created_by, path=explorer(project))
    ready(page)
    page.get_by_label("Select all tasks on this page").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("50 tasks selected")
    page.get_by_role("button", name="Select all 55 that fit").click()
    expect(page.locator("[data-bulk-count]")).to_have_text("All 55 tasks that fit selected")
    page.get_by_role("button", name="Quarantine").click()
    expect(page.get_by_text("55 tasks quarantined")).to_be_visible()
    assert quarantined.count() == 55
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back for 55 tasks.")).to_be_visible()
    assert not quarantined.exists()


def test_unticking_one_task_takes_back_that_all_are_chosen(browse: Browse) -> None:
    project = factories.project()
    factories.tasks(project, 55)
    page = browse(project.created_by, path=explorer(project))
    ready(page)
    page.get_by_label("Select all tasks on this page").check()
    page.get_by_role("button", name="Select all 55 that fit").click()
    page.locator("input[data-select]").first.uncheck()
    expect(page.locator("[data-bulk-count]")).to_have_text("49 tasks selected")
    page.get_by_role("button", name="Quarantine").click()
    expect(page.get_by_text("49 tasks quarantined")).to_be_visible()
    assert QueueEntry.objects.filter(state=TaskState.QUARANTINED).count() == 49


def test_a_label_is_assigned_in_the_grid(browse: Browse) -> None:
    project = factories.project()
    tasks = factories.tasks(project, 3)
    page = browse(factories.member(project, Role.REVIEWER), path=explorer(project))
    ready(page)
    page.get_by_role("button", name="Grid").click()
    expect(page.locator(".dc-tile")).to_have_count(3)
    ready(page)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Assign label").click()
    expect(page.get_by_role("dialog", name="Assign to 2 tasks")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text("2 tasks labeled “delivery”.")).to_be_visible()
    assert {label.task_id: label.value for label in Label.objects.all()} == {task.pk: "delivery" for task in tasks[:2]}


def test_the_palette_does_what_a_command_says(browse: Browse) -> None:
    page = browse(factories.user())
    root = page.locator("html")

    def command(words: str, name: str) -> None:
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        expect(page.get_by_role("option", name=name)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")

    command("dark", "Dark theme")
    expect(root).to_have_attribute("data-theme", "dark")
    command("shortcuts", "Keys on this page")
    expect(page.get_by_role("dialog", name="Keys on this page")).to_be_visible()
    page.keyboard.press("Escape")
    command("log out", "Sign out")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_address_of_a_filter_holds_only_what_is_asked(browse: Browse) -> None:
    project = factories.project()
    factories.tasks(project, 2, split="train")
    page = browse(project.created_by, path=explorer(project))
    ready(page)
    page.keyboard.press("/")
    page.keyboard.type("message")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/?q=message")
    page.get_by_role("search").get_by_label("Split").select_option("train")
    page.wait_for_url("**/tasks/?q=message&split=train")
    page.get_by_role("link", name="Take out the condition: Train split").click()
    page.wait_for_url("**/tasks/?q=message")
    assert Task.objects.count() == 2


def test_a_project_is_made_by_keyboard_and_its_labels_are_checked_while_typed(browse: Browse) -> None:
    person = factories.user()
    page = browse(person, path="/p/new/")
    page.keyboard.press("3")
    page.wait_for_url("**/p/new/text-classification/")
    page.keyboard.type("Letters")
    page.get_by_label("Labels", exact=True).focus()
    page.keyboard.type("complaint, praise, complaint")
    expect(page.get_by_text("“complaint” is in the list more than once.")).to_be_visible()
    for _ in range(len(", complaint")):
        page.keyboard.press("Backspace")
    expect(page.get_by_label("Key of praise")).to_have_value("2")
    page.get_by_label("Key of praise").fill("p")
    expect(page.get_by_label("Key of praise")).to_be_focused()
    page.get_by_role("button", name="Back").click()
    page.wait_for_url("**/p/new/")
    page.keyboard.press("3")
    expect(page.get_by_label("Name of the project")).to_have_value("Letters")
    expect(page.get_by_label("Key of praise")).to_have_value("p")
    page.get_by_label("Name of the project").press("Enter")
    page.wait_for_url("**/p/letters/imports/")
    labels = SchemaVersion.objects.get(project__slug="letters").body["questions"][0]["labels"]
    assert [(label["name"], label["key"]) for label in labels] == [("complaint", "1"), ("praise", "p")]
