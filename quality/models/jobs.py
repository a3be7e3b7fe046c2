"""What the job of a run is told, how far it came, and what it tells."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from labeling.models.documents import JsonDocument


class RunParams(JsonDocument):
    """Which question to look at, and how.

    Parameters
    ----------
    trigger
        What started it (see `Trigger`).
    force
        Look again, although nothing has changed.
    options
        Settings by name; those left out have the default of a run.
    """

    question: str
    trigger: str
    force: bool = False
    options: dict[str, Any] = Field(default_factory=dict)


class RunCursor(JsonDocument):
    """The steps that are done, and whether their results are shown."""

    done: list[str] = Field(default_factory=list)
    shown: bool = False


class RunResult(JsonDocument):
    """The run, whether it had nothing new to look at, and what became of its findings."""

    run: int | None = None
    unchanged: bool = False
    found: int | None = None
    opened: int | None = None
    updated: int | None = None
    closed: int | None = None
    decided: int | None = None
