"""Questions and labels while they are changed in the form: nothing holds before it is saved."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.kinds import palette
from labeling.kinds.schema.model import RESERVED_NAMES
from labeling.web import project_draft
from labeling.web.project_draft import DraftQuestion, ProjectDraft

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

    from labeling.errors import DomainError
    from labeling.kinds.schema import Schema
    from labeling.kinds.schema.model import Question

MAX_ROWS = 300
"""Labels of a question that are edited one by one; longer lists are changed as JSON."""

MAX_STEPS = 21
PARTS = ("title", "color", "key", "group", "description")


@dataclass(frozen=True, slots=True)
class StepRow:
    """A label in the form."""

    place: int
    id: str
    label: dict[str, str]
    problem: str


@dataclass(slots=True)
class Edited:
    """A question of the schema as it is being changed: `asked` is what holds, `body` is what the schema will say."""

    asked: Question
    body: dict[str, Any]
    listed: bool
    more: str = ""
    problems: list[str] = field(default_factory=list)
    about_labels: dict[str, str] = field(default_factory=dict)
    focus: int = -1
    """Where the button to remove a label takes the focus, since the one that was pressed is gone."""

    @property
    def has_labels(self) -> bool:
        """Whether the question is answered with labels of a list."""
        return self.asked.behavior.NAMES == "labels"

    @property
    def rows(self) -> list[StepRow]:
        """The labels; ids belong to the label, so that the focus follows one that is moved."""
        return [
            StepRow(
                place=place,
                id=f"{self.body['name']}-{zlib.crc32(label['name'].encode()):08x}",
                label=label,
                problem=self.about_labels.get(label["name"], ""),
            )
            for place, label in enumerate(self.body["labels"])
        ]

    @property
    def steps(self) -> list[tuple[str, str]]:
        """The steps of a scale with their names; none of a scale too long to name them one by one."""
        steps = self.asked.class_names
        if self.asked.behavior.NAMES != "steps" or len(steps) > MAX_STEPS:
            return []
        return [(step, self.body["labels"].get(step, "")) for step in steps]

    def append(self) -> None:
        """Put the labels that were typed at the end of the list; those that are there already stay as they are."""
        labels = self.body["labels"]
        names = project_draft.typed_names(self.more)
        known = {label["name"] for label in labels}
        fresh = [name for name in dict.fromkeys(names) if name not in known]
        said = [palette.color_named_in(name) for name in fresh]
        colors = {label["color"] for label in labels}
        unused = iter([color for color in palette.PALETTE if color not in colors.union(said)])
        for name, own in zip(fresh, said, strict=True):
            color = own if own and own not in colors else next(unused, "")
            colors.add(color)
            labels = [*labels, _label(name, color=color)]
        self.body["labels"] = labels
        self.more = ""

    def drop(self, place: int) -> None:
        """Take a label out of the list."""
        del self.body["labels"][place]
        self.focus = min(place, len(self.body["labels"]) - 1)

    def move(self, place: int, *, by: int) -> None:
        """Move a label up or down in the list."""
        labels = self.body["labels"]
        if 0 <= place < len(labels) and 0 <= place + by < len(labels):
            labels[place], labels[place + by] = labels[place + by], labels[place]


@dataclass(slots=True)
class SchemaDraft:
    """All that the form holds: the questions of the schema, and those that are added."""

    fields: list[dict[str, Any]]
    questions: list[Edited]
    added: tuple[DraftQuestion, ...] = ()
    about: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the schema document that was described."""
        added = [question.as_schema(about) for question, about in zip(self.added, self.about, strict=True)]
        return {"fields": self.fields, "questions": [*(question.body for question in self.questions), *added]}

    def as_draft(self) -> ProjectDraft:
        """Return the added questions as a new project has them."""
        return ProjectDraft(questions=self.added)

    def tell(self, error: DomainError) -> bool:
        """Put what is wrong beside what it is about; say whether all of it has found its place."""
        everything = bool(error.problems)
        for problem in error.problems:
            found = re.match(r"(?:schema\.)?questions\[(\d+)\](?:\.labels\[(\d+)\])?", problem.path)
            place = int(found[1]) if found else -1
            if 0 <= place < len(self.questions):
                self.questions[place].problems += _beside(self.questions[place], found, problem.path, problem.message)
            elif not found:
                everything = False
        return everything


def _beside(question: Edited, found: re.Match[str] | None, path: str, message: str) -> Iterable[str]:
    """Put a problem beside its label; one about no label is the question's."""
    part = path.rpartition(".")[2]
    if found and found[2] and question.listed and int(found[2]) < len(question.body["labels"]):
        clash = part == "key" and "already has" in message
        name = question.body["labels"][int(found[2])]["name"]
        question.about_labels[name] = "Another label has this key." if clash else message
        return ()
    return (message,)


def _label(name: str, *, color: str = "") -> dict[str, str]:
    return {"name": name, "title": name, "color": color or palette.color(0), "key": "", "description": "", "group": ""}


def of_schema(schema: Schema) -> SchemaDraft:
    """Return the form of a schema as it is."""
    fields = schema.dump()["fields"]
    return SchemaDraft(fields=fields, questions=[_edited(question) for question in schema.questions])


def _edited(question: Question) -> Edited:
    body = question.dump()
    listed = question.behavior.NAMES == "labels" and len(body["labels"]) <= MAX_ROWS
    return Edited(asked=question, body=body, listed=listed)


def parse_schema_draft(form: QueryDict, schema: Schema) -> SchemaDraft:
    """Return what a form made from the schema holds."""
    base = {question.body["name"]: question for question in of_schema(schema).questions}
    draft = SchemaDraft(fields=schema.dump()["fields"], questions=[])
    for place, name in enumerate(form.getlist("kept")):
        if (question := base.pop(name, None)) is not None:
            _overlay(question, form, f"s{place}-")
            draft.questions.append(question)
    names = {one.name for one in schema.fields}
    taken = {*names, *(question.name for question in schema.questions), "text", *RESERVED_NAMES}
    draft.added = project_draft.read_questions(form, taken=taken) if "questions" in form else ()
    chosen = [form.get(f"q{place}-field", "") for place in range(len(draft.added))]
    draft.about = tuple(about if about in names else schema.fields[0].name for about in chosen)
    return draft


def _overlay(question: Edited, form: QueryDict, at: str) -> None:
    body = question.body
    body["title"] = form.get(f"{at}title", body["title"])
    body["description"] = _lines(form.get(f"{at}description", body["description"]))
    body["required"] = f"{at}required" in form
    question.more = form.get(f"{at}more", "")
    if question.listed and f"{at}label" in form:
        known = {label["name"]: label for label in body["labels"]}
        columns = [form.getlist(f"{at}label-{part}") for part in PARTS]
        body["labels"] = [
            known.get(name, _label(name)) | dict(zip(PARTS, (value.strip() for value in values), strict=True))
            for name, *values in zip(form.getlist(f"{at}label"), *columns, strict=False)
        ]
    if question.steps and (names := form.getlist(f"{at}step")):
        steps = zip(question.asked.class_names, names, strict=False)
        body["labels"] = {step: name.strip() for step, name in steps if name.strip()}


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
