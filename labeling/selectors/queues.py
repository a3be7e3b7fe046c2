"""How much waits for a person, in one statement for any number of projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

from labeling.models import AnnotationState, FlagState, QueueScore, ReturnState, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.models import Project, User

CAP = 1000
"""How far waiting things are counted: beyond it the page says "more than"."""

# Tasks the person holds, and those a claim could still hand out; counting stops at the cap. The order is that of the
# queue's index: without it the planner walks through the tasks of all projects.
_WAITING = f"""
SELECT p.id,
       (SELECT count(*) FROM labeling_lease l WHERE l.user_id = %(user)s AND l.project_id = p.id)
       + (SELECT count(*) FROM (
            SELECT 1 FROM labeling_queueentry q
            WHERE q.project_id = p.id AND q.open_slots > 0 AND NOT (q.state = '{TaskState.QUARANTINED}')
              AND NOT EXISTS (SELECT FROM labeling_lease l WHERE l.task_id = q.task_id AND l.user_id = %(user)s)
              AND NOT EXISTS (
                  SELECT FROM labeling_annotation a
                  WHERE a.task_id = q.task_id AND a.annotator_id = %(user)s AND a.state <> '{AnnotationState.DRAFT}'
              )
            ORDER BY q.priority DESC, q.task_id LIMIT %(cap)s
         ) free)
FROM unnest(%(projects)s::bigint[]) AS p(id)
"""  # noqa: S608 - only names of states are put in

# Exact: what is open, less what the person answered or holds of it, and what they hold, have as gold or got back. Their
# own answers are few beside an open queue, and read once; asking the queue task by task would be dear at a million.
_LEFT = f"""
SELECT (SELECT count(*) FROM labeling_queueentry q
        WHERE q.project_id = %(project)s AND q.open_slots > 0 AND NOT (q.state = '{TaskState.QUARANTINED}'))
     - (SELECT count(*) FROM labeling_queueentry q
        WHERE q.project_id = %(project)s AND q.open_slots > 0 AND NOT (q.state = '{TaskState.QUARANTINED}')
          AND q.task_id IN (
              SELECT a.task_id FROM labeling_annotation a
              WHERE a.project_id = %(project)s AND a.annotator_id = %(user)s AND a.state <> '{AnnotationState.DRAFT}'
              UNION ALL
              SELECT l.task_id FROM labeling_lease l WHERE l.project_id = %(project)s AND l.user_id = %(user)s))
     + (SELECT count(*) FROM labeling_lease l WHERE l.project_id = %(project)s AND l.user_id = %(user)s)
     + (SELECT count(*) FROM labeling_answerreview r JOIN labeling_queueentry q ON q.task_id = r.task_id
        WHERE r.project_id = %(project)s AND r.annotator_id = %(user)s AND r.back = '{ReturnState.WAITING}'
          AND NOT (q.state = '{TaskState.QUARANTINED}'))
     + (SELECT count(*) FROM labeling_goldserving s JOIN labeling_project p ON p.id = s.project_id AND p.gold_share > 0
        JOIN labeling_queueentry q ON q.task_id = s.task_id AND NOT (q.state = '{TaskState.QUARANTINED}')
        WHERE s.project_id = %(project)s AND s.user_id = %(user)s AND s.answered_at IS NULL
          AND EXISTS (SELECT FROM labeling_goldanswer g WHERE g.task_id = s.task_id AND g.retired_at IS NULL)),
       (SELECT count(*) FROM labeling_annotation a
        WHERE a.project_id = %(project)s AND a.annotator_id = %(user)s AND a.state <> '{AnnotationState.DRAFT}')
"""  # noqa: S608 - only names of states are put in

_FLAGS = f"""
SELECT p.id, (SELECT count(*) FROM (
    SELECT 1 FROM labeling_flag f
    WHERE f.project_id = p.id AND f.state = '{FlagState.OPEN}'
      AND NOT EXISTS (
          SELECT FROM labeling_queueentry q WHERE q.task_id = f.task_id AND q.state = '{TaskState.QUARANTINED}'
      )
    LIMIT %(cap)s
) counted)
FROM unnest(%(projects)s::bigint[]) AS p(id)
"""  # noqa: S608 - only names of states are put in


def waiting_for(user: User, project_ids: Sequence[int]) -> dict[int, int]:
    """Return, per project, how many tasks the person holds or could take (counted to CAP + 1)."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"user": user.pk, "projects": list(project_ids), "cap": CAP + 1})
        return dict(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in a project: what is left for them, and what they answered or skipped."""

    left: int
    answered: int


def standing_of(user: User, project: Project) -> Standing:
    """Return exactly how many tasks wait for the person, those they hold and those sent back included."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"user": user.pk, "project": project.pk})
        left, answered = cursor.fetchone()
    return Standing(left=left, answered=answered)


def open_flags(project_ids: Sequence[int]) -> dict[int, int]:
    """Return, per project, how many flags wait for a reviewer: open ones of tasks outside quarantine (to CAP + 1)."""
    with connection.cursor() as cursor:
        cursor.execute(_FLAGS, {"projects": list(project_ids), "cap": CAP + 1})
        return dict(cursor.fetchall())


def counted_answers(task_ids: Sequence[int]) -> dict[int, int]:
    """Return how many answers of each task count; tasks without any are absent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_id, count(*) FROM labeling_annotation WHERE counted AND task_id = ANY(%s) GROUP BY task_id",
            (list(task_ids),),
        )
        return dict(cursor.fetchall())


def scores(project: Project) -> Iterator[tuple[int, str, str, float, str]]:
    """Yield task, its split, question, score and reason of all that wishes of open tasks say, in order of the tasks."""
    found = QueueScore.objects.filter(project=project, task__queue_entry__open_slots__gt=0)
    found = found.exclude(task__queue_entry__state=TaskState.QUARANTINED).order_by("task_id")
    yield from found.values_list("task_id", "task__split", "question", "score", "reason").iterator(chunk_size=10_000)


def capped(count: int) -> str:
    """Write a count; nothing for none, "1,000+" beyond the cap."""
    if count > CAP:
        return f"{CAP:,}+"
    return f"{count:,}" if count else ""
