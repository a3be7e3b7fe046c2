"""Files of known kinds that cannot be read say what they are: none becomes lines of text."""

from __future__ import annotations

import io
import json

import pytest

from labeling.formats import FormatError, sniff
from tests.pictures import zipped

COCO = {
    "info": {"year": 2024},
    "images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2]}],
    "categories": [{"id": 1, "name": "cat", "supercategory": "animal"}],
}
LABELME = {"version": "5.0", "shapes": [{"label": "cat", "points": [[1, 2]], "shape_type": "rectangle"}]}
REFUSED = [
    (
        "annotations.xml",
        b'<?xml version="1.0"?>\n<annotations>\n<v>1.1</v>\n</annotations>\n',
        "XML document",
    ),
    (
        "voc.txt",
        b"<annotation>\n<folder>a</folder>\n<object><name>cat</name></object>\n</annotation>\n",
        "XML document",
    ),
    ("page.txt", b"<!DOCTYPE html>\n<html><body>a</body></html>\n", "HTML document"),
    ("picture.xml", b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>\n', "SVG document"),
    ("train.txt", b"__label__positive I like it\n__label__negative I do not\n", "fastText"),
    ("0001.txt", b"0 0.5 0.5 0.25 0.25\n17 0.1 0.2 0.05 0.075\n", "YOLO"),
    ("tokens.txt", b"Ada B-PER\nlives O\nin O\nParis B-LOC\n\nShe O\nworks O\n", "CoNLL"),
    ("table.csv", b"---\nfields:\n  - name: text\n---\ntext,label\nhi,ham\n", "front matter"),
    ("coco.json", json.dumps(COCO).encode(), "COCO"),
    ("labelme.json", json.dumps(LABELME).encode(), "labelme"),
    ("data.zip", zipped({"a.csv": b"text,label\nhi,ham\n"}).getvalue(), "holds no images, but a.csv"),
]


@pytest.mark.parametrize(("name", "content", "says"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_a_file_of_a_known_kind_says_what_it_is(name: str, content: bytes, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        sniff(io.BytesIO(content), name)


@pytest.mark.parametrize(
    "content",
    [
        b"<b>Great</b>, I would buy it again\n<b>Awful</b>\n",
        b"I use __label__ in my texts\nand again\n",
        b"3 apples\n5 pears for 0.75 each\n",
        b"2024 1 2 3 4\n2025 1 2 3 4\n",
        b"---\nHello there\n---\n",
        b"Vitamin B-12 helps\nSo does C\n",
    ],
)
def test_lines_of_text_that_only_begin_like_one_stay_text(content: bytes) -> None:
    assert sniff(io.BytesIO(content), "lines.txt").format == "text"


def test_a_zip_of_images_without_endings_is_one_of_images() -> None:
    packed = zipped({"cats/1": b"\x89PNG\r\n\x1a\n" + bytes(20), "readme": b"hello"})
    assert sniff(packed, "images.zip").format == "zip"
