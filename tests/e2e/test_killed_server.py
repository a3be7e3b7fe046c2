"""The label page in a browser while the real product is killed under it: what it says is true, and nothing is lost."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator

import psutil
import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import factories
from tests.chaos import stage
from tests.e2e.conftest import DESKTOP
from tests.e2e.labeling import answer, item, saved
from tests.running import Site, new_site

pytestmark = [pytest.mark.timeout(600), pytest.mark.heavy]

BACK = 60_000
"""Milliseconds within which everything is there again, on a busy machine too."""
_STORED = """
SELECT t.data ->> 'text', a.answers ->> 'intent', count(r.id) FROM labeling_annotation a
JOIN labeling_task t ON t.id = a.task_id JOIN labeling_annotationrevision r ON r.annotation_id = a.id
JOIN labeling_user u ON u.id = a.annotator_id
WHERE u.email = %s AND a.state = 'submitted' AND r.state = 'submitted' GROUP BY 1, 2
"""


@pytest.fixture(scope="module")
def product() -> Iterator[Site]:
    """Start the product with engines of its own, and people with work."""
    with new_site("dcai-e2e-") as site:
        site.up()
        stage.build(site, people=4, tasks=80)
        yield site


@pytest.fixture(autouse=True)
def _ready(product: Site) -> None:
    product.until(product.is_ready)


@pytest.fixture
def visit(product: Site, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Return a function that opens the label page for a person, who signs in for it."""
    contexts: list[BrowserContext] = []

    def open_page(email: str) -> Page:
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{product.port}",
            viewport=DESKTOP,  # type: ignore[arg-type]  # a plain dict of the two sizes
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/p/once/label/")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
        page.keyboard.press("Enter")
        expect(item(page)).to_be_visible(timeout=BACK)
        expect(saved(page)).to_have_text("Saved", timeout=BACK)
        return page

    yield open_page
    for context in contexts:
        context.close()


def stored(product: Site, email: str) -> dict[str, str]:
    """Return what the person submitted, by the text of the task; every save must be there once."""
    with psycopg.connect(product.engines["DATABASE_URL"]) as connection:
        rows = connection.execute(_STORED, (email,)).fetchall()
    assert {count for _, _, count in rows} <= {1}
    return {text: label for text, label, _ in rows}


def with_all_below(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def frozen(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Stop processes in mid-sentence: what was asked of them is on its way and not answered."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    return processes


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        process.kill()


def test_a_web_server_killed_in_mid_save(product: Site, visit: Callable[[str], Page]) -> None:
    email = "annotator-0@example.org"
    page = visit(email)
    given = {answer(page, "1"): "billing"}
    expect(saved(page)).to_have_text("Saved")

    server = frozen(with_all_below(product.child("granian")))
    given[answer(page, "2")] = "delivery"
    given[answer(page, "3")] = "other"
    expect(saved(page)).to_have_text("Saving")
    kill(server)
    expect(saved(page)).to_have_text("The server does not answer, 2 waiting")
    given[answer(page, "1")] = "billing"
    expect(saved(page)).to_have_text(re.compile("The server does not answer, 3 waiting|Saved"))

    expect(saved(page)).to_have_text("Saved", timeout=BACK)
    assert stored(product, email) == given
    given[answer(page, "2")] = "delivery"
    expect(saved(page)).to_have_text("Saved", timeout=BACK)
    assert stored(product, email) == given


def test_a_database_killed_in_mid_save(product: Site, visit: Callable[[str], Page]) -> None:
    email = "annotator-1@example.org"
    page = visit(email)
    server = frozen(with_all_below(product.child("postgres", "-D")))
    given = {answer(page, "1"): "billing", answer(page, "3"): "other"}
    expect(saved(page)).to_have_text("Saving")
    kill(server)
    expect(saved(page)).to_have_text("The server does not answer, 2 waiting")

    expect(saved(page)).to_have_text("Saved", timeout=BACK)
    assert stored(product, email) == given


def test_a_redis_that_hangs_and_is_killed(product: Site, visit: Callable[[str], Page]) -> None:
    page = visit("annotator-2@example.org")
    indicator = page.locator("#job-indicator")
    expect(indicator).to_have_attribute("aria-label", re.compile("^Jobs: none|running$"))
    redis = frozen([product.child("redis-server")])
    given = {answer(page, "1"): "billing", answer(page, "2"): "delivery"}
    expect(saved(page)).to_have_text("Saved", timeout=BACK)
    assert stored(product, "annotator-2@example.org") == given
    expect(indicator).to_contain_text("Jobs wait", timeout=BACK)

    # Somebody else signs in meanwhile, and can read why.
    other = visit("annotator-3@example.org")
    given_there = {answer(other, "1"): "billing"}
    expect(saved(other)).to_have_text("Saved", timeout=BACK)
    assert stored(product, "annotator-3@example.org") == given_there
    other.goto("/jobs/")
    expect(other.get_by_text("Background work waits")).to_be_visible()
    expect(other.get_by_role("main")).to_contain_text("Redis, which hands them to the workers, does not answer.")

    kill(redis)
    expect(indicator).not_to_contain_text("Jobs wait", timeout=BACK)
    product.until(product.is_ready)
