"""Where the columns of a file go when nobody says: by their names, and by what the first rows hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from labeling.formats.given import looks_given
from labeling.formats.mapping import ANNOTATOR, HISTORY, REST
from labeling.formats.rows import EXPORT_MARK, EXPORTED_ANSWERS, Row

_TEXT_NAMES = (
    "text",
    "message",
    "sentence",
    "content",
    "body",
    "review",
    "comment",
    "utterance",
    "document",
    "question",
    "prompt",
)
_IMAGE_NAMES = ("image", "file_name", "filename", "file", "path", "img", "picture", "photo", "image_path")
_LABEL_NAMES = (
    "label",
    "class",
    "category",
    "intent",
    "sentiment",
    "target",
    "tag",
    "topic",
    "rating",
    "stars",
    "answer",
    "folder",
)
_ID_NAMES = ("external_id", "id", "uid", "uuid", "key", "name")
_PERSON_NAMES = (
    "annotator", "annotator_id", "annotator_name", "worker", "worker_id", "worker_name", "amt_worker_ids", "rater",
    "rater_id", "coder", "coder_id", "labeler", "labeler_id", "crowd_worker",
)  # fmt: skip
_USER_NAMES = ("user", "user_id", "username", "judge", "judge_id", "participant", "participant_id", "respondent")
_ITEM_NAMES = (
    "item", "item_id", "task", "task_id", "unit", "unit_id", "orig_id", "example_id", "instance_id", "sample_id",
    "document_id", "doc_id", "tweet_id", "sentence_id", "text_id", "image_id",
)  # fmt: skip
_SPLIT_NAMES = ("split", "subset", "partition", "fold")
_FIXED = {
    HISTORY: "history",
    "labels": "labels",
    "meta": "meta_object",
    "external_id": "external_id",
    "split": "split",
}


def guess(
    columns: Sequence[str],
    *,
    fields: Mapping[str, str],
    questions: Sequence[str],
    sample: Sequence[Row] = (),
    usual_names: bool = True,
) -> dict[str, str]:
    """Return a target for every column.

    The names of fields, questions and the fixed keys come first, then usual names for what is still
    missing, then metadata.

    Parameters
    ----------
    fields
        Field name to field type (`text` or `image`).
    sample
        First rows: a text field without a column of a usual name takes the longest text.
    usual_names
        False where nobody looks at the guess before it is used: then only the names themselves count.
    """
    guessed = _Guess(columns)
    named = _named(fields, questions)
    for name, target in named.items():
        guessed.give(name if name in columns else guessed.first_named([name.lower()], alike=False), target)
    _give_people(guessed, sample, questions, usual_names=usual_names)
    if guessed.has(ANNOTATOR):
        return _of_one_person(guessed, sample, fields=fields, questions=questions, usual_names=usual_names)
    if EXPORT_MARK in columns:
        # Our own CSV or Parquet: every other column is about the past of the task, not the task.
        return guessed.with_rest("drop")
    if not usual_names:
        return guessed.with_rest("meta")
    for name, kind in fields.items():
        usual = _IMAGE_NAMES if kind == "image" else _TEXT_NAMES
        guessed.give(guessed.first_named(usual), f"field:{name}")
    guessed.give(guessed.first_named(_SPLIT_NAMES), "split")
    guessed.give(guessed.first_named(_ID_NAMES), "external_id")
    missing = [name for name in questions if not guessed.has(f"label:{name}")]
    if len(missing) == 1 and not guessed.has("labels"):
        guessed.give(_label_column(guessed.first_named(_LABEL_NAMES), sample), f"label:{missing[0]}")
    for name, kind in fields.items():
        if kind == "text":
            guessed.give(_longest_text(guessed.free(), sample), f"field:{name}")
    return guessed.with_rest("meta")


def _give_people(guessed: _Guess, sample: Sequence[Row], questions: Sequence[str], *, usual_names: bool) -> None:
    """Give the columns that hold what several people answered, or name who answered."""
    if any(looks_given(row.values.get("annotations")) for row in sample):
        guessed.give("annotations", "annotations")
    for column in guessed.columns:
        if column.startswith(tuple(f"answer:{name}:" for name in questions)):
            guessed.give(column, column)
    guessed.give(_person_column(guessed, sample, usual_names=usual_names), ANNOTATOR)


def _person_column(guessed: _Guess, sample: Sequence[Row], *, usual_names: bool) -> str | None:
    """Return the column that names who answered.

    `user` alone says little, since a text may have one: it counts where the same item comes again with somebody else.
    """
    free = guessed.free()
    if ANNOTATOR in free or not usual_names:
        return ANNOTATOR if ANNOTATOR in free else None
    certain = guessed.first_named(_PERSON_NAMES)
    if certain is not None:
        return certain
    person = guessed.first_named(_USER_NAMES)
    item = guessed.first_named((*_ITEM_NAMES, *_ID_NAMES, *_TEXT_NAMES))
    if person is None or item is None:
        return None
    pairs = {(str(row.values.get(item)), str(row.values.get(person))) for row in sample}
    return person if len({one for one, _ in pairs}) < len(pairs) else None


def _of_one_person(
    guessed: _Guess,
    sample: Sequence[Row],
    *,
    fields: Mapping[str, str],
    questions: Sequence[str],
    usual_names: bool,
) -> dict[str, str]:
    """Return where columns go whose rows are each one person's answer; what else is told of an answer is left out."""
    free = guessed.free()
    guessed.give("submitted_at" if "submitted_at" in free else None, "submitted_at")
    if {"question", "answer"} <= set(free):
        guessed.give("question", "question")
        guessed.give("answer", "answer")
    if set(guessed.columns) >= EXPORTED_ANSWERS:
        guessed.give("state", "answer_state")
        has_ids = guessed.has("external_id") and any(row.values.get("external_id") for row in sample)
        return guessed.with_rest("drop") | ({} if has_ids else {"task": "external_id", "external_id": "drop"})
    if not usual_names:
        return guessed.with_rest("drop")
    for name, kind in fields.items():
        guessed.give(guessed.first_named(_IMAGE_NAMES if kind == "image" else _TEXT_NAMES), f"field:{name}")
    guessed.give(guessed.first_named(_SPLIT_NAMES), "split")
    guessed.give(guessed.first_named((*_ITEM_NAMES, *_ID_NAMES)), "external_id")
    missing = [name for name in questions if not guessed.has(f"label:{name}")]
    if len(missing) == 1 and not guessed.has("labels") and not guessed.has("question"):
        guessed.give(guessed.first_named(("response", "judgment", "vote", *_LABEL_NAMES)), f"label:{missing[0]}")
    for name, kind in fields.items():
        if kind == "text":
            prose = [column for column in guessed.free() if _is_prose(column, sample)]
            guessed.give(_longest_text(prose, sample), f"field:{name}")
    return guessed.with_rest("drop")


def _is_prose(column: str, sample: Sequence[Row]) -> bool:
    """Return whether most values are of several words: a worker's browser or a gold label is no text to be shown."""
    values = [value for row in sample if (value := row.values.get(column)) not in (None, "")]
    wordy = [value for value in values if isinstance(value, str) and len(value.split()) > 2]
    return len(wordy) * 2 > len(values)


def _named(fields: Iterable[str], questions: Iterable[str]) -> dict[str, str]:
    """Return the names that mean something by themselves, and what."""
    return {name: f"field:{name}" for name in fields} | {name: f"label:{name}" for name in questions} | _FIXED


def completed(mapping: Mapping[str, str], *, fields: Iterable[str], questions: Iterable[str]) -> dict[str, str]:
    """Return the mapping with the names that mean something and that no row had shown when it was made.

    The first rows of a JSON file need not have every key. Where the rest is to be dropped or hashed nothing is added.
    """
    if mapping.get(REST, "meta") != "meta":
        return dict(mapping)
    used = {"external_id" if target == "external_id_hash" else target for target in mapping.values()}
    more = {
        name: target
        for name, target in _named(fields, questions).items()
        if name not in mapping and (target == "meta_object" or target not in used)
    }
    return dict(mapping) | more


def _plain_name(name: str) -> str:
    """Return a name without what is written otherwise by everybody: upper case, blanks, signs."""
    return re.sub(r"[^a-z0-9]", "", name.lower()) or name


class _Guess:
    """A mapping in the making: a column goes to one target, a target has one column."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns
        self._mapping: dict[str, str] = {}

    def has(self, target: str) -> bool:
        return target in self._mapping.values()

    def free(self) -> list[str]:
        return [column for column in self.columns if column not in self._mapping]

    def give(self, column: str | None, target: str) -> None:
        if column is not None and column not in self._mapping and not self.has(target):
            self._mapping[column] = target

    def first_named(self, names: Sequence[str], *, alike: bool = True) -> str | None:
        free = {column.strip().lower(): column for column in reversed(self.free())}
        plain = {_plain_name(column): column for column in reversed(self.free())} if alike else {}
        found = (free.get(name) or plain.get(_plain_name(name)) for name in names)
        return next((column for column in found if column is not None), None)

    def with_rest(self, rest: str) -> dict[str, str]:
        return {column: self._mapping.get(column, rest) for column in self.columns} | {REST: rest}


def _label_column(column: str | None, sample: Sequence[Row]) -> str | None:
    """Return the column, unless it is a folder in which every file lies."""
    if column == "folder" and len({row.values.get("folder") for row in sample}) < 2:
        return None
    return column


def _longest_text(columns: Sequence[str], sample: Sequence[Row]) -> str | None:
    lengths = {
        column: sum(len(value) for row in sample if isinstance(value := row.values.get(column), str))
        for column in columns
    }
    return max(lengths, key=lengths.__getitem__) if any(lengths.values()) else None
