"""A backup as one file to carry away: a tar of the same members that a repository has.

The contents come first, each once, then the backup's own folder, whose manifest is the last member. Unpacked into a
folder of backups, it is one of them.
"""

from __future__ import annotations

import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from django.conf import settings

from dcai_web.ops.backups.hashing import content_at, content_of, copy_hashed
from dcai_web.ops.backups.manifest import (
    Content,
    Damaged,
    Manifest,
    Refused,
    parse_manifest,
    paths_by_hash,
    read_listing,
)
from dcai_web.ops.backups.repository import LISTING, MANIFEST, MEDIA, ROWS
from dcai_web.ops.backups.rows import load_rows

_IN_MEMORY = 8 << 20
_BROKEN = (OSError, EOFError, tarfile.TarError, ValueError, KeyError)


class SingleWriter:
    """Writes the members one after the other."""

    def __init__(self, out: IO[bytes]) -> None:
        # Closed in __exit__().
        self._tar = tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._stored: set[bytes] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def store(self, source: IO[bytes]) -> Content:
        """Keep the content of a file."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
            content = copy_hashed(source, copy)
            digest = bytes.fromhex(content.sha256)
            if digest not in self._stored:
                self._stored.add(digest)
                copy.seek(0)
                self._write(f"{MEDIA}/{content.sha256[:2]}/{content.sha256}", copy, content.size)
        return content

    def finish(self, folder: Path, *, name: str) -> None:
        """Write the backup's own folder, which proves that all the rest is there."""
        for member in (ROWS, LISTING, MANIFEST):
            with (folder / member).open("rb") as content:
                self._write(f"{name}/{member}", content, (folder / member).stat().st_size)

    def _write(self, name: str, content: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, int(time.time()), 0o600
        self._tar.addfile(member, content)


class SingleFile:
    """One file, to be restored; what is needed more than once is unpacked into a folder while it is open."""

    _manifest: Manifest  # from verify() on

    def __init__(self, file: IO[bytes], unpacked: Path) -> None:
        self._file, self._unpacked = file, unpacked

    def verify(self) -> Manifest:
        """Read all of it, compare everything with its hash, and return the manifest."""
        try:
            found = self._unpack()
            manifest = parse_manifest((self._unpacked / MANIFEST).read_bytes())
            self._compare(found, manifest)
        except Refused:
            raise
        except _BROKEN as error:
            message = f"This is no whole backup ({type(error).__name__}: {error}). Nothing was changed."
            raise Damaged(message) from error
        self._manifest = manifest
        return manifest

    def load_rows(self) -> None:
        """Make the tables as they were and fill them."""
        load_rows(self._unpacked / ROWS, self._manifest)

    def files(self) -> Iterator[tuple[list[str], IO[bytes]]]:
        """Yield each content with the paths that it belongs to."""
        paths = paths_by_hash(read_listing(self._unpacked / LISTING))
        with members(self._file) as each:
            for name, content in each:
                if name.startswith(f"{MEDIA}/"):
                    yield paths[name.rpartition("/")[2]], content

    def _unpack(self) -> dict[bytes, int]:
        """Unpack the small members and hash the others; return the contents that are there, with their sizes."""
        found: dict[bytes, int] = {}
        with members(self._file) as each:
            for name, content in each:
                last = name.rpartition("/")[2]
                if last in {ROWS, LISTING, MANIFEST}:
                    with (self._unpacked / last).open("xb") as out:
                        copy_hashed(content, out)
                    continue
                read = content_of(content)
                if name != f"{MEDIA}/{last[:2]}/{last}" or read.sha256 != last:
                    raise _odd(name)
                found[bytes.fromhex(last)] = read.size
        return found

    def _compare(self, found: dict[bytes, int], manifest: Manifest) -> None:
        for name, wanted in ((ROWS, manifest.rows), (LISTING, manifest.listing)):
            if content_at(self._unpacked / name) != wanted:
                raise _odd(name)
        wanted_sizes = {bytes.fromhex(file.sha256): file.size for file in read_listing(self._unpacked / LISTING)}
        for digest, _ in found.items() ^ wanted_sizes.items():
            raise _odd(digest.hex())


@contextmanager
def members(file: IO[bytes]) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Give the members of a tar in their order, each to be read before the next."""
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r|") as tar:
        yield plain_files(tar)


def plain_files(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and content of each member; anything but a plain file is not ours."""
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None:
            message = f"{member.name} is not a plain file."
            raise Damaged(message)
        yield member.name, content


def _odd(name: str) -> Damaged:
    return Damaged(f"{name} in the backup is damaged, missing or not part of it. Nothing was changed.")
