"""Reading what was sent: JSON bodies and query parameters, strictly, with errors that name the path."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import IO, TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

from django.conf import settings
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from rest_framework.parsers import BaseParser

from labeling.errors import Invalid, Problem, TooLarge
from labeling.kinds.problems import found, invalid, join, of_validation, unstorable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.request import Request

MAX_DEPTH = 40
MAX_INTEGER = 2**63 - 1
MAX_IDS = 1000

Id = Annotated[int, Field(ge=1, le=MAX_INTEGER)]
Ids = Annotated[list[Id], Field(max_length=MAX_IDS)]


def _moment(sent: Any) -> datetime:
    """Return the moment of a text in ISO 8601 that says its offset from UTC."""
    try:
        moment = datetime.fromisoformat(sent)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        message = "Expected a moment with its offset from UTC, such as 2027-01-31T12:00:00Z"
        raise ValueError(message)
    return moment


Moment = Annotated[datetime, BeforeValidator(_moment)]


class Body(BaseModel):
    """A JSON body: no unknown keys, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(Body):
    """The body of what is asked for by its address alone: none, or an empty object."""


class Query(BaseModel):
    """Query parameters: texts that are converted; no unknown names."""

    model_config = ConfigDict(extra="forbid")


BodyT = TypeVar("BodyT", bound=Body)
QueryT = TypeVar("QueryT", bound=Query)


class StrictJSONParser(BaseParser):
    """Reads a bounded JSON body that holds nothing the database cannot keep."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the decoded body, or raise `Invalid` or `TooLarge`."""
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        sent = stream.read(limit + 1)
        if len(sent) > limit:
            raise TooLarge(f"A JSON body has at most {limit:,} bytes. Send large data as a file to the import.")
        return decode(sent)


def decode(sent: bytes) -> Any:
    """Return the value of a JSON text in UTF-8."""
    try:
        value = json.loads(sent.decode(), parse_constant=_refuse_constant, parse_float=_number)
    except UnicodeDecodeError as error:
        raise Invalid(f"The body is not UTF-8: byte {error.start + 1} cannot be read.") from None
    except RecursionError:
        raise Invalid(f"The JSON is nested deeper than {MAX_DEPTH} levels.") from None
    except json.JSONDecodeError as error:
        raise Invalid(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError as error:
        raise Invalid(f"The body is not JSON: {str(error)[:200]}.") from None
    _check(value)
    return value


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON number"
    raise ValueError(message)


def _number(text: str) -> float | int:
    """Return a number with a point; in JSON 3.0 is the whole number 3."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _check(value: Any) -> None:
    """Refuse what no column can hold, wherever in the document it is."""
    waiting: list[tuple[Any, str, int]] = [(value, "", 0)]
    while waiting:
        part, path, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise _at(path, f"The JSON is nested deeper than {MAX_DEPTH} levels.")
        match part:
            case str() if reason := unstorable(part):
                raise _at(path, reason)
            case dict():
                for key, inner in part.items():
                    if reason := unstorable(key):
                        raise _at(path, f"A key has a character that cannot be stored. {reason}")
                    waiting.append((inner, join(path, key), depth + 1))
            case list():
                waiting += [(inner, join(path, position), depth + 1) for position, inner in enumerate(part)]
            case float() if not math.isfinite(part):
                raise _at(path, "This number is too large.")
            case int() if abs(part) > MAX_INTEGER:
                raise _at(path, "This number is too large: whole numbers have at most 64 bits.")
            case _:
                pass


def _at(path: str, message: str) -> Invalid:
    return invalid("The body", [Problem(path[:200], message)])


def body(request: Request, model: type[BodyT]) -> BodyT:
    """Return the JSON body as `model`, or raise `Invalid` with every problem by path."""
    sent = request.data
    if not isinstance(sent, dict):
        raise invalid("The body", [Problem("", f"Expected a JSON object, found {found(sent)}.")])
    try:
        # An empty body is an empty form to the framework.
        return model.model_validate(dict(sent.items()))
    except ValidationError as error:
        raise invalid("The body", of_validation(error)) from None


def query(request: Request, model: type[QueryT]) -> QueryT:
    """Return the query parameters as `model`, or raise `Invalid` with every problem by name."""
    sent = {
        name: str(value)
        for name, value in request.query_params.items()
        if name != "format" or name in model.model_fields
    }
    for name, value in sent.items():
        if reason := unstorable(name + value):
            raise invalid("The address", [Problem(name[:200].replace("\x00", ""), reason)])
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise invalid("The address", of_validation(error)) from None
