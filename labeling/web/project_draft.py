"""A project as it is being thought up: what was typed so far, and the schema it makes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from labeling.errors import Invalid, Problem
from labeling.kinds.registry import KINDS
from labeling.kinds.schema import Schema, parse_schema
from labeling.kinds.schema.model import RESERVED_NAMES, titled

if TYPE_CHECKING:
    from django.http import QueryDict

    from labeling.kinds.protocol import Kind
    from labeling.kinds.templates import Template

MAX_QUESTIONS = 20


def kinds_for(*field_types: str) -> list[Kind]:
    """Return the kinds that can ask about a field of one of these types, in the order in which they are offered."""
    return [kind for kind in KINDS.values() if kind.FIELD_TYPES & set(field_types)]


def typed_names(text: str) -> list[str]:
    """Return the names in a list as people type it: one a line, or, in a single line, between commas."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        lines = [part.strip() for part in re.split(r"[,;\t]", lines[0]) if part.strip()]
    return lines


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label as the form shows it: its color, key and group can be changed."""

    name: str
    color: str
    key: str
    group: str
    given: str


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """A question as it was typed. `chosen` holds colors, keys and groups set by hand, by label."""

    kind: str
    title: str = ""
    labels: str = ""
    name: str = ""
    chosen: dict[str, list[str]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names in the list."""
        return typed_names(self.labels)

    @property
    def behavior(self) -> Kind:
        """The kind of question."""
        return KINDS[self.kind]

    def as_schema(self, about: str) -> dict[str, Any]:
        """Return the question as a schema writes it."""
        common = {"name": self.name, "kind": self.kind, "field": about, "title": self.title.strip()}
        return common | self.behavior.settings(self.names, self.chosen)


@dataclass(frozen=True, slots=True)
class ProjectDraft:
    """What was typed on the way to a new project."""

    template: str = ""
    name: str = ""
    field_type: str = "text"
    questions: tuple[DraftQuestion, ...] = ()

    def as_schema(self) -> dict[str, Any]:
        """Return the schema document that was described."""
        questions = [question.as_schema(self.field_type) for question in self.questions]
        return {"fields": [{"name": self.field_type, "type": self.field_type}], "questions": questions}


@dataclass(frozen=True, slots=True)
class Checked:
    """A question with what is wrong with it, or with the colors and keys of its labels."""

    place: int
    question: DraftQuestion
    rows: list[LabelRow]
    problems: list[str]


def fresh_draft(template: Template) -> ProjectDraft:
    """Return the form of a template before anything is typed."""
    sample = template.build(template.suggested_labels or ("A label",)).questions[0]
    labels = "\n".join(template.suggested_labels)
    first = DraftQuestion(kind=sample.kind, title=sample.title, name=sample.name, labels=labels)
    return ProjectDraft(template=template.key, field_type=template.field_type, questions=(first,))


def is_worth_keeping(draft: ProjectDraft, template: Template) -> bool:
    """Whether anything was typed or chosen that the template does not say by itself."""
    asked = _without_blanks(draft).questions
    plain = fresh_draft(template).questions
    return bool(draft.name.strip()) or [_typed(each) for each in asked] != [_typed(each) for each in plain]


def _typed(question: DraftQuestion) -> tuple[object, ...]:
    return question.kind, question.title.strip(), question.names, question.chosen


def _without_blanks(draft: ProjectDraft) -> ProjectDraft:
    """Leave out the questions that were added and then left empty."""
    asked = tuple(each for each in draft.questions[1:] if each.title.strip() or each.names)
    return replace(draft, questions=draft.questions[:1] + asked)


def parse_project_draft(form: QueryDict, template: Template) -> ProjectDraft:
    """Return what a form holds."""
    return ProjectDraft(
        template=template.key,
        name=form.get("name", ""),
        field_type=template.field_type,
        questions=read_questions(form, taken={template.field_type, *RESERVED_NAMES}),
    )


def read_questions(form: QueryDict, *, taken: set[str]) -> tuple[DraftQuestion, ...]:
    """Return the questions that a form holds; those without a name get one that is not taken."""
    questions: list[DraftQuestion] = []
    taken = set(taken)
    for place in range(min(MAX_QUESTIONS, _number(form.get("questions", "1")))):
        at = f"q{place}-"
        kind = form.get(f"{at}kind", "")
        title = form.get(f"{at}title", "")
        name = form.get(f"{at}name", "") or _named(title, taken)
        taken.add(name)
        questions.append(
            DraftQuestion(
                kind=kind if kind in KINDS else next(iter(KINDS)),
                title=title,
                name=name,
                labels=form.get(f"{at}labels", ""),
                chosen=_chosen(form, at),
            )
        )
    return tuple(questions)


def _number(raw: str) -> int:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 4 else 1


def _chosen(form: QueryDict, at: str) -> dict[str, list[str]]:
    """Return the colors and keys that differ from those that were given out, and the groups that were typed."""
    parts = (form.getlist(f"{at}{part}") for part in ("row", "color", "key", "given", "group"))
    chosen = {}
    for name, color, key, given, group in zip_longest(*parts, fillvalue=""):
        given_color, _, given_key = given.partition("|")
        mine = [color if color != given_color else "", key.strip() if key.strip() != given_key else "", group.strip()]
        if any(mine):
            chosen[name] = mine
    return chosen


def _named(title: str, taken: set[str]) -> str:
    """Make the name that files and the API use from a title."""
    words = "_".join(re.findall(r"[a-z0-9]+", title.lower()))[:40].strip("_")
    base = words if words[:1].isalpha() else f"question_{words}".rstrip("_")
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def check(draft: ProjectDraft) -> list[Checked]:
    """Return each question with its labels' colors and keys, or with what is wrong in words."""
    found = []
    for place, question in enumerate(draft.questions):
        problems = _about_list(question)
        rows: list[LabelRow] = []
        if not problems:
            try:
                schema = parse_schema({**draft.as_schema(), "questions": [question.as_schema(draft.field_type)]})
            except Invalid as error:
                problems = [_in_words(problem, question) for problem in error.problems]
            else:
                rows = _rows(schema, question)
        found.append(Checked(place=place, question=question, rows=rows, problems=problems))
    return found


def _about_list(question: DraftQuestion) -> list[str]:
    names = question.names
    if lacking := list(question.behavior.lacks(names)):
        return lacking
    repeated = sorted({name for name in names if names.count(name) > 1}) if len(names) < 2000 else []
    return [f"“{name}” is in the list more than once." for name in repeated[:5]]


def _in_words(problem: Problem, question: DraftQuestion) -> str:
    """Say which label a problem of the schema is about."""
    place = re.search(r"labels[\[.](\d+)", problem.path)
    part = problem.path.rpartition(".")[2]
    names = question.names
    if place and int(place[1]) < len(names):
        name = names[int(place[1])]
        if part == "key" and "already has" in problem.message:
            return f"“{name}” has the same key as another label."
        return f"“{name}”: {problem.message}"
    return problem.message


def _rows(schema: Schema, question: DraftQuestion) -> list[LabelRow]:
    """Return the labels with their colors and keys; `given` is what they would have by themselves."""
    if question.behavior.NAMES != "labels":
        return []
    alone = replace(question, chosen={}).as_schema(schema.fields[0].name)
    plain = parse_schema({"fields": [schema.fields[0].model_dump()], "questions": [alone]}).questions[0]
    return [
        LabelRow(option.name, option.color, option.key, option.group, f"{own.color}|{own.key}")
        for option, own in zip(schema.questions[0].options, plain.options, strict=True)
    ]


def load(kept: dict[str, Any]) -> ProjectDraft | None:
    """Return the draft that was kept, without what was left empty; nothing if an older version kept it otherwise."""
    try:
        questions = tuple(DraftQuestion(**question) for question in kept["questions"])
        return _without_blanks(ProjectDraft(**{**kept, "questions": questions}))
    except (TypeError, KeyError):
        return None


def example() -> str:
    """Return a schema to start writing from."""
    document = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [
            {"name": "topic", "kind": "choice", "field": "text", "title": titled("topic"), "labels": ["News", "Sport"]},
            {"name": "quality", "kind": "rating", "field": "text", "min": 1, "max": 5, "required": False},
        ],
    }
    return json.dumps(document, indent=2)


def read_document(text: str) -> dict[str, Any]:
    """Return the schema in a JSON text, or what is wrong with it, as new_schema_checked.html shows them."""
    try:
        return {"schema": parse_document(text)}
    except Invalid as error:
        return {"refused": error}


def parse_document(text: str) -> Schema:
    """Return the schema in a JSON text; errors name the line or the path."""
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise Invalid(
            message, problems=(Problem(f"line {error.lineno}", f"{error.msg} (column {error.colno})."),)
        ) from error
    except RecursionError as error:
        raise Invalid("This is not a schema: it is nested too deeply.") from error
    except ValueError as error:  # a number with thousands of digits
        raise Invalid(f"This is not a schema: {str(error)[:80]}.") from error
    return parse_schema(raw)
