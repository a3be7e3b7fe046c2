"""LeWiDi: data sets of the shared task Learning With Disagreements, an object from id to item with what each said."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from labeling.formats.base import Candidate, Format, Reading
from labeling.formats.json import BUFFER, BoundedJson, broken_json
from labeling.formats.rows import FormatError, Item, Row, RowProblem, SourceInfo, refuse_wide_row

_MARKS = ('"annotations"', '"annotators"')


def sniff_lewidi(candidate: Candidate) -> SourceInfo | None:
    """Claim JSON whose first member is an item with annotations and annotators."""
    if candidate.encoding is None or not candidate.starts_with("{"):
        return None
    if not all(mark in candidate.text for mark in _MARKS):
        return None
    source = SourceInfo("lewidi", encoding=candidate.encoding)
    try:
        first = next(islice(_members(candidate.file, source), 1), None)
    except FormatError:
        return None
    is_item = first is not None and isinstance(first[1], dict) and {"annotations", "annotators"} <= first[1].keys()
    return source if is_item else None


def read_lewidi(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every item; its number is its position from 1."""
    for number, (name, item) in enumerate(_members(file, source), start=1):
        yield _row(number, name, item)


def _members(file: BinaryIO, source: SourceInfo) -> Iterator[tuple[str, Any]]:
    import ijson  # noqa: PLC0415 - loaded by who reads such a file

    bounded = BoundedJson(file, source.encoding or "utf-8")
    number = 0
    try:
        for name, item in ijson.kvitems(bounded, "", use_float=True, buf_size=BUFFER):
            number += 1
            bounded.since_row, bounded.number = 0, number + 1
            yield name, item
    except (ijson.JSONError, ValueError, OverflowError) as error:
        raise broken_json(error, number) from error


def _row(number: int, name: str, item: Any) -> Item:
    if not isinstance(item, dict):
        return RowProblem(number, "", 'Every item must be an object like {"text": "...", "annotations": "1,0"}.')
    try:
        given = _given(item.get("annotations"), item.get("annotators"))
    except ValueError as error:
        return RowProblem(number, "annotations", str(error))
    known = {"text", "annotations", "annotators", "number of annotations"}
    others = {key: value for key, value in item.items() if key not in known}
    return refuse_wide_row(
        Row(number, {"external_id": name, "text": _words(item.get("text")), "annotations": given} | others)
    )


def _given(annotations: Any, annotators: Any) -> list[dict[str, Any]]:
    """Return who answered what: lists in words, in the same order, or an object from person to answer."""
    if isinstance(annotations, dict):
        return [{"annotator": person, "answer": answer} for person, answer in annotations.items()]
    answers, people = _listed(annotations), _listed(annotators)
    if len(answers) != len(people):
        raise ValueError(
            f"There are {len(answers):,} annotations of {len(people):,} annotators: who said what is not known."
        )
    return [{"annotator": person, "answer": answer} for person, answer in zip(people, answers, strict=True)]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")] if value.strip() else []
    return value if isinstance(value, list) else []


def _words(text: Any) -> Any:
    """Return an item of several parts (a post and its reply, a conversation) as one text with a line for each."""
    if not isinstance(text, dict):
        return text
    return "\n".join(f"{name}: {part}" for name, part in text.items())


FORMAT = Format(
    name="lewidi",
    title="LeWiDi",
    noun="LeWiDi",
    reading=Reading(
        suffixes=(),
        fields=frozenset({"text"}),
        one_task="a member of the object: its key is the external id",
        columns="keys; `annotations` and `annotators` become what each person answered to the only question",
        layout="The JSON of the shared task Learning With Disagreements: an object from id to item.",
        example='{"17": {"text": "Where is my parcel?", "annotations": "1,0", "annotators": "Ann1,Ann2"}}\n',
        keys_may_follow=lambda _source: True,
        sniff=sniff_lewidi,
        read=read_lewidi,
    ),
)
