"""Giving gold tasks to people: beside the queue, once each, in an order that nobody can guess.

A gold task that is given out holds no slot and takes no lease: nothing of what the queue counts changes, and the
answer that comes back counts for nothing but the person's accuracy.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from labeling import statements
from labeling.models import AnnotationState, GoldServing, TaskState
from labeling.services.gold.missing import flag_misses

if TYPE_CHECKING:
    from labeling.models import Project, Task, User
    from labeling.services.annotations.submission import Saved

FIRST = 5
"""So many of the first tasks of a newcomer are gold."""

chance = secrets.SystemRandom()
"""Decides which places are gold; tests put another in its place."""

# Gold that was given to the person and waits for an answer, and how often any was given to them.
_SERVED = f"""
SELECT ARRAY(
    SELECT s.task_id FROM labeling_goldserving s JOIN labeling_queueentry q ON q.task_id = s.task_id
    WHERE s.project_id = %(project)s AND s.user_id = %(user)s AND s.answered_at IS NULL
      AND q.state <> '{TaskState.QUARANTINED}'
      AND EXISTS (SELECT FROM labeling_goldanswer g WHERE g.task_id = s.task_id AND g.retired_at IS NULL)
    ORDER BY s.id
), (SELECT count(*) FROM labeling_goldserving s WHERE s.project_id = %(project)s AND s.user_id = %(user)s)
"""  # noqa: S608 - only names of states are put in

# What the person has neither been given nor seen otherwise, drawn at random.
_SERVE = f"""
INSERT INTO labeling_goldserving (task_id, project_id, user_id, served_at)
SELECT drawn.task_id, %(project)s, %(user)s, statement_timestamp()
FROM (
    SELECT g.task_id FROM labeling_goldanswer g JOIN labeling_queueentry q ON q.task_id = g.task_id
    WHERE g.project_id = %(project)s AND g.retired_at IS NULL AND q.state <> '{TaskState.QUARANTINED}'
      AND NOT EXISTS (SELECT FROM labeling_goldserving s WHERE s.task_id = g.task_id AND s.user_id = %(user)s)
      AND NOT EXISTS (SELECT FROM labeling_lease l WHERE l.task_id = g.task_id AND l.user_id = %(user)s)
      AND NOT EXISTS (SELECT FROM labeling_annotation a WHERE a.task_id = g.task_id AND a.annotator_id = %(user)s)
    GROUP BY g.task_id ORDER BY random() LIMIT %(count)s
) drawn
ON CONFLICT (task_id, user_id) DO NOTHING
RETURNING task_id
"""  # noqa: S608 - only names of states are put in


@dataclass(frozen=True, slots=True)
class Served:
    """The gold tasks that a person was given and has not answered yet, and how many they were given in all."""

    waiting: list[int]
    total: int


def served_before(*, actor: User, project: Project) -> Served:
    """Return what gold the person was given; to be called with the person locked."""
    ((waiting, total),) = statements.run_statement(_SERVED, {"project": project.pk, "user": actor.pk})
    return Served(waiting, total)


def serve_gold(*, actor: User, project: Project, count: int) -> list[int]:
    """Give the person so many gold tasks, or as many as there are that they have not seen."""
    if count <= 0:
        return []
    values: dict[str, Any] = {"project": project.pk, "user": actor.pk, "count": count}
    return [row[0] for row in statements.run_statement(_SERVE, values)]


def waiting_gold(*, actor: User, project: Project) -> list[int]:
    """Return the gold tasks that the person has open: they are held as leased ones are, without a lease."""
    return served_before(actor=actor, project=project).waiting if project.gold_share else []


def keep_first_answer(*, actor: User, task: Task, saved: Saved) -> None:
    """Keep what the person answered to a gold task first, and flag gold that most fail.

    A skip answers nothing, a draft is no answer yet.
    """
    if saved.state == AnnotationState.DRAFT:
        return
    answers = saved.answers if saved.state == AnnotationState.SUBMITTED else None
    GoldServing.objects.filter(task=task, user=actor, answered_at=None).update(
        answered_at=timezone.now(), answers=answers
    )
    flag_misses(task)
