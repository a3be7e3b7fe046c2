"""Makes what tests need: people, projects, tasks. Rows are made through services where a service exists."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any

from labeling.models import Membership, Project, QueueEntry, Role, Task, TaskState, User
from labeling.services import projects

_number = itertools.count(1)

PASSWORD = "correct-horse-battery"

TEXT_SCHEMA: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [{"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "delivery", "other"]}],
}
IMAGE_SCHEMA: dict[str, Any] = {
    "fields": [{"name": "image", "type": "image"}],
    "questions": [{"name": "digit", "kind": "choice", "field": "image", "labels": [str(n) for n in range(10)]}],
}


def user(email: str = "", *, password: str | None = None, **extra: Any) -> User:
    """Make a person who can sign in (with `PASSWORD`, if a password is asked for)."""
    number = next(_number)
    return User.objects.create_user(email or f"person-{number}@example.org", password, **extra)


def project(
    *, manager: User | None = None, schema: dict[str, Any] | None = None, name: str = "", **settings: Any
) -> Project:
    """Make a project through its service."""
    return projects.create(
        actor=manager or user(), name=name or f"Project {next(_number)}", schema=schema or TEXT_SCHEMA, **settings
    )


def member(of: Project, role: str = Role.ANNOTATOR, *, email: str = "", **extra: Any) -> User:
    """Make a person who is a member of a project."""
    person = user(email, **extra)
    Membership.objects.create(project=of, user=person, role=role)
    return person


def tasks(of: Project, count: int = 1, *, data: list[dict[str, Any]] | None = None, **fields: Any) -> list[Task]:
    """Make tasks that wait in the queue, in order."""
    contents = data or [{"text": f"Message number {next(_number)}"} for _ in range(count)]
    made = Task.objects.bulk_create(
        [
            Task(
                project=of,
                external_id=fields.get("external_id") or f"task-{next(_number)}",
                content_hash=hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest(),
                data=item,
                meta=fields.get("meta", {}),
                split=fields.get("split", ""),
            )
            for item in contents
        ]
    )
    QueueEntry.objects.bulk_create(
        [
            QueueEntry(task=task, project=of, required=of.overlap, open_slots=of.overlap, state=TaskState.TODO)
            for task in made
        ]
    )
    return made


def task(of: Project, **data: Any) -> Task:
    """Make one task."""
    return tasks(of, data=[data or {"text": f"Message number {next(_number)}"}])[0]
