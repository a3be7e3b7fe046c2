"""What can go wrong, in the words of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from dcai.jobs import Job

_WORDS = 500


class DcaiError(Exception):
    """Whatever this package raises."""


class RequestFailed(DcaiError):
    """The site did not do what was asked, and says why."""

    def __init__(self, response: httpx.Response) -> None:
        try:
            told = response.json()
        except ValueError:
            told = None
        problem: dict[str, Any] = told if isinstance(told, dict) else {"detail": response.text[:_WORDS]}
        self.status = response.status_code
        self.detail = str(problem.get("detail") or problem.get("title") or f"The site answered {self.status}.")
        self.errors: list[dict[str, Any]] = problem.get("errors") or []
        self.current: Any = problem.get("current")
        self.request_id = str(problem.get("instance") or "").removeprefix("urn:dcai:request:")
        super().__init__(f"{self.status}: {self.detail}")


class JobFailed(DcaiError):
    """A job failed or was cancelled."""

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(job.error or f"Job {job.id} was {job.state}.")
