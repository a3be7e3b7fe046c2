"""The kinds there are. Adding one is its module and one line here."""

from __future__ import annotations

from labeling.kinds import choice, multi_choice, rating, text
from labeling.kinds.protocol import Kind

__all__ = ["KINDS", "Kind", "register"]

KINDS: dict[str, Kind] = {}
"""By name, in the order in which they are offered."""


def register(kind: Kind) -> None:
    """Offer a kind under its name, which no other may have."""
    if kind.NAME in KINDS:
        raise ValueError(f"There is a kind {kind.NAME} already.")
    KINDS[kind.NAME] = kind


register(choice)
register(multi_choice)
register(rating)
register(text)
