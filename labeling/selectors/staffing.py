"""Who labels in a project, and which tasks wait for more people than there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from labeling.models import Annotation, AnnotationState, Lease, Membership, QueueEntry, Role, TaskState
from labeling.selectors import progress as progress_reads

if TYPE_CHECKING:
    from labeling.models import Project, Task

_MAY_ANSWER = (Role.REVIEWER, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class Shortage:
    """Tasks that nobody is left to answer, how many people each of them lacks at most, and how many label here."""

    tasks: int = 0
    lacking: int = 0
    people: int = 0


def labelers(project_id: int) -> QuerySet[Membership]:
    """Return who labels in a project: its annotators, and the reviewers and managers who have answered there."""
    answered = Annotation.objects.filter(project_id=project_id, annotator=OuterRef("user")).exclude(
        state=AnnotationState.DRAFT
    )
    by_role = Q(role=Role.ANNOTATOR) | Q(Exists(answered), role__in=_MAY_ANSWER)
    return Membership.objects.filter(by_role, project_id=project_id, user__is_active=True, user__is_service=False)


def is_anybody_left(task: Task, *, besides: int = 0) -> bool:
    """Whether anybody who labels in the project has neither answered nor skipped the task, besides this person."""
    theirs = Annotation.objects.filter(task_id=task.pk, annotator=OuterRef("user")).exclude(state=AnnotationState.DRAFT)
    return labelers(task.project_id).exclude(user_id=besides).filter(~Exists(theirs)).exists()


def short_entries(project: Project) -> QuerySet[QueueEntry]:
    """Return the queue entries of tasks with more open slots than people left to fill them; `lacking` says how many.

    Where nobody labels yet there is nothing to say: all tasks wait for the first people.
    """
    people = list(labelers(project.pk).values_list("user_id", flat=True))
    entries = QueueEntry.objects.filter(project=project, state=TaskState.TODO, open_slots__gt=0)
    if not people:
        return entries.none()
    skipped = Annotation.objects.filter(project=project, state=AnnotationState.SKIPPED).values("task_id")
    # No other can be short; most tasks of a large project are none of these.
    entries = entries.filter(Q(open_slots__lt=F("required")) | Q(task_id__in=skipped) | Q(open_slots__gt=len(people)))
    answered = Annotation.objects.filter(task_id=OuterRef("task_id"), annotator_id__in=people).exclude(
        state=AnnotationState.DRAFT
    )
    holding = Lease.objects.filter(task_id=OuterRef("task_id"), user_id__in=people)
    taken = [
        Coalesce(Subquery(found.order_by().values("task_id").annotate(n=Count("pk")).values("n")), 0)
        for found in (answered, holding)
    ]
    lacking = F("open_slots") + taken[0] + taken[1] - len(people)
    return entries.annotate(lacking=Coalesce(lacking, 0, output_field=IntegerField())).filter(lacking__gt=0)


def shortage(project: Project) -> Shortage:
    """Return how many tasks nobody is left to answer; kept for a while if it was expensive."""
    return progress_reads.kept(f"staffing:shortage:{project.pk}", lambda: _shortage(project))


def _shortage(project: Project) -> Shortage:
    people = labelers(project.pk).count()
    if not people:
        return Shortage()
    found: QuerySet[Any] = short_entries(project)  # with an annotation that the type of its rows does not know
    lacking = Counter(found.values_list("lacking", flat=True).iterator())
    return Shortage(tasks=lacking.total(), lacking=max(lacking, default=0), people=people)
