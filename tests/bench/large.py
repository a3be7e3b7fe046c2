"""A large project of texts, made row by row in the database, and a run over it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import connection
from django.utils import timezone

from labeling.models import Project, TaskState
from labeling.services import jobs
from quality.selectors.runs import newest
from quality.services import runs
from tests import factories
from tests.bench.topics import CLASSES, texts


def project(count: int) -> Project:
    """Make a project of labeled texts."""
    names = [f"class {number}" for number in range(CLASSES)]
    question = {"name": "topic", "kind": "choice", "field": "text", "labels": names}
    made = factories.project(schema={"fields": [{"name": "text", "type": "text"}], "questions": [question]})
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM labeling_task")
        first = cursor.fetchone()[0]
        labels = []
        with cursor.copy(
            "COPY labeling_task (id, project_id, external_id, content_hash, data, meta, split, created_at) FROM STDIN"
        ) as copy:
            for number, (text, given) in enumerate(texts(count)):
                data = json.dumps({"text": text})
                row = (
                    first + number,
                    made.pk,
                    str(number),
                    hashlib.sha256(data.encode()).hexdigest(),
                    data,
                    "{}",
                    "",
                    now,
                )
                copy.write_row(row)
                labels.append(given)
        with cursor.copy(
            "COPY labeling_queueentry (task_id, project_id, priority, reason, required, open_slots, state) FROM STDIN"
        ) as copy:
            for number in range(count):
                copy.write_row((first + number, made.pk, 0.0, "", 0, 0, TaskState.LABELED.value))
        with cursor.copy(
            "COPY labeling_label (task_id, project_id, question, value, classes, source, schema_version, "
            "guideline_version, created_at) FROM STDIN"
        ) as copy:
            for number, given in enumerate(labels):
                name = names[given]
                copy.write_row((first + number, made.pk, "topic", json.dumps(name), [name], "import", 1, 0, now))
        cursor.execute("ANALYZE labeling_task, labeling_label, labeling_queueentry")
    return made


def run(made: Project) -> list[dict[str, Any]]:
    """Run the pipeline over the project in this process; return its steps."""
    job = runs.start(actor=None, project=made, question="topic")
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    done = newest(made, "topic")
    if done is None:
        raise RuntimeError(job.error)
    return list(done.steps)
