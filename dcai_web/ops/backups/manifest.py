"""What a backup says of itself, and of each file in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Literal, Protocol

from pydantic import BaseModel, ConfigDict

FORMAT: Literal[2] = 2


class Refused(Exception):
    """The backup or the site is not as it must be; nothing was changed."""


class Damaged(Refused):
    """What is there is not what was written."""


class Content(BaseModel):
    """How long something is, and its hash."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    size: int


class StoredFile(Content):
    """A file of the storage; its content is kept under its hash."""

    path: str


class Summary(BaseModel):
    """What a backup of any format says of itself.

    Parameters
    ----------
    version, made_at
        Of the product, and when.
    migrations
        What its structure has been through.
    files
        How many there are.
    missing
        Paths that a row speaks of and the storage did not have.
    """

    model_config = ConfigDict(frozen=True)

    product: Literal["dcai"] = "dcai"
    version: str
    made_at: str
    migrations: list[tuple[str, str]]
    files: int
    missing: list[str]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        raise NotImplementedError


class Manifest(Summary):
    """What a backup of this format says of itself.

    Parameters
    ----------
    postgres
        Major version of the server that the rows are from.
    extensions
        Of the database, which the tables need.
    tables
        Rows by table.
    rows, listing
        The dump of the rows, and the list of the files.
    """

    format: Literal[2] = FORMAT
    postgres: int
    extensions: list[str]
    tables: dict[str, int]
    rows: Content
    listing: Content

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return self.tables


class Backup(Protocol):
    """A backup that can be restored."""

    def verify(self) -> Summary:
        """Read all of it, compare everything with its hash, and return what it says of itself."""

    def load_rows(self) -> None:
        """Make the tables as they were and fill them, after `verify`.

        To be called within a transaction, in a schema without tables.
        """

    def files(self) -> Iterator[tuple[list[str], IO[bytes]]]:
        """Yield each content with the paths that it belongs to, after `verify`."""


def parse_manifest(raw: bytes) -> Manifest:
    """Return what a backup says of itself; raise `Refused` for a format that this version does not know."""
    said = json.loads(raw)
    if said["product"] != "dcai" or said["format"] != FORMAT:
        message = f"The backup is of format {said['format']}; this version reads format {FORMAT}. Nothing was changed."
        raise Refused(message)
    return Manifest.model_validate(said)


def read_listing(path: Path) -> Iterator[StoredFile]:
    """Yield the files of a backup in the order of their paths."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield StoredFile.model_validate_json(line)


def paths_by_hash(files: Iterable[StoredFile]) -> dict[str, list[str]]:
    """Return where each content belongs."""
    found: dict[str, list[str]] = {}
    for file in files:
        found.setdefault(file.sha256, []).append(file.path)
    return found
