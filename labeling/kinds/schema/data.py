"""Read the data that a task shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from labeling.errors import Invalid, Problem
from labeling.kinds.base import Strict, storable
from labeling.kinds.problems import found, invalid, join, listed, newlines, of_validation, under, unstorable, wrong

if TYPE_CHECKING:
    from labeling.kinds.schema.model import Schema

MAX_TEXT = 1_000_000
"""Characters that a text field of a task may have."""


class ImageValue(Strict):
    """An image of a task: the stored file and its size after the EXIF orientation was applied."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    name: Annotated[str, Field(max_length=500), AfterValidator(storable)] = ""
    bytes: Annotated[int, Field(ge=1)]


def parse_data(raw: Any, schema: Schema, *, path: str = "") -> dict[str, Any]:
    """Return a task's data, checked against the schema's fields, as JSON to store.

    Parameters
    ----------
    raw : object
        ``{field name: value}``: a text, or an image as the import stored it (see `ImageValue`). Null means absent.
    schema : Schema
        The project's schema.
    path : str
        Where the data stands in what was sent.

    Returns
    -------
    dict
        In the order of the schema; texts with LF line ends.

    Raises
    ------
    Invalid
        With every problem found, each with the field's path.
    """
    if not isinstance(raw, Mapping):
        raise invalid("The data", [Problem(path, f"Expected an object of fields, found {found(raw)}.")])
    problems = [
        Problem(join(path, str(name)), f"There is no such field; there are {listed([f.name for f in schema.fields])}.")
        for name in raw
        if schema.field(name) is None
    ]
    data: dict[str, Any] = {}
    for field in schema.fields:
        value = raw.get(field.name)
        if value is None or value == "":
            if field.required:
                problems.append(Problem(join(path, field.name), "This field is required and has no value."))
            continue
        try:
            data[field.name] = _text(value) if field.type == "text" else _image(value)
        except Invalid as error:
            problems += under(join(path, field.name), error.problems)
    if problems:
        raise invalid("The data", problems)
    return data


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong(f"Expected text, found {found(value)}.")
    if reason := unstorable(value):
        raise wrong(reason)
    if len(value) > MAX_TEXT:
        raise wrong(f"Expected at most {MAX_TEXT:,} characters, found {len(value):,}.")
    return newlines(value)


def _image(value: Any) -> dict[str, Any]:
    try:
        return ImageValue.model_validate(value).model_dump(mode="json")
    except ValidationError as error:
        raise invalid("The image", of_validation(error)) from error
