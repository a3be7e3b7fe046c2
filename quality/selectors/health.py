"""The state of a project's data in one number, and its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from labeling.selectors import versions
from quality.scoring import health

if TYPE_CHECKING:
    from labeling.models import Project
    from quality.models import Run

_LABELS = """
SELECT count(*), count(*) FILTER (WHERE guideline_version = %(guideline)s)
FROM labeling_label WHERE project_id = %(project)s AND question = %(question)s AND retired_at IS NULL
"""
_COMPLETE = """
SELECT count(*), count(*) FILTER (
    WHERE NOT EXISTS (SELECT FROM unnest(%(fields)s::text[]) f WHERE coalesce(btrim(t.data ->> f), '') = '')
)
FROM labeling_task t JOIN labeling_queueentry q ON q.task_id = t.id AND q.state <> 'quarantined'
WHERE t.project_id = %(project)s
"""
NO_RUN = "No run of the pipeline is complete yet."
ONE_ANSWER = "No task was answered by two people."


def of(project: Project, run: Run) -> health.Health:
    """Return the health of the labels of one question, as of a complete run; labels and tasks are counted now."""
    schema = versions.schema(project.pk)
    now = versions.current(project.pk)
    required = [field.name for field in schema.fields if field.required]
    with connection.cursor() as cursor:
        cursor.execute(_LABELS, {"project": project.pk, "question": run.question, "guideline": now.guideline})
        labels, timely = cursor.fetchone()
        cursor.execute(_COMPLETE, {"project": project.pk, "fields": required})
        tasks, complete = cursor.fetchone()
    summary = run.summary
    crowd = summary.get("people") or {}
    copies = summary.get("duplicates")
    errors = summary.get("label_errors")
    values: dict[str, float | None] = {
        "completeness": complete / tasks if tasks else None,
        "uniqueness": 1 - (copies["items"] - copies["groups"]) / max(summary["looked_at"], 1) if copies else None,
        # A label that breaks the schema is refused when it is written, and a used label cannot leave the schema.
        "validity": 1.0 if labels else None,
        "consistency": crowd.get("alpha"),
        "accuracy": 1 - errors["rate"] if errors else None,
        "balance": summary["balance"]["balance"] if labels and "balance" in summary else None,
        "timeliness": timely / labels if labels and now.guideline else None,
    }
    why = summary.get("unavailable", {})
    undefined = {
        "completeness": "There are no tasks.",
        "uniqueness": "Copies are looked for by the first question that is asked about a field.",
        "validity": "There are no labels.",
        "consistency": crowd.get("alpha_why", "").capitalize() or why.get("people") or ONE_ANSWER,
        "accuracy": why.get("predictions") or why.get("label_errors") or NO_RUN,
        "balance": "There are no labels in classes.",
        "timeliness": "There are no labels." if not labels else "No guideline has been published.",
    }
    return health.score(values, undefined)
