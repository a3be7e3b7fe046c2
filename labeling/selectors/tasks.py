"""Tasks as the API, the editor and the pages read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from labeling import statements
from labeling.models import AnnotationState, FlagState, TaskState
from labeling.reasons.manual import MANUAL
from labeling.selectors import versions as version_reads

if TYPE_CHECKING:
    from labeling.kinds.schema import Schema
    from labeling.models import Project, User
    from labeling.selectors.versions import Versions


def documents(*, project: Project, user: User, task_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return tasks as the editor shows them to this person, in the order asked for; two queries for any number."""
    now = version_reads.current(project.pk)
    schema = version_reads.by_pk(now.schema_pk)
    values = {"project": project.pk, "user": user.pk, "tasks": list(task_ids), "seconds": project.lease_seconds}
    rows = statements.run_statement(_DOCUMENTS, values)
    return [_document(row, project=project, schema=schema, now=now) for row in rows]


# Gold that waits for the person looks as a task that they hold, with what is said of one that they do hold.
_OPEN_GOLD = "s.id IS NOT NULL AND s.answered_at IS NULL AND l.id IS NULL"

_DOCUMENTS = f"""
SELECT t.id, t.external_id, t.split, t.data, t.meta,
    CASE WHEN {_OPEN_GOLD} THEN '{TaskState.TODO}' ELSE q.state END,
    CASE WHEN {_OPEN_GOLD} THEN COALESCE((
        SELECT other.reason FROM labeling_lease mine JOIN labeling_queueentry other ON other.task_id = mine.task_id
        WHERE mine.user_id = %(user)s AND mine.project_id = %(project)s
        ORDER BY md5(mine.task_id || '/' || t.id) LIMIT 1
    ), '') ELSE q.reason END,
    CASE WHEN {_OPEN_GOLD} THEN COALESCE((
        SELECT max(mine.expires_at) FROM labeling_lease mine
        WHERE mine.user_id = %(user)s AND mine.project_id = %(project)s
    ), statement_timestamp() + %(seconds)s * interval '1 second') ELSE l.expires_at END,
    a.id, a.version, a.state, a.answers,
    a.counted OR (s.id IS NOT NULL AND a.state = '{AnnotationState.SUBMITTED}'), a.skip_reason, a.updated_at,
    r.note, r.decided_at, COALESCE(NULLIF(u.name, ''), u.email),
    (SELECT string_agg(f.note, E'\\n' ORDER BY f.id) FROM labeling_flag f
     WHERE f.task_id = t.id AND f.raised_by_id = %(user)s AND f.reason = '{MANUAL}' AND f.state = '{FlagState.OPEN}'),
    (SELECT count(*) FROM labeling_comment c WHERE c.task_id = t.id AND c.author_id = %(user)s)
FROM unnest(%(tasks)s::bigint[]) WITH ORDINALITY AS asked (id, place)
JOIN labeling_task t ON t.id = asked.id AND t.project_id = %(project)s
JOIN labeling_queueentry q ON q.task_id = t.id
LEFT JOIN labeling_lease l ON l.task_id = t.id AND l.user_id = %(user)s
LEFT JOIN labeling_goldserving s ON s.task_id = t.id AND s.user_id = %(user)s
LEFT JOIN labeling_annotation a ON a.task_id = t.id AND a.annotator_id = %(user)s
LEFT JOIN labeling_answerreview r ON r.annotation_id = a.id AND r.back = 'waiting'
LEFT JOIN labeling_user u ON u.id = r.reviewer_id
ORDER BY asked.place
"""  # noqa: S608 - only names of states and a reason are put in


def _document(row: tuple[Any, ...], *, project: Project, schema: Schema, now: Versions) -> dict[str, Any]:
    pk, external_id, split, data, meta, state, reason, lease_expires_at, *mine = row
    *mine, note, sent_at, sent_by, my_flag, my_comments = mine
    return {
        "id": pk,
        "external_id": external_id,
        "project": project.slug,
        "split": split,
        "data": with_urls(json.loads(data), schema=schema, slug=project.slug),
        "meta": json.loads(meta),
        "state": state,
        "reason": reason,
        "guideline_version": now.guideline,
        "schema_version": now.schema,
        "lease_expires_at": lease_expires_at,
        "annotation": _annotation(mine) if mine[0] is not None else None,
        "sent_back": {"note": note, "by": sent_by, "at": sent_at} if sent_at is not None else None,
        "my_flag": my_flag,
        "my_comments": my_comments,
    }


def _annotation(row: Sequence[Any]) -> dict[str, Any]:
    pk, version, state, answers, counted, skip_reason, updated_at = row
    return {
        "id": pk,
        "version": version,
        "state": state,
        "answers": json.loads(answers),
        "counted": counted,
        "skip_reason": skip_reason,
        "updated_at": updated_at,
    }


def with_urls(data: dict[str, Any], *, schema: Schema, slug: str) -> dict[str, Any]:
    """Return task data with the addresses of its images."""
    shown = dict(data)
    for field in schema.fields:
        value = data.get(field.name)
        if field.type == "image" and isinstance(value, dict) and "sha256" in value:
            shown[field.name] = value | {
                key: reverse("media", args=(slug, value["sha256"], variant))
                for key, variant in (("url", "screen"), ("thumb", "thumb"), ("original", "original"))
            }
    return shown
