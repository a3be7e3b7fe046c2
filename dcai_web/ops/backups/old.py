"""Backups as versions up to 0.1 wrote them, to be restored: a gzipped tar with the rows as COPY writes them.

In it are `database/<table>/<number>.copy`, `files/<path>`, `SHA256SUMS` over all of that, and `manifest.json`, the last
member. The tables are not in it: migrations make them as they were.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Literal

from django.db import connection
from pydantic import BaseModel

from dcai_web.ops.backups import structure, tables
from dcai_web.ops.backups.hashing import content_of
from dcai_web.ops.backups.manifest import Damaged, Refused, Summary
from dcai_web.ops.backups.single import plain_files

MAGIC = b"\x1f\x8b"
_SUMS, _MANIFEST, _TABLES, _FILES = "SHA256SUMS", "manifest.json", "database/", "files/"
_PIECE = 1 << 20
_BROKEN = (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, KeyError)


class _OldTable(BaseModel):
    columns: list[str]
    rows: int


class OldManifest(Summary):
    """What such a backup says of itself."""

    format: Literal[1]
    sums: str
    tables: dict[str, _OldTable]
    sequences: dict[str, tuple[int, bool]]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return {name: table.rows for name, table in self.tables.items()}


class OldFile:
    """One such file."""

    _manifest: OldManifest  # from verify() on

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def verify(self) -> OldManifest:
        """Read all of it, compare every member with its hash, and return the manifest."""
        try:
            with tempfile.TemporaryFile() as found, tempfile.TemporaryFile() as said:
                manifest = self._read(found, said)
                _compare(found, said, manifest.sums)
        except Refused:
            raise
        except _BROKEN as error:
            message = f"This is no whole backup ({type(error).__name__}: {error}). Nothing was changed."
            raise Damaged(message) from error
        self._manifest = manifest
        return manifest

    def load_rows(self) -> None:
        """Make the tables as they were, by migrations, and fill them."""
        manifest = self._manifest
        structure.migrate_to(manifest.migrations)
        with members(self._file) as each:
            for name, content in each:
                if name.startswith(_TABLES):
                    _load(manifest, name.removeprefix(_TABLES).partition("/")[0], content)
        for name, (last, called) in manifest.sequences.items():
            tables.set_sequence(name, last, called=called)
        structure.settle()

    def files(self) -> Iterator[tuple[list[str], IO[bytes]]]:
        """Yield each file with the path that it belongs to."""
        with members(self._file) as each:
            for name, content in each:
                if name.startswith(_FILES):
                    yield [name.removeprefix(_FILES)], content

    def _read(self, found: IO[bytes], said: IO[bytes]) -> OldManifest:
        raw = b""
        with members(self._file) as each:
            for name, content in each:
                if name == _SUMS:
                    shutil.copyfileobj(content, said)
                elif name == _MANIFEST:
                    raw = content.read()
                else:
                    found.write(f"{content_of(content).sha256}  {name}\n".encode())
        return _parse(raw)


@contextmanager
def members(file: IO[bytes]) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Give the members in their order, each to be read before the next."""
    file.seek(0)
    with gzip.GzipFile(fileobj=file, mode="rb") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
        yield plain_files(tar)
        # What follows the last member, so that the checksum of the compressed stream is looked at too.
        while packed.read(_PIECE):
            pass


def _parse(raw: bytes) -> OldManifest:
    if not raw:
        message = (
            "There is no manifest in this. If it is a backup of a newer version that was packed afterwards, unpack it "
            "(gunzip) first. Nothing was changed."
        )
        raise Damaged(message)
    return OldManifest.model_validate_json(raw)


def _compare(found: IO[bytes], said: IO[bytes], digest: str) -> None:
    said.seek(0)
    if hashlib.file_digest(said, "sha256").hexdigest() != digest:  # type: ignore[arg-type]  # it reads like a file
        message = f"{_SUMS} in the backup is damaged. Nothing was changed."
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


def _load(manifest: OldManifest, table: str, content: IO[bytes]) -> None:
    columns = manifest.tables[table].columns
    with connection.cursor() as cursor, cursor.copy(tables.Table(table, columns).copy("FROM STDIN")) as rows:
        while piece := content.read(_PIECE):
            rows.write(piece)
