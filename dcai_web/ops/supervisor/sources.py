"""Notices that a Python source or a template changed, for `make dev`."""

from __future__ import annotations

from pathlib import Path

from dcai_web.ops.supervisor.site import ROOT

_WATCHED = ("dcai_web", "labeling", "quality", "templates")
_ENDINGS = {".py", ".html"}


class Sources:
    """The sources as they were when last looked at."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._seen = self._look()

    def changed(self) -> list[str]:
        """Return the files that are new, gone or different since the last call."""
        before, self._seen = self._seen, self._look()
        return sorted(name for name in before.keys() | self._seen.keys() if before.get(name) != self._seen.get(name))

    def _look(self) -> dict[str, int]:
        found = {}
        for folder in _WATCHED:
            for path in (self._root / folder).rglob("*"):
                if path.suffix in _ENDINGS:
                    found[str(path.relative_to(self._root))] = path.stat().st_mtime_ns
        return found
