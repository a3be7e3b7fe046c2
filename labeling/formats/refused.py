"""Files that are known and never taken, each with a sentence that says what it is and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_SINGLE_IMAGE = "This is a single image. Pack images into a ZIP file and import that."
_PROGRAM = "This is a program, not data."
_AS_TABLE = "Write it as CSV or JSON Lines, with a column for the text and one for the label, and import that."
# What is known by its first bytes.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "This file is compressed with gzip. Unpack it and import what is inside."),
    (b"BZh", "This file is compressed with bzip2. Unpack it and import what is inside."),
    (b"7z\xbc\xaf\x27\x1c", "This is a 7-Zip archive. Pack the images as a ZIP file instead."),
    (b"Rar!", "This is a RAR archive. Pack the images as a ZIP file instead."),
    (
        b"\xd0\xcf\x11\xe0",
        "This is an old Office document (such as an Excel workbook). Save the sheet as CSV and import that.",
    ),
    (b"%PDF", "This is a PDF document. Import {nouns}."),
    (b"\x89PNG", _SINGLE_IMAGE),
    (b"\xff\xd8\xff", _SINGLE_IMAGE),
    (b"GIF8", _SINGLE_IMAGE),
    (b"\x7fELF", _PROGRAM),
    (b"MZ\x90", _PROGRAM),
    (b"SQLite format 3", "This is an SQLite database. Export its table as CSV and import that."),
)
_SVG = "This is an SVG document. SVG is refused because it can carry scripts; export pictures as PNG."
_XML = f"This is an XML document, of which no kind can be read (such as those of CVAT or Pascal VOC). {_AS_TABLE}"
_HTML = f"This is an HTML document. {_AS_TABLE}"
_FASTTEXT = f"This is a fastText file: its lines begin with __label__. {_AS_TABLE}"
_YOLO = (
    "This is a YOLO file: its lines are the classes and places of boxes in an image. Boxes cannot be imported; "
    "pack the images alone into a ZIP and import that."
)
_CONLL = "This file has one token a line, each with its tag (CoNLL). Spans in text cannot be imported."
_FRONT_MATTER = (
    "This file begins with a block of settings between lines of dashes (front matter, as CSVY has). "
    "Delete the block, and import the rest."
)
_LINES = 50
_ROOT = re.compile(r"<([A-Za-z_][\w:.-]*)[\s/>]")
_BOX = re.compile(r"\d+(?:\s+-?\d*\.?\d+(?:e-?\d+)?){4,}", re.IGNORECASE)
_FRACTION = re.compile(r"\s0?\.\d")
_TAGGED = re.compile(r"\S+(?:[ \t]\S+)*[ \t](?:O|[BIES]-\S+)")
_BEGINS = re.compile(r"[ \t]B-\S+$")
_SETTING = re.compile(r"(?:[\w-]+:.*|\s+\S.*|- .*|#.*|)")


def refuse_marked(head: bytes) -> str | None:
    """Return why a file that begins like this is not taken; None: not for its first bytes."""
    return next((message for mark, message in _MARKS if head.startswith(mark)), None)


def refuse_text(text: str, suffix: str) -> str | None:
    """Return why a text is not taken as lines or as a table, though it could be read as such; None: it may be.

    Parameters
    ----------
    text
        Its beginning, without a last line that may be cut off.
    suffix
        The ending of the file's name.
    """
    bare = text.lstrip("\ufeff \t\r\n")
    if bare.startswith("<"):
        return _refuse_markup(bare, suffix)
    lines = [line.strip() for line in bare.splitlines()[: 4 * _LINES] if line.strip()][:_LINES]
    if not lines:
        return None
    if _most(lines, lambda line: line.startswith("__label__")):
        return _FASTTEXT
    if all(_BOX.fullmatch(line) and _FRACTION.search(line) for line in lines):
        return _YOLO
    if _most(lines, _TAGGED.fullmatch) and any(_BEGINS.search(line) for line in lines):
        return _CONLL
    return _FRONT_MATTER if _has_front_matter(bare) else None


def _most(lines: Sequence[str], is_so: Callable[[str], object]) -> bool:
    return sum(bool(is_so(line)) for line in lines) * 5 >= len(lines) * 4


def _refuse_markup(text: str, suffix: str) -> str | None:
    """Tell a document from lines of text that have tags in them: one element holds all of it."""
    beginning = text[:2048].lower()
    if beginning.startswith(("<svg", "<!doctype svg")) or (beginning.startswith("<?xml") and "<svg" in beginning):
        return _SVG
    if beginning.startswith(("<!doctype html", "<html")):
        return _HTML
    if beginning.startswith(("<?xml", "<!doctype")) or suffix == "xml":
        return _XML
    root = _ROOT.match(text)
    if root is None:
        return None
    name = re.escape(root[1])
    once = len(re.findall(rf"<{name}[\s/>]", text)) == 1
    return _XML if once and text.rstrip().endswith(f"</{root[1]}>") and "\n" in text.strip() else None


def _has_front_matter(text: str) -> bool:
    first, *rest = text.splitlines()
    if first.rstrip() != "---":
        return False
    block: list[str] = []
    for line in rest[:_LINES]:
        if line.rstrip() in {"---", "..."}:
            return bool(block) and all(_SETTING.fullmatch(setting) for setting in block)
        block.append(line)
    return False
