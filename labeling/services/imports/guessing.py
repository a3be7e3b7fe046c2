"""Where the columns of a file go when nobody says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labeling.formats import FormatError
from labeling.formats.guess import guess
from labeling.formats.registry import describe_source, list_nouns, reading_of
from labeling.services.imports.checking import fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.formats import SourceInfo
    from labeling.kinds.schema import Question, Schema


def named_mapping(source: SourceInfo, schema: Schema) -> dict[str, str]:
    """Return where every column goes when nobody looks at it first: by the names of fields, questions and fixed keys.

    Formats whose columns have no names of their own (lines of text, image files) are guessed.
    """
    if reading_of(source).nameless(source):
        return guess_mapping(source, schema)
    return guess(
        source.columns,
        fields={field.name: field.type for field in schema.fields},
        questions=[question.name for question in schema.questions],
        sample=source.sample,
        usual_names=False,
    )


def guess_mapping(source: SourceInfo, schema: Schema) -> dict[str, str]:
    """Return where every column goes if nobody says otherwise, to be looked at before it is used.

    A column is taken for the label of a question by its usual name only if the question takes one of its values: a
    column `rating` beside the question "good or bad" is metadata.
    """
    _check_fields(source, schema)
    mapping = guess(
        source.columns,
        fields={field.name: field.type for field in schema.fields},
        questions=[question.name for question in schema.questions],
        sample=source.sample,
    )
    for question in schema.questions:
        column = next((name for name, target in mapping.items() if target == f"label:{question.name}"), question.name)
        values = [value for row in source.sample if (value := row.values.get(column)) not in (None, "")]
        if column != question.name and values and not fits(question, values):
            mapping[column] = "meta"
    _give_columns_of_labels(mapping, source, schema)
    return mapping


def _give_columns_of_labels(mapping: dict[str, str], source: SourceInfo, schema: Schema) -> None:
    """Give a question that has no column the one whose values are all labels of it, whatever that is called."""
    taken = set(mapping.values())
    for question in schema.questions:
        if f"label:{question.name}" in taken or "labels" in taken or not question.class_names:
            continue
        found = [
            column
            for column, target in mapping.items()
            if target == "meta" and _holds_labels(question, [row.values.get(column) for row in source.sample])
        ]
        if len(found) == 1:
            mapping[found[0]] = f"label:{question.name}"


def _holds_labels(question: Question, values: Sequence[Any]) -> bool:
    """Return whether all values are labels, some of them in words: numbers may be anything."""
    given = [value for value in values if value not in (None, "", [])]
    return any(isinstance(value, str | list) for value in given) and all(fits(question, [value]) for value in given)


def _check_fields(source: SourceInfo, schema: Schema) -> None:
    """Refuse a file whose rows show nothing that the project asks about: images where texts are labeled.

    Raises
    ------
    FormatError
        With what the file brings and what is asked for.
    """
    reading = reading_of(source)
    wanted = {field.type for field in schema.fields}
    if reading.nameless(source) and not reading.fields & wanted:
        raise FormatError(
            f"This is {describe_source(source)}, and the tasks of this project show no {min(reading.fields)}. "
            f"Import {list_nouns(min(wanted))}."
        )
