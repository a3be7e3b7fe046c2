"""How many people are asked about which tasks: rules beside a project's number of people per task."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from labeling.models.documents import JsonDocument

MAX_PEOPLE = 50
"""People who can be asked about one task."""


class OverlapRule(BaseModel):
    """So many people are asked about the tasks that fit all its conditions; an empty condition fits every task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: int = Field(ge=1, le=MAX_PEOPLE, description="How many people answer each of these tasks.")
    share: float = Field(1.0, gt=0, le=1, description="Of a random share only, which stays the same for every task.")
    split: str = Field("", max_length=10, description="Of this split only; `none`: of tasks without one.")
    filter: str = Field("", max_length=2_000, description="Of tasks that fit this filter of the explorer only.")


class OverlapRules(JsonDocument):
    """A project's rules, in order: the first that fits a task holds. Another seed draws other shares."""

    seed: int = 0
    rules: tuple[OverlapRule, ...] = ()
