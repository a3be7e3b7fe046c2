"""A line of JSON per task with all its past: labels, annotations with every save, comments, flags.

The database writes the lines: as exactly as Python would, and many times as fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from labeling.formats.mapping import HISTORY
from labeling.models import Annotation, Comment, Flag
from labeling.selectors.exports.reading import batches
from labeling.selectors.exports.select import Select, json_list, json_object, left_join, person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.models import Project
    from labeling.selectors.exports.reading import Filters, Segment

VERSION = 1


def lines(project: Project, filters: Filters) -> Iterator[str]:
    """Yield a line per task, in the order they came in."""
    pasts = [name for name, (model, _) in _PASTS.items() if model.objects.filter(project=project).exists()]
    for batch in batches(project, filters, lambda segment: str(_lines_of(segment, pasts))):
        with connection.cursor() as cursor:
            cursor.execute(batch.statement, batch.values)
            for before, data, after in cursor.fetchall():
                # Its braces are taken off here: the database would count characters to find the last.
                yield f"{before}{data[1:-1]}{after}" if data != "{}" else f"{before}{after[1:]}"


def _lines_of(segment: Segment, pasts: list[str]) -> Select:
    """Return the statement that writes the lines of some tasks in three parts: the data stands between the others.

    Parts that are null are left out: `concat` takes them for empty, and `concat_ws` puts no comma for them.
    """
    external_id = """'{"external_id":' || to_json(t.external_id)::text || ','"""
    known = (
        """'"split":"' || nullif(t.split, '') || '"'""",
        """'"labels":' || labels.current""",
        """'"meta":' || nullif(t.meta, '{}')::text""",
        f"""'"{HISTORY}":{{"version":{VERSION},"task":' || t.id"""
        """ || ',"state":"' || q.state || '","required":' || q.required""",
    )
    past = [f"""',"{name}":' || {name}.past""" for name in ("labels", *pasts)]
    others = [left_join(_PASTS[name][1](segment), name, f"{name}.task_id = t.id") for name in pasts]
    return Select(
        cells={
            "before": f"concat({external_id}, CASE WHEN t.external_id IS NULL THEN '{{' END)",
            "data": "t.data::text",
            "after": f"concat(concat_ws(',', '', {', '.join(known)}), {', '.join(past)}, '}}}}')",
        },
        source="labeling_task t",
        joins=(
            "JOIN labeling_queueentry q ON q.task_id = t.id",
            left_join(_labels(segment), "labels", "labels.task_id = t.id"),
            *others,
        ),
        where=segment.wanted,
        order_by="t.id",
    )


def _labels(segment: Segment) -> Select:
    label = json_object(
        {
            "question": "l.question",
            "value": "l.value",
            "source": "l.source",
            "confidence": "l.confidence",
            "people": "l.people",
            "annotator": person("p"),
            "created_by": person("u"),
            "schema_version": "l.schema_version",
            "guideline_version": "l.guideline_version",
            "created_at": "l.created_at",
            "retired_at": "l.retired_at",
        }
    )
    of_record = "json_object_agg(l.question, l.value ORDER BY l.id) FILTER (WHERE l.retired_at IS NULL)"
    return Select(
        cells={
            "task_id": "l.task_id",
            "past": f"{json_list(label, order_by='l.id')}::text",
            "current": f"({of_record})::text",
        },
        source="labeling_label l",
        joins=(
            left_join("labeling_user", "u", "u.id = l.created_by_id"),
            left_join("labeling_annotation", "a", "a.id = l.annotation_id", segment.has("a.task_id")),
            left_join("labeling_user", "p", "p.id = a.annotator_id"),
        ),
        where=("l.project_id = %(project)s", segment.has("l.task_id")),
        group_by="l.task_id",
    )


def _annotations(segment: Segment) -> Select:
    # Whether an answer counts may change without a save, when a slot is taken back: the annotation knows of its last.
    counted = "CASE WHEN r.number = a.version THEN a.counted ELSE r.counted END"
    save = json_object(
        {
            "state": "r.state",
            "answers": "r.answers",
            "counted": counted,
            "lead_time_ms": "r.lead_time_ms",
            "skip_reason": "r.skip_reason",
            "schema_version": "r.schema_version",
            "guideline_version": "r.guideline_version",
            "created_at": "r.created_at",
        }
    )
    saves = Select(
        cells={"saves": json_list(save, order_by="r.number")},
        source="labeling_annotationrevision r",
        where=("r.annotation_id = a.id",),
    )
    annotation = json_object({"annotator": person("u"), "created_at": "a.created_at", "revisions": "r.saves"})
    return Select(
        cells={"task_id": "a.task_id", "past": f"{json_list(annotation, order_by='a.id')}::text"},
        source="labeling_annotation a",
        joins=("JOIN labeling_user u ON u.id = a.annotator_id", f"CROSS JOIN LATERAL {saves.as_table('r')}"),
        where=("a.project_id = %(project)s", segment.has("a.task_id")),
        group_by="a.task_id",
    )


def _comments(segment: Segment) -> Select:
    comment = json_object(
        {
            "author": "u.email",
            "body": "c.body",
            "created_at": "c.created_at",
            "resolved_by": "r.email",
            "resolved_at": "c.resolved_at",
        }
    )
    return Select(
        cells={"task_id": "c.task_id", "past": f"{json_list(comment, order_by='c.id')}::text"},
        source="labeling_comment c",
        joins=(
            "JOIN labeling_user u ON u.id = c.author_id",
            "LEFT JOIN labeling_user r ON r.id = c.resolved_by_id",
        ),
        where=("c.project_id = %(project)s", segment.has("c.task_id")),
        group_by="c.task_id",
    )


def _flags(segment: Segment) -> Select:
    flag = json_object(
        {
            "question": "f.question",
            "part": "f.part",
            "reason": "f.reason",
            "state": "f.state",
            "score": "f.score",
            "note": "f.note",
            "evidence": "f.evidence",
            "raised_by": "r.email",
            "created_at": "f.created_at",
            "resolved_by": "s.email",
            "resolved_at": "f.resolved_at",
            "resolution": "f.resolution",
            "resolution_note": "f.resolution_note",
        }
    )
    return Select(
        cells={"task_id": "f.task_id", "past": f"{json_list(flag, order_by='f.id')}::text"},
        source="labeling_flag f",
        joins=(
            left_join("labeling_user", "r", "r.id = f.raised_by_id"),
            left_join("labeling_user", "s", "s.id = f.resolved_by_id"),
        ),
        where=("f.project_id = %(project)s", segment.has("f.task_id")),
        group_by="f.task_id",
    )


# What a project may have nothing of; its statement is then left out.
_PASTS: dict[str, tuple[type[Annotation | Comment | Flag], Callable[[Segment], Select]]] = {
    "annotations": (Annotation, _annotations),
    "comments": (Comment, _comments),
    "flags": (Flag, _flags),
}
