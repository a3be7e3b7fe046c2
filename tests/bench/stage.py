"""What is measured on: projects, people and files of many short texts."""

from __future__ import annotations

import csv
import itertools
import random
from pathlib import Path

from django.core.files import File
from django.db import connection

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


def write_rows(path: Path, count: int) -> None:
    """Write a CSV file of texts of 5 to 25 words, a tenth of them labeled."""
    rng = random.Random(count)
    words = sorted({word for source in messages.read() for word in str(source.content).split()})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "text", "intent", "split", "channel"])
        for number in range(count):
            text = " ".join(rng.choices(words, k=rng.randint(5, 25)))
            intent = rng.choice(INTENTS) if number % 10 == 0 else ""
            split = rng.choices(["train", "validation", "test"], [8, 1, 1])[0]
            writer.writerow([f"row-{number:07d}", text, intent, split, rng.choice(["chat", "email", "app"])])


def import_file(manager: User, into: Project, path: Path) -> JobRun:
    """Import a file as a worker does, from the upload to the last row."""
    with path.open("rb") as opened:
        job = imports.start(actor=manager, project=into, file=File(opened, name=path.name))
    jobs.run(job.pk)
    job.refresh_from_db()
    if job.state != JobState.SUCCEEDED:
        raise RuntimeError(job.error)
    return job


def settle_tables() -> None:
    """Let PostgreSQL do now what it would do in the background soon."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
