"""Tasks: reading, adding, changing and deleting them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import body, query
from labeling.api.task_bodies import DeletionTakenBack, TaskChange, TasksAdded, TasksDeleted, TasksNew, TasksToDelete
from labeling.api.types import Answers, ImageDocument
from labeling.errors import NotFound
from labeling.models import AnnotationState, Scope, SkipReason, Split, Task, TaskState
from labeling.models.acts import DeleteAct
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import gold as gold_reads
from labeling.selectors import labels as label_reads
from labeling.selectors import tasks as task_reads
from labeling.selectors.explorer import TaskFilter
from labeling.selectors.explorer.filters import MAX_SEARCH
from labeling.selectors.explorer.flagged import MAX_FLAGGED
from labeling.services import adding, task_deletion
from labeling.services import tasks as task_acts

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from labeling.models import BulkAct, Project

TAG = "Tasks"
_DELETED = (
    "Deleted tasks are out of queue, training and export at once: they are in quarantine. After a day they are gone "
    "for good, with their answers, labels, flags and comments. Until then the act can be taken back, and a task that "
    "is restored from quarantine stays."
)


class OwnAnnotation(BaseModel):
    """Your annotation of a task."""

    id: int
    version: int
    state: AnnotationState
    answers: Answers
    counted: bool
    skip_reason: SkipReason | Literal[""]
    updated_at: datetime


class SentBack(BaseModel):
    """A reviewer asks you to look at your answer again; it counts until you answer anew."""

    note: str
    by: str
    at: datetime


class TaskDocument(BaseModel):
    """One item to label."""

    id: int
    external_id: str | None
    project: str
    split: Split
    data: dict[str, str | ImageDocument] = Field(description="The fields by name.")
    meta: dict[str, Any]
    state: TaskState
    reason: str = Field(description="Why this task now, in words.")
    guideline_version: int
    schema_version: int
    lease_expires_at: datetime | None = Field(description="Until when you hold it.")
    annotation: OwnAnnotation | None
    sent_back: SentBack | None = Field(description="Set while the task waits for your new answer.")
    my_flag: str | None = Field(description="What you flagged it with, while a reviewer has not decided.")
    my_comments: int = Field(description="How many comments on it are yours.")


class TaskList(Listed):
    """One page of tasks."""

    results: list[TaskDocument]


class TaskQuery(Page):
    """Which tasks to list."""

    q: str = Field("", max_length=MAX_SEARCH, description="Words of the texts, or the beginning of an `external_id`.")
    state: Literal["todo", "labeled", "disputed", "quarantined", ""] = ""
    split: Literal["train", "validation", "test", "none", ""] = Field("", description="`none`: tasks without a split.")
    external_id: str = Field("", max_length=200)
    question: str = Field("", max_length=64, description="Tasks with a final label for this question.")
    label: str = Field("", max_length=200, description="Tasks whose final label (of that question) has this class.")
    source: Literal["import", "model", "annotation", "consensus", "bulk", "review", ""] = ""
    flag: str = Field(
        "",
        max_length=MAX_FLAGGED,
        description="Tasks with an open flag of this reason, or `any`; `decided:keep` (or another decision, or "
        "`decided:any`): with a flag that was decided so; `flagged:label_error` (or another reason; `:intent` "
        "after it: about this question; `:billing:other` after that: given and suggested these): with an open or a "
        "decided one.",
    )
    meta: str = Field("", max_length=500, description="`key=value`")
    similar: int = Field(
        0, ge=0, lt=2**63, description="The 100 tasks most like the one with this id, known after the first run."
    )


def matching(project: Project, wanted: TaskQuery, *, hidden: tuple[int, ...] = ()) -> QuerySet[Task]:
    """Return the project's tasks that a query asks for, but those that are kept from the reader."""
    asked = TaskFilter(
        search=wanted.q.strip(),
        state="open" if wanted.state == "todo" else wanted.state,
        split=wanted.split,
        source=wanted.source,
        flag=wanted.flag,
        meta=wanted.meta,
        similar=wanted.similar,
        hidden=hidden,
    )
    found = explorer_reads.matching(project, asked)
    if wanted.external_id:
        found = found.filter(external_id=wanted.external_id)
    if wanted.label or wanted.question:
        found = label_reads.tasks_with_label(found, project, question=wanted.question, label=wanted.label)
    return found


class ProjectTasks(Endpoint):
    """The tasks of a project."""

    @operation("tasks_list", "List tasks", tag=TAG, needs=Scope.READ, query=TaskQuery, returns={200: TaskList})
    def get(self, request: Request, slug: str) -> Response:
        """Return the tasks that match, in the order of their ids."""
        user = actor(request)
        project = access.project_for(user, slug, Action.VIEW)
        wanted = query(request, TaskQuery)
        hidden = () if access.may(user, project, Action.REVIEW) else gold_reads.waiting_for(project, user)
        return listed(
            request,
            matching(project, wanted, hidden=hidden).only("pk"),
            wanted,
            order="pk",
            show=lambda rows: task_reads.documents(project=project, user=user, task_ids=[row.pk for row in rows]),
        )

    @operation(
        "tasks_add",
        "Add tasks",
        tag=TAG,
        needs=Scope.MANAGE,
        body=TasksNew,
        example={"tasks": [{"data": {"text": "Where is my parcel?"}, "external_id": "a-1", "split": "train"}]},
        returns={201: TasksAdded, 200: TasksAdded},
        description="All or none: where one cannot be taken, `errors` names everything that is wrong. Sent again, the "
        "tasks are there already (200) and nothing is added.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Add tasks that are checked as the rows of an import are."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        sent = [adding.NewTask(**task.model_dump()) for task in body(request, TasksNew).tasks]
        added = adding.add_tasks(actor=actor(request), project=project, rows=sent)
        shown = [
            {"id": row.task, "external_id": row.external_id, "created": row.created, "differs": list(row.differs)}
            for row in added
        ]
        created = sum(row.created for row in added)
        answer = {"tasks": shown, "created": created, "existing": len(added) - created}
        return Response(answer, status=201 if created else 200)


class OneTask(Endpoint):
    """One task."""

    @operation("tasks_read", "Read a task", tag=TAG, needs=Scope.READ, returns={200: TaskDocument})
    def get(self, request: Request, task_id: int) -> Response:
        """Return the task with your annotation of it."""
        user = actor(request)
        task = access.task_for(user, task_id, Action.VIEW)
        return Response(task_reads.documents(project=task.project, user=user, task_ids=[task.pk])[0])

    @operation(
        "tasks_change",
        "Change a task's split or metadata",
        tag=TAG,
        needs=Scope.MANAGE,
        body=TaskChange,
        example={"split": "test"},
        returns={200: TaskDocument},
        description="Each change is an act that can be taken back on the pages, as those made there.",
    )
    def patch(self, request: Request, task_id: int) -> Response:
        """Change what may change about a task."""
        user = actor(request)
        task = access.task_for(user, task_id, Action.MANAGE)
        sent = body(request, TaskChange)
        task_acts.change_task(actor=user, task=task, split=sent.split, meta=sent.meta)
        return Response(task_reads.documents(project=task.project, user=user, task_ids=[task.pk])[0])

    @operation(
        "tasks_delete",
        "Delete a task",
        tag=TAG,
        needs=Scope.MANAGE,
        returns={202: TasksDeleted},
        description=_DELETED,
    )
    def delete(self, request: Request, task_id: int) -> Response:
        """Take a task out of everything, and have it gone for good in a day."""
        task = access.task_for(actor(request), task_id, Action.MANAGE)
        return _deleted(task_deletion.delete_tasks(actor=actor(request), project=task.project, task_ids=[task.pk]))


class TaskDeletions(Endpoint):
    """Deleting tasks."""

    @operation(
        "tasks_delete_many",
        "Delete tasks",
        tag=TAG,
        needs=Scope.MANAGE,
        body=TasksToDelete,
        returns={202: TasksDeleted},
        description=_DELETED,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Take tasks out of everything, and have them gone for good in a day."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        ids = body(request, TasksToDelete).tasks
        return _deleted(task_deletion.delete_tasks(actor=actor(request), project=project, task_ids=ids))


class OneTaskDeletion(Endpoint):
    """Tasks that were deleted."""

    @operation(
        "tasks_delete_undo",
        "Take back a deletion",
        tag=TAG,
        needs=Scope.MANAGE,
        returns={200: DeletionTakenBack},
        conflict="It was taken back before, or the tasks are gone for good.",
    )
    def delete(self, request: Request, slug: str, act_id: int) -> Response:
        """Put the tasks back where they were."""
        act = access.bulk_act_for(actor(request), slug, act_id, Action.MANAGE)
        if act.verb != DeleteAct.VERB:
            raise NotFound
        done = task_acts.undo(actor=actor(request), act=act)
        return Response({"act": done.pk, "tasks": done.count})


def _deleted(act: BulkAct) -> Response:
    done = DeleteAct.from_columns(act)
    return Response({"act": act.pk, "tasks": act.count, "due_at": done.due_at}, status=202)
