"""What a dialect says about itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labeling.formats.rows import Item, Row

Recognize = Callable[[Mapping[str, Any], str], bool]
"""From the values of a row, and where in its file the rows are, to whether a tool wrote it."""

Translate = Callable[[Row], Iterator[Item]]
"""From a row of a tool to the rows it says; several that differ only in their labels are a disagreement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The rows of another tool.

    Parameters
    ----------
    name
        The word for it in what was sniffed.
    title
        What people call the tool.
    note
        What is read of it and what is not, in a sentence or two; of one that is refused, why and what to do.
    recognize
        Returns whether a row is one of the tool.
    translate
        Yields what such a row says; None where the tool's files cannot be read.
    """

    name: str
    title: str
    note: str
    recognize: Recognize
    translate: Translate | None = None
