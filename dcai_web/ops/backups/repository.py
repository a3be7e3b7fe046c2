"""A folder of backups: each content of a file is kept once, under its hash, whichever backups speak of it.

dcai-20260504T120000Z/   one backup: `rows.dump`, `files.jsonl` (path, hash and size of each file), `manifest.json`
media/ab/abcdef...       the contents, shared by all of them
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from dcai_web.ops.backups.hashing import content_at, copy_hashed
from dcai_web.ops.backups.manifest import Content, Damaged, Manifest, StoredFile, parse_manifest, read_listing
from dcai_web.ops.backups.rows import load_rows

ROWS, LISTING, MANIFEST, MEDIA = "rows.dump", "files.jsonl", "manifest.json", "media"
PART = ".part"
_PREFIX, _STAMP = "dcai-", "%Y%m%dT%H%M%SZ"
# Older versions wrote one file for each backup.
_OLD_SUFFIX = ".tar.gz"


def name_at(moment: datetime) -> str:
    """Return the name of a backup that is made now."""
    return f"{_PREFIX}{moment.astimezone(UTC):{_STAMP}}"


@dataclass(frozen=True, slots=True)
class Repository:
    """The folder; whoever changes it holds the lock `backing_up`."""

    folder: Path

    def backups(self) -> list[Path]:
        """Return the whole backups, oldest first, those of older versions among them; other names are not ours."""
        found = [path for path in self.folder.glob(f"{_PREFIX}*") if _time_in(path) and _is_whole(path)]
        return sorted(found, key=made_at)

    def clear_leftovers(self) -> None:
        """Remove what backups left behind that were killed."""
        for path in self.folder.glob(f"{_PREFIX}*{PART}"):
            _remove(path)
        for path in (self.folder / MEDIA).glob(f"*{PART}"):
            path.unlink()

    def store(self, source: IO[bytes]) -> Content:
        """Keep the content of a file."""
        (self.folder / MEDIA).mkdir(mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder / MEDIA, suffix=PART)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                content = copy_hashed(source, out)
            target = self.place(content.sha256)
            if not self.holds(content):
                target.parent.mkdir(mode=0o700, exist_ok=True)
                draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return content

    def holds(self, content: Content) -> bool:
        """Tell whether this content is there already."""
        place = self.place(content.sha256)
        return place.exists() and place.stat().st_size == content.size

    def place(self, sha256: str) -> Path:
        """Return where a content is kept."""
        return self.folder / MEDIA / sha256[:2] / sha256

    def forget_oldest(self, *, keep: int) -> None:
        """Remove all but the newest backups, and the contents that none of the kept ones speaks of."""
        for path in self.backups()[: -max(keep, 1)]:
            # Under a name first that is no backup's: one that is removed in part must not look whole.
            leaving = path.with_name(f"{path.name}{PART}")
            path.rename(leaving)
            _remove(leaving)
        named = {bytes.fromhex(file.sha256) for path in self.backups() if path.is_dir() for file in _listed(path)}
        for place in (self.folder / MEDIA).glob("??/*"):
            if bytes.fromhex(place.name) not in named:
                place.unlink()


class Earlier:
    """The files of the newest backup, asked for in the order of their paths: what is known need not be read again.

    A stored file never changes under its path. Only one entry is in memory; a question out of order is answered with
    None, and costs no more than reading the file.
    """

    def __init__(self, repository: Repository) -> None:
        newest = [path for path in repository.backups() if path.is_dir()][-1:]
        self._repository = repository
        self._files = _listed(newest[0]) if newest else iter(())
        self._next = next(self._files, None)

    def find(self, path: str) -> StoredFile | None:
        """Return a file whose content is in the repository."""
        while self._next is not None and self._next.path < path:
            self._next = next(self._files, None)
        found = self._next if self._next is not None and self._next.path == path else None
        return found if found is not None and self._repository.holds(found) else None


class Folder:
    """One backup of a repository, to be restored."""

    _manifest: Manifest  # from verify() on

    def __init__(self, path: Path) -> None:
        self._path, self._repository = path, Repository(path.parent)

    def verify(self) -> Manifest:
        """Read all of it, compare everything with its hash, and return the manifest."""
        try:
            manifest = parse_manifest((self._path / MANIFEST).read_bytes())
            for name, wanted in ((ROWS, manifest.rows), (LISTING, manifest.listing)):
                _check(self._path / name, wanted)
        except (ValueError, KeyError) as error:
            message = f"This is no whole backup ({type(error).__name__}: {error}). Nothing was changed."
            raise Damaged(message) from error
        seen: set[bytes] = set()
        for file in _listed(self._path):
            digest = bytes.fromhex(file.sha256)
            if digest not in seen:
                seen.add(digest)
                _check(self._repository.place(file.sha256), file)
        self._manifest = manifest
        return manifest

    def load_rows(self) -> None:
        """Make the tables as they were and fill them."""
        load_rows(self._path / ROWS, self._manifest)

    def files(self) -> Iterator[tuple[list[str], IO[bytes]]]:
        """Yield each content with the path that it belongs to."""
        for file in _listed(self._path):
            with self._repository.place(file.sha256).open("rb") as content:
                yield [file.path], content


def made_at(path: Path) -> datetime:
    """Return when a backup of this name was made."""
    stamp = path.name.removeprefix(_PREFIX).removesuffix(_OLD_SUFFIX)
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


def _time_in(path: Path) -> bool:
    try:
        made_at(path)
    except ValueError:
        return False
    return True


def _is_whole(path: Path) -> bool:
    return path.name.endswith(_OLD_SUFFIX) or (path / MANIFEST).exists()


def _listed(path: Path) -> Iterator[StoredFile]:
    return read_listing(path / LISTING)


def _check(path: Path, wanted: Content) -> None:
    name = f"{path.parent.name}/{path.name}"
    try:
        found = content_at(path)
    except FileNotFoundError as error:
        message = f"{name} of the backup is missing. Nothing was changed."
        raise Damaged(message) from error
    if found != Content(sha256=wanted.sha256, size=wanted.size):
        message = f"{name} of the backup is damaged. Nothing was changed."
        raise Damaged(message)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
