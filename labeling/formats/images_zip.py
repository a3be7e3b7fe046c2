"""A ZIP of images: folder names as labels, or a manifest inside that names its files.

Nothing is ever unpacked to disk. Sizes are checked before a byte is decompressed and counted while it is.
"""

from __future__ import annotations

import io
import json
import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from labeling.formats import csv as csv_format
from labeling.formats import jsonl as jsonl_format
from labeling.formats.base import Candidate, Format, Part, Reading, Tasks, Writing
from labeling.formats.images import IMAGE_SUFFIXES, MAX_FILE_BYTES, SUFFIXES, looks_like_image
from labeling.formats.lines import Head, find_encoding, whole_of
from labeling.formats.rows import FormatError, Item, Row, RowProblem, SourceInfo
from labeling.formats.zip_writing import write_zip

COLUMNS = ("image", "folder", "name")
MANIFESTS = ("manifest.jsonl", "manifest.csv")
MAX_ENTRIES = 500_000
MAX_DIRECTORY_BYTES = 256 * 1024**2
MAX_TOTAL_BYTES = 64 * 1024**3
MAX_RATIO = 200
RATIO_FREE_BYTES = 8 * 1024**2
MAX_MANIFEST_BYTES = 1024**3
_PIECE = 1024 * 1024
_HEAD = 1024
_LOOKED_INTO = 50
_DAMAGES = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, struct.error)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


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


def contents_of(file: BinaryIO) -> Archive:
    """Open the archive and check that it is of a kind that is taken.

    Raises
    ------
    FormatError
        When it is no ZIP of images.
    """
    archive = Archive(file)
    names = {info.filename for info in archive.entries}
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise FormatError(
            "This is an office document (such as an Excel workbook). Save the sheet as CSV and import that."
        )
    if not archive.entries:
        raise FormatError("The ZIP file holds no files.")
    return archive


def sniff_zip(candidate: Candidate) -> SourceInfo | None:
    """Claim every ZIP; the columns are those of its manifest, or what is known of its files."""
    if not candidate.head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return None
    archive = contents_of(whole_of(candidate.file))
    if archive.manifest is None:
        _check_images(archive)
        return SourceInfo("zip", columns=COLUMNS)
    return sniff_manifest(archive, archive.manifest, head_only=isinstance(candidate.file, Head))


def _check_images(archive: Archive) -> None:
    """Refuse an archive of other files: by their names, and where none is that of an image by their first bytes."""
    names = [info.filename for info in archive.entries]
    if any(PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES for name in names):
        return
    if any(looks_like_image(archive.head(info)) for info in archive.entries[:_LOOKED_INTO] if not fault_of(info)):
        return
    others = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    raise FormatError(
        f"This ZIP holds no images, but {names[0][:100]}{others}. Unpack it, and import the files in it one by one."
    )


def count_files(file: BinaryIO, _source: SourceInfo) -> int:
    """Return how many files the archive promises."""
    return len(contents_of(file).entries)


def read_images_zip(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every line of the manifest, or for every file when there is none."""
    archive = contents_of(whole_of(file))
    if archive.manifest is not None:
        yield from _read_manifest(archive, archive.manifest, source, head_only=isinstance(file, Head))
        return
    for number, info in enumerate(sorted(archive.entries, key=lambda entry: entry.filename), start=1):
        fault = fault_of(info)
        if fault is not None:
            yield RowProblem(number, "image", fault)
        else:
            yield Row(number, row_of(info.filename), archive)


def row_of(path: str) -> dict[str, Any]:
    """Return the columns of a file: its path, the folder it lies in (or None), its name."""
    plain = PurePosixPath(path)
    return {"image": path, "folder": plain.parent.name or None, "name": path}


def _read_manifest(
    archive: Archive, manifest: zipfile.ZipInfo, source: SourceInfo, *, head_only: bool
) -> Iterator[Item]:
    reader = csv_format.read_csv if _is_table(manifest.filename) else jsonl_format.read_jsonl
    with Rewindable(archive, manifest) as stream:
        for item in reader(cast("BinaryIO", Head(cast("BinaryIO", stream)) if head_only else stream), source):
            yield Row(item.number, item.values, archive) if isinstance(item, Row) else item


class Rewindable(io.RawIOBase):
    """The manifest as a file that can be read again from its beginning."""

    def __init__(self, archive: Archive, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self._stream = archive.stream(info)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes: going back to the beginning opens the entry anew."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position; the beginning is cheap."""
        if offset == 0 and whence == io.SEEK_SET:
            self._stream.close()
            self._stream = self._archive.stream(self._info)
            return 0
        return self._stream.seek(offset, whence)

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        try:
            return self._stream.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise FormatError("The manifest in the ZIP file is damaged.") from error

    def close(self) -> None:
        """Close the entry, not the archive."""
        self._stream.close()
        super().close()


def sniff_manifest(archive: Archive, manifest: zipfile.ZipInfo, *, head_only: bool = False) -> SourceInfo:
    """Return how the manifest is written."""
    own_export = False
    with Rewindable(archive, manifest) as stream:
        file = cast("BinaryIO", Head(cast("BinaryIO", stream)) if head_only else stream)
        encoding = find_encoding(file)
        if encoding is None:
            raise FormatError("The manifest in the ZIP file is not text.")
        file.seek(0)
        sample = file.read(64 * 1024).decode(encoding, errors="replace")
        delimiter, _, _ = csv_format.find_delimiter(sample.rsplit("\n", 1)[0])
        if _is_table(manifest.filename):
            header = next(csv_format.records(file, encoding=encoding, delimiter=delimiter), None)
            own_export = csv_format.is_own_export(header)
    return SourceInfo("zip", encoding=encoding, delimiter=delimiter, root=manifest.filename, own_export=own_export)


def _is_table(manifest: str) -> bool:
    return manifest.lower().endswith(".csv")


def write_tasks(tasks: Tasks) -> Iterator[bytes]:
    """Yield the lines of JSON Lines as a manifest, whose image fields name the files, and then the files."""
    return write_zip(_members(tasks), stored=tuple(SUFFIXES.values()))


def _members(tasks: Tasks) -> Iterator[tuple[str, Iterable[bytes]]]:
    shown: set[bytes] = set()

    def manifest() -> Iterator[str]:
        for line in tasks.lines():
            row = json.loads(line)
            for name in tasks.image_fields:
                image = row.get(name)
                if isinstance(image, dict):
                    image["file"] = _path_of(image["sha256"], tasks)
                    shown.add(bytes.fromhex(image["sha256"]))
            yield _encode(row)

    yield "manifest.jsonl", jsonl_format.pack(manifest())
    for digest in sorted(shown):
        pieces = tasks.image(digest.hex())
        if pieces is not None:
            yield _path_of(digest.hex(), tasks), pieces


def _path_of(sha256: str, tasks: Tasks) -> str:
    return f"images/{sha256}{SUFFIXES.get(tasks.image_type(sha256), '.bin')}"


FORMAT = Format(
    name="zip",
    title="ZIP with images",
    noun="a ZIP of images",
    detail=", or of folders of images named like the labels",
    reading=Reading(
        suffixes=("zip",),
        fields=frozenset({"image"}),
        one_task="an image file, or a line of `manifest.jsonl` / `manifest.csv`",
        columns="`image`, `folder`, `name`, or those of the manifest",
        layout="The name of a folder can be the label, or a manifest.csv or manifest.jsonl inside names the files. "
        "PNG, JPEG, WebP, GIF, BMP and TIFF up to 100 million pixels.",
        example="billing/1.png\nbilling/2.png\ndelivery/1.jpg\n",
        textual=False,
        nameless=lambda source: source.root is None,
        keys_may_follow=lambda source: source.root is not None and not _is_table(source.root),
        sniff=sniff_zip,
        read=read_images_zip,
        count_rows=count_files,
        describe=lambda source: f"a ZIP with {source.root}" if source.root else "a ZIP of images",
    ),
    writing=Writing(
        content_type="application/zip",
        suffix="zip",
        carries="Everything of JSON Lines (as manifest.jsonl) and the original image files. Importing it again "
        "gives the same project, images included.",
        loses=frozenset({Part.SITE}),
        write=write_tasks,
    ),
)
