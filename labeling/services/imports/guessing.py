"""Where the columns of a file go when nobody says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.formats import FormatError
from labeling.formats.mapping import guess
from labeling.formats.registry import describe_source, list_nouns, reading_of
from labeling.services.imports.checking import fits

if TYPE_CHECKING:
    from labeling.formats import SourceInfo
    from labeling.kinds.schema import Schema


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
    return mapping


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
