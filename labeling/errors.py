"""Domain errors: each carries a message meant for a person and an HTTP status."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was wrong: where (a dotted path, perhaps a row) and what to do about it."""

    path: str
    message: str
    row: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as the API shows it."""
        return {"path": self.path, "row": self.row, "message": self.message}


class DomainError(Exception):
    """A rule of the product was not met; the message says which, where and what to do."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    title: ClassVar[str] = "The request could not be carried out"

    def __init__(self, message: str, *, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)


class Invalid(DomainError):
    """Something sent does not keep the rules."""

    title = "Something in the request is not valid"


class NotFound(DomainError):
    """The thing does not exist, or is not this person's to know about."""

    status = HTTPStatus.NOT_FOUND
    title = "Not found"

    def __init__(self, message: str = "There is nothing here, or it is not yours to see.") -> None:
        super().__init__(message)


class Forbidden(DomainError):
    """A member of the project whose role does not allow the action."""

    status = HTTPStatus.FORBIDDEN
    title = "Your role does not allow this"


class Conflict(DomainError):
    """Somebody (or another tab) was faster; `current` is what is stored now."""

    status = HTTPStatus.CONFLICT
    title = "It has changed since you opened it"

    def __init__(self, message: str, *, current: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.current = current


class TooLarge(DomainError):
    """More was sent than the limits allow."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "Too large"


class TooMany(DomainError):
    """Too many attempts in too short a time."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many requests"

    def __init__(self, message: str, *, seconds: int = 60) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unavailable(DomainError):
    """A part of the site that this needs is down; trying again later helps."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "Not available right now"


class StoreAway(Unavailable):
    """The store of images and uploads, which may be another machine's, does not answer."""

    def __init__(
        self,
        message: str = "The store of images and files does not answer. Try again in a few seconds; what was saved "
        "before is safe. If it stays so, tell the person who runs this site.",
    ) -> None:
        super().__init__(message)


class DiskFull(DomainError):
    """There is no room left to keep anything."""

    status = HTTPStatus.INSUFFICIENT_STORAGE
    title = "The disk of the server is full"

    def __init__(
        self,
        message: str = "There is no room left to save anything, and nothing of this was saved. Ask the person who runs "
        "this site to make room, then try again.",
    ) -> None:
        super().__init__(message)


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_NO_ROOM_IN_DATABASE = "53100"  # PostgreSQL's disk_full


def disk_is_full(error: BaseException | None) -> bool:
    """Tell whether an error, or what caused it, says that a disk has no room left: ours or the database's."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return True
        if getattr(error, "sqlstate", None) == _NO_ROOM_IN_DATABASE:
            return True
        error = error.__cause__
    return False


# Clients of object stores raise errors of their own for a server that is away, refuses or fails; those for a file that
# is not there never get here, they are FileNotFoundError by then.
_STORE_CLIENTS = {"botocore", "boto3", "s3transfer", "azure", "google"}


def store_is_away(error: BaseException | None) -> bool:
    """Tell whether an error, or what caused it, says that the store of files cannot be reached."""
    while error is not None:
        if isinstance(error, ConnectionError | TimeoutError):
            return True
        if any(kind.__module__.partition(".")[0] in _STORE_CLIENTS for kind in type(error).__mro__):
            return True
        error = error.__cause__
    return False
