"""The product in a real browser: a live server, people signed in, and the accessibility check."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from labeling.models import JobRun, User
from labeling.services import jobs
from tests.sessions import signed_in

AXE = Path(__file__).resolve().parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = {"width": 1280, "height": 800}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE = {"width": 360, "height": 740}

expect.set_options(timeout=10_000)


@pytest.fixture
def site(transactional_db: None, live_server: LiveServer, settings: Settings) -> str:
    """Return the address of the running product."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    return str(live_server.url)


@pytest.fixture
def browse(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page in a browser of its own, signed in as a person if one is given."""
    contexts: list[BrowserContext] = []

    def open_page(user: User | None = None, *, path: str = "/", dark: bool = False, phone: bool = False) -> Page:
        context = browser.new_context(
            base_url=site,
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]  # a plain dict of the two sizes
            has_touch=phone,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            accept_downloads=True,
        )
        contexts.append(context)
        if user is not None:
            sign_in(context, user, site)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    served()


class UnderWay:
    """Counts the requests that the live server, whose threads are this process's, is about to answer."""

    def __init__(self) -> None:
        self.requests = 0
        self._lock = threading.Lock()
        request_started.connect(self._began)
        request_finished.connect(self._ended)

    def _began(self, **_: Any) -> None:
        with self._lock:
            self.requests += 1

    def _ended(self, **_: Any) -> None:
        with self._lock:
            self.requests -= 1


_under_way = UnderWay()


def served() -> None:
    """Wait until the server has answered what closing pages still sent: emptying the tables must not meet it."""
    quiet = 0
    deadline = time.monotonic() + 10
    while quiet < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
        if _under_way.requests > 0:
            quiet = 0
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            quiet = 0 if cursor.fetchone()[0] else quiet + 1


def sign_in(context: BrowserContext, user: User, site: str) -> None:
    """Give a browser the session of a person."""
    client = signed_in(Client(), user)
    cookie = client.cookies[site_settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])


@pytest.fixture
def violations() -> Callable[..., list[str]]:
    """Return a function that lists what WCAG A and AA forbids on a page, or only what its colors break."""
    script = AXE.read_text(encoding="utf-8")

    def check(page: Page, *, colors_only: bool = False) -> list[str]:
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(script)
        rules = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]} if colors_only else WCAG
        found: dict[str, Any] = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
        return [
            f"{item['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
            for item in found["violations"]
            for node in item["nodes"]
        ]

    return check


def wide(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    width: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


@pytest.fixture
def worker(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Keep started runs waiting, as where workers are apart; return what lets a worker take the oldest one."""
    monkeypatch.setattr(jobs, "_send", lambda *_: None)
    threads: list[threading.Thread] = []

    def work(job_id: int) -> None:
        try:
            jobs.perform_job(job_id)
        finally:
            connection.close()

    def take() -> None:
        thread = threading.Thread(target=work, args=(JobRun.objects.filter(state="queued").earliest("pk").pk,))
        thread.start()
        threads.append(thread)

    yield take
    for thread in threads:
        thread.join(60)
