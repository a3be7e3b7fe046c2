"""Leases of flagged tasks: two reviewers are never given the same one.

As with claims of tasks to label, but of all that is flagged about a task: whoever decides one of its flags has the
others before their eyes too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from labeling import access
from labeling.models import FlagState, ReviewLease
from labeling.selectors import reviews as review_reads

if TYPE_CHECKING:
    from collections.abc import Collection

    from labeling.models import Project, User
    from labeling.selectors.reviews import FlagFilter

MAX_CLAIM = 50
"""Flags that one claim may hand out."""

ATTEMPTS = 5
"""Claims made one after another while others take what was picked."""

# The flags are locked, so that one that is being decided is passed by. What keeps two claims apart is the lease, for
# its task is unique; leases are locked in order of task, here and below, so that nobody waits in a circle.
_CLAIM = """
WITH picked AS ({flags} FOR UPDATE SKIP LOCKED), leased AS (
    INSERT INTO labeling_reviewlease (task_id, project_id, user_id, expires_at)
    SELECT DISTINCT task_id, %s::bigint, %s::bigint, statement_timestamp() + %s * interval '1 second'
    FROM picked ORDER BY task_id
    ON CONFLICT (task_id) DO UPDATE SET user_id = EXCLUDED.user_id, expires_at = EXCLUDED.expires_at
    WHERE labeling_reviewlease.user_id = EXCLUDED.user_id OR labeling_reviewlease.expires_at < statement_timestamp()
    RETURNING task_id
)
SELECT p.id, l.task_id FROM picked p LEFT JOIN leased l ON l.task_id = p.task_id ORDER BY {order}
"""

_TAKE = """
INSERT INTO labeling_reviewlease (task_id, project_id, user_id, expires_at)
SELECT task_id, %(project)s, %(user)s, statement_timestamp() + %(seconds)s * interval '1 second'
FROM unnest(%(tasks)s::bigint[]) AS wanted(task_id) ORDER BY task_id
ON CONFLICT (task_id) DO UPDATE SET user_id = EXCLUDED.user_id, expires_at = EXCLUDED.expires_at
WHERE labeling_reviewlease.user_id = EXCLUDED.user_id OR labeling_reviewlease.expires_at < statement_timestamp()
RETURNING task_id
"""

# A lease that ran out, but that nobody else took meanwhile, is held still.
_RENEW = f"""
WITH held AS (
    SELECT l.task_id FROM labeling_reviewlease l
    WHERE l.project_id = %(project)s AND l.user_id = %(user)s
      AND l.task_id IN (SELECT f.task_id FROM labeling_flag f WHERE f.id = ANY(%(flags)s))
    ORDER BY l.task_id FOR UPDATE
), renewed AS (
    UPDATE labeling_reviewlease l SET expires_at = statement_timestamp() + %(seconds)s * interval '1 second'
    FROM held WHERE l.task_id = held.task_id RETURNING l.task_id
)
SELECT f.id FROM labeling_flag f JOIN renewed r ON r.task_id = f.task_id
WHERE f.id = ANY(%(flags)s) AND f.state = '{FlagState.OPEN}' ORDER BY f.id
"""  # noqa: S608 - only names of states are put in

_DROP = """
WITH held AS (
    SELECT task_id FROM labeling_reviewlease WHERE task_id = ANY(%(tasks)s) ORDER BY task_id FOR UPDATE
)
DELETE FROM labeling_reviewlease l USING held WHERE l.task_id = held.task_id
"""

_RELEASE = """
WITH held AS (
    SELECT l.task_id FROM labeling_reviewlease l
    WHERE l.project_id = %(project)s AND l.user_id = %(user)s
      AND (%(all)s OR l.task_id IN (SELECT f.task_id FROM labeling_flag f WHERE f.id = ANY(%(flags)s)))
    ORDER BY l.task_id FOR UPDATE
)
DELETE FROM labeling_reviewlease l USING held WHERE l.task_id = held.task_id RETURNING l.task_id
"""


def claim(
    *, actor: User, project: Project, count: int, wanted: FlagFilter | None = None, known: Collection[int] = ()
) -> list[int]:
    """Lease the first `count` flags that wait and that nobody else looks at; without those `known` already."""
    access.check_person(actor, "decide about flags")
    count = min(count, MAX_CLAIM)
    found: list[int] = []
    for _ in range(ATTEMPTS if count > 0 else 0):
        picked, leased = _claimed(actor, project, count - len(found), wanted, [*known, *found])
        found += leased
        if len(found) >= count or len(leased) == picked:
            break
    return found


@transaction.atomic
def _claimed(
    actor: User, project: Project, count: int, wanted: FlagFilter | None, known: Collection[int]
) -> tuple[int, list[int]]:
    others = ReviewLease.objects.filter(task_id=OuterRef("task_id"), expires_at__gt=Now()).exclude(user=actor)
    waiting = review_reads.waiting(project, wanted).filter(~Exists(others)).exclude(pk__in=list(known))
    order = review_reads.ORDERS[wanted.order if wanted else ""]
    columns = dict.fromkeys(("id", "task_id", *(column.removeprefix("-") for column in order.columns)))
    flags, values = waiting.order_by(*order.columns).values(*columns)[:count].query.sql_with_params()
    statement = _CLAIM.format(flags=flags, order=order.statement("p"))
    with connection.cursor() as cursor:
        cursor.execute(statement, (*values, project.pk, actor.pk, project.lease_seconds))
        rows = cursor.fetchall()
    return len(rows), [flag for flag, task in rows if task is not None]


def take_leases(*, actor: User, project: Project, task_ids: Collection[int]) -> list[int]:
    """Lease these tasks, but for those that somebody else looks at; return those that the person holds now."""
    return _run(_TAKE, actor, project, tasks=list(task_ids))


def give_back(*, actor: User, task_ids: Collection[int]) -> None:
    """End the person's own leases of these tasks."""
    ReviewLease.objects.filter(task_id__in=list(task_ids), user=actor).delete()


def drop_leases(*, task_ids: Collection[int]) -> None:
    """End the leases of these tasks, whoever holds them."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP, {"tasks": list(task_ids)})


def renew(*, actor: User, project: Project, flag_ids: Collection[int]) -> list[int]:
    """Extend the person's leases; return those of these flags that are still held and open."""
    return _run(_RENEW, actor, project, flags=list(flag_ids))


def release(*, actor: User, project: Project, flag_ids: Collection[int] = ()) -> int:
    """Give back the leases of these flags, or all of the person's in the project when none is named."""
    return len(_run(_RELEASE, actor, project, flags=list(flag_ids), all=not flag_ids))


def _run(statement: str, actor: User, project: Project, **values: Any) -> list[int]:
    own = {"project": project.pk, "user": actor.pk, "seconds": project.lease_seconds}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, own | values)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []
