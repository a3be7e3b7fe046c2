"""Prodigy: a row has an `answer`, and its label holds only where that is `accept`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labeling.formats.dialects.base import Dialect
from labeling.formats.rows import Item, Row

_ACCEPT = "accept"
_LABELS = ("label", "accept")
_HASHES = ("_input_hash", "_task_hash")


def recognize_prodigy(values: Mapping[str, Any], _root: str) -> bool:
    """Return whether a row has the hashes that Prodigy gives every task."""
    return all(name in values for name in _HASHES)


def translate_prodigy(row: Row) -> Iterator[Item]:
    """Yield the row with its label, or without one where the annotator did not accept it.

    The annotator's answer goes on as `prodigy_answer`: `answer` is a usual name of labels, and this is none. What was
    chosen of several options (`accept`) becomes `label`.
    """
    answer = row.values.get("answer", _ACCEPT)
    values = {name: value for name, value in row.values.items() if name not in {*_LABELS, "answer", "options"}}
    if answer == _ACCEPT:
        chosen = next((row.values[name] for name in reversed(_LABELS) if row.values.get(name) is not None), None)
        values["label"] = chosen
    else:
        values["label"] = None
    yield Row(row.number, values | {"prodigy_answer": answer}, row.files)


DIALECT = Dialect(
    name="prodigy",
    title="Prodigy",
    note="This is an export of Prodigy. The label of a row counts only where its answer is accept; rows that were "
    "rejected or ignored come without a label, and what was answered is kept as prodigy_answer. Spans are not read "
    "as labels.",
    recognize=recognize_prodigy,
    translate=translate_prodigy,
)
