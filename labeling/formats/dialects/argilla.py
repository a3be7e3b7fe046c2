"""Argilla: what people answered stands under `QUESTION.responses`, or in records with `fields` and `responses`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labeling.formats.dialects.base import Dialect
from labeling.formats.rows import Item, Row

_RESPONSES = ".responses"
_SUBMITTED = "submitted"


def recognize_argilla(values: Mapping[str, Any], _root: str) -> bool:
    """Return whether a row is one of a data set that Argilla wrote, or one of its records."""
    return _is_record(values) or any(name.endswith(_RESPONSES) for name in values)


def _is_record(values: Mapping[str, Any]) -> bool:
    return isinstance(values.get("fields"), dict) and isinstance(values.get("responses"), dict)


def translate_argilla(row: Row) -> Iterator[Item]:
    """Yield the item with what was submitted, each answer under the name of its question.

    Where several people answered differently there is a row for each: those after the first contradict it.
    """
    shown, answers = (_of_record if _is_record(row.values) else _of_row)(row.values)
    most = max((len(given) for given in answers.values()), default=0)
    for place in range(max(1, most)):
        said = {name: given[min(place, len(given) - 1)] for name, given in answers.items() if given}
        yield Row(row.number, shown | said, row.files)


def _of_row(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    names = [name.removesuffix(_RESPONSES) for name in values if name.endswith(_RESPONSES)]
    answers = {
        name: _distinct(values[name + _RESPONSES] or [], values.get(f"{name}{_RESPONSES}.status")) for name in names
    }
    gone = tuple(f"{name}{_RESPONSES}" for name in names)
    return {name: value for name, value in values.items() if not name.startswith(gone)}, answers


def _of_record(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    answers = {
        name: _distinct([one.get("value") for one in given], [one.get("status", _SUBMITTED) for one in given])
        for name, given in values["responses"].items()
        if isinstance(given, list) and all(isinstance(one, dict) for one in given)
    }
    metadata = values.get("metadata")
    shown = {"id": values.get("id")} | (metadata if isinstance(metadata, dict) else {}) | values["fields"]
    return shown, answers


def _distinct(given: Sequence[Any], statuses: Any) -> list[Any]:
    """Return what was submitted, each answer once."""
    known = statuses if isinstance(statuses, list) and len(statuses) == len(given) else [_SUBMITTED] * len(given)
    found: list[Any] = []
    for value, status in zip(given, known, strict=True):
        if status == _SUBMITTED and value is not None and value not in found:
            found.append(value)
    return found


DIALECT = Dialect(
    name="argilla",
    title="Argilla",
    note="This is a data set of Argilla. What people submitted is read as a column of the name of its question; "
    "drafts, discarded answers and suggestions are not labels. Where people answered differently the first answer "
    "counts, and the task is flagged.",
    recognize=recognize_argilla,
    translate=translate_argilla,
)
