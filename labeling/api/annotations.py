"""Annotations of tasks, and comments on them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import ProblemEntry, filled, operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Body, Id, body, query
from labeling.api.tasks import TaskDocument
from labeling.api.types import Answers, AnswersSent
from labeling.errors import DomainError, NotFound
from labeling.models import AnnotationState, Scope, SkipReason
from labeling.selectors import annotations as annotation_reads
from labeling.selectors import tasks as task_reads
from labeling.services import annotations as saving
from labeling.services import returns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rest_framework.request import Request

    from labeling.models import Annotation, Project, Task, User

TAG = "Annotations"
MAX_SAVES = 200
"""Saves that one request may carry: each is a transaction of its own."""
KEY_HEADER = "Idempotency-Key"
_KEY_WORDS = (
    "Your own unique key for this save, such as a UUID. The same key again returns the first answer (200) and saves "
    "nothing. Without it every request is a save of its own, so a retry may save twice."
)


class SavedDocument(BaseModel):
    """A save, as it was acknowledged."""

    id: int
    task: int
    state: AnnotationState
    version: int
    answers: Answers
    updated_at: datetime
    counted: bool = Field(description="Whether it fills one of the task's slots.")
    guideline_version: int


class AnnotationDocument(BaseModel):
    """Somebody's annotation of a task."""

    id: int
    task: int
    annotator: str = Field(description="E-mail address.")
    state: AnnotationState
    version: int
    answers: Answers
    counted: bool
    skip_reason: SkipReason | Literal[""]
    lead_time_ms: int
    schema_version: int
    guideline_version: int
    updated_at: datetime


class AnnotationList(Listed):
    """One page of annotations."""

    results: list[AnnotationDocument]


class MineEntry(BaseModel):
    """A task you answered."""

    task: TaskDocument
    annotation: AnnotationDocument


class MineList(Listed):
    """One page of what you answered, newest first."""

    results: list[MineEntry]


class AnnotationNew(Body):
    """Answers to a task, and how they came about."""

    answers: AnswersSent = Field(default_factory=dict, description="Question name -> answer.")
    state: Literal["submitted", "draft", "skipped"] = "submitted"
    version: int = Field(0, ge=0, description="The version you know of; 0 when you know of none.")
    lead_time_ms: int | None = Field(
        None,
        description="Time spent, without idle time.",
        json_schema_extra={"minimum": 0, "maximum": saving.MAX_LEAD_TIME_MS},
    )
    skip_reason: str | None = Field(None, json_schema_extra={"enum": [*SkipReason.values, "", None]})
    comment: str | None = Field(None, json_schema_extra={"maxLength": saving.MAX_COMMENT})


class AnnotationOf(AnnotationNew):
    """Answers to one of several tasks."""

    task: Id
    key: str = Field("", max_length=64, pattern="^[ -~]*$", description="As the header `Idempotency-Key` of one save.")


class AnnotationsNew(Body):
    """Answers to several tasks."""

    annotations: Annotated[list[AnnotationOf], Field(min_length=1, max_length=MAX_SAVES)]


class SaveRefused(BaseModel):
    """Why one of several saves was refused."""

    status: int = Field(description="The status that this save alone would have been answered with.")
    title: str
    detail: str
    errors: list[ProblemEntry]


class SaveResult(BaseModel):
    """What became of one of several saves."""

    task: int
    saved: SavedDocument | None
    refused: SaveRefused | None


class SaveResults(BaseModel):
    """What became of several saves, in the order in which they were sent."""

    results: list[SaveResult]


class ReturnNew(Body):
    """What to look at again."""

    version: int = Field(ge=1, description="Of the answer, as you saw it.")
    note: str = Field(json_schema_extra=filled(returns.MAX_NOTE))


class ReturnDocument(BaseModel):
    """An answer that waits for its annotator."""

    annotation: int
    task: int
    annotator: str = Field(description="E-mail address.")


def annotation_documents(annotations: Sequence[Annotation], *, reader: User) -> list[dict[str, Any]]:
    """Return annotations; the reader's own tell nothing of gold."""
    gold = annotation_reads.given_as_gold(annotations, reader=reader)
    return [_document(annotation, is_gold=annotation.pk in gold) for annotation in annotations]


def _document(annotation: Annotation, *, is_gold: bool) -> dict[str, Any]:
    return {
        "id": annotation.pk,
        "task": annotation.task_id,
        "annotator": annotation.annotator.email,
        "state": annotation.state,
        "version": annotation.version,
        "answers": annotation.answers,
        "counted": annotation.counted or (is_gold and annotation.state == AnnotationState.SUBMITTED),
        "skip_reason": annotation.skip_reason,
        "lead_time_ms": annotation.lead_time_ms,
        "schema_version": annotation.schema_version,
        "guideline_version": annotation.guideline_version,
        "updated_at": annotation.updated_at,
    }


class TaskAnnotations(Endpoint):
    """The annotations of a task."""

    @operation(
        "annotations_list",
        "List a task's annotations",
        tag=TAG,
        needs=Scope.READ,
        query=Page,
        returns={200: AnnotationList},
        description="Reviewers see everybody's, others their own.",
    )
    def get(self, request: Request, task_id: int) -> Response:
        """Return the annotations that the person may see."""
        user = actor(request)
        task = access.task_for(user, task_id, Action.VIEW)
        everybody = access.may(user, task.project, Action.REVIEW)
        return listed(
            request,
            annotation_reads.annotations_of_task(task, of=None if everybody else user),
            query(request, Page),
            order="pk",
            show=lambda rows: annotation_documents(rows, reader=user),
        )

    @operation(
        "annotations_save",
        "Save your answers to a task",
        tag=TAG,
        needs=Scope.LABEL,
        body=AnnotationNew,
        example={"answers": {"intent": "billing"}, "version": 0, "lead_time_ms": 2300},
        headers={KEY_HEADER: _KEY_WORDS},
        returns={201: SavedDocument, 200: SavedDocument},
        conflict="`version` is not the stored one; `current` has what is stored. Nothing was overwritten.",
    )
    def post(self, request: Request, task_id: int) -> Response:
        """Save a new revision of the person's annotation."""
        user = actor(request)
        task = access.task_for(user, task_id, Action.ANNOTATE)
        sent = body(request, AnnotationNew)
        saved = saving.submit(
            actor=user,
            task=task,
            submission=_submission(sent),
            key=request.headers.get(KEY_HEADER, "").strip() or str(uuid4()),
        )
        return Response(saved.as_dict(), status=200 if saved.replayed else 201)


def _submission(sent: AnnotationNew) -> saving.Submission:
    return saving.Submission(
        answers=sent.answers,
        state=AnnotationState(sent.state),
        version=sent.version,
        lead_time_ms=sent.lead_time_ms or 0,
        skip_reason=sent.skip_reason or "",
        comment=sent.comment or "",
    )


class AnswerReturn(Endpoint):
    """Sending an answer back to who gave it."""

    @operation(
        "annotations_send_back",
        "Send an answer back",
        tag=TAG,
        needs=Scope.LABEL,
        body=ReturnNew,
        returns={201: ReturnDocument},
        description="The task comes before its annotator again, first in their queue, with the note. The answer counts "
        "until they answer anew.",
        conflict="The answer was changed since, waits already, or its annotator labels here no more.",
    )
    def post(self, request: Request, annotation_id: int) -> Response:
        """Put the task before its annotator again."""
        annotation = access.annotation_for(actor(request), annotation_id, Action.REVIEW)
        sent = body(request, ReturnNew)
        returns.send_back(actor=actor(request), annotation=annotation, version=sent.version, note=sent.note)
        document = {"annotation": annotation.pk, "task": annotation.task_id, "annotator": annotation.annotator.email}
        return Response(document, status=201)

    @operation(
        "annotations_take_return_back",
        "Take back that an answer was sent back",
        tag=TAG,
        needs=Scope.LABEL,
        returns={204: None},
        conflict="It does not wait: the answer came back, or was never sent back.",
    )
    def delete(self, request: Request, annotation_id: int) -> Response:
        """Let the answer be as if it had not been sent back."""
        annotation = access.annotation_for(actor(request), annotation_id, Action.REVIEW)
        returns.withdraw_return(actor=actor(request), annotation=annotation)
        return Response(status=204)


class Mine(Endpoint):
    """What the person answered in a project."""

    @operation(
        "annotations_mine", "List what you answered", tag=TAG, needs=Scope.READ, query=Page, returns={200: MineList}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the person's annotations with their tasks, newest first."""
        user = actor(request)
        project = access.project_for(user, slug, Action.VIEW)
        return listed(
            request,
            annotation_reads.annotations_of_project(project, of=user),
            query(request, Page),
            order="-updated_at",
            show=lambda rows: _with_tasks(project, user, rows),
        )


def _with_tasks(project: Project, user: User, rows: list[Annotation]) -> list[dict[str, Any]]:
    shown = task_reads.documents(project=project, user=user, task_ids=[row.task_id for row in rows])
    answers = annotation_documents(rows, reader=user)
    return [{"task": task, "annotation": answer} for task, answer in zip(shown, answers, strict=True)]


class ProjectAnnotations(Endpoint):
    """Everybody's annotations in a project."""

    @operation(
        "annotations_all", "List all annotations", tag=TAG, needs=Scope.READ, query=Page, returns={200: AnnotationList}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return everybody's annotations in the order in which they were begun."""
        user = actor(request)
        project = access.project_for(user, slug, Action.REVIEW)
        return listed(
            request,
            annotation_reads.annotations_of_project(project),
            query(request, Page),
            order="pk",
            show=lambda rows: annotation_documents(rows, reader=user),
        )

    @operation(
        "annotations_save_many",
        "Save your answers to several tasks",
        tag=TAG,
        needs=Scope.LABEL,
        body=AnnotationsNew,
        example={
            "annotations": [{"task": 7, "answers": {"intent": "billing"}}, {"task": 8, "answers": {"intent": "other"}}]
        },
        returns={200: SaveResults},
        description="Each is saved or refused by itself, in this order: look at every result. With a `key` each, the "
        "same call again saves nothing twice.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Save a revision of the person's annotation of each task."""
        user = actor(request)
        project = access.project_for(user, slug, Action.ANNOTATE)
        sent = body(request, AnnotationsNew).annotations
        tasks = project.tasks.select_related("project").in_bulk([each.task for each in sent])
        return Response({"results": [_saved(user, tasks.get(each.task), each) for each in sent]})


def _saved(user: User, task: Task | None, sent: AnnotationOf) -> dict[str, Any]:
    """Save one of several, and return what became of it."""
    try:
        if task is None:
            raise NotFound
        saved = saving.submit(actor=user, task=task, submission=_submission(sent), key=sent.key.strip() or str(uuid4()))
    except DomainError as error:
        refused = {
            "status": int(error.status),
            "title": error.title,
            "detail": error.message,
            "errors": [problem.as_dict() for problem in error.problems],
        }
        return {"task": sent.task, "saved": None, "refused": refused}
    return {"task": sent.task, "saved": saved.as_dict(), "refused": None}
