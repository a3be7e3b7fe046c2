"""The floors: the same work as bare statements through psycopg."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from labeling.models import Project
from labeling.services import claims

TABLES: dict[str, tuple[str, str]] = {
    # table -> the columns that an import fills, and how they read in another project
    "labeling_task": (
        "id, project_id, external_id, content_hash, data, meta, split, import_job_id, created_at",
        "id + %(shift)s, %(project)s, external_id, content_hash, data, meta, split, import_job_id, created_at",
    ),
    "labeling_queueentry": (
        "task_id, project_id, priority, reason, required, open_slots, state",
        "task_id + %(shift)s, %(project)s, priority, reason, required, open_slots, state",
    ),
    "labeling_label": (
        "task_id, project_id, question, value, classes, source, created_by_id, schema_version, guideline_version, "
        "created_at",
        "task_id + %(shift)s, %(project)s, question, value, classes, source, created_by_id, schema_version, "
        "guideline_version, created_at",
    ),
}

_WRITES = (
    "DELETE FROM labeling_lease WHERE task_id = %(task)s AND user_id = %(user)s",
    "INSERT INTO labeling_annotation (task_id, project_id, annotator_id, state, answers, version, counted,"
    " lead_time_ms, skip_reason, schema_version, guideline_version, created_at, updated_at) VALUES (%(task)s,"
    " %(project)s, %(user)s, 'submitted', %(answers)s, 1, true, 1200, '', 1, 0, %(now)s, %(now)s) RETURNING id",
    "INSERT INTO labeling_annotationrevision (annotation_id, annotator_id, number, key, state, answers, counted,"
    " lead_time_ms, skip_reason, schema_version, guideline_version, created_at) VALUES (%(annotation)s, %(user)s, 1,"
    " %(key)s, 'submitted', %(answers)s, true, 1200, '', 1, 0, %(now)s)",
    "INSERT INTO labeling_label (task_id, project_id, question, value, classes, source, annotation_id, created_by_id,"
    " schema_version, guideline_version, created_at) VALUES (%(task)s, %(project)s, 'intent', %(value)s, %(classes)s,"
    " 'annotation', %(annotation)s, %(user)s, 1, 0, %(now)s)",
    "UPDATE labeling_queueentry SET required = 1, open_slots = 0, state = 'labeled' WHERE task_id = %(task)s",
    "INSERT INTO labeling_event (project_id, actor_id, verb, task_id, payload, created_at) VALUES (%(project)s,"
    " %(user)s, 'annotation.submitted', %(task)s, %(payload)s, %(now)s)",
)


@dataclass
class Bare:
    """One person's work without the product: a connection and the statements."""

    connection: psycopg.Connection[Any]
    project: Project
    user: int

    @classmethod
    def open(cls, url: str, project: Project, user: int) -> Bare:
        """Connect."""
        return cls(psycopg.connect(url, autocommit=True), project, user)

    def claim(self, count: int = 1) -> list[int]:
        """Run the statement that a claim is."""
        values = {"project": self.project.pk, "user": self.user, "count": count, "seconds": 900}
        values["cap"] = count + claims.REMAINING_CAP
        [(taken, _)] = self.connection.execute(claims._CLAIM, values).fetchall()
        return list(taken or [])

    def submit(self, task: int, intent: str) -> None:
        """Write in one transaction what a submit writes."""
        values: dict[str, Any] = {
            "task": task,
            "project": self.project.pk,
            "user": self.user,
            "answers": json.dumps({"intent": intent}),
            "value": json.dumps(intent),
            "classes": [intent],
            "key": f"bare-{self.user}-{task}",
            "now": datetime.now(tz=UTC),
        }
        with self.connection.transaction():
            for statement in _WRITES:
                cursor = self.connection.execute(statement, values)
                if "RETURNING" in statement:
                    values["annotation"] = cursor.fetchall()[0][0]
                    values["payload"] = json.dumps({"annotation": values["annotation"], "version": 1})


def rows_of(url: str, source: Project, target: Project, shift: int) -> dict[str, bytes]:
    """Return the rows that an import into `source` wrote, ready to be copied into `target`."""
    found = {}
    with psycopg.connect(url) as connection:
        for name, (_, shifted) in TABLES.items():
            order = "id" if name == "labeling_task" else "task_id"
            query = f"COPY (SELECT {shifted} FROM {name} WHERE project_id = %(source)s ORDER BY {order}) TO STDOUT"
            values = {"shift": shift, "project": target.pk, "source": source.pk}
            with psycopg.ClientCursor(connection) as cursor, cursor.copy(query, values) as copy:
                found[name] = b"".join(bytes(piece) for piece in copy)
    return found


def copy_in(url: str, rows: dict[str, bytes]) -> None:
    """Copy rows into every table, with all its indexes, in one transaction."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for name, (columns, _) in TABLES.items():
            with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                for start in range(0, len(rows[name]), 1 << 20):
                    copy.write(rows[name][start : start + (1 << 20)])


def copy_out(url: str, project: Project) -> int:
    """Read all that an export carries, and return how many bytes it was."""
    queries: Iterable[str] = (
        "SELECT t.id, t.external_id, t.split, t.data, t.meta, q.state, q.required FROM labeling_task t "
        "JOIN labeling_queueentry q ON q.task_id = t.id WHERE t.project_id = %(project)s ORDER BY t.id",
        "SELECT task_id, question, value, source, confidence, schema_version, guideline_version, created_at, "
        "retired_at FROM labeling_label WHERE project_id = %(project)s ORDER BY task_id",
        "SELECT a.task_id, a.annotator_id, a.created_at, r.state, r.answers, r.counted, r.lead_time_ms, r.created_at "
        "FROM labeling_annotation a JOIN labeling_annotationrevision r ON r.annotation_id = a.id "
        "WHERE a.project_id = %(project)s ORDER BY a.task_id, r.number",
    )
    size = 0
    with psycopg.connect(url) as connection, psycopg.ClientCursor(connection) as cursor:
        for query in queries:
            with cursor.copy(f"COPY ({query}) TO STDOUT", {"project": project.pk}) as copy:
                size += sum(len(piece) for piece in copy)
    return size
