"""Labels of record as lists show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from labeling.models import Label

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import Project, Task


def labels_of_project(project: Project, *, task_id: int | None, question: str, source: str) -> QuerySet[Label]:
    """Return the labels that hold now, with their tasks; what is empty or None is not asked for."""
    exact = {"task_id": task_id, "question": question, "source": source}
    found = Label.objects.filter(project=project, retired_at=None)
    found = found.filter(**{name: value for name, value in exact.items() if value})
    return found.select_related("task").defer("task__data", "task__meta")


def tasks_with_label(tasks: QuerySet[Task], project: Project, *, question: str, label: str) -> QuerySet[Task]:
    """Narrow tasks to those with a label of record of this question, with this class in it; empty: any."""
    labels = Label.objects.filter(project=project, task_id=OuterRef("pk"), retired_at=None)
    if question:
        labels = labels.filter(question=question)
    if label:
        labels = labels.filter(classes__contains=[label])
    return tasks.filter(Exists(labels))
