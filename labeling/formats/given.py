"""What several people answered, as files of studies have it: row per answer, list of answers, or column per person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labeling.formats.rows import clean, clean_text

PERSON_CHARS = 150
ONLY_QUESTION = ""
"""Stands for the question where a file names none, because a study asks one."""

IMPORTED = "imported:"
"""Stands in exports before the name of a person of an imported study, who has no e-mail address."""

SUBMITTED = "submitted"


class GivenError(ValueError):
    """What a person is said to have answered cannot be read."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one person answered about one task, not yet checked against the schema.

    Parameters
    ----------
    person
        Who, by a name of the file.
    answers
        Question (or `ONLY_QUESTION`) to answer.
    submitted_at
        When; None where the file does not say.
    """

    person: str
    answers: Mapping[str, Any]
    submitted_at: dt.datetime | None = None


def person_of(value: Any) -> str:
    """Return the name of a person.

    Raises
    ------
    GivenError
        When it is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise GivenError("is no name of a person: expected text or a number")
    name = " ".join(clean_text(str(value)).split()).removeprefix(IMPORTED).strip()
    if not name:
        raise GivenError("is empty where a person is to be named")
    if len(name) > PERSON_CHARS:
        raise GivenError(f"has {len(name):,} characters, and the name of a person at most {PERSON_CHARS}")
    return name


def moment_of(value: Any) -> dt.datetime | None:
    """Return a moment, of ISO 8601 or seconds since 1970; what names no time zone is UTC.

    Raises
    ------
    GivenError
        When it is none.
    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value, tz=dt.UTC)
        moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value).strip())
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise GivenError(f"is no date and time: {str(value)[:40]!r}; write it like 2026-05-31T14:00:00Z") from None


def list_given(value: Any) -> Iterator[Given | GivenError]:
    """Yield what people answered, from a list of objects or from an object from person to answer.

    An entry is `{"annotator": ..., "answers": {question: answer}}`, or with `answer` where a study asks one question,
    and perhaps `submitted_at`. What is wrong with one entry is yielded in its place: the others stand.
    """
    if isinstance(value, dict):
        value = [{"annotator": person, "answer": answer} for person, answer in value.items()]
    if not isinstance(value, list):
        raise GivenError('is no list of what people answered, such as [{"annotator": "Ann1", "answers": {...}}]')
    for position, entry in enumerate(value, start=1):
        try:
            yield _entry(entry)
        except ValueError as error:
            yield GivenError(f"{_named(entry, position)} {error}")


def _entry(entry: Any) -> Given:
    if not isinstance(entry, dict):
        raise GivenError('is no object such as {"annotator": "Ann1", "answers": {...}}')
    answers = entry.get("answers")
    if answers is None:
        answers = {ONLY_QUESTION: entry.get("answer")}
    if not isinstance(answers, dict):
        raise GivenError("has answers that are no object from question to answer")
    return Given(person_of(entry.get("annotator", "")), clean(answers), moment_of(entry.get("submitted_at")))


def _named(entry: Any, position: int) -> str:
    person = entry.get("annotator") if isinstance(entry, dict) else None
    return f"of {person!r}" if isinstance(person, str) and person else f"at place {position}"


def looks_given(value: Any) -> bool:
    """Return whether a value is what several people answered."""
    if isinstance(value, list):
        return any(isinstance(entry, dict) and "annotator" in entry for entry in value)
    return False
