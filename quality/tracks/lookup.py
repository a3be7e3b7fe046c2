"""From the name that a kind gives to its track, without loading what computes until somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quality.tracks.base import Track


def track_named(name: str) -> Track:
    """Return the track that a kind names; one that says in words what it cannot do for a kind that names none."""
    from quality.tracks import base, registry  # noqa: PLC0415 - a web server that computes nothing does not load them

    return registry.TRACKS.get(name) or base.Untracked()
