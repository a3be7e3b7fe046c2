"""What a value may mean in a format that knows only text, or that took a name for a number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def plain_readings(raw: Any) -> Iterator[Any]:
    """Yield the values that a text or a number may stand for, the likeliest first.

    Parameters
    ----------
    raw : object
        A cell of a file, or what a form sent; only texts, numbers and lists of one have other readings.

    Yields
    ------
    object
        The text without space around it, what it says as JSON, the list it is when split at ``|``, ``;`` or ``,``, and
        the list of it alone; of a number its digits and, if it is whole, the whole number; of a list of one what is in
        it, which is how several tools write a single label.
    """
    if isinstance(raw, list) and len(raw) == 1 and not isinstance(raw[0], list):
        yield raw[0]
        yield from plain_readings(raw[0])
    if isinstance(raw, int | float):
        yield str(int(raw)) if float(raw).is_integer() else str(raw)
        if float(raw).is_integer():
            yield int(raw)
    if not isinstance(raw, str):
        return
    bare = raw.strip()
    yield bare
    if bare[:1] in '["{-0123456789':
        try:
            value = json.loads(bare)
        except (ValueError, RecursionError):
            pass
        else:
            yield int(value) if isinstance(value, float) and value.is_integer() else value
    for separator in "|;,":
        if separator in bare:
            yield [part.strip() for part in bare.split(separator) if part.strip()]
    yield [bare]


def renamed(raw: Any, names: Mapping[str, str]) -> Any:
    """Return a value with other names for the labels in it.

    Parameters
    ----------
    raw : object
        A cell of a file.
    names : mapping of str to str
        What a label is called in the file, and here; "" takes the label out.

    Returns
    -------
    object
        The value as it was where no reading of it has one of the names; "" where no label is left.
    """
    for reading in (raw, *plain_readings(raw)):
        if isinstance(reading, str) and reading in names:
            return names[reading]
        if isinstance(reading, list) and any(isinstance(part, str) and part in names for part in reading):
            parts = [names.get(part, part) if isinstance(part, str) else part for part in reading]
            kept = [part for position, part in enumerate(parts) if part != "" and part not in parts[:position]]
            return kept or ""
    return raw
