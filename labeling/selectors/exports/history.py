"""The past of tasks, as the JSON Lines export carries it: labels, annotations with every save, comments, flags."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from labeling.models import Annotation, Comment, Flag
from labeling.selectors.exports.reading import TaskRow, grouped

if TYPE_CHECKING:
    from labeling.models import Project

_LABELS = """
SELECT l.task_id, l.question, l.value, l.source, l.confidence, p.email, u.email, l.schema_version,
       l.guideline_version, l.created_at, l.retired_at
FROM labeling_label l
LEFT JOIN labeling_user u ON u.id = l.created_by_id
LEFT JOIN labeling_annotation a ON a.id = l.annotation_id
LEFT JOIN labeling_user p ON p.id = a.annotator_id
WHERE l.task_id = ANY(%s) ORDER BY l.task_id, l.id
"""
_ANNOTATIONS = """
SELECT a.task_id, a.id, u.email, a.created_at
FROM labeling_annotation a JOIN labeling_user u ON u.id = a.annotator_id
WHERE a.task_id = ANY(%s) ORDER BY a.task_id, a.id
"""
_REVISIONS = """
SELECT r.annotation_id, r.state, r.answers, r.counted, r.lead_time_ms, r.skip_reason, r.schema_version,
       r.guideline_version, r.created_at
FROM labeling_annotationrevision r WHERE r.annotation_id = ANY(%s) ORDER BY r.annotation_id, r.number
"""
_COUNTED = "SELECT id, counted FROM labeling_annotation WHERE id = ANY(%s)"
_COMMENTS = """
SELECT c.task_id, u.email, c.body, c.created_at
FROM labeling_comment c JOIN labeling_user u ON u.id = c.author_id
WHERE c.task_id = ANY(%s) ORDER BY c.task_id, c.id
"""
_FLAGS = """
SELECT f.task_id, f.question, f.reason, f.state, f.score, f.note, f.evidence, r.email, f.created_at, s.email,
       f.resolved_at, f.resolution, f.resolution_note
FROM labeling_flag f
LEFT JOIN labeling_user r ON r.id = f.raised_by_id
LEFT JOIN labeling_user s ON s.id = f.resolved_by_id
WHERE f.task_id = ANY(%s) ORDER BY f.task_id, f.id
"""

VERSION = 1


class Histories:
    """Reads the pasts of tasks, leaving out the queries for what the project has none of."""

    def __init__(self, project: Project) -> None:
        self._annotated = Annotation.objects.filter(project=project).exists()
        self._commented = Comment.objects.filter(project=project).exists()
        self._flagged = Flag.objects.filter(project=project).exists()

    def of(self, rows: list[TaskRow]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return for every task its labels of record by question, and its past."""
        ids = [row.pk for row in rows]
        labels = grouped(_LABELS, ids, _label)
        annotations = self._annotations(ids) if self._annotated else {}
        comments = grouped(_COMMENTS, ids, _comment) if self._commented else {}
        flags = grouped(_FLAGS, ids, _flag) if self._flagged else {}
        found = []
        for row in rows:
            past: dict[str, Any] = {"version": VERSION, "state": row.state, "required": row.required}
            for name, parts in (
                ("labels", labels),
                ("annotations", annotations),
                ("comments", comments),
                ("flags", flags),
            ):
                if row.pk in parts:
                    past[name] = parts[row.pk]
            current = {
                label["question"]: label["value"] for label in labels.get(row.pk, ()) if label["retired_at"] is None
            }
            found.append((current, past))
        return found

    def _annotations(self, ids: list[int]) -> dict[int, list[Any]]:
        found = grouped(_ANNOTATIONS, ids, lambda pk, email, at: (pk, {"annotator": email, "created_at": _moment(at)}))
        pks = [pk for parts in found.values() for pk, _ in parts]
        revisions = grouped(_REVISIONS, pks, _revision)
        with connection.cursor() as cursor:
            cursor.execute(_COUNTED, (pks,))
            counted = dict(cursor.fetchall())
        for parts in found.values():
            for pk, annotation in parts:
                annotation["revisions"] = revisions.get(pk, [])
                # Whether an answer counts may change without a save, when a slot is taken back.
                for revision in annotation["revisions"][-1:]:
                    revision["counted"] = counted[pk]
        return {task_id: [annotation for _, annotation in parts] for task_id, parts in found.items()}


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _label(
    question: str,
    value: str,
    source: str,
    confidence: float | None,
    annotator: str | None,
    created_by: str | None,
    schema_version: int,
    guideline_version: int,
    created_at: datetime,
    retired_at: datetime | None,
) -> dict[str, Any]:
    return {
        "question": question,
        "value": json.loads(value),
        "source": source,
        "confidence": confidence,
        "annotator": annotator,
        "created_by": created_by,
        "schema_version": schema_version,
        "guideline_version": guideline_version,
        "created_at": _moment(created_at),
        "retired_at": _moment(retired_at),
    }


def _revision(
    state: str,
    answers: str,
    counted: bool,  # noqa: FBT001 - a column
    lead_time_ms: int,
    skip_reason: str,
    schema_version: int,
    guideline_version: int,
    created_at: datetime,
) -> dict[str, Any]:
    return {
        "state": state,
        "answers": json.loads(answers),
        "counted": counted,
        "lead_time_ms": lead_time_ms,
        "skip_reason": skip_reason,
        "schema_version": schema_version,
        "guideline_version": guideline_version,
        "created_at": _moment(created_at),
    }


def _comment(author: str, body: str, created_at: datetime) -> dict[str, Any]:
    return {"author": author, "body": body, "created_at": _moment(created_at)}


def _flag(
    question: str,
    reason: str,
    state: str,
    score: float,
    note: str,
    evidence: str,
    raised_by: str | None,
    created_at: datetime,
    resolved_by: str | None,
    resolved_at: datetime | None,
    resolution: str,
    resolution_note: str,
) -> dict[str, Any]:
    return {
        "question": question,
        "reason": reason,
        "state": state,
        "score": score,
        "note": note,
        "evidence": json.loads(evidence),
        "raised_by": raised_by,
        "created_at": _moment(created_at),
        "resolved_by": resolved_by,
        "resolved_at": _moment(resolved_at),
        "resolution": resolution,
        "resolution_note": resolution_note,
    }
