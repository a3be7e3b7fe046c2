"""Which of the tasks that fit a filter a person could label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from labeling.errors import Forbidden, Invalid, Problem
from labeling.models import Annotation, AnnotationState, Lease, QueueEntry, TaskState
from labeling.selectors.explorer.filters import LABEL_PREFIX, parse_task_filter
from labeling.selectors.explorer.pages import MANY_SECONDS, one_of, read_soon, read_within

if TYPE_CHECKING:
    from labeling.models import User
    from labeling.selectors.explorer.filters import TaskFilter
    from labeling.selectors.explorer.pages import Matches

OPEN_COUNTED = 1_000
"""How far the open ones are counted."""

HINT_MS = 100
"""How long a page waits for their number."""


_NAMES = frozenset({"q", "state", "split", "source", "flag", "annotator", "meta", "similar", "tasks", "sort", "cursor"})
"""What an address of the explorer says, besides labels; the order and the place in it are no conditions."""


def parse_queue_filter(text: str, *, reviewer: bool) -> TaskFilter:
    """Return the filter of a person's queue from the parameters of an explorer's address.

    Who only labels stays blind: no condition may tell what others said of the tasks. Unknown names are refused, because
    a condition that is not heard would hand out tasks that nobody asked for.
    """
    query = QueryDict(text.lstrip("?"))
    strange = next((name for name in query if name not in _NAMES and not name.startswith(LABEL_PREFIX)), None)
    if strange is not None:
        message = f"“{strange[:40]}” is nothing to filter tasks by."
        raise Invalid(message, problems=(Problem("filter", message),))
    wanted = parse_task_filter(query, reviewer=reviewer)
    _check_blind(wanted, reviewer=reviewer)
    return wanted


def _check_blind(wanted: TaskFilter, *, reviewer: bool) -> None:
    """Refuse a queue of tasks chosen by what others said of them, except to reviewers."""
    if wanted.tells_of_others and not reviewer:
        message = (
            "To label by labels, flags or what others did is for reviewers: it would tell you what others said. "
            "Take that condition out of the filter."
        )
        raise Forbidden(message)


def _open_entries(found: Matches, user: User) -> QuerySet[QueueEntry]:
    """Return the queue entries of those found that the person could claim, in no order."""
    leases = Lease.objects.filter(task_id=OuterRef("task_id"), user=user)
    answers = Annotation.objects.filter(task_id=OuterRef("task_id"), annotator=user)
    entries = QueueEntry.objects.filter(
        ~Exists(leases), ~Exists(answers.exclude(state=AnnotationState.DRAFT)), project=found.project, open_slots__gt=0
    ).exclude(state=TaskState.QUARANTINED)
    return entries.filter(task__in=found.tasks) if found.ids is None else entries.filter(one_of("task_id", found.ids))


def open_ids(found: Matches, user: User, *, most: int, lock: bool = False) -> list[int]:
    """Return the first of those found that the person could claim; `lock` keeps them from everybody else."""

    def read(among: Matches) -> list[int]:
        entries = _open_entries(among, user).order_by("-priority", "task_id")
        if lock:
            entries = entries.select_for_update(of=("self",), skip_locked=True)
        return list(entries.values_list("task_id", flat=True)[:most])

    return read_soon(lambda: read(found), otherwise=lambda: read(found.found_first() if found.walk else found))


def count_open(found: Matches, user: User) -> int | None:
    """Return how many of those found the person holds or could claim, to OPEN_COUNTED + 1; None: too many to tell soon.

    Many tasks may fit of which hardly one is open: no page waits until they are looked through, and the number is some
    seconds old, for who turns the pages.
    """
    if not found.key:
        return _count(found, user)
    key = f"{found.key}:open:{user.pk}"
    kept: tuple[int | None] | None = cache.get(key)
    if kept is None:
        kept = (_count(found, user),)
        cache.set(key, kept, MANY_SECONDS)
    return kept[0]


def _count(found: Matches, user: User) -> int | None:
    most = OPEN_COUNTED + 1
    # A person holds a few: those are looked for among the found, and not the found among them.
    held = list(Lease.objects.filter(project=found.project, user=user).values_list("task_id", flat=True))
    free = _open_entries(found, user)
    rows = read_within(HINT_MS, lambda: [_count_held(found, held) + free[:most].count()])
    return rows[0] if rows else None


def _count_held(found: Matches, held: list[int]) -> int:
    if found.ids is not None:
        return len(set(held).intersection(found.ids))
    return found.tasks.order_by().filter(pk__in=held).count() if held else 0
