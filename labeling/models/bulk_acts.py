"""Acts on so many tasks that a job carries them out: what is asked for, how far it came, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from labeling.models.acts import Whom
from labeling.models.documents import JsonDocument


class BulkVerb(StrEnum):
    """What can be done to many tasks at once."""

    SPLIT = "split"
    QUARANTINE = "quarantine"
    RESTORE = "restore"
    LABEL = "label"
    ASK = "ask"
    SETTLE = "settle"
    GOLD = "gold"
    PLAIN = "plain"
    DELETE = "delete"


class BulkWish(JsonDocument):
    """What is to be done to tasks; each verb reads what belongs to it."""

    verb: BulkVerb
    split: str = ""
    reason: str = ""
    question: str = ""
    value: Any = None
    whom: Whom = Whom.SAME


class BulkParams(JsonDocument):
    """An act on many tasks as a job: the tasks in their order, and the list it was asked for in, to lead back there."""

    wish: BulkWish
    tasks: list[int]
    query: str = ""


class BulkCursor(JsonDocument):
    """How many tasks were looked at and changed, and the acts of the steps so far, by which they can be taken back."""

    looked_at: int = 0
    changed: int = 0
    acts: list[int] = Field(default_factory=list)


class BulkResult(JsonDocument):
    """How many tasks were changed."""

    changed: int


class TakingBackParams(JsonDocument):
    """The acts that are to be taken back, and how many tasks they changed."""

    acts: list[int]
    tasks: int


class TakingBackCursor(JsonDocument):
    """How many acts were looked at, and how many tasks were put back."""

    looked_at: int = 0
    taken_back: int = 0


class TakingBackResult(JsonDocument):
    """How many tasks were put back."""

    taken_back: int
