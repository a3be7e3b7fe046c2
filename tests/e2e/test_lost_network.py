"""Long without a network, tabs closed and opened, two tabs at once: nothing is lost, and what the page says is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import OperationalError
from django.urls import reverse
from playwright.sync_api import Page, expect

from labeling.models import Annotation, AnnotationRevision, AnnotationState
from tests.e2e.labeling import address, answer, answers, item, label_page, make, saved

Browse = Callable[..., Page]

AHEAD = 25
LABELS = {"1": "billing", "2": "delivery", "3": "other"}


@pytest.fixture
def far_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the editor lease so many tasks ahead that twenty can be answered without the server."""
    monkeypatch.setattr("labeling.web.annotations.PREFETCH", AHEAD)


@contextmanager
def full_disk() -> Iterator[None]:
    """Let the database have no room for answers."""

    def fail(*_: object, **__: object) -> None:
        error = OperationalError("could not extend file")
        raise error from psycopg.errors.DiskFull("could not extend file")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("labeling.api.annotations.saving.submit", fail)
        yield


@pytest.mark.usefixtures("far_ahead")
def test_twenty_answers_without_a_network_are_counted_kept_and_saved_once(browse: Browse) -> None:
    project, person = make(40)
    page = label_page(browse, project, person)
    expect(saved(page)).to_have_text("Saved")
    page.context.set_offline(True)
    given: dict[str, str] = {}
    for number in range(1, 21):
        key = str(1 + number % 3)
        given[answer(page, key)] = LABELS[key]
        expect(saved(page)).to_have_text(f"Offline, {number} waiting")
        page.wait_for_timeout(150)  # several tries to send come and fail meanwhile
    # Second thoughts without a network: the last answer is opened again and given anew.
    page.keyboard.press("z")
    expect(page.locator("[data-announcer]")).to_contain_text("open again")
    again = item(page).inner_text()
    assert answer(page, "1") == again
    given[again] = "billing"
    expect(saved(page)).to_have_text("Offline, 20 waiting")
    assert not Annotation.objects.exists()

    page.context.set_offline(False)
    expect(saved(page)).to_have_text("Saved", timeout=30_000)
    assert answers(project) == given
    assert AnnotationRevision.objects.filter(state=AnnotationState.SUBMITTED).count() == 20
    assert len(given) == 20


def test_who_runs_out_of_items_without_a_network_is_not_told_that_all_is_done(browse: Browse) -> None:
    project, person = make(20)
    page = label_page(browse, project, person)
    expect(saved(page)).to_have_text("Saved")
    page.context.set_offline(True)
    trouble = page.get_by_text("The server could not be reached. Check your connection.").first
    given = 0
    while not trouble.is_visible():
        answer(page, "1")
        given += 1
        expect(saved(page)).to_have_text(f"Offline, {given} waiting")
        expect(item(page).or_(trouble).first).to_be_visible()
    assert 5 <= given < 20, "some are there ahead, but not all"
    expect(page.get_by_text("Nothing left for you to label here")).to_have_count(0)

    page.context.set_offline(False)
    expect(saved(page)).to_have_text("Saved", timeout=30_000)
    expect(item(page)).to_be_visible(timeout=30_000)
    assert len(answers(project)) == given


def test_answers_of_a_closed_tab_are_sent_by_the_next_one_without_being_asked(browse: Browse) -> None:
    project, person = make(12)
    page = label_page(browse, project, person)
    context = page.context
    expect(saved(page)).to_have_text("Saved")
    context.set_offline(True)
    given = {answer(page, key): LABELS[key] for key in ("1", "3", "2")}
    begun = item(page).inner_text()
    page.keyboard.press("2")
    expect(saved(page)).to_contain_text("waiting")
    page.close()
    context.set_offline(False)
    assert not Annotation.objects.filter(state=AnnotationState.SUBMITTED).exists()

    page = context.new_page()
    page.goto(address(project))
    expect(saved(page)).to_have_text("Saved", timeout=30_000)
    expect(item(page)).to_have_text(begun)
    expect(page.get_by_role("radio", name="delivery", exact=True)).to_be_checked()
    assert answers(project) == given
    assert AnnotationRevision.objects.filter(state=AnnotationState.SUBMITTED).count() == 3


def test_a_closed_tab_is_made_up_for_on_any_page_of_the_project_that_labels(browse: Browse) -> None:
    project, person = make(12)
    page = label_page(browse, project, person)
    context = page.context
    context.set_offline(True)
    text = answer(page, "1")
    expect(saved(page)).to_have_text("Offline, 1 waiting")
    page.close()
    context.set_offline(False)

    # Elsewhere on the site nothing pretends that it was saved.
    page = context.new_page()
    page.goto(reverse("project-overview", args=(project.slug,)))
    assert answers(project) == {}
    page.goto(address(project))
    expect(saved(page)).to_have_text("Saved", timeout=30_000)
    assert answers(project) == {text: "billing"}


def test_two_tabs_without_a_network_count_together_and_both_end_saved(browse: Browse) -> None:
    project, person = make(20)
    one = label_page(browse, project, person)
    other = one.context.new_page()
    other.goto(address(project))
    expect(item(other)).to_be_visible()
    for tab in (one, other):
        expect(saved(tab)).to_have_text("Saved")
    one.context.set_offline(True)
    given = {answer(one, "1"): "billing", answer(one, "1"): "billing"}
    expect(saved(one)).to_have_text("Offline, 2 waiting")
    given[answer(other, "2")] = "delivery"
    # The outbox is one for both tabs, and both say how much is in it.
    for tab in (one, other):
        expect(saved(tab)).to_have_text("Offline, 3 waiting")

    one.context.set_offline(False)
    for tab in (one, other):
        expect(saved(tab)).to_have_text("Saved", timeout=30_000)
    assert answers(project) == given
    assert AnnotationRevision.objects.count() == 3


def test_a_full_disk_is_said_so_and_the_answer_is_kept(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    expect(saved(page)).to_have_text("Saved")
    with full_disk():
        text = answer(page, "1")
        expect(saved(page)).to_have_text("The server's disk is full, 1 waiting")
        page.reload()
        expect(saved(page)).to_have_text("The server's disk is full, 1 waiting")
    assert not Annotation.objects.exists()

    page.get_by_role("button", name="Try now").click()
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {text: "billing"}


def test_a_page_without_its_database_comes_back_by_itself(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    project, _ = make()

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as away:
        away.setattr("labeling.web.jobs.job_reads.jobs", fail)
        page = browse(project.created_by, path="/jobs/")
        expect(page.get_by_text("The database does not answer.")).to_be_visible()
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible(timeout=30_000)
