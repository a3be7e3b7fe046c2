"""What a track is: one way in which answers are learned from and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from labeling.errors import Invalid
from labeling.reasons.base import Reason
from labeling.reasons.evidence import LabelEvidence
from quality.learning.arrays import Doubles, Features, Floats, Integers
from quality.learning.classifier import Progress
from quality.scoring.gain import Gain
from quality.tracks.items import Items

Arrays = Mapping[str, NDArray[Any]]

LEAST = 20
SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Case:
    """What a track works on.

    Parameters
    ----------
    items
        The items of the run with their labels.
    names
        The question's class names; the codes of `items` are positions in it.
    features
        Gives the items as numbers; made when first asked for.
    progress
        Told how far the work is; what it raises ends the work.
    filter_by, score, strategy, seed
        As the run was told.
    """

    items: Items
    names: tuple[str, ...]
    features: Callable[[], Features]
    progress: Progress
    filter_by: str
    score: str
    strategy: str
    seed: int


@dataclass(frozen=True, slots=True)
class Predicted:
    """Probabilities of some of the items.

    Parameters
    ----------
    rows
        Shape (m,): which items were predicted.
    values
        Shape (m, k).
    classes
        Shape (k,): the class of each column, as a position among the question's class names; -1 for a column that the
        track has for itself, which nobody is shown.
    """

    rows: Integers
    values: Floats
    classes: Integers


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a label.

    Parameters
    ----------
    line
        Of which line of what was predicted.
    reason
        Of the flag.
    score
        In [0, 1], low is bad.
    details
        What the track adds to the reason's evidence, by name.
    part
        The part of the answer that it is about; empty for all of it.
    """

    line: int
    reason: Reason[LabelEvidence]
    score: float
    details: dict[str, Any]
    part: str = ""


@dataclass(frozen=True, slots=True)
class Errors:
    """What a track finds wrong with the labels.

    Parameters
    ----------
    quality
        Shape (m,), of each predicted line's label, in [0, 1], low is bad; NaN where there is none.
    findings
        What reviewers should look at.
    suggested
        The classes that the model would answer in place of a flagged label, by line, where these are not what
        `Track.read_line` says of the line.
    pairs
        Classes that are mixed up: given, suggested, estimated items, flagged items.
    notes
        What the run says of it, by the field of its summary.
    looked_for
        How many it found, by reason, where it does not flag them all.
    """

    quality: Floats
    findings: list[Finding]
    suggested: dict[int, list[int]] = field(default_factory=dict)
    pairs: list[tuple[str, str, float, int]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    looked_for: dict[Reason[LabelEvidence], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """The fixed model on the test split.

    Parameters
    ----------
    gain
        The measures.
    losses, hits
        Shape (t,): of each test item, so that runs are compared in pairs.
    confirmed
        Shape (t,): whether its label is confirmed.
    labels
        How many labels the model learned from.
    truth
        Which test items, and what they were measured against: runs that share it compare.
    """

    gain: Gain
    losses: Floats
    hits: NDArray[np.uint8]
    confirmed: NDArray[np.uint8]
    labels: int
    truth: list[list[int]]


@dataclass(frozen=True, slots=True)
class Votes:
    """Answers to tasks that several people answered, each person's as a track reads it.

    Parameters
    ----------
    tasks, people
        Shape (v,): ids, by task.
    answers
        What `Track.read_votes` made of the answers, by name.
    """

    tasks: Integers
    people: Integers
    answers: Arrays

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return all arrays by name, as they are stored and fingerprinted."""
        return {"tasks": self.tasks, "people": self.people, **self.answers}


class PersonRow(NamedTuple):
    """How one person's answers compare with those of the others."""

    person: int
    answers: int
    compared: int
    agreed: int
    quality: float | None
    mixed_up: str


class ConsensusRow(NamedTuple):
    """What people and model together say about a task."""

    task: int
    answers: int
    given: str
    suggested: str
    quality: float
    agreement: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """What the answers of several people to the same tasks say.

    Parameters
    ----------
    tasks, answers
        How many tasks several people answered, and how many answers these have.
    alpha, alpha_why
        Krippendorff's alpha, or why it is not defined.
    people, consensus
        One row per person, and one per task that people and model could be weighed on.
    unweighed
        Why people and model were not weighed together, in words; empty when they were.
    """

    tasks: int
    answers: int
    alpha: float | None
    alpha_why: str
    people: list[PersonRow]
    consensus: list[ConsensusRow]
    unweighed: str = ""


class Track(Protocol):
    """One way in which answers are learned from and judged: arrays in, arrays out.

    A track is a class in a file of its own that inherits from this one, and a line in the registry. A kind of question
    names its track (`TRACK`). Whatever a track cannot do it leaves as it is here: `Invalid`, whose message is the
    sentence that people read in place of the result.
    """

    name: str

    many: bool = False
    """An answer may name several classes: it is shown as a list, even of one."""

    def read_answers(self, answers: Iterator[Any], names: tuple[str, ...]) -> Arrays:
        """Turn the answers of record, one per item (None where there is none), into what the track learns from.

        Nothing where the classes of the items, which `Items` holds, are enough: then no answer is read at all.
        """
        return {}

    def read_votes(self, answers: Iterator[Any], names: tuple[str, ...]) -> Arrays:
        """Turn the answers of several people into arrays that `compare_people` takes."""
        raise Invalid("Agreement is told for questions with one label to choose.")

    def check(self, values: Floats, *, rows: int, classes: int) -> Floats:
        """Return class probabilities that somebody sent, if they are what predictions of this track look like."""
        raise Invalid("Predictions are taken for questions with labels to choose from.")

    def predict(self, case: Case) -> tuple[Predicted, Integers]:
        """Predict every item without a model that learned from its label; also the classes with too few labels."""
        raise Invalid("Answers to this question cannot be predicted.")

    def require_signal(self, case: Case, found: Predicted) -> tuple[Predicted, dict[str, Any]]:
        """Return the predictions that say more than the shares of the classes do, with what shows it."""
        raise Invalid("Nothing tells whether predictions of this question mean anything.")

    def find_errors(self, case: Case, found: Predicted) -> Errors:
        """Find labels that the predictions speak against."""
        raise Invalid("Label errors are not looked for in answers to this question.")

    def read_line(self, values: Floats, classes: Integers) -> tuple[list[int], float]:
        """Return what one line of predictions amounts to: the classes, and how sure the least sure of them is."""
        raise Invalid("Answers to this question cannot be predicted.")

    def unsure(self, case: Case, values: Floats) -> Doubles:
        """Return how unsure the model is of each line, in [0, 1]: the higher, the earlier its item is labeled."""
        raise Invalid("Without predictions the queue keeps the order it has.")

    def measure(self, case: Case, found: Predicted | None) -> Measured:
        """Measure the fixed model on the test split; `found` is what it predicted, if that is known."""
        raise Invalid("The gain is measured for questions with one label to choose.")

    def compare_people(self, case: Case, votes: Votes, found: Predicted | None) -> Crowd | None:
        """Compare people with each other and with the predictions; None where no task has answers of two people."""
        raise Invalid("Agreement is told for questions with one label to choose.")


class Untracked(Track):
    """Of questions whose answers nothing learns from."""

    name = ""


def limited(rows: Integers, scores: Doubles, *, of: int) -> Integers:
    """Return the worst rows: at most one of fifty items (but twenty), lest reviewers drown in what is merely odd.

    Parameters
    ----------
    rows
        Shape (m,): candidates, as positions in `scores`.
    scores
        Shape (n,): low is bad.
    of
        Items there are.
    """
    return rows[np.argsort(scores[rows], kind="stable")][: most_of(of)]


def most_of(items: int) -> int:
    """Return of how many of so many items at most something is flagged that is merely odd: one of fifty, but twenty."""
    return max(LEAST, int(items * SHARE))
