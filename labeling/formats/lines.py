"""Text files line by line: the encoding found, no line ever longer in memory than the limit."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from charset_normalizer import from_bytes

from labeling.formats.rows import MAX_ROW_CHARS, FormatError

HEAD_BYTES = 256 * 1024
PREVIEW_BYTES = 2 * 1024 * 1024
"""How much of a text is looked at before its import."""

_SCAN_CHUNK = 1024 * 1024
_WINDOW = 64 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class BeyondHeadError(FormatError):
    """Only the beginning of the file is looked at, and it is over here."""

    def __init__(self) -> None:
        super().__init__(f"Only the first {PREVIEW_BYTES // 1024 // 1024} MB of the file were looked at.")


class Head(io.RawIOBase):
    """The beginning of a file, for who wants a look at it and not all of it.

    Parameters
    ----------
    whole
        The file, for formats that cannot be told from their beginning.
    """

    def __init__(self, whole: BinaryIO) -> None:
        self.whole = whole
        self.is_cut = False
        self._at = whole.tell()

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position of the whole file."""
        self._at = self.whole.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        """Return the position in the whole file."""
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, or raise `BeyondHeadError` where only the rest of the file has more."""
        left = max(0, PREVIEW_BYTES - self._at)
        piece = self.whole.read(left if size < 0 else min(size, left))
        self._at += len(piece)
        if not piece and size and not left and self.whole.read(1):
            self.is_cut = True
            raise BeyondHeadError
        return piece


def whole_of(file: BinaryIO | Head) -> BinaryIO:
    """Return all of a file, of which perhaps only the beginning is looked at."""
    return file.whole if isinstance(file, Head) else file


def find_encoding(file: BinaryIO) -> str | None:
    """Return the name of the text's encoding, or None when the file is not text.

    UTF-8 is tried on the whole file (in pieces), because the first byte that is not ASCII may be
    far from the beginning; only when it fails are other encodings guessed.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    wide = _wide_without_bom(head)
    if wide:
        return wide
    if b"\x00" in head and not _nul_is_rare(head):
        return None
    bad_at = _first_bad_utf8(file)
    if bad_at is None:
        return "utf-8"
    return _guess(file, head, bad_at)


def _wide_without_bom(head: bytes) -> str | None:
    even, odd = head[0:4096:2], head[1:4096:2]
    if len(odd) < 4:
        return None
    if odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.7 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    return None


def _nul_is_rare(head: bytes) -> bool:
    """Tell a text with a stray NUL (a row to refuse) from a binary file."""
    controls = sum(head.count(bytes([code])) for code in range(32) if code not in {9, 10, 12, 13, 27})
    return controls < max(2, len(head) // 200)


def _first_bad_utf8(file: BinaryIO) -> int | None:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = 0
    while chunk := _next_chunk(file):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return max(0, position + error.start)
        position += len(chunk)
    if isinstance(file, Head) and file.is_cut:
        return None
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return max(0, position - 4)
    return None


def _next_chunk(file: BinaryIO | Head) -> bytes:
    try:
        return file.read(_SCAN_CHUNK)
    except BeyondHeadError:
        return b""


def _guess(file: BinaryIO, head: bytes, bad_at: int) -> str | None:
    """Guess the encoding from the place where UTF-8 failed, with the head for context."""
    file.seek(max(0, bad_at - _WINDOW // 2))
    window = file.read(_WINDOW)
    binary = sum(window.count(bytes([code])) for code in range(32) if code not in {9, 10, 12, 13, 27})
    if binary > max(4, len(window) // 50):
        return None
    mostly_utf8 = window.decode("utf-8", errors="replace")
    broken = mostly_utf8.count("\ufffd")
    multibyte = sum(1 for char in mostly_utf8 if ord(char) > 0x7F) - broken
    if multibyte > 4 * broken:
        return "utf-8"  # UTF-8 with a few broken bytes: those rows are refused one by one
    best = from_bytes(window if bad_at > len(head) else head).best()
    if best is None:
        return None
    # What Windows programs write is a superset of Latin-1, and the usual truth behind this guess.
    return "cp1252" if best.encoding in {"latin_1", "cp1250", "cp1252", "iso8859_15"} else best.encoding


def text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """Return the file as text; bytes outside the encoding become lone surrogates.

    `rows.clean_text` refuses those, so that one broken row is reported with its number and
    column while the rest of the file is read.
    """
    file.seek(0)
    errors = "strict" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    return io.TextIOWrapper(cast("IO[bytes]", _Unclosed(file)), encoding=encoding, errors=errors, newline="")


class _Unclosed(io.RawIOBase):
    """Lets a text wrapper go without closing the caller's file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)

    def read1(self, size: int = -1, /) -> bytes:
        return self._file.read(size)


def bounded_lines(stream: io.TextIOWrapper, *, limit: int = MAX_ROW_CHARS) -> Iterator[str | None]:
    """Yield every line with its line end, None in place of a line longer than the limit.

    The rest of such a line is read in pieces and thrown away: it never is in memory.
    """
    while True:
        try:
            line = stream.readline(limit)
        except UnicodeDecodeError as error:
            raise FormatError(
                f"The file is not valid {error.encoding.upper()}: save it as UTF-8 and try again."
            ) from error
        if not line:
            return
        if len(line) >= limit and line[-1] not in "\r\n":
            _skip_line(stream, limit=1024 * 1024)
            yield None
        else:
            yield line


def _skip_line(stream: io.TextIOWrapper, *, limit: int) -> None:
    while piece := stream.readline(limit):
        if piece[-1] in "\r\n":
            return
