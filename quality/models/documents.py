"""What a run stores as JSON: how it was told to work, the steps it did, and what it found.

Written and read through these types alone. A field that is not set is not stored, so that what a run did not look at
and what it found nothing of stay two things.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from labeling.models.documents import JsonDocument
from quality.learning import encoders

Interval = tuple[float, float]


class Options(JsonDocument):
    """How a run works, as its job was told."""

    encoder: str = encoders.BUILT_IN
    filter_by: str = "both"
    score: str = "self_confidence"
    strategy: str = "margin"
    seed: int = 0
    random_share: float = 0.1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Step(_Part):
    """A step that is done, and how long it took."""

    name: str
    seconds: float


class Steps(JsonDocument):
    """The steps done, in order. Version 1 was the bare list."""

    VERSION: ClassVar[int] = 2

    done: tuple[Step, ...] = ()

    @classmethod
    def load(cls, stored: Any) -> Self:
        """Return what a column holds, a bare list of version 1, too."""
        return super().load({"done": stored, "version": cls.VERSION} if isinstance(stored, list) else stored)


class SignalPart(_Part):
    """How the model compares with one that knows the shares of the classes only, or how many classes it learned."""

    labels: int
    accuracy: float | None = None
    baseline_accuracy: float | None = None
    log_loss: float | None = None
    baseline_log_loss: float | None = None
    labels_learned: int | None = None


class ErrorsPart(_Part):
    """Likely wrong labels."""

    items: int
    flagged: int
    rate: float
    interval: Interval | None = None


class ClassPart(_Part):
    """One class: see `label_errors.ClassHealth`."""

    name: str
    labels: int
    wrong: float
    missed: float
    flagged: int
    quality: float
    counted: int
    interval: Interval


class GroupPart(_Part):
    """Similar items that the model does worse on, some of them by id."""

    items: int
    agreement: float
    interval: Interval
    tasks: tuple[int, ...]


class BalancePart(_Part):
    """How even the classes are, and the labels of each, the largest first."""

    ratio: float
    balance: float
    level: str
    counts: tuple[tuple[str, int], ...]


class SplitPart(_Part):
    """The labels of one split, in all and by class, in the order of the balance."""

    labels: int
    by_class: tuple[int, ...]


class SplitsPart(_Part):
    """The splits beside each other: how far apart they are, and how far chance alone would set them."""

    counts: dict[str, SplitPart]
    test_shift: float | None = None
    test_chance: float | None = None
    validation_shift: float | None = None
    validation_chance: float | None = None


class LookedForPart(_Part):
    """What a check looked for under a reason: how many it found, and what it says of them beyond the reason's words."""

    found: int
    words: str = ""


class CopiesPart(_Part):
    """Near duplicates."""

    groups: int
    items: int
    exact: int
    differing: int
    across_splits: int

    def describe(self) -> str:
        """Say how many items are copies, and what is bad about them."""
        if not self.groups:
            return "no copies"
        parts = [f"{self.items:,} items in {self.groups:,} group{'' if self.groups == 1 else 's'}"]
        parts += [f"{self.differing:,} with differing labels"] if self.differing else []
        parts += [f"{self.across_splits:,} across splits"] if self.across_splits else []
        return ", ".join(parts)


class PeoplePart(_Part):
    """Tasks that several people answered, and how they agree."""

    tasks: int
    answers: int
    alpha: float | None = None
    alpha_why: str = ""


class QueuePart(_Part):
    """Open tasks that were scored, and about how many of them are drawn at random."""

    ranked: int
    random: int


class FlagsPart(_Part):
    """What became of the findings."""

    found: int
    opened: int
    updated: int
    closed: int
    decided: int


class Summary(JsonDocument):
    """What a run found.

    Parameters
    ----------
    tasks, looked_at, labels, unlabeled
        Tasks outside quarantine, those of them in the sample, and how many of these have a label and have none.
    scarce, scarce_note
        Classes with too few labels to learn from, by name and in words.
    unavailable
        Why a part is missing, in words, by its name, or by that of the reason that nothing is flagged for.
    looked_for
        What was looked for, by reason.
    ambiguous, low_quality, outliers
        How many items, in summaries of before `looked_for`; None where they were not looked for.
    """

    tasks: int = 0
    looked_at: int = 0
    labels: int = 0
    unlabeled: int = 0
    scarce: tuple[str, ...] = ()
    scarce_note: str = ""
    unavailable: dict[str, str] = {}
    signal: SignalPart | None = None
    label_errors: ErrorsPart | None = None
    classes: tuple[ClassPart, ...] = ()
    groups: tuple[GroupPart, ...] = ()
    looked_for: dict[str, LookedForPart] = {}
    ambiguous: int | None = None
    low_quality: int | None = None
    outliers: int | None = None
    duplicates: CopiesPart | None = None
    balance: BalancePart | None = None
    splits: SplitsPart | None = None
    people: PeoplePart | None = None
    queue: QueuePart | None = None
    flags: FlagsPart | None = None

    def dump(self) -> dict[str, Any]:
        """Return what to store: what was set."""
        return self.model_dump(mode="json", exclude_unset=True)

    def all_looked_for(self) -> dict[str, LookedForPart]:
        """Return what was looked for, by reason, whatever version wrote it."""
        earlier = {"outlier": self.outliers, "ambiguous": self.ambiguous, "low_quality": self.low_quality}
        found = {reason: LookedForPart(found=count) for reason, count in earlier.items() if count is not None}
        if self.duplicates is not None:
            found["near_duplicate"] = LookedForPart(found=self.duplicates.items, words=self.duplicates.describe())
        return found | self.looked_for

    def noted(self, **values: Any) -> Self:
        """Return it with more in it; a name that is no field is a mistake of the caller."""
        if unknown := values.keys() - type(self).model_fields.keys():
            message = f"a summary has no {', '.join(sorted(unknown))}"
            raise LookupError(message)
        return self.load(self.dump() | values)
