"""A ZIP of images: folder names as labels, or a manifest inside that names its files."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from labeling.formats import csv as csv_format
from labeling.formats import jsonl as jsonl_format
from labeling.formats.base import Candidate, Format, Part, Reading, Writing
from labeling.formats.images import IMAGE_SUFFIXES, looks_like_image
from labeling.formats.images_zip_writing import write_tasks
from labeling.formats.lines import Head, find_encoding, whole_of
from labeling.formats.mapping import is_split
from labeling.formats.rows import FormatError, Item, Row, RowProblem, SourceInfo
from labeling.formats.zip_archive import Archive, fault_of

COLUMNS = ("image", "folder", "name")
SPLIT = "split"
_LOOKED_INTO = 50


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
            "This is an office document (such as one of Word). Save its texts as CSV or plain text and import that."
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
        names = [info.filename for info in archive.entries]
        images = [name for name in names if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES]
        return SourceInfo("zip", columns=columns_of(images or names))
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
            yield Row(number, row_of(info.filename, splits=SPLIT in source.columns), archive)


def row_of(path: str, *, splits: bool = False) -> dict[str, Any]:
    """Return the columns of a file: its path, the folder it lies in (or None), its name; with `splits` its split too.

    Of `train/cats/1.png` that is the folder `cats` and the split `train`; what lies in `train` itself has no folder.
    """
    folders = list(PurePosixPath(path).parent.parts)
    if not splits:
        return {"image": path, "folder": folders[-1] if folders else None, "name": path}
    place = next((place for place, folder in enumerate(folders) if is_split(folder)), -1)
    split = folders[place] if place >= 0 else None
    inner = folders[place + 1 :]
    return {"image": path, "folder": inner[-1] if inner else None, "name": path, SPLIT: split}


def columns_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of files: their split is one where all lie in folders called like one, at the top.

    A single folder around those, as archives have it, does not matter.
    """
    tops: set[str] = set()
    seconds: set[str] = set()
    for path in paths:
        folders = PurePosixPath(path).parent.parts
        tops.add(folders[0] if folders else "")
        seconds.add(folders[1] if len(folders) > 1 else "")
    if all(map(is_split, tops)) or (len(tops) == 1 and all(map(is_split, seconds))):
        return (*COLUMNS, SPLIT)
    return COLUMNS


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


FORMAT = Format(
    name="zip",
    title="ZIP with images",
    noun="a ZIP of images",
    detail=", or of folders of images named like the labels",
    reading=Reading(
        suffixes=("zip",),
        fields=frozenset({"image"}),
        one_task="an image file, or a line of `manifest.jsonl` / `manifest.csv`",
        columns="`image`, `folder`, `name`, `split` (of folders `train`, `val`, `test`), or those of the manifest",
        layout="The name of a folder can be the label, and folders train, val and test around them the split; or a "
        "manifest.csv or manifest.jsonl inside names the files. PNG, JPEG, WebP, GIF, BMP and TIFF up to 100 million "
        "pixels.",
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
        "gives the same project, images included. Trainers read it as an ImageFolder: the files lie in folders of "
        "their split, and of their label where one is asked for, beside a metadata.jsonl.",
        loses=frozenset({Part.SITE}),
        fields=frozenset({"image"}),
        packed=True,
        write=write_tasks,
    ),
)
