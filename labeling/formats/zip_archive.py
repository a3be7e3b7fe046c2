"""An archive that nobody is trusted about: its promises are checked before a byte is unpacked, and counted while it is.

Nothing is ever unpacked to disk.
"""

from __future__ import annotations

import io
import posixpath
import stat
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from labeling.formats.images import MAX_FILE_BYTES
from labeling.formats.rows import FormatError

MANIFESTS = ("manifest.jsonl", "manifest.csv")
MAX_ENTRIES = 500_000
MAX_DIRECTORY_BYTES = 256 * 1024**2
MAX_TOTAL_BYTES = 64 * 1024**3
MAX_RATIO = 200
RATIO_FREE_BYTES = 8 * 1024**2
MAX_MANIFEST_BYTES = 1024**3
_PIECE = 1024 * 1024
_HEAD = 1024
_DAMAGES = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, struct.error)


class ZippedFile:
    """One file in the archive."""

    def __init__(self, archive: Archive, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self.name = PurePosixPath(info.filename).name
        self.path = info.filename

    def read(self) -> bytes:
        """Return the content, or raise `FormatError` when it breaks a limit or is damaged."""
        return self._archive.content(self._info)


class Archive:
    """An opened ZIP whose promises were checked: entries, sizes, names, no encryption."""

    def __init__(self, file: BinaryIO) -> None:
        _check_directory(file)
        file.seek(0)
        try:
            self._zip = zipfile.ZipFile(file)
        except (
            zipfile.BadZipFile,
            zipfile.LargeZipFile,
            OSError,
            ValueError,
            EOFError,
            struct.error,
            NotImplementedError,
        ) as error:
            raise FormatError("The ZIP file is damaged or incomplete: its directory cannot be read.") from error
        self.entries = [info for info in self._zip.infolist() if not _is_junk(info)]
        self._check_total(file)
        self.manifest = self._find_manifest()
        self._base = posixpath.dirname(self.manifest.filename) if self.manifest else ""
        self._by_name = {_normal(info.filename): info for info in self.entries if fault_of(info) is None}

    def _check_total(self, file: BinaryIO) -> None:
        if any(info.flag_bits & 0x1 for info in self.entries):
            raise FormatError("The ZIP file is encrypted: make one without a password.")
        total = sum(info.file_size for info in self.entries)
        archive_size = file.seek(0, io.SEEK_END)
        if total > MAX_TOTAL_BYTES:
            raise FormatError(
                f"The ZIP file unpacks to {total // 1024**3:,} GB; at most {MAX_TOTAL_BYTES // 1024**3} GB are taken."
            )
        if total > RATIO_FREE_BYTES and total > MAX_RATIO * archive_size:
            raise FormatError(
                f"The ZIP file unpacks to {total // max(1, archive_size):,} times its size, as a ZIP bomb does. "
                "It was not unpacked."
            )

    def _find_manifest(self) -> zipfile.ZipInfo | None:
        """Find the manifest at the top, or in the single top folder."""
        by_name = {_normal(info.filename): info for info in self.entries}
        tops = {name.split("/", 1)[0] for name in by_name}
        folders = ["", f"{tops.pop()}/"] if len(tops) == 1 else [""]
        for folder in folders:
            for name in MANIFESTS:
                if folder + name in by_name:
                    return by_name[folder + name]
        return None

    def find(self, name: str) -> ZippedFile | None:
        """Return the file of this name, seen from the manifest's folder or from the top."""
        plain = _normal(name)
        info = self._by_name.get(_normal(posixpath.join(self._base, plain))) or self._by_name.get(plain)
        return None if info is None else ZippedFile(self, info)

    def stream(self, info: zipfile.ZipInfo) -> BinaryIO:
        """Return an entry as a file, for the manifest."""
        if info.file_size > MAX_MANIFEST_BYTES:
            raise FormatError(f"The manifest is larger than {MAX_MANIFEST_BYTES // 1024**2} MB.")
        try:
            return cast("BinaryIO", self._zip.open(info))
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError) as error:
            raise FormatError("The manifest in the ZIP file cannot be unpacked.") from error

    def head(self, info: zipfile.ZipInfo) -> bytes:
        """Return the first bytes of an entry; none where it cannot be unpacked."""
        try:
            with self._zip.open(info) as stream:
                return stream.read(_HEAD)
        except (*_DAMAGES, NotImplementedError, RuntimeError):
            return b""

    def content(self, info: zipfile.ZipInfo) -> bytes:
        """Return the unpacked bytes, counting them while they come."""
        fault = fault_of(info)
        if fault is not None:
            raise FormatError(fault)
        pieces: list[bytes] = []
        size = 0
        try:
            with self._zip.open(info) as stream:
                while piece := stream.read(_PIECE):
                    size += len(piece)
                    if size > MAX_FILE_BYTES:
                        raise FormatError(_too_large(info))
                    pieces.append(piece)
        except (*_DAMAGES, NotImplementedError, RuntimeError) as error:
            raise FormatError(f"{info.filename} cannot be unpacked: the ZIP file is damaged here.") from error
        return b"".join(pieces)


def fault_of(info: zipfile.ZipInfo) -> str | None:
    """Return why the entry is not touched, or None when it may be."""
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\x00" in name:
        return f"The path {name!r} leads outside the ZIP file. The entry was left alone."
    if stat.S_ISLNK(info.external_attr >> 16):
        return f"{name} is a symbolic link; only files are taken."
    if info.file_size > MAX_FILE_BYTES:
        return _too_large(info)
    if info.file_size > RATIO_FREE_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        times = info.file_size // max(1, info.compress_size)
        return f"{name} unpacks to {times:,} times its size, as a ZIP bomb does. It was not unpacked."
    return None


def _too_large(info: zipfile.ZipInfo) -> str:
    return f"{info.filename} is larger than {MAX_FILE_BYTES // 1024**2} MB."


def _is_junk(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.split("/")
    return (
        info.is_dir()
        or "__MACOSX" in parts
        or parts[-1].startswith("._")
        or parts[-1].lower() in {".ds_store", "thumbs.db", "desktop.ini"}
    )


def _normal(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/")) if name else ""


def _check_directory(file: BinaryIO) -> None:
    """Refuse an archive whose directory alone would fill the memory, before Python reads it."""
    length = file.seek(0, io.SEEK_END)
    tail_size = min(length, 22 + 65_535 + 20)
    file.seek(length - tail_size)
    tail = file.read(tail_size)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise FormatError("The ZIP file is damaged or incomplete: its directory cannot be read.")
    entries, directory = struct.unpack_from("<HI", tail, at + 10)
    locator = at - 20
    if locator >= 0 and tail[locator : locator + 4] == b"PK\x06\x07":
        (position,) = struct.unpack_from("<Q", tail, locator + 8)
        if position + 56 <= length:
            file.seek(position)
            record = file.read(56)
            if record[:4] == b"PK\x06\x06":
                entries, directory = struct.unpack_from("<QQ", record, 32)
    if entries > MAX_ENTRIES or directory > MAX_DIRECTORY_BYTES:
        raise FormatError(f"The ZIP file has {entries:,} entries; at most {MAX_ENTRIES:,} are taken.")
