"""Pages of lists over HTTP, as people wait for them, without and during a check of another project."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings

from tests.bench.pages import _explorer, _signed_in
from tests.bench.results import Sample

if TYPE_CHECKING:
    from labeling.models import Project, User


@dataclass(slots=True)
class Beside:
    """One page that is asked for in both ways."""

    name: str
    address: str
    without: Sample = field(default_factory=Sample)
    during: Sample = field(default_factory=Sample)


def pages_of(project: Project) -> list[Beside]:
    """Return what is asked for: the explorer with each of its filters, orders and searches."""
    looks = [look for look in _explorer(project) if not look.grid]
    return [Beside(look.name, f"{look.path}?{urlencode(look.query)}") for look in looks]


def asker(port: int, user: User) -> Callable[[str], None]:
    """Return what asks the running site for a page as this person."""
    cookie = _signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(address: str) -> None:
        asking.request("GET", address, headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"})
        reply = asking.getresponse()
        content = reply.read()
        if reply.status != 200:
            raise RuntimeError(address, reply.status, content[:300])

    return ask


def take(pages: list[Beside], ask: Callable[[str], None], *, turns: int, during: bool) -> None:
    """Ask for every page so many times, in turn."""
    for _ in range(turns):
        for page in pages:
            sample = page.during if during else page.without
            sample.take(lambda page=page: ask(page.address))  # type: ignore[misc]


def rows(pages: list[Beside]) -> list[list[str]]:
    """Return a row for each page: medians and 95th percentiles, and the median during to without."""
    return [
        [page.name, _times(page.without), _times(page.during), f"{page.during.median / page.without.median:.1f}"]
        for page in pages
    ]


def _times(sample: Sample) -> str:
    return f"{sample.median * 1000:.0f} / {sample.p95 * 1000:.0f}"
