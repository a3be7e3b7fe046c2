"""What must hold afterwards, asked of the database in plain SQL: independent of the code that is to be proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
from psycopg.rows import namedtuple_row

from tests.chaos.ledger import Ledger, Save
from tests.chaos.operator import File
from tests.chaos.stage import Stage

SHOWN = 5

BROKEN_SLOTS: LiteralString = """
SELECT q.task_id, q.required, q.open_slots, taken.leases, taken.counted
FROM labeling_queueentry q, LATERAL (
    SELECT (SELECT count(*) FROM labeling_lease l WHERE l.task_id = q.task_id) AS leases,
           (SELECT count(*) FROM labeling_annotation a WHERE a.task_id = q.task_id AND a.counted) AS counted
) taken
WHERE q.open_slots + taken.leases + taken.counted <> q.required
"""
_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes")

# Each: what must not be there, and the statement that finds it.
_NEVER: dict[str, LiteralString] = {
    "a key has more than one revision": """
        SELECT annotator_id, key, count(*) FROM labeling_annotationrevision GROUP BY 1, 2 HAVING count(*) > 1""",
    "an annotation's version is not the number of its revisions, or not its last one": """
        SELECT a.id, a.version, count(r.id), max(r.number) FROM labeling_annotation a
        LEFT JOIN labeling_annotationrevision r ON r.annotation_id = a.id
        GROUP BY a.id HAVING a.version <> count(r.id) OR a.version <> max(r.number)""",
    "an annotation is not as its last revision says": """
        SELECT a.id FROM labeling_annotation a
        JOIN labeling_annotationrevision r ON r.annotation_id = a.id AND r.number = a.version
        WHERE a.state <> r.state OR a.answers <> r.answers OR a.counted <> r.counted""",
    "one person annotated a task twice": """
        SELECT task_id, annotator_id, count(*) FROM labeling_annotation GROUP BY 1, 2 HAVING count(*) > 1""",
    "counted annotations, leases and open slots of a task do not add up": BROKEN_SLOTS,
    "more answers count than are wanted, or more are wanted than the project allows": """
        SELECT q.task_id, q.required, p.max_overlap, count(a.id) FROM labeling_queueentry q
        JOIN labeling_project p ON p.id = q.project_id
        LEFT JOIN labeling_annotation a ON a.task_id = q.task_id AND a.counted
        GROUP BY q.task_id, q.required, p.max_overlap
        HAVING count(a.id) > q.required OR q.required > p.max_overlap""",
    "a settled task has not exactly one label of record": """
        SELECT q.task_id, q.required, count(l.id) FROM labeling_queueentry q
        LEFT JOIN labeling_label l ON l.task_id = q.task_id AND l.retired_at IS NULL
        WHERE q.required > 0 AND q.required = (
            SELECT count(*) FROM labeling_annotation a WHERE a.task_id = q.task_id AND a.counted)
        GROUP BY q.task_id, q.required HAVING count(l.id) <> 1""",
    "an unsettled task has a label of record": """
        SELECT q.task_id, q.required FROM labeling_queueentry q
        JOIN labeling_label l ON l.task_id = q.task_id AND l.retired_at IS NULL
        WHERE q.required > (SELECT count(*) FROM labeling_annotation a WHERE a.task_id = q.task_id AND a.counted)""",
    "the label of a task that one person answers is not that answer": """
        SELECT q.task_id, a.answers, l.value FROM labeling_queueentry q
        JOIN labeling_annotation a ON a.task_id = q.task_id AND a.counted
        JOIN labeling_label l ON l.task_id = q.task_id AND l.retired_at IS NULL
        WHERE q.required = 1 AND (a.answers -> l.question) IS DISTINCT FROM l.value""",
    "a task is not marked as labeled though it is, or the other way round": """
        SELECT q.task_id, q.state FROM labeling_queueentry q
        WHERE (q.state = 'labeled') <> EXISTS (
            SELECT FROM labeling_label l WHERE l.task_id = q.task_id AND l.retired_at IS NULL)""",
    "a save that was submitted or skipped has not exactly one event": """
        SELECT r.annotation_id, r.number, count(e.id) FROM labeling_annotationrevision r
        JOIN labeling_annotation a ON a.id = r.annotation_id
        LEFT JOIN labeling_event e ON e.task_id = a.task_id AND e.verb = 'annotation.' || r.state
            AND (e.payload ->> 'annotation')::bigint = a.id AND (e.payload ->> 'version')::int = r.number
        WHERE r.state <> 'draft' GROUP BY 1, 2 HAVING count(e.id) <> 1""",
    "an import that succeeded did not add the rows that it says": """
        SELECT j.id, j.result, count(t.id) FROM labeling_jobrun j LEFT JOIN labeling_task t ON t.import_job_id = j.id
        WHERE j.kind = 'labeling.import' AND j.state = 'succeeded'
        GROUP BY j.id HAVING count(t.id) <> (j.result ->> 'accepted')::bigint""",
    "an import that failed added rows that it does not own up to": """
        SELECT j.id, j.cursor, count(t.id) FROM labeling_jobrun j LEFT JOIN labeling_task t ON t.import_job_id = j.id
        WHERE j.kind = 'labeling.import' AND j.state <> 'succeeded'
        GROUP BY j.id HAVING count(t.id) <> coalesce((j.cursor -> 'counts' ->> 'accepted')::bigint, 0)""",
    "an import ended twice": """
        SELECT payload ->> 'job', count(*) FROM labeling_event WHERE verb = 'import.finished'
        GROUP BY 1 HAVING count(*) > 1""",
    "a task has no place in the queue, or one that is not there has": """
        SELECT t.id, q.task_id FROM labeling_task t FULL JOIN labeling_queueentry q ON q.task_id = t.id
        WHERE t.id IS NULL OR q.task_id IS NULL""",
    "a job is still under way": """
        SELECT id, kind, state, attempt, message, heartbeat_at FROM labeling_jobrun
        WHERE state IN ('queued', 'running')""",
    "a job ended without saying why": """
        SELECT id, kind, state, error FROM labeling_jobrun WHERE state = 'failed' AND error = ''""",
    "a quality run that did not come to its end is half visible": """
        SELECT r.id, 'class pairs' FROM quality_run r WHERE r.completed_at IS NULL
            AND EXISTS (SELECT FROM quality_classpair p WHERE p.run_id = r.id)
        UNION ALL SELECT r.id, 'gain' FROM quality_run r WHERE r.completed_at IS NULL
            AND EXISTS (SELECT FROM quality_gain g WHERE g.run_id = r.id)
        UNION ALL SELECT (f.evidence ->> 'run')::bigint, 'flags' FROM labeling_flag f WHERE f.evidence ? 'run'
            AND NOT EXISTS (SELECT FROM quality_run r
                WHERE r.id = (f.evidence ->> 'run')::bigint AND r.completed_at IS NOT NULL)""",
    "a job made more than one quality run, or succeeded without completing its run": """
        SELECT j.id, count(r.id) FROM labeling_jobrun j JOIN quality_run r ON r.job_id = j.id
        GROUP BY j.id, j.state
        HAVING count(r.id) > 1 OR (j.state = 'succeeded' AND count(r.completed_at) <> 1)""",
}


def connect(database: str) -> psycopg.Connection[Any]:
    """Open a connection whose rows have names."""
    return psycopg.connect(database, row_factory=namedtuple_row)


def everything(
    connection: psycopg.Connection[Any], *, stage: Stage, ledger: Ledger, files: list[File]
) -> Iterator[str]:
    """Yield every violation in words."""
    for name in _SETTINGS:
        if _one(connection, f"SHOW {name}") != "on":
            yield f"{name} is not on: what is acknowledged may not be on the disk"
    for words, statement in _NEVER.items():
        yield from _found(words, connection.execute(statement).fetchall())
    yield from _saves(connection, ledger)
    yield from _rows(connection, stage, files)


def _saves(connection: psycopg.Connection[Any], ledger: Ledger) -> Iterator[str]:
    """Compare what was acknowledged with what is stored, one to one."""
    stored: Counter[str] = Counter()
    wrong = []
    newest: dict[tuple[int, int], int] = {}
    for row in connection.execute(
        "SELECT r.key, r.annotator_id, a.task_id, a.id, r.number, r.state, r.answers, r.counted, a.version"
        " FROM labeling_annotationrevision r JOIN labeling_annotation a ON a.id = r.annotation_id"
    ):
        stored[row.key] += 1
        newest[row.annotator_id, row.task_id] = row.version
        if (save := ledger.saves.get(row.key)) is not None and not _same(row, save):
            wrong.append((row, save))
    yield from _found("a stored save is not as it was acknowledged", wrong)
    yield from _found("an acknowledged save is not there", [key for key in ledger.saves if stored[key] == 0])
    yield from _found("an acknowledged save is there twice", [key for key in ledger.saves if stored[key] > 1])
    yield from _found("a save is stored that nobody sent", [key for key in stored if key not in ledger.begun])
    yield from _found("a save was refused, and stored all the same", [key for key in ledger.refused if stored[key]])
    last: dict[tuple[int, int], int] = {}
    for save in ledger.saves.values():
        place = (save.person, save.task)
        last[place] = max(last.get(place, 0), save.reply["version"])
    yield from _found(
        "the last acknowledged version of an annotation is not the stored one",
        [(place, version, newest.get(place)) for place, version in last.items() if newest.get(place) != version],
    )


def _same(row: Any, save: Save) -> bool:
    reply, sent = save.reply, save.sent
    return bool(
        (row.annotator_id, row.task_id, row.id, row.number) == (save.person, save.task, reply["id"], reply["version"])
        and (row.state, row.answers, row.counted) == (reply["state"], reply["answers"], reply["counted"])
        and (row.state, row.answers) == (sent["state"], sent["answers"])
    )


def _rows(connection: psycopg.Connection[Any], stage: Stage, files: list[File]) -> Iterator[str]:
    """Compare the files that were imported with the tasks."""
    wrong = []
    for file in files:
        found = connection.execute(
            "SELECT count(*) AS rows, count(DISTINCT external_id) AS ids FROM labeling_task"
            " WHERE project_id = %s AND external_id LIKE %s",
            (stage.projects[file.project], f"{file.name}-%"),
        ).fetchone()
        if found is None or (found.rows, found.ids) != (file.rows, file.rows):
            wrong.append((file.name, file.mode, file.rows, found))
    yield from _found("the rows of an imported file are not there exactly once", wrong)


def _found(words: str, rows: list[Any]) -> Iterator[str]:
    if rows:
        more = f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
        yield f"{words} ({len(rows):,}): " + "; ".join(str(row) for row in rows[:SHOWN]) + more


def _one(connection: psycopg.Connection[Any], statement: LiteralString) -> Any:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None
