"""Claims: who works on which task, exactly, under any number of people at once.

A claim takes one of a task's open slots and holds it as a lease. The statements are plain SQL: they are the hot path,
and their exactness rests on row locks that an ORM would hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from labeling import access, locks
from labeling.errors import Conflict
from labeling.models import AnnotationState, Lease, ReturnState, TaskState
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import similarity as similarity_reads
from labeling.selectors import staffing as staffing_reads
from labeling.services import gold

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from labeling.models import Project, Task, User
    from labeling.selectors.explorer import TaskFilter

MAX_CLAIM = 100
"""Tasks that one claim may hand out."""

MAX_ALIKE = 50
"""Tasks to be answered together that one person may hold."""

SMALLEST_SHARE = 5
"""So many tasks anybody may take to answer together, however few are open: as many as who answers one by one holds."""

MAX_RETURNED = 20
"""Tasks sent back to a person that one claim hands out."""

REMAINING_CAP = 100
"""How far `remaining` counts before it says "at least"."""

# The person is locked first, then the queue entry, then its leases (see `locks`).

# The person, whether there are leases to reclaim (mostly there are none, which is quicker asked than done), and what
# was sent back to the person: those answers still count, so they hold their slots without a lease.
_BEGIN = f"""
SELECT {locks.PERSON}, EXISTS (
    SELECT FROM labeling_lease WHERE project_id = %(project)s AND expires_at < statement_timestamp()
), ARRAY(
    SELECT r.task_id FROM labeling_answerreview r JOIN labeling_queueentry q ON q.task_id = r.task_id
    WHERE r.annotator_id = %(user)s AND r.project_id = %(project)s AND r.back = '{ReturnState.WAITING}'
      AND q.state <> '{TaskState.QUARANTINED}'
    ORDER BY r.decided_at, r.id LIMIT {MAX_RETURNED}
)
"""  # noqa: S608 - only constants are put in

_RECLAIM = """
WITH due AS (
    SELECT q.task_id FROM labeling_queueentry q
    WHERE q.task_id IN (
        SELECT task_id FROM labeling_lease WHERE project_id = %(project)s AND expires_at < statement_timestamp()
    )
    FOR UPDATE SKIP LOCKED
), stale AS (
    SELECT l.id FROM labeling_lease l JOIN due ON due.task_id = l.task_id
    WHERE l.expires_at < statement_timestamp()
    FOR UPDATE OF l SKIP LOCKED
), expired AS (
    DELETE FROM labeling_lease l USING stale WHERE l.id = stale.id RETURNING l.task_id
)
UPDATE labeling_queueentry q SET open_slots = q.open_slots + e.slots
FROM (SELECT task_id, count(*) AS slots FROM expired GROUP BY task_id) e
WHERE q.task_id = e.task_id
"""

# OFFSET 0 has both looked up task by task along the queue, by their unique indexes. PostgreSQL would else be free to
# join with all that the person ever answered, and does so while its statistics are young.
_OPEN_TO_ME = f"""q.task_id FROM labeling_queueentry q
WHERE q.project_id = %(project)s AND q.open_slots > 0 AND NOT (q.state = '{TaskState.QUARANTINED}')
  AND NOT EXISTS (SELECT FROM labeling_lease l WHERE l.task_id = q.task_id AND l.user_id = %(user)s OFFSET 0)
  AND NOT EXISTS (
      SELECT FROM labeling_annotation a
      WHERE a.task_id = q.task_id AND a.annotator_id = %(user)s AND a.state <> '{AnnotationState.DRAFT}' OFFSET 0
  )
"""  # noqa: S608 - only names of states are put in

_LEASE_PICKED = """, taken AS (
    UPDATE labeling_queueentry q SET open_slots = q.open_slots - 1
    FROM picked WHERE q.task_id = picked.task_id
    RETURNING q.task_id, q.priority
), leased AS (
    INSERT INTO labeling_lease (task_id, user_id, project_id, expires_at, created_at)
    SELECT task_id, %(user)s, %(project)s,
           statement_timestamp() + %(seconds)s * interval '1 second', statement_timestamp()
    FROM taken
)
"""

_CLAIM = f"""
WITH picked AS (
    SELECT {_OPEN_TO_ME}
    ORDER BY q.priority DESC, q.task_id LIMIT %(count)s
    FOR UPDATE OF q SKIP LOCKED
){_LEASE_PICKED}
SELECT (SELECT array_agg(task_id ORDER BY priority DESC, task_id) FROM taken),
    (SELECT count(*) FROM (SELECT {_OPEN_TO_ME} ORDER BY q.priority DESC, q.task_id LIMIT %(cap)s) capped)
"""  # noqa: S608 - only constants are put in

# Tasks that are locked already, and were open to the person then.
_LEASE_LOCKED = f"""
WITH picked AS (SELECT unnest(%(tasks)s::bigint[]) AS task_id){_LEASE_PICKED}
SELECT task_id FROM taken ORDER BY priority DESC, task_id
"""  # noqa: S608 - only constants are put in

# Those like another one, as many as are still to be had: nobody waits for them.
_CLAIM_NEAREST = f"""
WITH picked AS (
    SELECT {_OPEN_TO_ME} AND q.task_id = ANY(%(nearest)s)
    ORDER BY array_position(%(nearest)s::bigint[], q.task_id) LIMIT %(count)s
    FOR UPDATE OF q SKIP LOCKED
){_LEASE_PICKED}
SELECT array_agg(task_id ORDER BY array_position(%(nearest)s::bigint[], task_id)) FROM taken
"""  # noqa: S608 - only constants are put in

_OPEN_AND_HELD = f"""
SELECT (SELECT count(*) FROM (SELECT {_OPEN_TO_ME} ORDER BY q.priority DESC, q.task_id LIMIT %(enough)s) capped),
    (SELECT count(*) FROM labeling_lease WHERE project_id = %(project)s AND user_id = %(user)s)
"""  # noqa: S608 - only constants are put in

# One task that the person names: waits for who has it locked, and then looks again whether a slot is left.
_TAKE = f"""
WITH picked AS (SELECT {_OPEN_TO_ME} AND q.task_id = %(task)s FOR UPDATE OF q){_LEASE_PICKED}
SELECT task_id FROM taken
"""  # noqa: S608 - only constants are put in

_HELD = """
UPDATE labeling_lease l SET expires_at = statement_timestamp() + %(seconds)s * interval '1 second'
FROM labeling_queueentry q
WHERE l.project_id = %(project)s AND l.user_id = %(user)s AND q.task_id = l.task_id
RETURNING l.task_id, l.created_at, q.priority
"""

_RENEW = """
UPDATE labeling_lease SET expires_at = statement_timestamp() + %(seconds)s * interval '1 second'
WHERE project_id = %(project)s AND user_id = %(user)s AND task_id = ANY(%(tasks)s)
RETURNING task_id
"""

_RELEASE = """
WITH mine AS (
    SELECT q.task_id FROM labeling_queueentry q
    WHERE q.task_id IN (
        SELECT task_id FROM labeling_lease
        WHERE project_id = %(project)s AND user_id = %(user)s AND (%(all)s OR task_id = ANY(%(tasks)s))
    )
    ORDER BY q.task_id FOR UPDATE
), gone AS (
    DELETE FROM labeling_lease l USING mine WHERE l.task_id = mine.task_id AND l.user_id = %(user)s
    RETURNING l.task_id
)
UPDATE labeling_queueentry q SET open_slots = q.open_slots + 1
FROM gone WHERE q.task_id = gone.task_id
RETURNING q.task_id
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim handed out, in queue order, and how many more this person could take (capped).

    `alike_to`: the task that those after it were chosen to be like; None where nobody can tell what is alike.
    """

    task_ids: list[int]
    remaining: int
    alike_to: int | None = None


def claim(
    *, actor: User, project: Project, count: int, held: bool = False, alike: bool = False, sending: int = 0
) -> Claim:
    """Lease up to `count` tasks that the person has neither answered nor holds.

    With `held`, the tasks the person holds already come first and count towards `count`; their leases are renewed. What
    a reviewer sent back to the person comes before all else, and beyond `count`.

    With `alike`, they are to be answered together: after the first come those most like it instead of those next in the
    queue, no more than the person's fair share of what is open. `sending`: so many of those they hold are answered and
    on their way, and do not count towards it.
    """
    access.check_person(actor, "answer tasks")
    values: dict[str, Any] = {
        "project": project.pk,
        "user": actor.pk,
        "count": max(0, min(count, MAX_CLAIM)),
        "seconds": project.lease_seconds,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BEGIN, values)
        *_, stale, returned = cursor.fetchone()
        ids: list[int] = []
        served = gold.served_before(actor=actor, project=project) if project.gold_share else None
        if held:
            cursor.execute(_HELD, values)
            ids = [row[0] for row in sorted(cursor.fetchall(), key=lambda row: (row[1], -row[2], row[0]))]
            if served is not None:
                _mix_in(ids, served.waiting)
            values["count"] = max(0, values["count"] - len(ids))
        if stale:
            cursor.execute(_RECLAIM, values)
        alike_to = None
        if alike:
            values["count"] = min(values["count"], _left_of_share(cursor, values, sending))
            alike_to = _claim_alike(cursor, project, values, ids)
        if served is not None and not alike:
            taken, remaining = _claim_with_gold(cursor, actor, project, values, served)
        else:
            taken, was_open = _claim_next(cursor, values)
            remaining = was_open - len(taken)
    task_ids = list(dict.fromkeys([*returned, *ids, *taken]))
    return Claim(task_ids=task_ids, remaining=min(REMAINING_CAP, remaining), alike_to=alike_to)


def _claim_next(cursor: CursorWrapper, values: dict[str, Any]) -> tuple[list[int], int]:
    """Take what is next in the queue; returns it, and how much was open before."""
    # What is open is counted as it was before the claim, hence so many more.
    cursor.execute(_CLAIM, {**values, "cap": values["count"] + REMAINING_CAP})
    taken, was_open = cursor.fetchone()
    return taken or [], was_open


def _claim_with_gold(
    cursor: CursorWrapper, actor: User, project: Project, values: dict[str, Any], served: gold.Served
) -> tuple[list[int], int]:
    """Take what is next in the queue, with gold in some of the places; returns it, and how much is still open.

    A newcomer's first places are gold, of the others the project's share by chance. Once nothing is open to the person,
    gold would stand out, and none is given.
    """
    places = values["count"]
    first = min(places, max(0, gold.FIRST - served.total))
    drawn = sum(gold.chance.random() * 100 < project.gold_share for _ in range(places - first))
    taken, was_open = _claim_next(cursor, {**values, "count": places - first - drawn})
    given = gold.serve_gold(actor=actor, project=project, count=first + drawn) if was_open else []
    left = places - len(taken) - len(given)
    if left and was_open > len(taken):
        more, _ = _claim_next(cursor, {**values, "count": left})
        taken += more
    remaining = was_open - len(taken)
    _mix_in(taken, given)
    return taken, remaining


def _mix_in(task_ids: list[int], given: list[int]) -> None:
    """Put gold tasks between others, where nobody can guess."""
    for pk in given:
        task_ids.insert(gold.chance.randint(0, len(task_ids)), pk)


def _left_of_share(cursor: CursorWrapper, values: dict[str, Any], sending: int) -> int:
    """Return how many more tasks this person may hold to answer together, so that others who label here get theirs."""
    people = 1 + staffing_reads.labelers(values["project"]).exclude(user_id=values["user"]).count()
    cursor.execute(_OPEN_AND_HELD, {**values, "enough": people * MAX_ALIKE})
    counted: tuple[int, int] = cursor.fetchone()
    still_open, leased = counted
    holding = max(0, leased - sending)
    share = max(SMALLEST_SHARE, min(MAX_ALIKE, (still_open + holding) // people))
    return max(0, share - holding)


def _claim_alike(cursor: CursorWrapper, project: Project, values: dict[str, Any], ids: list[int]) -> int | None:
    """Take tasks like the first that is held, or else the next one; `ids` and `count` move on with what was taken."""
    if not ids and values["count"]:
        taken, _ = _claim_next(cursor, {**values, "count": 1})
        ids += taken
        values["count"] -= len(taken)
    if not ids:
        return None
    # Some of the nearest may go to others meanwhile, hence twice as many.
    nearest = similarity_reads.similar_tasks(project, ids[0], most=2 * MAX_ALIKE, open_to=values["user"])
    cursor.execute(_CLAIM_NEAREST, {**values, "nearest": nearest})
    alike = cursor.fetchone()[0] or []
    ids += alike
    values["count"] -= len(alike)
    return ids[0] if nearest else None


def claim_fitting(
    *,
    actor: User,
    project: Project,
    wanted: TaskFilter,
    count: int,
    held: bool = False,
    alike: bool = False,
    sending: int = 0,
) -> Claim:
    """Lease as `claim` does, by the same rules and in the same order, but only tasks that fit a filter.

    Held tasks and those sent back may stand elsewhere than the filter says: the person's own work brought them there.
    With `alike`, it is no more than the person's fair share: which tasks belong together, the filter says.
    """
    access.check_person(actor, "answer tasks")
    found = explorer_reads.matches(project, wanted)
    values: dict[str, Any] = {"project": project.pk, "user": actor.pk, "seconds": project.lease_seconds}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BEGIN, values)
        *_, stale, returned = cursor.fetchone()
        leased = _leased(actor, project) if held else []
        asked = replace(wanted, state="")
        begun = explorer_reads.matching(project, asked).filter(pk__in=[*returned, *leased])
        fits = set(begun.values_list("pk", flat=True)) if returned or leased else set()
        cursor.execute(_RENEW, {**values, "tasks": [pk for pk in leased if pk in fits]})
        renewed = {row[0] for row in cursor.fetchall()}
        if stale:
            cursor.execute(_RECLAIM, values)
        most = max(0, min(count, MAX_CLAIM) - len(renewed))
        if alike:
            most = min(most, _left_of_share(cursor, values, sending))
        picked = explorer_reads.open_ids(found, actor, most=most, lock=True) if most else []
        cursor.execute(_LEASE_LOCKED, {**values, "tasks": picked})
        taken = [row[0] for row in cursor.fetchall()]
        remaining = len(explorer_reads.open_ids(found, actor, most=REMAINING_CAP))
    mine = [pk for pk in returned if pk in fits] + [pk for pk in leased if pk in renewed]
    return Claim(task_ids=list(dict.fromkeys([*mine, *taken])), remaining=remaining)


def _leased(actor: User, project: Project) -> list[int]:
    """Return the tasks that the person holds, in the order in which they were handed out."""
    leases = Lease.objects.filter(project=project, user=actor)
    return list(
        leases.order_by("created_at", "-task__queue_entry__priority", "task_id").values_list("task_id", flat=True)
    )


def claim_task(*, actor: User, task: Task) -> None:
    """Lease one task that the person has picked, or go on holding it; raises `Conflict` when it is not to be had."""
    access.check_person(actor, "answer tasks")
    project = task.project
    values: dict[str, Any] = {
        "project": project.pk,
        "user": actor.pk,
        "task": task.pk,
        "tasks": [task.pk],
        "seconds": project.lease_seconds,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        locks.lock_person(project.pk, actor.pk)
        cursor.execute(_RENEW, values)
        if cursor.fetchone() is not None or task.pk in gold.waiting_gold(actor=actor, project=project):
            return
        cursor.execute(_RECLAIM, values)
        cursor.execute(_TAKE, values)
        if cursor.fetchone() is None:
            message = (
                "Nobody more is asked for this task now: it has its answers, others have it open, or it is set aside."
            )
            raise Conflict(message)


def renew(*, actor: User, project: Project, task_ids: Sequence[int]) -> list[int]:
    """Extend the person's leases on these tasks; return those still held, and gold that waits for them."""
    values: dict[str, Any] = {
        "project": project.pk,
        "user": actor.pk,
        "tasks": list(task_ids),
        "seconds": project.lease_seconds,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        locks.lock_person(project.pk, actor.pk)
        cursor.execute(_RENEW, values)
        renewed = {row[0] for row in cursor.fetchall()}
        return sorted(renewed | set(task_ids).intersection(gold.waiting_gold(actor=actor, project=project)))


def release(*, actor: User, project: Project, task_ids: Sequence[int] = ()) -> list[int]:
    """Give back the person's leases on these tasks, or all of them in the project when none is named."""
    values: dict[str, Any] = {"project": project.pk, "user": actor.pk, "tasks": list(task_ids), "all": not task_ids}
    with transaction.atomic(), connection.cursor() as cursor:
        locks.lock_person(project.pk, actor.pk)
        cursor.execute(_RELEASE, values)
        released = {row[0] for row in cursor.fetchall()}
        open_gold = set(gold.waiting_gold(actor=actor, project=project))
        return sorted(released | (open_gold.intersection(task_ids) if task_ids else open_gold))
