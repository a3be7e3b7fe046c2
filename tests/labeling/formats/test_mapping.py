from __future__ import annotations

from typing import Any

import pytest

from labeling.formats import FormatError, Row, RowProblem
from labeling.formats.guess import completed, guess
from labeling.formats.mapping import Mapped, applier, check_mapping
from labeling.formats.personal import keyed_hash

KEY = b"site key"


def mapped(mapping: dict[str, str], **values: Any) -> Mapped | RowProblem:
    return applier(mapping, key=KEY)(Row(7, values))


def test_fixed_keys_are_known() -> None:
    columns = ("text", "intent", "labels", "external_id", "split", "meta", "channel")
    assert guess(columns, fields={"text": "text"}, questions=["intent"]) == {
        "text": "field:text",
        "intent": "label:intent",
        "labels": "labels",
        "external_id": "external_id",
        "split": "split",
        "meta": "meta_object",
        "channel": "meta",
        "*": "meta",
    }


def test_usual_names_fill_what_is_missing() -> None:
    got = guess(("id", "Message", "category", "subset"), fields={"text": "text"}, questions=["intent"])
    assert got == {
        "id": "external_id",
        "Message": "field:text",
        "category": "label:intent",
        "subset": "split",
        "*": "meta",
    }


def test_without_usual_names_only_names_count() -> None:
    got = guess(("ID", "Message", "TEXT", "Split"), fields={"text": "text"}, questions=["intent"], usual_names=False)
    assert got == {"ID": "meta", "Message": "meta", "TEXT": "field:text", "Split": "split", "*": "meta"}


def test_a_mapping_is_completed_with_names_not_seen_yet() -> None:
    got = completed({"body": "field:text", "*": "meta"}, fields=["text"], questions=["q"])
    assert "text" not in got
    assert (got["q"], got["labels"], got["external_id"], got["meta"]) == (
        "label:q",
        "labels",
        "external_id",
        "meta_object",
    )
    assert completed({"a": "external_id_hash"}, fields=["text"], questions=[])["text"] == "field:text"
    assert "external_id" not in completed({"a": "external_id_hash"}, fields=["text"], questions=[])
    assert completed({"a": "field:text", "*": "drop"}, fields=["text"], questions=["q"]) == {
        "a": "field:text",
        "*": "drop",
    }


def test_the_longest_text_is_the_item() -> None:
    sample = [Row(2, {"a": "x", "b": "a long sentence"})]
    assert guess(("a", "b"), fields={"text": "text"}, questions=[], sample=sample)["b"] == "field:text"


@pytest.mark.parametrize(("folders", "expected"), [(("cat", "dog"), "label:animal"), (("photos", "photos"), "meta")])
def test_a_folder_is_a_label_only_when_there_are_several(folders: tuple[str, str], expected: str) -> None:
    sample = [Row(1, {"image": "x.png", "folder": folder, "name": "x.png"}) for folder in folders]
    got = guess(("image", "folder", "name"), fields={"image": "image"}, questions=["animal"], sample=sample)
    assert got == {"image": "field:image", "folder": expected, "name": "external_id", "*": "meta"}


def test_values_go_where_the_mapping_says() -> None:
    got = mapped(
        {
            "t": "field:text",
            "l": "label:q",
            "i": "external_id",
            "s": "split",
            "mail": "hash",
            "secret": "drop",
            "o": "meta_object",
        },
        t="a\r\nb",
        l="x",
        i=12,
        s="Dev",
        mail="ada@example.org",
        secret="s",
        o='{"a": 1}',
        other=3,
    )
    assert isinstance(got, Mapped)
    assert got.data == {"text": "a\nb"}
    assert got.labels == {"q": "x"}
    assert got.external_id == "12"
    assert got.split == "validation"
    assert got.meta == {"mail": keyed_hash("ada@example.org", key=KEY), "a": 1, "other": 3}


@pytest.mark.parametrize(
    ("target", "value", "says"),
    [
        ("field:text", "a\x00b", "NUL"),
        ("field:text", "a\udcffb", "encoding"),
        ("meta", float("inf"), "finite"),
        ("meta", b"bytes", "binary"),
        ("split", "holdout", "unknown"),
        ("external_id", [1], "text or a number"),
        ("external_id", "x" * 300, "300 characters"),
        ("labels", "no object", "object"),
        ("meta", "x" * 70_000, "metadata"),
    ],
)
def test_bad_values_name_their_column(target: str, value: Any, says: str) -> None:
    got = mapped({"c": target}, c=value)
    assert isinstance(got, RowProblem)
    assert got.number == 7
    assert got.column in {"c", "meta"}
    assert says in got.message


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"a": "field:nope"}, "nothing a column can go to"),
        ({"a": "field:text", "b": "field:text"}, "both go to"),
        ({"*": "split"}, "remaining"),
    ],
)
def test_impossible_mappings_are_refused(mapping: dict[str, str], says: str) -> None:
    with pytest.raises(FormatError, match=says):
        check_mapping(mapping, fields=["text"], questions=["q"])


def test_hashes_depend_on_value_and_key() -> None:
    first = keyed_hash("ada@example.org", key=KEY)
    assert len(first) == 32
    assert first == keyed_hash("ada@example.org", key=KEY)
    assert first != keyed_hash("ada@example.org", key=b"other")
    assert first != keyed_hash("eve@example.org", key=KEY)
