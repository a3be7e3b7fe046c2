from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from labeling.formats import (
    FormatError,
    Item,
    Row,
    RowProblem,
    images_folder,
    read_source,
    sniff,
    zip_archive,
)
from labeling.formats.zip_writing import write_zip
from tests.pictures import picture, zipped


def items_of(file: io.BytesIO) -> list[Item]:
    return list(read_source(file, sniff(file, "x.zip")))


def test_folders_are_columns_and_junk_is_ignored() -> None:
    file = zipped({"cat/1.png": picture(), "dog/2.png": picture(), "__MACOSX/cat/._1.png": b"x", "dog/.DS_Store": b"x"})
    got = items_of(file)
    assert [item.values for item in got if isinstance(item, Row)] == [
        {"image": "cat/1.png", "folder": "cat", "name": "cat/1.png"},
        {"image": "dog/2.png", "folder": "dog", "name": "dog/2.png"},
    ]
    row = got[0]
    assert isinstance(row, Row)
    assert row.files is not None
    found = row.files.find("cat/1.png")
    assert found is not None
    assert found.read() == picture()


@pytest.mark.parametrize("folder", ["", "photos/"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.jsonl", b'{"image": "img/1.png", "labels": {"animal": "cat"}}\n{"image": "img/2.png"}\n'),
        ("manifest.csv", b"image,animal\nimg/1.png,cat\nimg/2.png,dog\n"),
    ],
)
def test_a_manifest_names_the_files(folder: str, name: str, content: bytes) -> None:
    file = zipped({f"{folder}{name}": content, f"{folder}img/1.png": picture(), f"{folder}img/2.png": picture()})
    info = sniff(file, "x.zip")
    assert info.root == f"{folder}{name}"
    assert "image" in info.columns
    for item in read_source(file, info):
        assert isinstance(item, Row)
        assert item.files is not None
        assert item.files.find(item.values["image"]) is not None
        assert item.files.find("img/3.png") is None


@pytest.mark.parametrize("name", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:/evil.png", "..\\evil.png"])
def test_paths_that_lead_outside_are_left_alone(name: str) -> None:
    got = items_of(zipped({name: picture(), "good.png": picture()}))
    problems = [item for item in got if isinstance(item, RowProblem)]
    assert len(problems) == 1
    assert "outside" in problems[0].message
    assert len(got) == 2


def test_symbolic_links_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("link.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    (problem,) = items_of(out)
    assert isinstance(problem, RowProblem)
    assert "symbolic link" in problem.message


def test_a_bomb_is_refused_unpacked() -> None:
    with pytest.raises(FormatError, match="bomb"):
        items_of(zipped({f"{number}.png": bytes(20 * 1024**2) for number in range(3)}))


def test_an_entry_that_is_too_large_is_one_bad_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "MAX_FILE_BYTES", 1000)
    got = items_of(zipped({"a.png": bytes(5000), "b.png": picture(size=(4, 4))}))
    assert [type(item) for item in got] == [RowProblem, Row]


def test_a_lying_size_is_noticed_while_unpacking() -> None:
    content = bytearray(zipped({"a.png": bytes(100_000)}).getvalue())
    for marker, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.find(marker)
        content[at + offset : at + offset + 4] = (10).to_bytes(4, "little")
    (row,) = items_of(io.BytesIO(bytes(content)))
    assert isinstance(row, Row)
    assert row.files is not None
    file = row.files.find("a.png")
    assert file is not None
    with pytest.raises(FormatError, match="damaged"):
        file.read()


def test_encrypted_office_and_empty_archives_say_what_they_are() -> None:
    content = bytearray(zipped({"a.png": picture()}).getvalue())
    content[content.find(b"PK\x01\x02") + 8] |= 1
    for file, says in (
        (io.BytesIO(bytes(content)), "encrypted"),
        (zipped({"[Content_Types].xml": b"<x/>"}), "office document"),
        (zipped({}), "no files"),
        (zipped({"__MACOSX/x": b"1"}), "no files"),
    ):
        with pytest.raises(FormatError, match=says):
            items_of(file)


def test_a_directory_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "MAX_ENTRIES", 10)
    with pytest.raises(FormatError, match="entries"):
        items_of(zipped({f"{number}.png": b"x" for number in range(11)}))


def test_what_is_written_reads_back() -> None:
    members = [("manifest.jsonl", [b'{"image": "a.png"}\n']), ("a.png", [picture()[:10], picture()[10:]])]
    file = io.BytesIO(b"".join(write_zip(members, stored=(".png",))))
    (row,) = items_of(file)
    assert isinstance(row, Row)
    assert row.files is not None
    found = row.files.find("a.png")
    assert found is not None
    assert found.read() == picture()


def test_a_folder_on_the_server_reads_like_an_archive(tmp_path: Path) -> None:
    inside = tmp_path / "data"
    (inside / "cat").mkdir(parents=True)
    (inside / "cat" / "1.png").write_bytes(picture())
    (inside / "notes.txt").write_text("x")
    (tmp_path / "secret.png").write_bytes(picture())
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    rows = [item for item in images_folder.walk_folder(inside) if isinstance(item, Row)]
    assert [row.values["image"] for row in rows] == ["link.png", "cat/1.png"]
    files = rows[0].files
    assert files is not None
    assert files.find("link.png") is None
    assert files.find("../secret.png") is None
    assert files.find("cat/1.png") is not None


@pytest.mark.parametrize("around", ["", "data/"])
def test_folders_called_like_splits_are_the_split_and_those_in_them_the_label(around: str) -> None:
    paths = ("train/cats/1.png", "train/dogs/2.png", "val/cats/3.png", "test/4.png")
    packed = zipped({"README.md": b"hello"} | {around + path: picture() for path in paths})
    source = sniff(packed, "images.zip")
    assert source.columns == ("image", "folder", "name", "split")
    rows = [item.values for item in read_source(packed, source) if isinstance(item, Row)]
    found = {row["name"].removeprefix(around): (row["folder"], row["split"]) for row in rows if row["split"]}
    assert found == {
        "train/cats/1.png": ("cats", "train"),
        "train/dogs/2.png": ("dogs", "train"),
        "val/cats/3.png": ("cats", "val"),
        "test/4.png": (None, "test"),
    }


def test_a_folder_called_test_among_others_is_a_label() -> None:
    source = sniff(zipped({"test/1.png": picture(), "exam/2.png": picture()}), "images.zip")
    assert source.columns == ("image", "folder", "name")
