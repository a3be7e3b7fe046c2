"""Rows against the schema: what a task may be made of, or every reason why not."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field, replace
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from labeling.errors import Invalid
from labeling.formats import FormatError, Row, RowProblem, images
from labeling.formats.given import GivenError
from labeling.formats.mapping import Mapped, applier
from labeling.kinds.readings import renamed
from labeling.kinds.schema import parse_data
from labeling.models import Media
from labeling.services import media
from labeling.services.imports.history import History, parse_history
from labeling.services.imports.naming import Named
from labeling.services.imports.unknown import UnknownLabels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from labeling.kinds.schema import Question, Schema
    from labeling.models import Project

_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
_KEPT_ANSWERS = 5_000


@dataclass(slots=True)
class Image:
    """An image that came with a row, checked and not stored yet."""

    info: images.ImageInfo
    content: bytes


@dataclass(slots=True)
class ReadyLabel:
    """A label about to be written: its value as JSON text, and its classes."""

    question: str
    value: str
    classes: list[str]


@dataclass(slots=True)
class ReadyGiven:
    """What one person answered, about to be written: values by question."""

    person: str
    answers: dict[str, Any]
    submitted_at: datetime | None


@dataclass(slots=True)
class Ready:
    """A task about to be written.

    Parameters
    ----------
    given
        What people answered about it elsewhere.
    faults
        What could not be read of what they answered, while the task itself can be taken.
    is_bare
        Whether the row shows nothing and only names its task: one that is there, or else `data` is made of its id, and
        empty where no field can show one.
    """

    number: int
    external_id: str | None
    content_hash: str
    data: str
    meta: str
    split: str
    labels: list[ReadyLabel]
    complete: bool
    images: list[Image] = field(default_factory=list)
    history: History | None = None
    given: list[ReadyGiven] = field(default_factory=list)
    faults: list[RowProblem] = field(default_factory=list)
    is_bare: bool = False


def _data_text(data: dict[str, Any]) -> str:
    """Return a task's data as canonical JSON; most values are text, for which the general encoder is slow."""
    parts = (
        f"{encode_basestring(name)}:{encode_basestring(value) if isinstance(value, str) else _encode(value)}"
        for name, value in sorted(data.items())
    )
    return "{" + ",".join(parts) + "}"


class Checker:
    """Checks the rows of one import against one schema."""

    def __init__(
        self,
        *,
        project: Project,
        schema: Schema,
        mapping: Mapping[str, str],
        key: bytes,
        values: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._project = project
        self._schema = schema
        self._apply = applier(mapping, key=key)
        self._required = [question.name for question in schema.questions if question.required]
        self._named = Named(project, schema)
        self._image_fields = [field.name for field in schema.fields if field.type == "image"]
        self._answers: dict[tuple[str, Any], ReadyLabel] = {}
        self._values = values or {}
        self.unknown = UnknownLabels()

    def check(self, row: Row) -> Ready | list[RowProblem]:
        """Return the task that a row makes, or everything that is wrong with it."""
        mapped = self._apply(row)
        if isinstance(mapped, RowProblem):
            return [mapped]
        problems: list[RowProblem] = []
        # The item first, as it will be stored: labels may point into its text, or into the pixels of its image.
        found = self._images(row, mapped, problems) if self._image_fields else []
        is_bare = bool(mapped.external_id and not mapped.data and (mapped.given or mapped.person))
        data = self._named.show(mapped.external_id) if is_bare else self._data(mapped, problems)
        labels = list(self._labels(mapped, data, problems))
        # A row of one person stands and falls with that answer; of several people's the others stand.
        faults: list[RowProblem] = problems if mapped.person else []
        given = self._given(mapped, data, faults)
        history = self._history(mapped, data, problems)
        if history is not None:
            for label in labels:
                history.supersede(label.question, label.value)
        if problems or data is None:
            return problems
        text = _data_text(data) if data else ""
        names = {label.question for label in labels} | (history.current_questions if history else set())
        return Ready(
            number=row.number,
            external_id=mapped.external_id or None,
            content_hash=self._hash(data, text),
            data=text,
            meta=_encode(mapped.meta) if mapped.meta else "{}",
            split=mapped.split,
            labels=labels,
            complete=bool(names) and all(name in names for name in self._required),
            images=found,
            history=history,
            given=given,
            faults=[] if mapped.person else faults,
            is_bare=is_bare,
        )

    def _hash(self, data: dict[str, Any], text: str) -> str:
        """Return the hash of the content: texts as they are, images by their bytes and not by their names."""
        if self._image_fields:
            images_by_hash = {
                name: value["sha256"] if name in self._image_fields else value for name, value in data.items()
            }
            text = _data_text(images_by_hash)
        return hashlib.sha256(text.encode()).hexdigest()

    def _data(self, mapped: Mapped, problems: list[RowProblem]) -> dict[str, Any] | None:
        """Return what the task will show; None where the row cannot be one."""
        try:
            return parse_data(mapped.data, self._schema)
        except Invalid as error:
            told = {problem.column for problem in problems}
            problems += [
                RowProblem(mapped.number, problem.path, problem.message)
                for problem in error.problems
                if problem.path.partition(".")[0] not in told
            ]
            return None

    def _given(self, mapped: Mapped, data: dict[str, Any] | None, faults: list[RowProblem]) -> list[ReadyGiven]:
        """Return what people answered, each answer checked as one of a person who labels here would be."""
        ready: list[ReadyGiven] = []
        for given in mapped.given:
            if isinstance(given, GivenError):
                faults.append(RowProblem(mapped.number, "annotations", f"The answer {given}."))
                continue
            wrong: list[RowProblem] = []
            said = Mapped(mapped.number, labels=self._named.by_question(given.answers))
            answers = {label.question: json.loads(label.value) for label in self._labels(said, data, wrong)}
            faults += [replace(one, message=f"{given.person}: {one.message}") for one in wrong]
            if answers:
                ready.append(ReadyGiven(given.person, answers, given.submitted_at))
        return ready

    def _labels(self, mapped: Mapped, data: dict[str, Any] | None, problems: list[RowProblem]) -> Iterator[ReadyLabel]:
        for name, given in mapped.labels.items():
            raw = renamed(given, self._values[name]) if name in self._values else given
            if raw is None or raw == "":
                continue
            key = (name, raw) if isinstance(raw, str) else None
            known = self._answers.get(key) if key else None
            if known is not None:
                yield known
                continue
            question = self._schema.question(name)
            if question is None:
                names = ", ".join(other.name for other in self._schema.questions)
                problems.append(RowProblem(mapped.number, name, f"There is no question {name}. There are: {names}."))
                continue
            if question.looks_at_item and data is None:
                continue  # The row is refused for its data; of what points into them nothing can be said.
            try:
                label = _label(question, raw, (data or {}).get(question.field))
            except Invalid as error:
                # An empty list is an answer where the question takes it as one; elsewhere it says there is no label.
                if raw != []:
                    self.unknown.count(question, raw)
                    told = error.problems[0].message if error.problems else error.message
                    problems.append(RowProblem(mapped.number, name, told))
                continue
            # What is right for this item says nothing of the next, unless the question does not look at it.
            if key and not question.looks_at_item and len(raw) < 200 and len(self._answers) < _KEPT_ANSWERS:
                self._answers[key] = label
            yield label

    def _history(self, mapped: Mapped, data: dict[str, Any] | None, problems: list[RowProblem]) -> History | None:
        if mapped.history is None or data is None:
            return None
        try:
            return parse_history(mapped.history, self._schema, data)
        except Invalid as error:
            problems.append(RowProblem(mapped.number, "dcai", error.message))
            return None

    def _images(self, row: Row, mapped: Mapped, problems: list[RowProblem]) -> list[Image]:
        """Replace what image fields name by what is stored of an image; returns the images to store."""
        found: list[Image] = []
        for name in self._image_fields:
            raw = mapped.data.get(name)
            if raw is None or raw == "":
                continue
            try:
                value, image = self._image(row, raw)
            except FormatError as error:
                problems.append(RowProblem(row.number, name, error.message))
                continue
            mapped.data[name] = value
            if image is not None:
                found.append(image)
        return found

    def _image(self, row: Row, raw: Any) -> tuple[dict[str, Any], Image | None]:
        name, content = _content(row, raw)
        if content is not None:
            info = media.check_image(content)
            value = {
                "sha256": info.sha256,
                "width": info.width,
                "height": info.height,
                "name": name,
                "bytes": info.size,
            }
            return value, Image(info, content)
        stored = Media.objects.filter(pk=str(raw.get("sha256")), links__project=self._project).first()
        if stored is None:
            raise FormatError(
                "The image itself is not in this file. Import the ZIP export, which carries the images, "
                "or a ZIP with a manifest."
            )
        return {
            "sha256": stored.sha256,
            "width": stored.width,
            "height": stored.height,
            "name": name,
            "bytes": stored.bytes,
        }, None


def _content(row: Row, raw: Any) -> tuple[str, bytes | None]:
    """Return an image's name and bytes; no bytes when the row only says which stored image it is."""
    if isinstance(raw, bytes):
        return "", raw
    if isinstance(raw, dict):
        name = str(raw.get("name") or raw.get("path") or "")[:500]
        if isinstance(raw.get("bytes"), bytes):
            return name, raw["bytes"]
        if isinstance(raw.get("file"), str) and row.files is not None:
            return name, _named(row, raw["file"])[1]
        if isinstance(raw.get("sha256"), str):
            return name, None
        if "bytes" in raw and "path" in raw:
            raise FormatError(
                f"The image is not in this file, only its path ({name[:100]}). Save the data set with the bytes of its "
                "images in it, or pack the images into a ZIP."
            )
    if not isinstance(raw, str):
        raise FormatError("Expected the name of an image file in the ZIP.")
    if raw.startswith("data:"):
        return "", _data_address(raw)
    return _named(row, raw)


def _named(row: Row, name: str) -> tuple[str, bytes]:
    if name.lower().startswith(("http://", "https://")):
        raise FormatError(
            "Images are not fetched from addresses. Put the files into a ZIP, with a manifest that names them."
        )
    if row.files is None:
        raise FormatError(
            f"{name[:100]}: this kind of file brings no images. Put them into a ZIP, with a manifest that names them."
        )
    file = row.files.find(name)
    if file is None:
        raise FormatError(f"{name[:100]}: there is no such file in the ZIP.")
    return file.name[:500], file.read()


def _data_address(raw: str) -> bytes:
    head, _, body = raw.partition(",")
    if not head.endswith(";base64"):
        raise FormatError("Expected data:image/...;base64,...")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise FormatError("The image in this address is not valid base64.") from None


def fits(question: Question, values: Iterable[Any]) -> bool:
    """Return whether the question may take at least one of the values as an answer."""
    for value in values:
        try:
            question.guess_words(value)
        except Invalid:
            continue
        return True
    return False


def _label(question: Question, raw: Any, item: Any) -> ReadyLabel:
    """Return the label of the first reading that the question takes."""
    answer = question.parse_words(raw, item)
    return ReadyLabel(question.name, _encode(question.dump_answer(answer)), question.classes(answer))
