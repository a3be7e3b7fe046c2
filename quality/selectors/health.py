"""The state of a project's data in one number, and its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from labeling.models import Label, LabelSource, TaskState
from labeling.selectors import versions as version_reads
from quality.models.documents import Summary
from quality.scoring import health

if TYPE_CHECKING:
    from labeling.models import Project
    from quality.models import Run

_COMPLETE = """
SELECT count(*), count(*) FILTER (
    WHERE NOT EXISTS (SELECT FROM unnest(%(fields)s::text[]) f WHERE coalesce(btrim(t.data ->> f), '') = '')
)
FROM labeling_task t JOIN labeling_queueentry q ON q.task_id = t.id AND q.state <> %(quarantined)s
WHERE t.project_id = %(project)s
"""
_INCOMPLETE = """
SELECT t.id FROM labeling_task t JOIN labeling_queueentry q ON q.task_id = t.id AND q.state <> %(quarantined)s
WHERE t.project_id = %(project)s
  AND EXISTS (SELECT FROM unnest(%(fields)s::text[]) f WHERE coalesce(btrim(t.data ->> f), '') = '')
ORDER BY t.id LIMIT %(most)s
"""
MOST_LACKING = 201
"""Tasks that something is missing of which are told: one more than a list of them shows."""
CAME_WITH = (LabelSource.IMPORT, LabelSource.MODEL)
NO_RUN = "No run of the pipeline is complete yet."
ONE_ANSWER = "No task was answered by two people."


def health_for(project: Project, run: Run) -> health.Health:
    """Return the health of the labels of one question, as of a complete run; labels and tasks are counted now."""
    now = version_reads.current(project.pk)
    standing = Label.objects.filter(project=project, question=run.question, retired_at=None)
    labels = standing.count()
    given = standing.exclude(source__in=CAME_WITH)
    here = given.count()
    timely = given.filter(guideline_version=now.guideline).count() if now.guideline else 0
    with connection.cursor() as cursor:
        cursor.execute(_COMPLETE, _bound(project))
        tasks, complete = cursor.fetchone()
    summary = Summary.load(run.summary)
    crowd, copies, errors, spread = summary.people, summary.duplicates, summary.label_errors, summary.balance
    values: dict[str, float | None] = {
        "completeness": complete / tasks if tasks else None,
        "uniqueness": 1 - (copies.items - copies.groups) / max(summary.looked_at, 1) if copies else None,
        # A label that breaks the schema is refused when it is written, and a used label cannot leave the schema.
        "validity": 1.0 if labels else None,
        "consistency": crowd.alpha if crowd else None,
        "accuracy": 1 - errors.rate if errors else None,
        "balance": spread.balance if labels and spread else None,
        "timeliness": timely / here if here and now.guideline else None,
    }
    why = summary.unavailable
    undefined = {
        "completeness": "There are no tasks.",
        "uniqueness": "Copies are looked for by the first question that is asked about a field.",
        "validity": "There are no labels.",
        "consistency": (crowd.alpha_why.capitalize() if crowd else "") or why.get("people") or ONE_ANSWER,
        "accuracy": why.get("predictions") or why.get("label_errors") or NO_RUN,
        "balance": "There are no labels in classes.",
        "timeliness": _untimely(labels, published=bool(now.guideline)),
    }
    return health.score(values, undefined)


def tasks_lacking(project: Project, run: Run, found: health.Health) -> dict[str, list[int]]:
    """Return, by part of the health, the first tasks that keep it below 1: without a field, or under older rules."""
    below = {part.name for part in found.parts if part.value is not None and part.value < 1}
    lacking = {}
    if "completeness" in below:
        with connection.cursor() as cursor:
            cursor.execute(_INCOMPLETE, _bound(project))
            lacking["completeness"] = [task for (task,) in cursor.fetchall()]
    if "timeliness" in below:
        newest = version_reads.current(project.pk).guideline
        given = Label.objects.filter(project=project, question=run.question, retired_at=None)
        older = given.exclude(source__in=CAME_WITH).exclude(guideline_version=newest)
        lacking["timeliness"] = list(older.order_by("task_id").values_list("task_id", flat=True)[:MOST_LACKING])
    return lacking


def _bound(project: Project) -> dict[str, Any]:
    required = [field.name for field in version_reads.schema(project.pk).fields if field.required]
    return {"project": project.pk, "fields": required, "quarantined": TaskState.QUARANTINED, "most": MOST_LACKING}


def _untimely(labels: int, *, published: bool) -> str:
    """Say why nothing can be told of the guideline that labels were given under."""
    if not labels:
        return "There are no labels."
    return "All labels came with the data, under no guideline." if published else "No guideline has been published."
