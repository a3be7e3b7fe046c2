"""What a flag reason says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from labeling.reasons.decisions import ABOUT_LABELS
from labeling.reasons.evidence import Evidence

if TYPE_CHECKING:
    from labeling.reasons.decisions import Choice

E_co = TypeVar("E_co", bound=Evidence, covariant=True)


class About(StrEnum):
    """What a flag puts in doubt."""

    LABEL = "label"
    """The label: whatever is decided about it answers all flags about it."""

    ITEM = "item"
    """The item, whatever its label."""

    TASK = "task"
    """What a person says it is."""


class Raiser(StrEnum):
    """Who raises a flag, in the words of people."""

    CHECK = "the check"
    ANSWERS = "answers"
    PERSON = "an annotator"
    ADJUDICATOR = "an adjudicator"


class Turn(IntEnum):
    """When flags come in review, by what deciding one is worth. Stored as a part of `Flag.place`: never renumbered."""

    DISPUTED = 1
    """There is no label until it is decided."""

    DOUBTED = 2
    """The label is likely wrong."""

    COPIES = 3
    """What is there several times counts several times, in training and in the test."""

    ASKED = 4
    """A person wants it looked at."""

    UNCLEAR = 5
    """Several labels fit."""

    POOR = 6
    """The item can hardly be judged."""

    ODD = 7
    """The item is unlike the others, and most often right."""

    LAST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason(Generic[E_co]):
    """Why a task is flagged.

    Parameters
    ----------
    name : str
        The stored word, at most 20 characters.
    rank : int
        Its place among all reasons in lists, the lowest first.
    turn : Turn
        When its flags come in review: scores of unlike reasons are not compared.
    title, meaning : str
        What people read: the reason, and in one clause when it is raised.
    about : About
        What it puts in doubt.
    raised_by : Raiser
        Who raises it.
    evidence : type of Evidence
        What its flags rest on, and the sentence that says so.
    choices : tuple of Choice
        What a card offers to decide, in the order in which it stands there.
    icon : str
        Stands before the title.
    template : str
        The part of a card that shows its evidence, with `card` and `evidence`; empty: its sentence says all.
    counted_as, counted_in, criterion : str
        For what the check raises: the name of its figure on the quality page, in what it counts, and what.
    relabels : bool
        Whether another label can be given on its card.
    keep_confirms : bool
        Whether to keep means that the label is right, and not only that the task may stay as it is.
    keeps_only_a_label : bool
        Whether there is nothing to keep while its question has no label.
    model_may_suggest : bool
        Whether a card shows what a model would answer, where the flag itself suggests nothing.
    signed : bool
        Whether everybody reads who raised it, not reviewers alone.
    hides_names : bool
        Whether a card leaves out who answered what until it is decided.
    shows_one_answer : bool
        Whether a card shows who answered what even if only one person did.
    falls_when_labeled : bool
        Whether another decision that gives the task its last label answers it too.
    is_raised : bool
        Whether anything raises it yet. What nothing raises is not offered in filters.
    """

    name: str
    rank: int
    title: str
    meaning: str
    about: About
    raised_by: Raiser
    evidence: type[E_co]
    choices: tuple[Choice, ...] = ABOUT_LABELS
    icon: str = "flag"
    template: str = ""
    counted_as: str = ""
    counted_in: str = "flags"
    criterion: str = ""
    relabels: bool = True
    keep_confirms: bool = False
    keeps_only_a_label: bool = False
    model_may_suggest: bool = False
    signed: bool = False
    hides_names: bool = False
    shows_one_answer: bool = False
    falls_when_labeled: bool = False
    is_raised: bool = True
    turn: Turn = Turn.LAST

    def __str__(self) -> str:
        """Return the stored word."""
        return self.name

    @property
    def is_about_label(self) -> bool:
        """Whether a decision about the label answers it."""
        return self.about is About.LABEL

    def place(self, score: float) -> float:
        """Return where a flag with this score (0 to 1, low is bad) stands among all that wait, the lowest first."""
        return self.turn + min(max(0.0, score), 1.0) / 2

    def keeps_label(self, evidence: Evidence) -> bool:
        """Return whether to keep a flag that rests on this means that its label is right."""
        return self.keep_confirms or self.is_about_label or evidence.doubts_label()
