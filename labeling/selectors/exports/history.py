"""A line of JSON per task with all its past: labels, annotations with every save, comments, flags.

The database writes the lines: as exactly as Python would, and many times as fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from labeling.formats.mapping import HISTORY
from labeling.models import Annotation, Comment, Flag
from labeling.selectors.exports.reading import batches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.models import Project
    from labeling.selectors.exports.reading import Filters

_LABELS = """
SELECT l.task_id,
       json_agg(json_build_object(
           'question', l.question, 'value', l.value, 'source', l.source, 'confidence', l.confidence,
           'annotator', p.email, 'created_by', u.email, 'schema_version', l.schema_version,
           'guideline_version', l.guideline_version, 'created_at', l.created_at, 'retired_at', l.retired_at
       ) ORDER BY l.id)::text AS past,
       (json_object_agg(l.question, l.value ORDER BY l.id) FILTER (WHERE l.retired_at IS NULL))::text AS current
FROM labeling_label l
LEFT JOIN labeling_user u ON u.id = l.created_by_id
LEFT JOIN labeling_annotation a ON a.id = l.annotation_id AND a.task_id {these}
LEFT JOIN labeling_user p ON p.id = a.annotator_id
WHERE l.project_id = %(project)s AND l.task_id {these} GROUP BY l.task_id
"""
# Whether an answer counts may change without a save, when a slot is taken back: the annotation knows it of its last.
_ANNOTATIONS = """
SELECT a.task_id,
       json_agg(json_build_object('annotator', u.email, 'created_at', a.created_at, 'revisions', r.saves) ORDER BY a.id)
       ::text AS past
FROM labeling_annotation a
JOIN labeling_user u ON u.id = a.annotator_id
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
        'state', r.state, 'answers', r.answers,
        'counted', CASE WHEN r.number = a.version THEN a.counted ELSE r.counted END,
        'lead_time_ms', r.lead_time_ms, 'skip_reason', r.skip_reason, 'schema_version', r.schema_version,
        'guideline_version', r.guideline_version, 'created_at', r.created_at
    ) ORDER BY r.number) AS saves
    FROM labeling_annotationrevision r WHERE r.annotation_id = a.id
) r
WHERE a.project_id = %(project)s AND a.task_id {these} GROUP BY a.task_id
"""
_COMMENTS = """
SELECT c.task_id,
       json_agg(json_build_object('author', u.email, 'body', c.body, 'created_at', c.created_at) ORDER BY c.id)
       ::text AS past
FROM labeling_comment c JOIN labeling_user u ON u.id = c.author_id
WHERE c.project_id = %(project)s AND c.task_id {these} GROUP BY c.task_id
"""
_FLAGS = """
SELECT f.task_id,
       json_agg(json_build_object(
           'question', f.question, 'part', f.part, 'reason', f.reason, 'state', f.state, 'score', f.score,
           'note', f.note, 'evidence', f.evidence, 'raised_by', r.email, 'created_at', f.created_at,
           'resolved_by', s.email, 'resolved_at', f.resolved_at, 'resolution', f.resolution,
           'resolution_note', f.resolution_note
       ) ORDER BY f.id)::text AS past
FROM labeling_flag f
LEFT JOIN labeling_user r ON r.id = f.raised_by_id
LEFT JOIN labeling_user s ON s.id = f.resolved_by_id
WHERE f.project_id = %(project)s AND f.task_id {these} GROUP BY f.task_id
"""

VERSION = 1

# The line in three parts: what stands before the data, the data, and what follows; concat_ws leaves out what is null.
_LINES = """
SELECT concat('{{"external_id":' || to_json(t.external_id)::text || ',', CASE WHEN t.external_id IS NULL THEN '{{' END),
    t.data::text,
    concat_ws(',',
        '', '"split":"' || nullif(t.split, '') || '"',
        '"labels":' || labels.current,
        '"meta":' || nullif(t.meta, '{{}}')::text,
        '"{history}":{{"version":{version},"state":"' || q.state || '","required":' || q.required
    ) || concat(',"labels":' || labels.past{pasts}) || '}}}}'
FROM labeling_task t
JOIN labeling_queueentry q ON q.task_id = t.id
LEFT JOIN ({labels}) labels ON labels.task_id = t.id{joins}
WHERE {{wanted}}
ORDER BY t.id
"""


def lines(project: Project, filters: Filters) -> Iterator[str]:
    """Yield a line per task, in the order they came in."""
    for batch in batches(project, filters, _sql(project)):
        with connection.cursor() as cursor:
            cursor.execute(batch.statement, batch.values)
            for before, data, after in cursor.fetchall():
                # Its braces are taken off here: the database would count characters to find the last.
                yield f"{before}{data[1:-1]}{after}" if data != "{}" else f"{before}{after[1:]}"


def _sql(project: Project) -> str:
    """Return the statement, without the parts the project has nothing for."""
    parts = {
        name: sql
        for name, sql, model in (
            ("annotations", _ANNOTATIONS, Annotation),
            ("comments", _COMMENTS, Comment),
            ("flags", _FLAGS, Flag),
        )
        if model.objects.filter(project=project).exists()
    }
    return _LINES.format(
        history=HISTORY,
        version=VERSION,
        labels=_LABELS,
        pasts="".join(f""", ',"{name}":' || {name}.past""" for name in parts),
        joins="".join(f"\nLEFT JOIN ({sql}) {name} ON {name}.task_id = t.id" for name, sql in parts.items()),
    )
