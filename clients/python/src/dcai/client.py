"""The way in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from dcai.errors import DcaiError
from dcai.jobs import Job, job_numbered
from dcai.project import Project
from dcai.transport import Transport


class Client:
    """A dcai site as one person, or one service account, uses it.

    Without arguments, address and token come from the environment: `DCAI_URL` and `DCAI_TOKEN`. `transport` is httpx's:
    for a proxy, or certificates of your own.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 60.0,
        attempts: int = 5,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        found_url, found_token = url or os.environ.get("DCAI_URL"), token or os.environ.get("DCAI_TOKEN")
        if not found_url or not found_token:
            message = "Say which site and as whom: Client(url, token), or DCAI_URL and DCAI_TOKEN in the environment."
            raise DcaiError(message)
        self._transport = Transport(found_url, found_token, timeout=timeout, attempts=attempts, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def me(self) -> dict[str, Any]:
        """Return who the token belongs to."""
        found: dict[str, Any] = self._transport.json("GET", "me/")
        return found

    def projects(self) -> Iterator[dict[str, Any]]:
        """Yield your projects."""
        return self._transport.pages("projects/")

    def project(self, slug: str) -> Project:
        """Return a project by its slug, the last part of its address."""
        return Project(self._transport, slug)

    def create_project(self, name: str, schema: Mapping[str, Any], **settings: Any) -> Project:
        """Make a project; `settings`: description, overlap, max_overlap, agreement_floor, lease_seconds."""
        sent = {"json": {"name": name, "schema": dict(schema), **settings}}
        made = self._transport.json("POST", "projects/", body=lambda: sent)
        return self.project(made["slug"])

    def job(self, number: int) -> Job:
        """Return a job by its number."""
        return job_numbered(self._transport, number)
