"""Jobs: what a worker of the site does, followed from afar."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from dcai.errors import DcaiError, JobFailed
from dcai.transport import Transport

OVER = {"succeeded", "failed", "cancelled"}


class Job:
    """A job as it was when it was last looked at."""

    def __init__(self, transport: Transport, document: dict[str, Any]) -> None:
        self._transport = transport
        self.id = int(document["id"])
        self.document = document

    def __repr__(self) -> str:
        return f"<Job {self.id}: {self.state}, {self.progress:.0%}>"

    @property
    def state(self) -> str:
        """One of queued, running, succeeded, failed, cancelled."""
        return str(self.document["state"])

    @property
    def progress(self) -> float:
        """How much of it is done, from 0 to 1."""
        return float(self.document["progress"])

    @property
    def error(self) -> str:
        """Why it failed, for a person."""
        return str(self.document["error"] or "")

    @property
    def result(self) -> dict[str, Any]:
        """What it did; empty until it has succeeded."""
        return dict(self.document["result"] or {})

    def refresh(self) -> Job:
        """Look at it again."""
        self.document = self._transport.json("GET", f"jobs/{self.id}/")
        return self

    def wait(self, *, timeout: float | None = None, every: float = 0.5) -> Job:
        """Wait until it is over; raises `JobFailed` unless it succeeded, `DcaiError` after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.refresh().state not in OVER:
            if until is not None and time.monotonic() > until:
                message = f"Job {self.id} is {self.state} after {timeout:.0f} s. It goes on; ask again with wait()."
                raise DcaiError(message)
            time.sleep(every)
        if self.state != "succeeded":
            raise JobFailed(self)
        return self

    def problems(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of a file that were not taken: row, column, message."""
        return self._transport.pages(f"jobs/{self.id}/problems/", {"limit": 1000})

    def cancel(self) -> Job:
        """Cancel it: at once while it waits, at its next step while it runs."""
        self.document = self._transport.json("DELETE", f"jobs/{self.id}/")
        return self


def job_numbered(transport: Transport, number: int) -> Job:
    """Return the job of this number."""
    return Job(transport, transport.json("GET", f"jobs/{number}/"))
