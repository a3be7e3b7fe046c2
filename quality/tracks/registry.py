"""The tracks there are. Adding one is its module and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.tracks.several import Several
from quality.tracks.single import Single

if TYPE_CHECKING:
    from quality.tracks.base import Track

_ALL: tuple[Track, ...] = (Single(), Several())

TRACKS: dict[str, Track] = {track.name: track for track in _ALL}
