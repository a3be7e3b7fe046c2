"""Turn what is wrong with a piece of JSON into problems that name the path and say what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labeling.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import ValidationError

_SHOWN = 8
"""How many names an error lists before it says how many more there are."""

_REPORTED = 100
"""How many problems one error carries."""


def join(path: str, *parts: str | int) -> str:
    """Return `path` with parts appended: ``join("a", "b", 2)`` is ``"a.b[2]"``."""
    for part in parts:
        glue = "." if path else ""
        path += f"[{part}]" if isinstance(part, int) else f"{glue}{part}"
    return path


def under(prefix: str, problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems with their paths moved below `prefix`."""
    moved = []
    for problem in problems:
        glue = "" if not prefix or not problem.path or problem.path.startswith("[") else "."
        moved.append(Problem(f"{prefix}{glue}{problem.path}", problem.message, problem.row))
    return moved


def invalid(what: str, problems: Sequence[Problem]) -> Invalid:
    """Return one error for all problems; its message names the first, for places that show only one line."""
    first = problems[0]
    where = f"{first.path}: " if first.path else ""
    others = len(problems) - 1
    more = f" There {'is' if others == 1 else 'are'} {others:,} more." if others else ""
    return Invalid(f"{what} is not valid. {where}{first.message}{more}", problems=problems[:_REPORTED])


def wrong(message: str, path: str = "") -> Invalid:
    """Return the error of a single answer; whoever asked puts it below the right path."""
    return Invalid(message, problems=[Problem(path, message)])


def found(raw: object) -> str:
    """Name the JSON type of a value in words."""
    match raw:
        case None:
            return "nothing (null)"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
        case _:
            return type(raw).__name__


def quoted(text: str, limit: int = 60) -> str:
    """Return a value from outside in quotes, cut to a length fit for a message."""
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return '"' + "".join(character if character.isprintable() else "�" for character in cut) + '"'


def listed(names: Sequence[str]) -> str:
    """Return the first names in quotes, and how many more there are."""
    shown = ", ".join(quoted(name) for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def unstorable(text: str) -> str | None:
    """Say why a text cannot be stored, or None: NUL and half surrogates have no place in a database text."""
    if "\x00" in text:
        return "The text has a NUL character; remove it."
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return "The text has half of a surrogate pair, which is no character; remove it."
    return None


def newlines(text: str) -> str:
    """Return the text with every line end written as LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def of_validation(error: ValidationError, *, path: str = "") -> list[Problem]:
    """Translate pydantic's errors into problems in the product's words.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.
    path : str
        Where the validated document sits in what the person sent.

    Returns
    -------
    list of Problem
        One per error, each with the full path.
    """
    return [
        Problem(join(path, *entry["loc"]), _message(entry["type"], entry.get("input"), entry))
        for entry in error.errors(include_url=False)
    ]


_EXPECTED = {
    "string_type": "Expected text",
    "int_type": "Expected a whole number",
    "int_from_float": "Expected a whole number",
    "float_type": "Expected a number",
    "bool_type": "Expected true or false",
    "list_type": "Expected a list",
    "tuple_type": "Expected a list",
    "dict_type": "Expected an object",
    "model_type": "Expected an object",
    "model_attributes_type": "Expected an object",
    "uuid_type": "Expected a UUID",
}
_SENTENCES = {
    "missing": "This is required.",
    "extra_forbidden": "This key is not known here. Remove it or check its spelling.",
    "value_error": "{error}",
    "literal_error": "Expected {expected}.",
    "string_too_short": "Expected at least {min_length} characters.",
    "string_too_long": "Expected at most {max_length:,} characters.",
    "too_short": "Expected at least {min_length}, found {actual_length}.",
    "too_long": "Expected at most {max_length:,}.",
    "greater_than_equal": "Expected {ge:,} or more.",
    "less_than_equal": "Expected {le:,} or less.",
}


def _message(kind: str, raw: object, entry: Any) -> str:
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, found {found(raw)}."
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**entry.get("ctx", {}))
    return f"{entry['msg']}."
