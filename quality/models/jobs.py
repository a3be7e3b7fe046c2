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


class PredictionsParams(JsonDocument):
    """A file of predictions, and what it predicts.

    Parameters
    ----------
    form
        The name of the file's format.
    model
        What the team calls its model.
    """

    upload: int
    sha256: str
    form: str
    question: str
    model: str
    out_of_fold: bool = True

    def is_like(self, other: PredictionsParams) -> bool:
        """Tell whether both say the same of the same content, however often it was sent."""
        return self.model_dump(exclude={"upload"}) == other.model_dump(exclude={"upload"})


class PredictionsCursor(JsonDocument):
    """Whether all rows were taken, and how many they were."""

    over: bool = False
    taken: int = 0


class PredictionsResult(JsonDocument):
    """What became of the rows: all were taken, or none."""

    model: str = ""
    question: str = ""
    taken: int = 0
    rejected: int = 0


class AgreementParams(JsonDocument):
    """Which question; empty: all of them."""

    question: str = ""


class AgreementCursor(JsonDocument):
    """The questions that are done."""

    done: list[str] = Field(default_factory=list)


class AgreementResult(JsonDocument):
    """How many questions were measured."""

    questions: int = 0
