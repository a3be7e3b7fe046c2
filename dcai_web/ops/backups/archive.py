"""The file itself: written as a stream, and verified as a whole before anything of it is used."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

FORMAT = 1
SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"
TABLES = "database/"
FILES = "files/"
_BROKEN = (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, KeyError)


class Refused(Exception):
    """The backup or the site is not as it must be; nothing was changed."""


class Damaged(Refused):
    """The file is not what was written."""


@dataclass(slots=True)
class Manifest:
    """What a backup says of itself."""

    version: str
    made_at: str
    migrations: list[list[str]]
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequences: dict[str, list[Any]] = field(default_factory=dict)
    files: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table["rows"] for table in self.tables.values())


class Writer:
    """Writes members one after the other, and the sums and the manifest at the end."""

    def __init__(self, out: IO[bytes]) -> None:
        self._packed = gzip.GzipFile(fileobj=out, mode="wb", compresslevel=4, mtime=0)
        # Closed in finish() and close(). A million files need a million lines of sums: not in memory.
        self._tar = tarfile.open(fileobj=self._packed, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._sums = tempfile.TemporaryFile()  # noqa: SIM115

    def add(self, name: str, content: bytes) -> None:
        """Write a member that is in memory."""
        self.add_stream(name, io.BytesIO(content), len(content))

    def add_stream(self, name: str, content: IO[bytes], size: int) -> None:
        """Write a member of a known size from an open file."""
        told = _Hashed(content)
        self._write(name, told, size)
        self._sums.write(_sum_line(told.digest, name))

    def finish(self, manifest: Manifest) -> None:
        """Write what proves that all the rest is there."""
        size = self._sums.tell()
        self._sums.seek(0)
        sums = _Hashed(self._sums)
        self._write(SUMS, sums, size)
        content = {"product": "dcai", "format": FORMAT, "sums": sums.digest, **_as_dict(manifest)}
        packed = json.dumps(content, indent=1).encode()
        self._write(MANIFEST, io.BytesIO(packed), len(packed))
        self._tar.close()
        self._packed.close()

    def close(self) -> None:
        """Let go of the temporary file."""
        self._sums.close()

    def _write(self, name: str, content: Any, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, int(time.time()), 0o600
        self._tar.addfile(member, content)


class _Hashed:
    """Reads through to a file and hashes what passes by."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._hash.update(content)
        return content

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


@contextmanager
def members(file: IO[bytes]) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Give the members of a backup in their order, each to be read before the next."""
    file.seek(0)
    with gzip.GzipFile(fileobj=file, mode="rb") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
        yield _each(tar)
        # What follows the last member, so that the checksum of the compressed stream is looked at too.
        while packed.read(1 << 20):
            pass


def _each(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None:
            message = f"{member.name} is not a plain file."
            raise Damaged(message)
        yield member.name, content


def verify(file: IO[bytes]) -> Manifest:
    """Read all of a backup, compare every member with its hash, and return the manifest."""
    try:
        with tempfile.TemporaryFile() as found, tempfile.TemporaryFile() as said:
            raw = _hash_all(file, found, said)
            content = json.loads(raw)
            _check_format(content)
            _compare(found, said, content["sums"])
            return _from_dict(content)
    except Refused:
        raise
    except _BROKEN as error:
        message = f"This is no whole backup ({type(error).__name__}: {error}). Nothing was changed."
        raise Damaged(message) from error


def _check_format(content: dict[str, Any]) -> None:
    if content["product"] != "dcai" or content["format"] != FORMAT:
        message = f"This is a backup of format {content['format']}; this version reads format {FORMAT}."
        raise Refused(message)


def _hash_all(file: IO[bytes], found: IO[bytes], said: IO[bytes]) -> bytes:
    raw = b""
    with members(file) as each:
        for name, content in each:
            if name == SUMS:
                shutil.copyfileobj(content, said)
            elif name == MANIFEST:
                raw = content.read()
            else:
                found.write(_sum_line(_digest(content), name))
    return raw


def _compare(found: IO[bytes], said: IO[bytes], digest: str) -> None:
    said.seek(0)
    if _digest(said) != digest:
        message = f"{SUMS} in the backup is damaged. Nothing was changed."
        raise Damaged(message)
    found.seek(0)
    said.seek(0)
    while True:
        is_line, wanted_line = found.readline(), said.readline()
        if is_line != wanted_line:
            name = (wanted_line or is_line).decode().partition("  ")[2].strip()
            message = f"{name} in the backup is damaged, missing or not part of it. Nothing was changed."
            raise Damaged(message)
        if not is_line:
            return


def _digest(file: IO[bytes]) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it can do what is asked of it


def _sum_line(digest: str, name: str) -> bytes:
    return f"{digest}  {name}\n".encode()


def _as_dict(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__slots__}


def _from_dict(content: dict[str, Any]) -> Manifest:
    return Manifest(**{name: content[name] for name in Manifest.__slots__})
