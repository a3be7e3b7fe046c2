"""Label Studio: the item under `data`, and under `annotations` what every person answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from labeling.formats.dialects.base import Dialect
from labeling.formats.rows import Item, Row

_ANSWERS = ("annotations", "completions")
# By the type of a result, the key of its value that is the answer; everything else points into the item.
_VALUES = {"choices": "choices", "rating": "rating", "number": "number", "textarea": "text", "taxonomy": "taxonomy"}


def recognize_label_studio(values: Mapping[str, Any], _root: str) -> bool:
    """Return whether a row has an item and a list of annotations, or of predictions."""
    lists = [values[name] for name in (*_ANSWERS, "predictions") if name in values]
    return isinstance(values.get("data"), dict) and bool(lists) and all(isinstance(found, list) for found in lists)


def translate_label_studio(row: Row) -> Iterator[Item]:
    """Yield the item with its answers, each under the name that the labeling interface gave it.

    Where several people answered differently there is a row for each: those after the first contradict it.
    """
    meta = row.values.get("meta")
    shown = {"id": row.values.get("id")} | (meta if isinstance(meta, dict) else {}) | row.values["data"]
    said: list[dict[str, Any]] = []
    for annotation in _annotations(row.values):
        answers = _answers(annotation)
        if answers and answers not in said:
            said.append(answers)
    for answers in said or [{}]:
        yield Row(row.number, shown | answers, row.files)


def _annotations(values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in _ANSWERS:
        for annotation in values.get(name) or []:
            if isinstance(annotation, dict) and not annotation.get("was_cancelled"):
                yield annotation


def _answers(annotation: Mapping[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for result in annotation.get("result") or []:
        kind = str(result.get("type")) if isinstance(result, dict) else ""
        value = result.get("value") if kind in _VALUES else None
        if isinstance(value, dict) and _VALUES[kind] in value:
            answers[str(result.get("from_name"))] = _plain(kind, value[_VALUES[kind]])
    return answers


def _plain(kind: str, value: Any) -> Any:
    """Return an answer as one value where it is one: texts come as a list, a taxonomy as paths."""
    if kind == "textarea" and isinstance(value, list):
        return "\n".join(str(part) for part in value)
    if kind == "taxonomy" and isinstance(value, list):
        return [path[-1] if isinstance(path, list) and path else json.dumps(path) for path in value]
    return value


DIALECT = Dialect(
    name="label_studio",
    title="Label Studio",
    note="This is an export of Label Studio. Choices, ratings, numbers, texts and taxonomies (their last level) are "
    "read as columns of the names that its labeling interface gives them; regions, spans, predictions and skipped "
    "annotations are not read. Where people answered differently the first answer counts, and the task is flagged.",
    recognize=recognize_label_studio,
    translate=translate_label_studio,
)
