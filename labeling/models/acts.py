"""Acts on many tasks, and reviewers' decisions: what was done, and what was there before, so that it can be undone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self, get_args

from django.conf import settings
from django.db import models
from django.db.models import Q
from pydantic import BaseModel, ConfigDict, Field, model_validator

from labeling.models.documents import JsonDocument
from labeling.models.projects import Project


class BulkAct(models.Model):
    """One act on many tasks, or a reviewer's decision.

    Its key makes a retried act the same act. `params` and `before` are read and written through `Act`.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    before = models.JSONField(default=list)
    count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("actor", "key"), name="bulk_act_key_once", condition=~Q(key="")),
        )
        indexes = (models.Index(fields=("project", "actor", "-id"), name="bulk_act_by_person"),)

    def __str__(self) -> str:
        return f"{self.verb} on {self.count} tasks"


class _Entry(BaseModel):
    """What an act did to one thing. Version 1 of acts wrote lists: the values in the order of the fields there were."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, stored: Any) -> Any:
        return dict(zip(cls.model_fields, stored, strict=False)) if isinstance(stored, list) else stored


class TaskBefore(_Entry):
    """A task as an act found it."""

    task: int


class SplitBefore(TaskBefore):
    """A task that was moved, and the split it was in."""

    split: str


class StateBefore(TaskBefore):
    """A task that was quarantined, and the state it was in."""

    state: str


class LabelBefore(TaskBefore):
    """A task that was labeled: the label that was there, the new one, and how many open slots were closed."""

    old: int | None
    new: int
    closed: int


class Replaced(_Entry):
    """A label that a decision wrote, and the one that was there."""

    old: int | None
    new: int


class Moved(_Entry):
    """The split that a task was in, and the one it was moved to."""

    old: str
    new: str


class DecidedBefore(TaskBefore):
    """A task that was decided about: by which flags, the labels, the slots that were closed, its quarantine and split.

    A flag about several tasks stands with each that its decision changed, and with its own.
    """

    flags: list[int]
    labels: list[Replaced]
    closed: int
    quarantined: bool
    moved: Moved | None = None


class AskedBefore(TaskBefore):
    """A task about which people were asked again: its slots before, and the answers that were opened again."""

    required: int
    open_slots: int
    answers: list[int]


class Resettled(_Entry):
    """A label that settling ended, and the one that it wrote in its place, if any."""

    old: int | None
    new: int | None


class SettledBefore(TaskBefore):
    """A task that was settled with the answers there were: its slots before, its labels, and what was in dispute."""

    required: int
    open_slots: int
    labels: list[Resettled]
    disputed: list[str] = Field(default_factory=list)


class Act(JsonDocument):
    """What a `BulkAct` did, by verb; the entries of its tasks are a column of their own."""

    VERSION: ClassVar[int] = 2
    VERB: ClassVar[str]

    before: list[Any]

    @property
    def task_ids(self) -> list[int]:
        """The tasks that were changed."""
        return [entry.task for entry in self.before]

    @classmethod
    def from_columns(cls, stored: BulkAct) -> Self:
        """Return what a `BulkAct` of this verb did, whichever version wrote it."""
        return cls.load({**stored.params, "before": stored.before})

    def columns(self) -> dict[str, Any]:
        """Return the columns of a `BulkAct` that hold it."""
        params = self.dump()
        before = params.pop("before")
        return {"verb": self.VERB, "params": params, "before": before, "count": len(before)}

    def event_payload(self) -> dict[str, Any]:
        """Return what it did, without its tasks, for the event."""
        return self.model_dump(mode="json", exclude={"before"})


class SplitAct(Act):
    """Tasks were put into a split."""

    VERB: ClassVar[str] = "split"
    split: str
    before: list[SplitBefore]


class MetaBefore(TaskBefore):
    """A task whose metadata were changed, and what they were."""

    meta: dict[str, Any]


class MetaAct(Act):
    """Tasks were given other metadata."""

    VERB: ClassVar[str] = "meta"
    meta: dict[str, Any]
    before: list[MetaBefore]

    def event_payload(self) -> dict[str, Any]:
        """Return nothing: the metadata may be much, and they are on the task."""
        return {}


class QuarantineAct(Act):
    """Tasks were taken out of queue, training and export."""

    VERB: ClassVar[str] = "quarantine"
    reason: str = ""
    before: list[StateBefore]


class DeleteAct(Act):
    """Tasks were deleted: they are in quarantine, and go for good when the time has come."""

    VERB: ClassVar[str] = "delete"
    due_at: datetime
    before: list[StateBefore]


class RestoreAct(Act):
    """Tasks were taken out of quarantine."""

    VERB: ClassVar[str] = "restore"
    before: list[TaskBefore]


class LabelAct(Act):
    """Tasks were given a label."""

    VERB: ClassVar[str] = "label"
    question: str
    value: Any = None
    before: list[LabelBefore]


class ReviewAct(Act):
    """Flags were decided alike.

    Parameters
    ----------
    asked
        The flags that were to be decided.
    left
        Those that were left alone, with the reason in words.
    """

    VERB: ClassVar[str] = "review"
    decision: str
    asked: list[int]
    left: dict[int, str]
    before: list[DecidedBefore]

    @property
    def closed_flags(self) -> list[int]:
        """The flags that were closed: those that were decided, and those settled with them."""
        return sorted({flag for entry in self.before for flag in entry.flags})


class AdjudicateAct(Act):
    """An adjudicator decided about one question of a task.

    Parameters
    ----------
    verdict
        A `Verdict`, by its stored word.
    retired
        The label that was ended and that no other replaced.
    raised, comment
        The flag and the comment that ask for a rule.
    """

    VERB: ClassVar[str] = "adjudicate"
    question: str
    verdict: str
    retired: int | None = None
    raised: int | None = None
    comment: int | None = None
    before: list[DecidedBefore]


class Whom(StrEnum):
    """Who is asked again about a task."""

    SAME = "same"
    """Those who answered, to look at their answers again; where nobody did, as many as the project asks."""
    ANOTHER = "another"
    """One more person."""


class AskAct(Act):
    """People were asked again."""

    VERB: ClassVar[str] = "ask"
    whom: Whom
    before: list[AskedBefore]


class SettleAct(Act):
    """Tasks were settled with the answers there were, and nobody more is asked.

    Parameters
    ----------
    question, method
        Of which question by which method the answers were put together; empty: all, by their kind's own rule.
    """

    VERB: ClassVar[str] = "settle"
    question: str = ""
    method: str = ""
    before: list[SettledBefore]


class GoldBefore(TaskBefore):
    """A task that became gold: the gold answers that were made and ended, and how many open slots were closed."""

    made: list[int]
    ended: list[int]
    closed: int


class GoldAct(Act):
    """Tasks were made gold: their confirmed labels are known to be right."""

    VERB: ClassVar[str] = "gold"
    before: list[GoldBefore]


class PlainBefore(TaskBefore):
    """A task that is gold no more, and the gold answers that were ended."""

    ended: list[int]


class PlainAct(Act):
    """Tasks are gold no more."""

    VERB: ClassVar[str] = "plain"
    before: list[PlainBefore]


GOLD_VERBS = (GoldAct.VERB, PlainAct.VERB)
"""What those who label must not read: it tells which tasks are gold."""

AnyAct = (
    SplitAct
    | MetaAct
    | QuarantineAct
    | DeleteAct
    | RestoreAct
    | LabelAct
    | ReviewAct
    | AdjudicateAct
    | AskAct
    | SettleAct
    | GoldAct
    | PlainAct
)

ACTS: dict[str, type[AnyAct]] = {act.VERB: act for act in get_args(AnyAct)}
"""What an act of each verb holds."""


def load_act(stored: BulkAct) -> AnyAct:
    """Return what an act did, as its verb says it."""
    return ACTS[stored.verb].from_columns(stored)
