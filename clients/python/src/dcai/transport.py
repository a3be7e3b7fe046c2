"""Requests: the token, the pages of lists, and what is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from dcai.errors import RequestFailed

BUSY = {429, 503}
"""The site did nothing, and says when to ask again."""
LOST = {502, 504}
"""Something before the site did not hear from it: it may have done what was asked."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LONGEST_WAIT = 30.0

Body = Callable[[], Mapping[str, Any]]
"""Makes what to send: a file is read from its beginning at every attempt."""


class Transport:
    """Sends requests to one site as one person or service account."""

    def __init__(
        self, url: str, token: str, *, timeout: float, attempts: int, transport: httpx.BaseTransport | None
    ) -> None:
        self.url = url.rstrip("/")
        self.attempts = attempts
        self._http = httpx.Client(
            base_url=f"{self.url}/api/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=timeout,
            transport=transport,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Body = dict,
        harmless: bool | None = None,
    ) -> httpx.Response:
        """Send a request; `harmless`: it may be sent twice, as all may be but POST and PATCH."""
        twice = method not in {"POST", "PATCH"} if harmless is None else harmless
        for attempt in range(1, self.attempts + 1):
            try:
                response = self._http.request(method, path, params=_asked(params), **body())
            except httpx.TransportError as error:
                if attempt == self.attempts or not (twice or isinstance(error, NEVER_SENT)):
                    raise
                time.sleep(_pause(attempt, None))
                continue
            again = response.status_code in BUSY or (twice and response.status_code in LOST)
            if not again or attempt == self.attempts:
                break
            time.sleep(_pause(attempt, response.headers.get("Retry-After")))
        if response.is_error:
            raise RequestFailed(response)
        return response

    def json(self, method: str, path: str, **how: Any) -> Any:
        """Send a request and return what the answer says."""
        return self.request(method, path, **how).json()

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list, page by page as they are needed."""
        asked: dict[str, Any] | None = dict(params or {})
        while asked is not None:
            page = self.json("GET", path, params=asked)
            yield from page["results"]
            # Only what comes after the question mark: the token goes to no other address than the one given.
            asked = dict(parse_qsl(urlsplit(page["next"]).query)) if page.get("next") else None

    @contextmanager
    def stream(self, path: str, params: Mapping[str, Any]) -> Iterator[httpx.Response]:
        """Open an answer that is read in pieces."""
        with self._http.stream("GET", path, params=_asked(params)) as response:
            if response.is_error:
                response.read()
                raise RequestFailed(response)
            yield response


def _asked(params: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (params or {}).items() if value is not None}


def _pause(attempt: int, told: str | None) -> float:
    if told and told.isdigit():
        return min(float(told), LONGEST_WAIT)
    return min(0.25 * 2.0**attempt, LONGEST_WAIT) * random.uniform(0.5, 1.0)  # noqa: S311 - only spreads the load
