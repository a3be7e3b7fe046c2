"""The tracks there are. Adding one is its module and one line here."""

from __future__ import annotations

from quality.tracks.base import Track, Untracked
from quality.tracks.several import Several
from quality.tracks.single import Single

_ALL: tuple[Track, ...] = (Single(), Several())

TRACKS: dict[str, Track] = {track.name: track for track in _ALL}

_UNTRACKED = Untracked()


def track_named(name: str) -> Track:
    """Return the track that a kind names; one that says in words what it cannot do for a kind that names none."""
    return TRACKS.get(name, _UNTRACKED)
