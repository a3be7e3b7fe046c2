"""Describe schemas and answers by types made from the kinds there are, for whoever documents them."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic
from pydantic import BaseModel, create_model

from labeling.kinds.registry import KINDS, Kind
from labeling.kinds.schema.model import Common, Field
from labeling.kinds.schema.reading import MAX_FIELDS, MAX_QUESTIONS

if TYPE_CHECKING:
    from labeling.kinds.protocol import Column


def schema_type(*, sent: bool) -> type[BaseModel]:
    """Return a type for schemas: its questions are told apart by their kind.

    Parameters
    ----------
    sent : bool
        True for a schema as a person writes it, False for one as `Schema.dump` does, with its defaults filled in.
    """
    end = "New" if sent else ""
    kinds = [_question_type(kind, end) for kind in KINDS.values()]
    question: Any = Annotated[reduce(or_, kinds), pydantic.Field(discriminator="kind")] if len(kinds) > 1 else kinds[0]
    parts: dict[str, Any] = {
        "fields": (list[Field], pydantic.Field(min_length=1, max_length=MAX_FIELDS)),
        "questions": (list.__class_getitem__(question), pydantic.Field(min_length=1, max_length=MAX_QUESTIONS)),
    }
    return create_model(
        f"Schema{end}",
        __doc__="What a project's tasks show, and what is asked about it.",
        __config__=pydantic.ConfigDict(extra="forbid"),
        **parts,
    )


def _question_type(kind: Kind, end: str) -> Any:
    own: dict[str, Any] = {"kind": (Literal.__getitem__(kind.NAME), ...)}
    return create_model(
        f"{_camel(kind.NAME)}Question{end}",
        __doc__=f"{kind.TITLE}: {kind.ABOUT[0].lower()}{kind.ABOUT[1:]}",
        __base__=(Common, kind.Config),
        **own,
    )


def answer_type() -> Any:
    """Return a type for answers as `dump` writes them, whatever the kind of their question."""
    return reduce(or_, dict.fromkeys(_column_type(kind.COLUMN, f"{_camel(kind.NAME)}Part") for kind in KINDS.values()))


def _column_type(column: Column, name: str) -> Any:
    if isinstance(column, list):
        return list.__class_getitem__(_column_type(column[0], name))
    if isinstance(column, dict):
        parts: dict[str, Any] = {key: (_column_type(part, name), ...) for key, part in column.items()}
        return create_model(name, **parts)
    return column


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
