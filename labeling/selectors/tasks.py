"""Tasks as the API, the editor and the pages read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from labeling.models import Annotation, Comment, Lease, Task
from labeling.selectors import versions

if TYPE_CHECKING:
    from labeling.kinds.schema import Schema
    from labeling.models import Project, User
    from labeling.selectors.versions import Versions


def documents(*, project: Project, user: User, task_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return tasks as the editor shows them to this person, in the order asked for; four queries for any number."""
    now = versions.current(project.pk)
    schema = versions.by_pk(now.schema_pk)
    tasks = Task.objects.filter(project=project, pk__in=task_ids).select_related("queue_entry")
    mine = {a.task_id: a for a in Annotation.objects.filter(task_id__in=task_ids, annotator=user)}
    leases = dict(Lease.objects.filter(task_id__in=task_ids, user=user).values_list("task_id", "expires_at"))
    found = {
        task.pk: document(
            task=task,
            project=project,
            schema=schema,
            now=now,
            annotation=mine.get(task.pk),
            lease_expires_at=leases.get(task.pk),
        )
        for task in tasks
    }
    return [found[pk] for pk in task_ids if pk in found]


def document(
    *,
    task: Task,
    project: Project,
    schema: Schema,
    now: Versions,
    annotation: Annotation | None,
    lease_expires_at: Any = None,
) -> dict[str, Any]:
    """Return one task as the editor shows it."""
    entry = task.queue_entry
    return {
        "id": task.pk,
        "external_id": task.external_id,
        "project": project.slug,
        "split": task.split,
        "data": with_urls(task.data, schema=schema, slug=project.slug),
        "meta": task.meta,
        "state": entry.state,
        "reason": entry.reason,
        "guideline_version": now.guideline,
        "schema_version": now.schema,
        "lease_expires_at": lease_expires_at,
        "annotation": annotation_document(annotation) if annotation else None,
    }


def annotation_document(annotation: Annotation) -> dict[str, Any]:
    """Return a person's annotation as the editor knows it."""
    return {
        "id": annotation.pk,
        "version": annotation.version,
        "state": annotation.state,
        "answers": annotation.answers,
        "counted": annotation.counted,
        "skip_reason": annotation.skip_reason,
        "updated_at": annotation.updated_at,
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


def comments(task: Task) -> list[dict[str, Any]]:
    """Return what people said about a task, oldest first."""
    return [
        {
            "id": comment.pk,
            "task": task.pk,
            "author": str(comment.author),
            "body": comment.body,
            "created_at": comment.created_at,
        }
        for comment in Comment.objects.filter(task=task).select_related("author").order_by("pk")
    ]
