"""What a reviewer can decide about a flag, and how a card offers it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple


class Decision(StrEnum):
    """What a reviewer decided about a flag."""

    ACCEPT = "accept_suggestion"
    KEEP = "keep"
    RELABEL = "relabel"
    QUARANTINE = "quarantine"
    AMBIGUOUS = "ambiguous"
    KEEP_ONE = "keep_one"
    ONE_SPLIT = "one_split"

    @property
    def label(self) -> str:
        """What was decided, in a list: `Kept as it is`."""
        return _WORDS[self].label

    @property
    def done(self) -> str:
        """What was done to several flags: `3 flags kept as it is`."""
        return _WORDS[self].done

    @property
    def did(self) -> str:
        """What somebody did: `Ann kept the label of task 7`."""
        return _WORDS[self].did


class _Words(NamedTuple):
    label: str
    done: str
    did: str


_WORDS = {
    Decision.ACCEPT: _Words("The suggested label was taken", "took the suggested label", "took the suggested label of"),
    Decision.KEEP: _Words("Kept as it is", "kept as it is", "kept the label of"),
    Decision.RELABEL: _Words("Another label was given", "given another label", "gave another label to"),
    Decision.QUARANTINE: _Words("Quarantined", "quarantined", "quarantined"),
    Decision.AMBIGUOUS: _Words("Ambiguous", "marked ambiguous", "marked as ambiguous"),
    Decision.KEEP_ONE: _Words(
        "One of the copies stays, the others are in quarantine",
        "reduced to one copy",
        "kept one copy and quarantined the others of",
    ),
    Decision.ONE_SPLIT: _Words("All copies are in one split", "put into one split", "put into one split all copies of"),
}

OF_COPIES = frozenset({Decision.KEEP_ONE, Decision.ONE_SPLIT})
"""Decisions about a flag that is about several tasks."""


def decision_named(name: str) -> Decision | None:
    """Return the decision that a stored word or one from outside stands for, if there is one."""
    return next((decision for decision in Decision if decision == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A decision as a button.

    Parameters
    ----------
    words : str
        What stands on it.
    key : str
        The key that presses it; `CARD_KEYS` are taken.
    about : str
        What it does, in a sentence; empty where its words say it.
    names_label : bool
        Whether the label that it gives or keeps stands on it too.
    unlabeled : str
        What stands on it where there is no such label; empty: `words`.
    at_once : str
        What stands on it where it decides several flags; empty: `words`.
    split : str
        The split that it puts all copies into; it is offered where some, but not all of them are in it.
    """

    decision: Decision
    words: str
    key: str
    icon: str
    about: str = ""
    names_label: bool = False
    unlabeled: str = ""
    at_once: str = ""
    split: str = ""


CARD_KEYS = frozenset("0123456789cgjknorz+-?")
"""Keys of a card that are no decisions of its reason: labels, comment, next, undo, zoom and the like."""

TAKE = Choice(
    decision=Decision.ACCEPT, words="Take", key="a", icon="check", names_label=True, at_once="Take the suggested"
)
"""Offered where a label is suggested."""

KEEP = Choice(decision=Decision.KEEP, words="Keep", key="s", icon="ok", names_label=True, unlabeled="Keep it so")
QUARANTINE = Choice(
    decision=Decision.QUARANTINE,
    words="Quarantine",
    key="q",
    icon="quarantine",
    about="The task leaves the queue, training and export until it is restored.",
)
AMBIGUOUS = Choice(
    decision=Decision.AMBIGUOUS,
    words="Ambiguous",
    key="m",
    icon="more",
    about="Several labels fit: the label stays, and the task can be found among the ambiguous ones.",
)

ABOUT_LABELS = (TAKE, KEEP, QUARANTINE, AMBIGUOUS)
"""What is offered where nothing but the label is the matter, and where flags of several reasons are decided at once."""


def keep_saying(words: str) -> Choice:
    """Return the choice to keep in other words, which say what stays: no label stands on it."""
    return replace(KEEP, words=words, names_label=False, unlabeled="")
