"""One item as its source has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """An item and its true label, before it is decided which label the demo gives it.

    Parameters
    ----------
    content
        The text, or the bytes of a PNG file.
    meta
        What is known of the item besides; nothing from which the true label could be read.
    """

    external_id: str
    content: str | bytes
    label: str
    meta: Mapping[str, str] = field(default_factory=dict)
