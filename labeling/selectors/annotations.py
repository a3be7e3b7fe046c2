"""Annotations and comments as lists show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Case, Exists, OuterRef, Q, When

from labeling.models import Annotation, AnnotationState, Comment, GoldServing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from labeling.models import Project, Task, User


def annotations_of_task(task: Task, *, of: User | None = None) -> QuerySet[Annotation]:
    """Return a task's annotations, everybody's or one person's, with who made them."""
    found = Annotation.objects.filter(task=task).select_related("annotator")
    return found if of is None else found.filter(annotator=of)


def annotations_of_project(project: Project, *, of: User | None = None) -> QuerySet[Annotation]:
    """Return a project's annotations, everybody's or one person's, with who made them."""
    found = Annotation.objects.filter(project=project).select_related("annotator")
    return found if of is None else found.filter(annotator=of)


def submitted_beside_gold(project: Project) -> QuerySet[Annotation]:
    """Return the submitted answers to tasks that people were asked about; what they answered to gold is none."""
    served = GoldServing.objects.filter(task_id=OuterRef("task_id"), user_id=OuterRef("annotator_id"))
    submitted = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED)
    return submitted.filter(Q(counted=True) | ~Exists(served))


def given_as_gold(annotations: Sequence[Annotation], *, reader: User) -> set[int]:
    """Return which of these answers are the reader's own to gold tasks: they are shown to them as counting."""
    mine = [row.task_id for row in annotations if row.annotator_id == reader.pk]
    served = set(GoldServing.objects.filter(task_id__in=mine, user=reader).values_list("task_id", flat=True))
    return {row.pk for row in annotations if row.annotator_id == reader.pk and row.task_id in served}


def has_answered(user: User, task: Task) -> bool:
    """Whether there is an answer of the person's own to edit; a draft comes back by itself, with its claim."""
    return annotations_of_task(task, of=user).exclude(state=AnnotationState.DRAFT).exists()


def comments_of_task(task: Task) -> QuerySet[Comment]:
    """Return what people said about a task, with who said it; `is_open` tells what nobody has resolved."""
    found = Comment.objects.filter(task=task).select_related("author", "resolved_by")
    return found.annotate(is_open=Case(When(resolved_at=None, then=1), default=0))
