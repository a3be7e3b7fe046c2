"""What every test may use: signed-in clients, a browser, and no way out to the network."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient

from labeling.models import User
from labeling.services.imports import running
from tests import template
from tests.sessions import signed_in

BROWSER = os.environ.get("DCAI_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
NO_BROWSER = "no Chromium found: install it (Debian: apt-get install chromium) or set DCAI_CHROMIUM to its path"
BROWSER_TESTS_REQUIRED = bool(os.environ.get("DCAI_REQUIRE_E2E"))
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCAL_ADDRESSES = {"127.0.0.1", "::1", "localhost"}

# How long an example takes says how busy the machine is, and fails now and then; the whole test has its time limit.
hypothesis_settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("suite")


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """Return a function that gives a browser-like client signed in as a person."""

    def sign_in(user: User) -> Client:
        return signed_in(Client(), user)

    return sign_in


@pytest.fixture
def api_for() -> Callable[[User], APIClient]:
    """Return a function that gives an API client signed in as a person."""

    def sign_in(user: User) -> APIClient:
        return signed_in(APIClient(), user)

    return sign_in


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Keep the structure of the database for the next run where this one had to make it."""
    if not settings.DATABASES["default"]["TEST"]["TEMPLATE"]:
        template.keep(connection.settings_dict["NAME"])


@pytest.fixture
def own_storage(settings: Any, tmp_path: Path) -> Path:
    """Store files in a folder of the test's own, and return it."""
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}}
    return tmp_path


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> Iterable[None]:
    """Let no test see what another one cached."""
    yield
    if "django_db_setup" in request.fixturenames:
        cache.clear()


@pytest.fixture(autouse=True)
def _progress_in_the_tests_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell the progress of an import on the test's own connection where no other one would see the job."""
    outside = running._outside_transaction

    def where_the_job_is(run: Any) -> AbstractContextManager[Any]:
        return nullcontext(run.progress) if connection.in_atomic_block else outside(run)

    monkeypatch.setattr(running, "_outside_transaction", where_the_job_is)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the Chromium of this machine; Playwright downloads none."""
    return {**browser_type_launch_args, "executable_path": BROWSER, "args": BROWSER_FLAGS}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything under tests/e2e as browser tests, and skip those when there is no browser."""
    folder = Path(__file__).parent / "e2e"
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.e2e)
        if not BROWSER and item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays: modules, models and tests, which are most of all objects."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly that the browser tests did not run."""
    if not BROWSER and terminalreporter.stats.get("skipped"):
        terminalreporter.section("BROWSER TESTS WERE SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.line(NO_BROWSER, red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that had to drive the browser and did not."""
    if not BROWSER_TESTS_REQUIRED or hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    passed = reporter.stats.get("passed", []) if reporter else []
    if not any("e2e" in report.keywords for report in passed):
        sys.stderr.write("No browser test ran and DCAI_REQUIRE_E2E is set: this run fails.\n")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _refuse_to_leave(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and address[0] not in LOCAL_ADDRESSES:
        message = f"A test tried to reach {address[0]}: tests use no network."
        raise PermissionError(message)


sys.addaudithook(_refuse_to_leave)
