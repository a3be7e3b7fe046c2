"""Read a schema from JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from labeling.errors import Problem
from labeling.kinds.problems import found, invalid, listed, of_validation, quoted, under
from labeling.kinds.registry import KINDS, Kind
from labeling.kinds.schema.model import Common, Field, Question, Schema, titled

MAX_FIELDS = 20
MAX_QUESTIONS = 50

Model = TypeVar("Model", bound=BaseModel)


def parse_schema(raw: Any, *, path: str = "") -> Schema:
    """Return the schema in a JSON document, its defaults (titles, label colors and keys) filled in.

    Parameters
    ----------
    raw : object
        ``{"fields": [...], "questions": [...]}``.
    path : str
        Where the document stands in what was sent; put before the paths of problems.

    Returns
    -------
    Schema

    Raises
    ------
    Invalid
        With every problem found, each with a path such as ``questions[0].labels[2].name``.
    """
    problems: list[Problem] = []
    fields: list[Field] = []
    questions: list[Question] = []
    if not isinstance(raw, Mapping):
        problems.append(Problem("", f"Expected an object with fields and questions, found {found(raw)}."))
    else:
        unknown = [str(key) for key in raw if key not in {"fields", "questions"}]
        problems += [Problem(key, "This key is not known here. Remove it or check its spelling.") for key in unknown]
        raw_fields = _parts(raw, "fields", MAX_FIELDS, problems)
        raw_questions = _parts(raw, "questions", MAX_QUESTIONS, problems)
        for position, part in enumerate(raw_fields):
            fields += _field(part, problems, position=position)
        known = {field.name: field for field in fields} if len(fields) == len(raw_fields) else None
        for position, part in enumerate(raw_questions):
            questions += _question(part, known, problems, position=position)
        problems += _repeated(raw_fields, raw_questions)
    if problems:
        raise invalid("The schema", under(path, problems))
    return Schema.model_construct(fields=tuple(fields), questions=tuple(questions))


def _parts(raw: Mapping[str, Any], key: str, most: int, problems: list[Problem]) -> list[Any]:
    parts = raw.get(key)
    if not isinstance(parts, list | tuple):
        problems.append(Problem(key, f"Expected a list of {key}, found {found(parts)}."))
        return []
    if not 1 <= len(parts) <= most:
        problems.append(Problem(key, f"Expected 1 to {most} {key}, found {len(parts)}."))
        return []
    return list(parts)


def _field(raw: Any, problems: list[Problem], *, position: int) -> Iterator[Field]:
    try:
        field = Field.model_validate(raw)
    except ValidationError as error:
        problems += of_validation(error, path=f"fields[{position}]")
    else:
        yield field.model_copy(update={"title": field.title.strip() or titled(field.name)})


def _question(
    raw: Any, fields: Mapping[str, Field] | None, problems: list[Problem], *, position: int
) -> Iterator[Question]:
    path = f"questions[{position}]"
    if not isinstance(raw, Mapping):
        problems.append(Problem(path, f"Expected an object, found {found(raw)}."))
        return
    name = raw.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        shown = quoted(name) if isinstance(name, str) else found(name)
        problems.append(Problem(f"{path}.kind", f"Expected one of {listed(list(KINDS))}; found {shown}."))
        return
    mine: list[Problem] = []
    common = _validated(Common, {key: raw[key] for key in raw if key in Common.model_fields}, mine)
    config = _validated(kind.Config, {key: raw[key] for key in raw if key not in Common.model_fields}, mine)
    if common is not None and fields:
        mine += _about(common.field, kind, fields)
    if config is not None:
        mine += config.problems()
    problems += under(path, mine)
    if common is not None and config is not None and not mine:
        title = common.title.strip() or titled(common.name)
        yield Question(**(common.model_dump() | {"title": title}), config=config)


def _validated(model: type[Model], raw: Mapping[str, Any], problems: list[Problem]) -> Model | None:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems += of_validation(error)
        return None


def _about(field: str, kind: Kind, fields: Mapping[str, Field]) -> Iterator[Problem]:
    if field not in fields:
        yield Problem("field", f"Expected the name of a field ({listed(list(fields))}); found {quoted(field)}.")
    elif fields[field].type not in kind.FIELD_TYPES:
        allowed = listed(sorted(kind.FIELD_TYPES))
        yield Problem("field", f"A question of kind {kind.NAME} asks about a field of type {allowed}.")


def _repeated(fields: Sequence[Any], questions: Sequence[Any]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for list_name, parts in (("fields", fields), ("questions", questions)):
        for position, part in enumerate(parts):
            name = part.get("name") if isinstance(part, Mapping) else None
            if isinstance(name, str):
                if name in seen:
                    yield Problem(f"{list_name}[{position}].name", f"{seen[name]} already has the name {quoted(name)}.")
                seen.setdefault(name, f"{list_name}[{position}]")
