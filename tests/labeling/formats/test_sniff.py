from __future__ import annotations

import io
import random

import pytest

from labeling.formats import FormatError, sniff


def found(content: bytes, name: str) -> str:
    return sniff(io.BytesIO(content), name).format


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b'{"text": "a"}\n{"text": "b"}\n', "rows.json", "jsonl"),
        (b'{"text": "a"}\n{"text": "b"}\n', "rows.csv", "jsonl"),
        (b'[{"text": "a"}]', "rows.txt", "json"),
        (b"text,label\na,b\nc,d\n", "rows", "csv"),
        (b"text\nhello\n", "rows.csv", "csv"),
        (b"Hello there, you\nHow are you\n", "rows.txt", "text"),
        (b"text\tlabel\na\tb\n", "rows.txt", "csv"),
        (b"[sic] a line of text\nanother\n", "rows.txt", "text"),
    ],
)
def test_the_content_decides(content: bytes, name: str, expected: str) -> None:
    assert found(content, name) == expected


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (random.Random(1).randbytes(5000), "rows.json", "binary file, not text, although its name ends in .json"),
        (bytes(5000), "rows.jsonl", "binary file"),
        (b"", "rows.csv", "empty"),
        (b"\n\n  \n", "rows.csv", "empty"),
        (b"[]", "rows.json", "empty list"),
        (b"hello\n", "rows.json", "not JSON"),
        (b"\x1f\x8b\x08\x00", "rows.json.gz", "gzip"),
        (b"%PDF-1.7", "rows.csv", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "rows.csv", "single image"),
        (b"\xd0\xcf\x11\xe0", "rows.csv", "Office"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "SVG"),
        (b"PK\x03\x04" + bytes(100), "x.zip", "damaged"),
        (b"PAR1" + bytes(100), "x.parquet", "damaged"),
    ],
)
def test_what_cannot_be_imported_says_what_it_is(content: bytes, name: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        found(content, name)


def test_a_first_letter_outside_ascii_may_be_far_down() -> None:
    content = b"text,label\n" + b"plain words,x\n" * 60_000 + "schöner Gruß,x\n".encode("cp1252")
    info = sniff(io.BytesIO(content), "a.csv")
    assert info.encoding == "cp1252"
    assert info.notes


def test_a_few_broken_bytes_do_not_make_utf8_something_else() -> None:
    content = b"text,label\n" + "schöne Grüße aus Köln,x\n".encode() * 50 + b"broken \xff here,x\n"
    assert sniff(io.BytesIO(content), "a.csv").encoding == "utf-8-sig"
