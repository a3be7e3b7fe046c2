"""Pages of tasks by the last row seen, for every order the explorer offers: as fast at row 900,000 as at the first.

An order is a list of stretches, each with a condition and a key that an index runs along; a page is read from one
stretch after the other until it is full.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.db.models import BigIntegerField, BooleanField, F, Func, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Collate
from psycopg.errors import QueryCanceled

from labeling.errors import Unavailable
from labeling.models import Task, TaskAgreement, TaskState
from labeling.selectors import similarity as similarity_reads
from labeling.selectors.explorer.filters import matching
from labeling.selectors.explorer.several import several_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.db.models import QuerySet

    from labeling.models import Project
    from labeling.selectors.explorer.filters import TaskFilter

T = TypeVar("T")

SORTS: dict[str, str] = {
    "id": "Oldest first",
    "-id": "Newest first",
    "queue": "Queue order",
    "external_id": "External id",
    "-external_id": "External id, backward",
}
DEFAULT_SORT = "id"
BY_SIMILARITY = "similar"
"""The usual order of tasks similar to another one; only they have it."""
BY_AGREEMENT = "agreement"
"""The usual order of tasks that are asked for by what several people answered; only they have it."""

COUNTED = 10_000
"""How far tasks are counted; also how many one bulk act may change."""

MANY_SECONDS = 60
"""How long it is remembered that more tasks fit a filter than are counted."""

PATIENCE_MS = 400
"""How long a query may take before it is run in another way."""

LONGEST_MS = 8_000
"""How long that other way may take."""

_EVERY = 2**31

_EXTERNAL = "external_c"
_NEARNESS = "nearness"
_AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class PageSegment:
    """A part of an order: the tasks it has, and the key they are ordered by (a leading "-": descending)."""

    condition: Q
    key: tuple[str, ...]

    def reversed(self) -> PageSegment:
        """Return the stretch from its other end."""
        flipped = (part[1:] if part.startswith("-") else f"-{part}" for part in self.key)
        return PageSegment(self.condition, tuple(flipped))


_WAITING = Q(queue_entry__state=TaskState.TODO, queue_entry__open_slots__gt=0)
_NOT_WAITING = Q(queue_entry__open_slots=0) | Q(
    queue_entry__state__in=(TaskState.LABELED, TaskState.DISPUTED, TaskState.QUARANTINED)
)
_NAMED = PageSegment(Q(external_id__isnull=False), (_EXTERNAL,))
_UNNAMED = PageSegment(Q(external_id__isnull=True), ("pk",))

_ORDERS: dict[str, tuple[PageSegment, ...]] = {
    "queue": (PageSegment(_WAITING, ("-queue_entry__priority", "queue_entry__pk")), PageSegment(_NOT_WAITING, ("pk",))),
    "id": (PageSegment(Q(), ("pk",)),),
    "-id": (PageSegment(Q(), ("-pk",)),),
    "external_id": (_NAMED, _UNNAMED),
    "-external_id": (_UNNAMED.reversed(), _NAMED.reversed()),
    BY_SIMILARITY: (PageSegment(Q(), (_NEARNESS, "pk")),),
    BY_AGREEMENT: (PageSegment(Q(), (_AGREEMENT, "pk")),),
}


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order: just after the row with this key in this stretch, or (backward) just before it."""

    stretch: int
    values: tuple[Any, ...]
    backward: bool = False

    def write(self) -> str:
        """Return the position as it stands in an address."""
        plain = json.dumps([self.stretch, int(self.backward), *self.values])
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class TaskPage:
    """The tasks of a page in order, and the cursors of the pages beside it (empty: there is none)."""

    ids: list[int]
    previous: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Matches:
    """The project's tasks that fit a filter, and how many they are (COUNTED + 1 means more).

    When they are few, `ids` are all of them. When they are many, `walk` says that not every task is one of them.
    `nearest` are the tasks similar to one that was asked about, the most similar first. `key` names the filter of many
    in the cache. `question` is the one whose agreement they are ordered by.
    """

    project: Project
    tasks: QuerySet[Task]
    total: int
    ids: Sequence[int] | None = None
    walk: bool = False
    nearest: Sequence[int] = ()
    key: str = ""
    question: str = ""

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted."""
        return self.total > COUNTED

    def found_first(self) -> Matches:
        """Return the same, but let PostgreSQL find all the tasks before it sorts them: the limit keeps both apart."""
        ids = self.tasks.order_by().values("pk")[:_EVERY]
        return replace(self, tasks=Task.objects.filter(project=self.project, pk__in=ids), walk=False)


def matches(project: Project, wanted: TaskFilter) -> Matches:
    """Find what fits a filter; counting stops soon, so that it costs the same however many there are.

    A few tasks are found here once and then sorted. Many are met soon along the index of their order, and that they
    are many is remembered: who turns the pages does not wait for it again.
    """
    nearest = similarity_reads.similar_tasks(project, wanted.similar) if wanted.similar else []
    tasks = matching(project, wanted, nearest=nearest)
    if wanted.is_empty:
        return Matches(project, tasks, total=tasks[: COUNTED + 1].count())
    asked = hashlib.sha256(json.dumps(wanted.params()).encode()).hexdigest()
    key = f"explorer:many:{COUNTED}:{project.pk}:{asked}"
    several = several_named(wanted.answers)
    question = several.question if several is not None else ""
    many = Matches(project, tasks, total=COUNTED + 1, walk=True, key=key, question=question)
    if cache.get(key):
        return many
    ids = read_soon(lambda: _ids(tasks, most=COUNTED + 1))
    if len(ids) > COUNTED:
        cache.set(key, 1, MANY_SECONDS)
        return many
    few = Task.objects.filter(one_of("pk", ids), project=project)
    return Matches(project, few, len(ids), ids, nearest=nearest, question=question)


class _OneOf(Func):
    """Whether a number is one of an array: thousands of them are one value, and not a long statement."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def one_of(column: str, ids: Sequence[int]) -> _OneOf:
    """Return the condition that a column is one of many numbers."""
    return _OneOf(F(column), _numbers(ids))


def _numbers(ids: Sequence[int]) -> Cast:
    # As one text: to prepare thousands of numbers one by one takes longer than the query.
    return Cast(Value(f"{{{','.join(map(str, ids))}}}"), ArrayField(BigIntegerField()))


def _ids(tasks: QuerySet[Task], *, most: int) -> list[int]:
    """Return the first tasks met, as one row."""
    found: dict[str, list[int]] = tasks.values("pk")[:most].aggregate(ids=ArrayAgg("pk", default=_numbers(())))
    return found["ids"]


def read_soon(read: Callable[[], list[T]], *, otherwise: Callable[[], list[T]] | None = None) -> list[T]:
    """Run a query as PostgreSQL plans it; when that takes too long, run it in a way that is seldom slow.

    Plans go wrong where PostgreSQL expects few rows and meets many (ADR 18): in a project it has no statistics of yet,
    or where what fits a filter lies far apart in the order. Joins by hash do not mind.
    """
    rows = read_within(PATIENCE_MS, read)
    if rows is None:
        with _set("enable_nestloop", "off"):
            rows = read_within(LONGEST_MS, otherwise or read)
    if rows is None:
        message = "To find these tasks takes too long just now. Narrow the filter, or try again in a minute."
        raise Unavailable(message)
    return rows


def read_within(milliseconds: int, read: Callable[[], list[T]]) -> list[T] | None:
    """Run a query; None when it takes longer than so many milliseconds."""
    try:
        with _set("statement_timeout", milliseconds):
            return read()
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


@contextmanager
def _set(name: Literal["statement_timeout", "enable_nestloop"], value: str | int) -> Iterator[None]:
    """Let a setting of the database hold within."""
    alone = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {name} = %s", (value,))
        yield
        if not alone:  # else the end of the transaction takes it back
            cursor.execute(f"SET LOCAL {name} = DEFAULT")


def page(found: Matches, *, sort: str, cursor: str, size: int) -> TaskPage:
    """Return a page of what was found; a cursor that is none of this order starts over."""
    at = _read(cursor, sort)
    backward = at is not None and at.backward
    rows = list(islice(_from(found, sort=sort, at=at, most=size + 1), size + 1))
    more, rows = len(rows) > size, rows[:size]
    if not rows:
        return TaskPage(ids=[])
    if backward:
        rows.reverse()
    first, last = rows[0][1], rows[-1][1]
    has_previous, has_next = (more, True) if backward else (at is not None, more)
    return TaskPage(
        ids=[pk for pk, _ in rows],
        previous=replace(first, backward=True).write() if has_previous else "",
        next=last.write() if has_next else "",
    )


def first_ids(found: Matches, *, sort: str, most: int) -> list[int]:
    """Return the first tasks in an order."""
    return [pk for pk, _ in islice(_from(found, sort=sort, at=None, most=most), most)]


def beside(found: Matches, *, sort: str, task_id: int) -> tuple[int, int]:
    """Return the tasks before and after one (0: there is none), also when that one fits the filter no longer."""
    at = _position_of(found, task_id, sort=sort)
    if at is None:
        return 0, 0
    before = _from(found, sort=sort, at=replace(at, backward=True), most=1)
    after = _from(found, sort=sort, at=at, most=1)
    return next((pk for pk, _ in before), 0), next((pk for pk, _ in after), 0)


def _position_of(found: Matches, task_id: int, *, sort: str) -> Position | None:
    one = replace(found, tasks=Task.objects.filter(project=found.project, pk=task_id), total=1, ids=None, walk=False)
    return next((position for _, position in _from(one, sort=sort, at=None, most=1)), None)


def _from(found: Matches, *, sort: str, at: Position | None, most: int) -> Iterator[tuple[int, Position]]:
    """Yield tasks with their positions, from a position in its direction; each query reads `most` at most."""
    backward = at is not None and at.backward
    if found.ids is not None and sort in {"id", "-id"}:
        yield from _by_id(found.ids, at, downward=(sort == "-id") != backward)
        return
    stretches = list(enumerate(_ORDERS[sort]))
    if backward:
        stretches = [(number, stretch.reversed()) for number, stretch in reversed(stretches)]
    if at is not None:
        stretches = stretches[[number for number, _ in stretches].index(at.stretch) :]
    for number, stretch in stretches:
        pieces = _after(stretch.key, at.values) if at is not None and number == at.stretch else [Q()]
        for piece in pieces:
            for row in _read_rows(found, stretch, piece, most=most):
                yield row["pk"], Position(number, tuple(row[name.removeprefix("-")] for name in stretch.key))


def _by_id(ids: Sequence[int], at: Position | None, *, downward: bool) -> Iterator[tuple[int, Position]]:
    """Yield those of the tasks that come after a position, in the order of their ids."""
    for pk in sorted(ids, reverse=downward):
        if at is None or (pk < at.values[0] if downward else pk > at.values[0]):
            yield pk, Position(0, (pk,))


def _read_rows(found: Matches, stretch: PageSegment, piece: Q, *, most: int) -> list[dict[str, Any]]:
    """Read along an index; where what is wanted lies too far apart for that, find it first and then sort it."""
    if not found.walk:
        return list(_ordered(found, stretch, piece)[:most])
    return read_soon(
        lambda: list(_ordered(found, stretch, piece)[:most]),
        otherwise=lambda: list(_ordered(found.found_first(), stretch, piece)[:most]),
    )


def _ordered(found: Matches, stretch: PageSegment, piece: Q) -> QuerySet[Any, dict[str, Any]]:
    tasks = found.tasks
    names = {part.removeprefix("-") for part in stretch.key}
    if not names.isdisjoint(("queue_entry__priority", "queue_entry__pk")):
        # Said of the task and of its queue entry, so that the queue's index can be walked.
        tasks = tasks.filter(queue_entry__project=found.project)
    if _NEARNESS in names:
        place = Func(_numbers(found.nearest), F("pk"), function="array_position", output_field=IntegerField())
        tasks = tasks.annotate(**{_NEARNESS: Coalesce(place, Value(len(found.nearest) + 1))})
    if _AGREEMENT in names:
        measured = TaskAgreement.objects.filter(task_id=OuterRef("pk"), question=found.question)
        # What was not measured yet comes last.
        tasks = tasks.annotate(**{_AGREEMENT: Coalesce(Subquery(measured.values("agreement")[:1]), Value(2.0))})
    tasks = tasks.annotate(**{_EXTERNAL: Collate(F("external_id"), "C")}).filter(stretch.condition, piece)
    rows: QuerySet[Any, dict[str, Any]] = tasks.order_by(*stretch.key).values(*sorted(names | {"pk"}))
    return rows


def _after(key: tuple[str, ...], values: tuple[Any, ...]) -> list[Q]:
    """Return what comes after a key, in pieces at each of which an index can begin: the ties first, then the rest."""
    names = [part.removeprefix("-") for part in key]
    pieces = []
    for position in reversed(range(len(key))):
        lookup = "lt" if key[position].startswith("-") else "gt"
        beyond = Q(**{f"{names[position]}__{lookup}": values[position]})
        ties = Q(**dict(zip(names[:position], values[:position], strict=True)))
        pieces.append(ties & beyond)
    return pieces


def _read(cursor: str, sort: str) -> Position | None:
    try:
        plain = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        number, backward, *values = plain
        key = _ORDERS[sort][number if isinstance(number, int) and number >= 0 else len(_ORDERS[sort])].key
    except (ValueError, TypeError, IndexError, binascii.Error, RecursionError):
        return None
    fits = len(values) == len(key) and all(_fits(part, value) for part, value in zip(key, values, strict=True))
    return Position(number, tuple(values), backward=bool(backward)) if fits else None


def _fits(part: str, value: object) -> bool:
    match part.removeprefix("-"):
        case "external_c":
            return isinstance(value, str) and "\x00" not in value
        case "queue_entry__priority" | "agreement":
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
        case _:
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62
