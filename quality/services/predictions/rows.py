"""Rows of a file of predictions: read and checked some at a time, each either right or told why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labeling.errors import Invalid
from labeling.formats.rows import Row, RowProblem, clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.formats import Item
    from quality.learning.arrays import Floats
    from quality.tracks.base import Track

KEYS = {"task", "external_id", "probabilities"}
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Sent:
    """One row that is right, as far as it can tell without the tasks: its number, its task, its probabilities."""

    number: int
    task: int | None
    external_id: str | None
    probabilities: bytes


class Reader:
    """Reads rows about one question.

    Parameters
    ----------
    classes
        Names of the labels, in the order in which probabilities are stored.
    track
        What knows which probabilities belong together.
    """

    def __init__(self, classes: Sequence[str], track: Track) -> None:
        self._positions = {label: position for position, label in enumerate(classes)}
        self._track = track

    def read(self, batch: Sequence[Item]) -> tuple[list[Sent], list[RowProblem]]:
        """Return the rows that are right, and what is wrong with the others."""
        values = np.zeros((len(batch), len(self._positions)), dtype=np.float32)
        named: list[tuple[int, int, int | None, str | None]] = []
        problems: list[RowProblem] = []
        for place, item in enumerate(batch):
            if isinstance(item, RowProblem):
                problems.append(item)
                continue
            try:
                task, external_id = _task_of(item)
                self._fill(values[place], item)
            except _WrongRowError as wrong:
                problems.append(RowProblem(item.number, wrong.column, wrong.message))
            else:
                named.append((place, item.number, task, external_id))
        lines = values[[place for place, *_ in named]]
        odd = self._odd_ones(lines)
        problems += [RowProblem(named[at][1], "probabilities", message) for at, message in odd.items()]
        sent = [
            Sent(number, task, external_id, lines[at].astype("<f4").tobytes())
            for at, (_, number, task, external_id) in enumerate(named)
            if at not in odd
        ]
        return sent, sorted(problems, key=lambda problem: problem.number)

    def _fill(self, line: Floats, item: Row) -> None:
        """Write a row's probabilities into `line`."""
        shown = item.values.get("probabilities")
        if isinstance(shown, list) and all(
            isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in shown
        ):
            shown = dict(shown)  # a map column of Parquet
        if not isinstance(shown, dict) or not shown:
            raise _WrongRowError(
                "probabilities", 'Expected probabilities by label, such as {"billing": 0.9, "delivery": 0.1}.'
            )
        for label, value in shown.items():
            if label not in self._positions:
                raise _WrongRowError("probabilities", f"“{str(label)[:_SHOWN]}” is no label of the question.")
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _WrongRowError("probabilities", f"Expected a number as the probability of “{label[:_SHOWN]}”.")
            try:
                line[self._positions[label]] = value
            except OverflowError:
                raise _WrongRowError("probabilities", "The row has a probability outside 0 to 1.") from None

    def _odd_ones(self, lines: Floats) -> dict[int, str]:
        """Return what is wrong with which lines: all are checked at once, and one by one only if that fails."""
        classes = len(self._positions)
        try:
            self._track.check(lines, rows=len(lines), classes=classes)
        except Invalid:
            return {
                at: message
                for at in range(len(lines))
                if (message := self._fault(lines[at : at + 1], classes)) is not None
            }
        return {}

    def _fault(self, line: Floats, classes: int) -> str | None:
        try:
            self._track.check(line, rows=1, classes=classes)
        except Invalid as error:
            return error.message.replace("Row 1", "The row", 1)
        return None


class _WrongRowError(Exception):
    """A row that cannot be taken."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


def _task_of(item: Row) -> tuple[int | None, str | None]:
    """Return the task that a row names: by its id, or by its external id."""
    given = item.values
    if unknown := given.keys() - KEYS:
        message = f"“{min(unknown)[:50]}” is no key of a prediction. Expected {', '.join(sorted(KEYS))}."
        raise _WrongRowError("", message)
    task, external_id = given.get("task"), given.get("external_id")
    if (task is None) == (external_id is None):
        raise _WrongRowError("", "Expected either task (an id) or external_id.")
    if task is not None:
        if isinstance(task, bool) or not isinstance(task, int) or not 0 < task < 2**63:
            raise _WrongRowError("task", "Expected the id of a task, a whole number, in task.")
        return task, None
    if isinstance(external_id, bool) or not isinstance(external_id, str | int | float):
        raise _WrongRowError("external_id", "Expected text or a number in external_id.")
    try:
        return None, clean_text(str(external_id)).strip()
    except ValueError as error:
        raise _WrongRowError("external_id", f"The value {error}.") from None
