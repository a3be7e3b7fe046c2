"""The label page in Chromium: what it loads, and how long a key press takes to the screen."""

from __future__ import annotations

import os
import shutil
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from labeling.models import Project, User
from tests.bench.results import Load, Sample, Seen
from tests.bench.site import Site

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
ITEM = ".dc-item-text"
KIND = "choice"
"""The kind of the question that the projects of the bench ask: its part of the editor is loaded for itself."""

# The same clock on a page that only writes one word: what the browser itself takes for a key.
_BARE = """() => {
    document.body.textContent = "0";
    document.addEventListener("keydown", (event) => {
        document.body.textContent = String(Number(document.body.textContent) + 1);
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => performance.measure("bare", { start: event.timeStamp, end: performance.now() });
            port2.postMessage(null);
        });
    });
}"""


def label_page(site: Site, project: Project, person: User, *, items: int) -> Seen:
    """Open the page with an empty and with a full cache, and answer so many items."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    address = site.address + reverse("project-label", args=(project.slug,))
    program = os.environ.get("DCAI_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site.address}])
            first, page = _open(context, address)
            page.close()
            again, page = _open(context, address)
            _answer(page, items)
            answer, following = _measured(page, "dcai:answer"), _measured(page, "dcai:next-item")
            return Seen(first, again, answer, following, _bare(browser, items))
        finally:
            browser.close()


def _open(context: BrowserContext, address: str) -> tuple[Load, Page]:
    page = context.new_page()
    kinds: dict[str, tuple[str, float]] = {}
    load = Load()

    def received(event: dict[str, Any]) -> None:
        own = event["type"] == "Script" and f"/{KIND}-" in event["response"]["url"]
        head = event["response"]["encodedDataLength"]
        kinds[event["requestId"]] = "Script of the kind" if own else event["type"], head

    def finished(event: dict[str, Any]) -> None:
        kind, head = kinds.get(event["requestId"], ("Other", 0))
        body = max(0, event["encodedDataLength"] - head)
        load.kilobytes[kind] = load.kilobytes.get(kind, 0) + body / 1024

    network = context.new_cdp_session(page)
    network.on("Network.responseReceived", received)
    network.on("Network.loadingFinished", finished)
    network.send("Network.enable")
    page.goto(address)
    page.wait_for_selector(ITEM)
    load.seconds = page.evaluate("() => performance.now()") / 1000
    page.wait_for_load_state("networkidle")
    return load, page


def _answer(page: Page, items: int) -> None:
    for _ in range(items):
        text = page.inner_text(ITEM)
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_function("([item, old]) => document.querySelector(item)?.innerText !== old", arg=[ITEM, text])


def _bare(browser: Browser, turns: int) -> Sample:
    page = browser.new_page()
    page.evaluate(_BARE)
    for _ in range(turns):
        page.keyboard.press("1")
        page.wait_for_timeout(30)
    return _measured(page, "bare")


def _measured(page: Page, name: str) -> Sample:
    durations = page.evaluate(f"() => performance.getEntriesByName('{name}').map((entry) => entry.duration)")
    return Sample([duration / 1000 for duration in durations])
