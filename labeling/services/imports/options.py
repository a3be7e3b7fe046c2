"""What a person chose for an import, checked."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from django.conf import settings
from pydantic import ValidationError

from labeling.errors import Invalid, Problem
from labeling.formats.mapping import check_mapping
from labeling.formats.rows import FormatError
from labeling.models.imports import ImportOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labeling.kinds.schema import Schema

KEEP_GOOD = "keep_good"
ALL_OR_NOTHING = "all_or_nothing"
UPDATE = "update"
MODES = {
    KEEP_GOOD: "Keep the good rows",
    ALL_OR_NOTHING: "All or nothing",
    UPDATE: "Keep the good rows, and update tasks that are there already",
}


def parse_options(raw: Mapping[str, Any] | None, schema: Schema) -> ImportOptions:
    """Return the options checked against the schema.

    Raises
    ------
    Invalid
        With a path for everything that is wrong.
    """
    try:
        options = ImportOptions.model_validate(dict(raw or {}))
    except ValidationError as error:
        problems = [
            Problem(".".join(("options", *(str(part) for part in item["loc"]))), item["msg"]) for item in error.errors()
        ]
        message = f"The options of the import are wrong: {problems[0].path}: {problems[0].message}."
        raise Invalid(message, problems=problems) from None
    if options.encoding is not None:
        _check_encoding(options.encoding)
    if options.mapping is not None:
        try:
            check_mapping(
                options.mapping,
                fields=[field.name for field in schema.fields],
                questions=[question.name for question in schema.questions],
            )
        except FormatError as error:
            raise Invalid(error.message, problems=(Problem("options.mapping", error.message),)) from None
    if problems := list(_wrong_values(options.values, schema)):
        raise Invalid(problems[0].message, problems=problems)
    return options


def _wrong_values(values: Mapping[str, Mapping[str, str]], schema: Schema) -> Iterator[Problem]:
    for name, meant in values.items():
        question = schema.question(name)
        if question is None:
            yield Problem(f"options.values.{name}", f"There is no question {name}.")
            continue
        for value, label in meant.items():
            if label and label not in question.option_named:
                message = f"“{label}” is no label of {name}, so that “{value}” cannot stand for it."
                yield Problem(f"options.values.{name}", message)


def _check_encoding(name: str) -> None:
    try:
        is_text = "a".encode(name).decode(name) == "a"
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        message = f"“{name}” is no encoding of text that is known here. Leave it out, or write utf-8."
        raise Invalid(message, problems=(Problem("options.encoding", message),))


def site_key() -> bytes:
    """Return the site's key for hashing personal data: derived from the secret key, and never that key itself."""
    return hmac.new(settings.SECRET_KEY.encode(), b"dcai.imports.personal-data", hashlib.sha256).digest()
