"""What is measured on: projects, people and files of many short texts."""

from __future__ import annotations

import csv
import itertools
import random
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connection, transaction

from labeling.models import JobRun, JobState, Membership, Project, Role, User
from labeling.services import imports, jobs, projects
from labeling.services.demo import messages

INTENTS = sorted(messages.LOOK_ALIKES)
_number = itertools.count(1)


def person(project: Project | None = None, role: str = Role.ANNOTATOR) -> User:
    """Make a person, as a member of a project if one is given."""
    user = User.objects.create_user(f"bench-{next(_number)}@example.org", None)
    if project is not None:
        Membership.objects.create(project=project, user=user, role=role)
    return user


def project(manager: User, name: str) -> Project:
    """Make a project of short texts with one choice."""
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "intent", "kind": "choice", "field": "text", "labels": INTENTS}],
    }
    return projects.create(actor=manager, name=name, schema=schema)


def _vocabulary() -> list[str]:
    words = {word.lower() for source in messages.load_messages() for word in str(source.content).split()}
    return sorted(word for word in words if word.isascii() and word.isalpha() and len(word) > 3)


def words() -> tuple[str, str]:
    """Return a word that few of the texts have, and one that a third of them has."""
    known = _vocabulary()
    return known[-1], known[2]


def write_rows(path: Path, count: int) -> None:
    """Write a CSV file of texts of 5 to 25 words, a few of them in every other text; a tenth are labeled."""
    rng = random.Random(count)
    known = _vocabulary()
    weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(known))))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "text", "intent", "split", "channel"])
        for number in range(count):
            text = " ".join(rng.choices(known, cum_weights=weights, k=rng.randint(5, 25)))
            intent = rng.choice(INTENTS) if number % 10 == 0 else ""
            split = rng.choices(["train", "validation", "test"], [8, 1, 1])[0]
            writer.writerow([f"row-{number:07d}", text, intent, split, rng.choice(["chat", "email", "app"])])


def import_file(manager: User, into: Project, path: Path) -> JobRun:
    """Import a file as a worker does, from the upload to the last row."""
    with path.open("rb") as opened:
        job = imports.start(actor=manager, project=into, file=File(opened, name=path.name))
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    if job.state != JobState.SUCCEEDED:
        raise RuntimeError(job.error)
    return job


def settle_tables() -> None:
    """Let PostgreSQL do now what it would do in the background soon."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


_MIDWAY = """
CREATE TEMPORARY TABLE plan ON COMMIT DROP AS
SELECT q.task_id, n, p.people[1 + n %% cardinality(p.people)] AS person,
       CASE WHEN n %% 10 < 4 THEN 'annotated' WHEN n %% 10 < 9 THEN 'reviewed'
            WHEN n %% 100 = 9 THEN 'progress' WHEN n %% 1000 = 19 THEN 'skipped' ELSE 'open' END AS fate,
       p.labels[1 + (n / 7) %% cardinality(p.labels)] AS label
FROM (SELECT *, row_number() OVER (ORDER BY task_id) AS n FROM labeling_queueentry WHERE project_id = %(project)s) q,
     (SELECT %(people)s::bigint[] AS people, %(labels)s::text[] AS labels) p
WHERE q.state = 'todo' AND q.open_slots = q.required
  AND NOT EXISTS (SELECT FROM labeling_annotation a WHERE a.task_id = q.task_id);
INSERT INTO labeling_annotation (task_id, project_id, annotator_id, state, answers, version, counted, lead_time_ms,
    skip_reason, schema_version, guideline_version, created_at, updated_at)
SELECT task_id, %(project)s, person, CASE fate WHEN 'skipped' THEN 'skipped' ELSE 'submitted' END,
    CASE fate WHEN 'skipped' THEN '{}' ELSE jsonb_build_object('intent', label) END, 1, fate <> 'skipped', 2500,
    CASE fate WHEN 'skipped' THEN 'unclear' ELSE '' END, 1, 0, at, at
FROM (SELECT *, now() - interval '14 days' * (1 - n / %(count)s::float) AS at FROM plan) plan
WHERE fate IN ('annotated', 'progress', 'skipped') ORDER BY task_id;
INSERT INTO labeling_annotationrevision (annotation_id, annotator_id, number, key, state, answers, counted,
    lead_time_ms, skip_reason, schema_version, guideline_version, created_at)
SELECT a.id, a.annotator_id, 1, 'midway-' || a.id, a.state, a.answers, a.counted, a.lead_time_ms, a.skip_reason, 1, 0,
    a.created_at
FROM plan JOIN labeling_annotation a ON a.task_id = plan.task_id AND a.annotator_id = plan.person ORDER BY a.id;
INSERT INTO labeling_event (project_id, actor_id, verb, task_id, payload, created_at)
SELECT %(project)s, a.annotator_id, 'annotation.' || a.state, a.task_id,
    jsonb_build_object('annotation', a.id, 'version', 1), a.created_at
FROM plan JOIN labeling_annotation a ON a.task_id = plan.task_id AND a.annotator_id = plan.person ORDER BY a.id;
INSERT INTO labeling_label (task_id, project_id, question, value, classes, source, annotation_id, created_by_id,
    schema_version, guideline_version, created_at)
SELECT plan.task_id, %(project)s, 'intent', to_jsonb(label), ARRAY[label],
    CASE fate WHEN 'reviewed' THEN 'review' ELSE 'annotation' END, a.id, plan.person, 1, 0, now()
FROM plan LEFT JOIN labeling_annotation a ON a.task_id = plan.task_id AND a.annotator_id = plan.person
WHERE fate IN ('annotated', 'reviewed') ORDER BY plan.task_id;
UPDATE labeling_queueentry q SET
    state = CASE WHEN fate IN ('annotated', 'reviewed') THEN 'labeled' ELSE q.state END,
    required = CASE fate WHEN 'reviewed' THEN 0 WHEN 'progress' THEN 2 ELSE q.required END,
    open_slots = CASE WHEN fate IN ('annotated', 'reviewed') THEN 0 ELSE q.open_slots END,
    priority = CASE WHEN fate IN ('annotated', 'reviewed') THEN q.priority ELSE n %% 997 / 997.0 END
FROM plan WHERE plan.task_id = q.task_id;
INSERT INTO labeling_flag (task_id, project_id, question, reason, state, score, note, evidence, resolution,
    resolution_note, created_at)
SELECT task_id, %(project)s, 'intent', CASE WHEN n %% 3 = 0 THEN 'label_error' ELSE 'outlier' END, 'open',
    n %% 991 / 991.0, '', '{}', '', '', now()
FROM plan WHERE n %% 200 = 7;
"""


def midway(project: Project) -> None:
    """Bring a project of untouched tasks to the middle of its work: nine of ten have a label, a third answers."""
    people = [person(project).pk for _ in range(8)]
    values: dict[str, Any] = {
        "project": project.pk,
        "people": people,
        "labels": INTENTS,
        "count": project.tasks.count(),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MIDWAY, values)


def backend() -> int:
    """Return the process of PostgreSQL that serves this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def disk() -> dict[str, int]:
    """Return the bytes of the large tables with their indexes, and of everything."""
    tables = [
        f"labeling_{name}" for name in ("task", "queueentry", "label", "annotation", "annotationrevision", "event")
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, pg_total_relation_size(name::regclass) FROM unnest(%s::text[]) AS name", [tables])
        found = {name.removeprefix("labeling_"): size for name, size in cursor.fetchall()}
        cursor.execute("SELECT pg_database_size(current_database())")
        return found | {"all": cursor.fetchone()[0]}
