"""The dialects there are. Adding one is its module and one line here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labeling.formats.dialects import argilla, label_studio, prodigy, regions
from labeling.formats.dialects.base import Dialect
from labeling.formats.rows import FormatError, Item, Row

_ALL: tuple[Dialect, ...] = (
    prodigy.DIALECT,
    label_studio.DIALECT,
    argilla.DIALECT,
    regions.COCO,
    regions.LABELME,
)

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in _ALL}


def dialect_of(items: Iterable[Item], root: str | None) -> Dialect | None:
    """Return the dialect that the first rows of a file speak; None: none that is known.

    Raises
    ------
    FormatError
        When it is that of files that cannot be read.
    """
    for item in items:
        for dialect in _ALL:
            if isinstance(item, Row) and dialect.recognize(item.values, root or ""):
                if dialect.translate is None:
                    raise FormatError(dialect.note)
                return dialect
    return None


def translate_items(items: Iterable[Item], name: str | None, root: str | None) -> Iterator[Item]:
    """Yield rows with the keys known here; rows that are not of the dialect, as in a mixed file, stay as they are."""
    dialect = DIALECTS.get(name or "")
    for item in items:
        if (
            dialect is None
            or dialect.translate is None
            or not isinstance(item, Row)
            or not dialect.recognize(item.values, root or "")
        ):
            yield item
        else:
            yield from dialect.translate(item)
