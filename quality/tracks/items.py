"""The items of a run with their labels, as arrays."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.learning.arrays import Integers, Mask

ANSWERS = "answers."
"""What the names of the track's own arrays begin with where all are stored together."""


@dataclass(frozen=True, slots=True)
class Items:
    """Tasks outside quarantine, in order of their ids, with their labels for one question.

    Parameters
    ----------
    tasks
        Shape (n,): ids.
    contents
        Shape (n,): hashes of what they show.
    splits
        Shape (n,): positions in the selector's `SPLITS`.
    test
        Shape (n,): of the test split.
    labels
        Shape (n,): ids of the labels of record, -1 for none.
    confirmed
        Shape (n,): a reviewer decided the label, or two people agreed on it.
    imported
        Shape (n,): the label came with the item, and nobody has confirmed it.
    starts, codes
        Compressed rows: the classes of item i are `codes[starts[i]:starts[i + 1]]`, as positions among the question's
        class names.
    total
        Tasks there are outside quarantine, more than n when a sample was taken.
    answers
        What the question's track made of the answers themselves, by name; empty where their classes are enough.
    """

    tasks: Integers
    contents: np.ndarray[tuple[int], np.dtype[np.str_]]
    splits: Integers
    test: Mask
    labels: Integers
    confirmed: Mask
    imported: Mask
    starts: Integers
    codes: Integers
    total: int
    answers: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return n."""
        return int(self.tasks.size)

    @property
    def labeled(self) -> Mask:
        """Return, of shape (n,), which items have a label."""
        return np.asarray(self.labels >= 0)

    @property
    def learn(self) -> Mask:
        """Return, of shape (n,), which items a model may learn from: all but the test split."""
        return ~self.test

    @property
    def measured(self) -> Mask:
        """Return, of shape (n,), which test items a gain is measured on; what one person said is no measure."""
        return np.asarray(self.test & (self.confirmed | self.imported))

    def dump(self) -> bytes:
        """Return the arrays as bytes that `load_items` reads."""
        out = io.BytesIO()
        own: dict[str, Any] = {ANSWERS + name: values for name, values in self.answers.items()}
        np.savez_compressed(
            out,
            tasks=self.tasks,
            contents=self.contents,
            splits=self.splits,
            labels=self.labels,
            confirmed=self.confirmed,
            imported=self.imported,
            starts=self.starts,
            codes=self.codes,
            total=np.array(self.total),
            **own,
        )
        return out.getvalue()


def load_items(stored: bytes, *, test: int) -> Items:
    """Return the items in what `dump` gave; `test` is the position of the test split."""
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        values = {name: arrays[name] for name in arrays.files}
    answers = {name.removeprefix(ANSWERS): values.pop(name) for name in list(values) if name.startswith(ANSWERS)}
    total = int(values.pop("total"))
    return Items(total=total, test=np.asarray(values["splits"] == test), answers=answers, **values)
