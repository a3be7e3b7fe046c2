"""What is stored about a task and a person's answer to it: locked, read and written in one statement each.

This is the hottest path of the product, hence plain SQL: through the ORM a save took fourteen statements and five times
as long.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from labeling import locks, statements
from labeling.errors import NotFound
from labeling.models import AnnotationState, FlagState, NoticeKind, ReturnState
from labeling.reasons.conflict import CONFLICT
from labeling.reasons.skipped import SKIPPED
from labeling.selectors.versions import Versions
from labeling.services.labels import CAME_WITH, CountedAnswers, NewLabel, OfRecord, Slots

if TYPE_CHECKING:
    from datetime import datetime

    from labeling.models import Task, User
    from labeling.services.annotations.submission import Saved, Submission
    from labeling.services.labels import Settlement

# The person first, the queue entry second, as everywhere (see `locks`): rows are locked after all else is evaluated.
_LOCK = f"""
WITH me AS MATERIALIZED (SELECT {locks.PERSON})
SELECT q.required, q.open_slots, q.state FROM me, labeling_queueentry q WHERE q.task_id = %(task)s FOR UPDATE OF q
"""  # noqa: S608 - only constants are put in

# After the locks, in a statement of its own: so it sees what others had committed by then.
_READ = f"""
SELECT s.number, s.id,
    COALESCE((SELECT max(g.number) FROM labeling_guidelineversion g WHERE g.project_id = %(project)s), 0),
    EXISTS (SELECT FROM labeling_annotationrevision r WHERE r.annotator_id = %(user)s AND r.key = %(key)s),
    EXISTS (SELECT FROM labeling_lease e WHERE e.task_id = %(task)s AND e.user_id = %(user)s),
    a.id, a.version, a.state, a.answers, a.updated_at, a.counted,
    EXISTS (SELECT FROM labeling_goldserving o WHERE o.task_id = %(task)s AND o.user_id = %(user)s),
    EXISTS (SELECT FROM labeling_answerreview w WHERE w.annotation_id = a.id AND w.back = '{ReturnState.WAITING}'),
    CASE WHEN a.id IS NULL THEN nextval('labeling_annotation_id_seq') END,
    (SELECT jsonb_agg(jsonb_build_array(c.id, c.answers, c.guideline_version) ORDER BY c.id)
     FROM labeling_annotation c WHERE c.task_id = %(task)s AND c.counted AND c.annotator_id <> %(user)s),
    (SELECT jsonb_agg(jsonb_build_array(l.id, l.question, l.value, l.source, l.confidence, l.annotation_id))
     FROM labeling_label l WHERE l.task_id = %(task)s AND l.retired_at IS NULL),
    (SELECT jsonb_agg(jsonb_build_array(f.reason, f.question)) FROM labeling_flag f
     WHERE f.task_id = %(task)s AND f.state = '{FlagState.OPEN}' AND f.reason IN ('{SKIPPED.name}', '{CONFLICT.name}')),
    (SELECT jsonb_agg(jsonb_build_array(
         l.question, l.value, l.classes, l.source, l.confidence, NULL, l.created_by_id, l.schema_version,
         l.guideline_version, l.people
     ) ORDER BY l.id)
     FROM labeling_label l
     WHERE l.task_id = %(task)s AND l.retired_at IS NOT NULL AND l.source = ANY(%(came_with)s))
FROM (
    SELECT v.number, v.id FROM labeling_schemaversion v WHERE v.project_id = %(project)s ORDER BY v.number DESC LIMIT 1
) s
LEFT JOIN labeling_annotation a ON a.task_id = %(task)s AND a.annotator_id = %(user)s
"""  # noqa: S608 - only names of states are put in

# Apart from the rest: the one label of record of a question must be gone before the next comes.
_RETIRE = "UPDATE labeling_label SET retired_at = %(now)s WHERE id = ANY(%(retired)s)"

_WRITE = f"""
WITH gone AS (
    DELETE FROM labeling_lease WHERE %(freed)s AND task_id = %(task)s AND user_id = %(user)s
), held AS (
    INSERT INTO labeling_lease (task_id, user_id, project_id, expires_at, created_at)
    SELECT %(task)s, %(user)s, %(project)s,
           statement_timestamp() + %(seconds)s::int * interval '1 second', statement_timestamp()
    WHERE %(taken)s
    ON CONFLICT (task_id, user_id) DO UPDATE SET expires_at = excluded.expires_at
), saved AS (
    INSERT INTO labeling_annotation (
        id, task_id, project_id, annotator_id, state, answers, version, counted, lead_time_ms, skip_reason,
        schema_version, guideline_version, created_at, updated_at
    ) VALUES (
        %(annotation)s, %(task)s, %(project)s, %(user)s, %(answer_state)s, %(answers)s::jsonb, %(version)s, %(counted)s,
        %(lead_time_ms)s, %(skip_reason)s, %(schema)s, %(guideline)s, %(now)s, %(now)s
    )
    ON CONFLICT (id) DO UPDATE SET
        state = excluded.state, answers = excluded.answers, version = excluded.version, counted = excluded.counted,
        lead_time_ms = excluded.lead_time_ms, skip_reason = excluded.skip_reason,
        schema_version = excluded.schema_version, guideline_version = excluded.guideline_version,
        updated_at = excluded.updated_at
), revised AS (
    INSERT INTO labeling_annotationrevision (
        annotation_id, annotator_id, number, key, state, answers, counted, lead_time_ms, skip_reason, schema_version,
        guideline_version, created_at
    ) VALUES (
        %(annotation)s, %(user)s, %(version)s, %(key)s, %(answer_state)s, %(answers)s::jsonb, %(counted)s,
        %(lead_time_ms)s, %(skip_reason)s, %(schema)s, %(guideline)s, %(now)s
    )
), settled AS (
    INSERT INTO labeling_label (
        task_id, project_id, question, value, classes, source, confidence, annotation_id, created_by_id,
        schema_version, guideline_version, people, created_at
    )
    SELECT %(task)s, %(project)s, l.question, l.value, l.classes, l.source, l.confidence, l.annotation_id,
           l.created_by_id, l.schema_version, l.guideline_version, l.people, %(now)s
    FROM jsonb_to_recordset(%(labels)s::jsonb) AS l (
        question text, value jsonb, classes text[], source text, confidence float8, annotation_id bigint,
        created_by_id bigint, schema_version int, guideline_version int, people int
    )
), returned AS (
    UPDATE labeling_answerreview SET back = '{ReturnState.ANSWERED}', back_at = %(now)s
    WHERE %(final)s AND annotation_id = %(annotation)s AND back = '{ReturnState.WAITING}'
    RETURNING id, reviewer_id
), came_back AS (
    INSERT INTO labeling_notice (user_id, project_id, task_id, kind, actor_id, note, review_id, created_at)
    SELECT reviewer_id, %(project)s, %(task)s, '{NoticeKind.CAME_BACK}', %(user)s, '', id, %(now)s FROM returned
), heard AS (
    UPDATE labeling_notice n SET read_at = %(now)s FROM returned
    WHERE n.review_id = returned.id AND n.user_id = %(user)s AND n.read_at IS NULL
), told AS (
    INSERT INTO labeling_event (project_id, actor_id, verb, task_id, payload, created_at)
    SELECT %(project)s, %(user)s, %(verb)s::text, %(task)s, %(payload)s::jsonb, %(now)s WHERE %(verb)s::text <> ''
)
UPDATE labeling_queueentry SET required = %(required)s, open_slots = %(open_slots)s, state = %(task_state)s
WHERE task_id = %(task)s
"""  # noqa: S608 - only names of states and kinds are put in


@dataclass(frozen=True, slots=True)
class Mine:
    """The person's own annotation of the task."""

    pk: int
    version: int
    state: str
    answers: dict[str, Any]
    updated_at: datetime
    counted: bool
    is_sent_back: bool


@dataclass(frozen=True, slots=True)
class StoredState:
    """All that a save depends on."""

    versions: Versions
    replayed: bool
    leased: bool
    is_gold: bool
    """The person was given the task as gold."""
    mine: Mine | None
    annotation_id: int
    others: list[CountedAnswers]
    labels: dict[str, OfRecord]
    flags: set[tuple[str, str]]
    earlier: dict[str, NewLabel]
    """The last labels that came with the task, of those that were replaced."""


def lock(*, actor: User, task: Task) -> Slots:
    """Let the person's saves in the project come one by one, and lock the task's queue entry."""
    values = {"project": task.project_id, "user": actor.pk, "task": task.pk}
    for required, open_slots, state in statements.run_statement(_LOCK, values):
        return Slots(required=required, open_slots=open_slots, state=state)
    raise NotFound


def read_stored_state(*, actor: User, task: Task, key: str) -> StoredState:
    """Return all that a save depends on, as it stands now that it is locked."""
    values = {"project": task.project_id, "user": actor.pk, "task": task.pk, "key": key, "came_with": CAME_WITH}
    for row in statements.run_statement(_READ, values):
        schema, schema_pk, guideline, replayed, leased, pk, version, state, answers, updated_at, counted = row[:11]
        is_gold, sent_back, new_pk, others, labels, flags, earlier = row[11:]
        mine = None
        if pk is not None:
            mine = Mine(pk, version, state, json.loads(answers), updated_at, counted, sent_back)
        return StoredState(
            versions=Versions(schema=schema, guideline=guideline, schema_pk=schema_pk),
            replayed=replayed,
            leased=leased,
            is_gold=is_gold,
            mine=mine,
            annotation_id=pk or new_pk,
            others=[CountedAnswers(*other) for other in json.loads(others or "[]")],
            labels={question: OfRecord(pk, *rest) for pk, question, *rest in json.loads(labels or "[]")},
            flags={(reason, question) for reason, question in json.loads(flags or "[]")},
            earlier={label[0]: NewLabel(*label) for label in json.loads(earlier or "[]")},
        )
    raise NotFound


def write(
    *,
    actor: User,
    task: Task,
    submission: Submission,
    saved: Saved,
    key: str,
    standing: StoredState,
    slots: Slots,
    settlement: Settlement | None,
    holds: bool,
    verb: str,
) -> None:
    """Write the annotation with its revision, its labels, the queue entry, the lease and the event."""
    now = saved.updated_at
    if settlement is not None and settlement.retired:
        statements.run_statement(_RETIRE, {"now": now, "retired": settlement.retired})
    statements.run_statement(
        _WRITE,
        {
            "project": task.project_id,
            "user": actor.pk,
            "task": task.pk,
            "now": now,
            "seconds": task.project.lease_seconds,
            "freed": standing.leased and not holds,
            "taken": holds,
            "annotation": saved.annotation_id,
            "answer_state": str(saved.state),
            "answers": json.dumps(saved.answers),
            "version": saved.version,
            "counted": saved.counted,
            "lead_time_ms": submission.lead_time_ms,
            "skip_reason": str(submission.skip_reason) if saved.state == AnnotationState.SKIPPED else "",
            "schema": standing.versions.schema,
            "guideline": standing.versions.guideline,
            "key": key,
            "final": saved.state != AnnotationState.DRAFT,
            "labels": json.dumps([asdict(label) for label in settlement.written] if settlement is not None else []),
            "verb": verb,
            "payload": json.dumps({"annotation": saved.annotation_id, "version": saved.version}),
            "required": slots.required,
            "open_slots": slots.open_slots,
            "task_state": str(slots.state),
        },
    )
