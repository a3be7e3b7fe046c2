"""Flags: raise one, list them, take some, decide them, take a decision back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import filled, operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Body, Id, Ids, body, query
from labeling.api.types import AnyAnswer, AnyAnswers, ReasonName
from labeling.errors import Conflict
from labeling.models import FlagState, Scope
from labeling.models.acts import AdjudicateAct
from labeling.reasons.decisions import Decision
from labeling.reasons.registry import REASONS
from labeling.selectors import reviews as review_reads
from labeling.services import adjudicating, flags, reviews
from labeling.services.reviews import Ruling

if TYPE_CHECKING:
    from rest_framework.request import Request

TAG = "Review"
KEY_HEADER = "Idempotency-Key"
_KEY_WORDS = (
    "Your own unique key for this decision, such as a UUID. The same key again returns what was decided (200) and "
    "writes nothing. Without it every request is a decision of its own."
)
ORDER_WORDS = (
    "Empty: what changes most first. `score`: the lowest first, whatever the reason. `newest`: what was flagged last. "
    "`item`: by task."
)
_CONFLICT = (
    "Somebody decided it already, or its label was changed since it was flagged; `current` says what holds now. "
    "Nothing was changed."
)


def name_reasons(schema: dict[str, Any]) -> None:
    """Name the reasons there are in the schema of a parameter."""
    schema["enum"] = ["", *REASONS]


def name_orders(schema: dict[str, Any]) -> None:
    """Name the orders there are in the schema of a parameter."""
    schema["enum"] = list(review_reads.ORDERS)


class FirstChoiceDocument(BaseModel):
    """What a reviewer decided before the suggestion was shown."""

    decision: Decision
    answer: AnyAnswers = Field(None, description="The label that it gave or kept, if any.")


class FlagDocument(BaseModel):
    """A reason for a reviewer to look at a task, and what was decided about it."""

    id: int
    task: int
    external_id: str | None
    tasks: list[int] = Field(
        description="All tasks that it is about, its own included: one, or all copies of an item. Some may be in "
        "quarantine by now."
    )
    question: str = Field(description="Empty: the whole task.")
    part: str = Field(description="The part of the answer that it speaks of, such as one region. Empty: all of it.")
    reason: ReasonName
    score: float = Field(description="From 0 (look at it first) to 1.")
    given: AnyAnswer = Field(description="The label that it speaks of, if any.")
    suggested: AnyAnswer = Field(description="The label that is more probable, if one is known.")
    state: FlagState = Field(description="`closed`: it no longer holds.")
    note: str
    created_at: datetime
    resolution: Decision | Literal[""]
    resolution_note: str
    resolved_by: str | None = Field(description="E-mail address.")
    resolved_at: datetime | None
    label: int | None = Field(description="The label that the decision led to.")
    suggestion_hidden: bool = Field(
        description="Whether `suggested` and `note` are left out until it is decided, as the project's `decide_first` "
        "wants it."
    )
    first_choice: FirstChoiceDocument | None = Field(
        description="What was decided before the suggestion was shown, where it was hidden; it stays when the reviewer "
        "changes their mind."
    )


class FlagList(Listed):
    """One page of flags, in the order asked for."""

    results: list[FlagDocument]


class Resolution(BaseModel):
    """What a decision did."""

    act: int = Field(description="What can be taken back as one.")
    flag: FlagDocument
    flags: list[int] = Field(description="All flags that were closed by it: the same label may be in doubt twice.")


class Resolutions(BaseModel):
    """What a decision about several flags did."""

    act: int = Field(description="What can be taken back as one.")
    decided: list[int]
    left: dict[str, str] = Field(description="Flags that were left alone, with the reason.")


class Reopened(BaseModel):
    """The flags that are open again."""

    flags: list[int]
    labels: dict[str, int] = Field(description="The final labels that the task has now, by question.")
    seen: list[int] = Field(description="Ids of the final labels that a decision about the flag is about now.")


class FlagQuery(Page):
    """Which flags to list."""

    reason: str = Field("", max_length=20, json_schema_extra=name_reasons)
    state: Literal["open", "resolved", "closed", ""] = ""
    question: str = Field("", max_length=64)
    given: str = Field("", max_length=200, description="Flags of tasks whose final label is this.")
    suggested: str = Field("", max_length=200)
    task: Id | None = None
    order: str = Field("", max_length=20, json_schema_extra=name_orders, description=ORDER_WORDS)


class FlagNew(Body):
    """A flag for a reviewer."""

    note: str = Field(json_schema_extra=filled(flags.MAX_NOTE))
    question: str | None = None


class Ruled(Body):
    """A decision."""

    decision: Decision = Field(strict=False)
    answer: AnyAnswers = Field(
        None,
        description="With `relabel`: the answer to the flag's question, for all its tasks. For a flag about the whole "
        "task of a project with several questions: an object of answers by question. With `keep_one`: the id of the "
        "task that stays, while the others go into quarantine (left out: one with a confirmed label, else the first). "
        "With `one_split`: the split that all its tasks are put into.",
    )
    note: str = Field("", max_length=5_000)

    def ruling(self) -> Ruling:
        """Return what was decided."""
        return Ruling(decision=self.decision, answer=self.answer, note=self.note)


class Decide(Ruled):
    """A decision about a flag."""

    labels: Ids | None = Field(
        None,
        description="Ids of the final labels that you saw; 409 if others hold now. Without it: the label that was "
        "flagged.",
    )


class DecideMany(Ruled):
    """A decision about several flags of a project."""

    flags: Annotated[list[Id], Field(min_length=1, max_length=reviews.MAX_AT_ONCE)]


def sent_key(request: Request) -> str:
    """Return the key that was sent with a decision, or a new one."""
    return request.headers.get(KEY_HEADER, "").strip() or str(uuid4())


def documents(flag_ids: list[int]) -> list[dict[str, Any]]:
    """Return flags, in this order."""
    return review_reads.documents(review_reads.flags_by_id(flag_ids))


class TaskFlags(Endpoint):
    """Flagging a task for a reviewer."""

    @operation(
        "flags_raise",
        "Flag a task",
        tag=TAG,
        needs=Scope.LABEL,
        body=FlagNew,
        example={"note": "The text breaks off.", "question": "intent"},
        returns={201: FlagDocument},
    )
    def post(self, request: Request, task_id: int) -> Response:
        """Raise a flag by hand."""
        task = access.task_for(actor(request), task_id, Action.ANNOTATE)
        sent = body(request, FlagNew)
        flag = flags.raise_flag(actor=actor(request), task=task, note=sent.note, question=sent.question or "")
        (shown,) = documents([flag.pk])
        return Response(shown, status=201)

    @operation(
        "flags_take_back",
        "Take back your flags on a task",
        tag=TAG,
        needs=Scope.LABEL,
        returns={204: None},
        description="Those that you raised and nobody has decided; none is no fault.",
        conflict="Somebody else flagged the same since: a reviewer looks at it.",
    )
    def delete(self, request: Request, task_id: int) -> Response:
        """Let the person's own flags fall."""
        task = access.task_for(actor(request), task_id, Action.ANNOTATE)
        flags.take_flags_back(actor=actor(request), task=task)
        return Response(status=204)


class Flags(Endpoint):
    """The flags of a project."""

    @operation("flags_list", "List flags", tag=TAG, needs=Scope.READ, query=FlagQuery, returns={200: FlagList})
    def get(self, request: Request, slug: str) -> Response:
        """Return flags of any state, in the order asked for."""
        project = access.project_for(actor(request), slug, Action.REVIEW)
        wanted = query(request, FlagQuery)
        found = review_reads.matching(
            project, review_reads.parse_flag_filter(project, asked_filter(wanted) | {"task": str(wanted.task or "")})
        )
        if wanted.state:
            found = found.filter(state=wanted.state)
        return listed(
            request,
            found.select_related("task", "resolved_by", "project").defer("task__data", "task__meta"),
            wanted,
            order=review_reads.ORDERS[wanted.order].columns[0],
            show=review_reads.documents,
        )


def asked_filter(asked: BaseModel) -> dict[str, str]:
    """Return which flags are asked for, as an address has it."""
    return {name: getattr(asked, name) for name in ("reason", "question", "given", "suggested", "order")}


class FlagResolutions(Endpoint):
    """Deciding several flags alike."""

    @operation(
        "flags_decide",
        "Decide several flags alike",
        tag=TAG,
        needs=Scope.LABEL,
        body=DecideMany,
        headers={KEY_HEADER: _KEY_WORDS},
        returns={201: Resolutions, 200: Resolutions},
        conflict="None of them could be decided; `current` says why.",
        description="One act: all labels are written together and can be taken back together. Flags that somebody "
        "decided, or whose label was changed, are left alone and named in `left`.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Decide flags in one act."""
        project = access.project_for(actor(request), slug, Action.REVIEW)
        sent = body(request, DecideMany)
        done = reviews.decide(
            actor=actor(request),
            project=project,
            flag_ids=sent.flags,
            ruling=sent.ruling(),
            key=sent_key(request),
        )
        left = {str(pk): words for pk, words in done.left.items()}
        reply = {"act": done.act.pk, "decided": done.flag_ids, "left": left}
        return Response(reply, status=200 if done.replayed else 201)


class FlagResolution(Endpoint):
    """The decision about a flag."""

    @operation(
        "flag_decide",
        "Decide a flag",
        tag=TAG,
        needs=Scope.LABEL,
        body=Decide,
        headers={KEY_HEADER: _KEY_WORDS},
        returns={201: Resolution, 200: Resolution},
        conflict=_CONFLICT,
        description="Writes the label that the decision means (source `review`) and closes the flag.",
    )
    def post(self, request: Request, flag_id: int) -> Response:
        """Decide a flag."""
        flag = access.flag_for(actor(request), flag_id, Action.REVIEW)
        sent = body(request, Decide)
        done = reviews.decide(
            actor=actor(request),
            project=flag.project,
            flag_ids=[flag.pk],
            ruling=sent.ruling(),
            key=sent_key(request),
            seen=None if sent.labels is None else {flag.pk: sent.labels},
        )
        (shown,) = documents([flag.pk])
        reply = {"act": done.act.pk, "flag": shown, "flags": done.closed_flags}
        return Response(reply, status=200 if done.replayed else 201)

    @operation(
        "flag_reopen",
        "Take the decision about a flag back",
        tag=TAG,
        needs=Scope.LABEL,
        returns={200: Reopened},
        conflict="It was closed by no decision, or its label was changed since.",
        description="The label before comes back as a new one. Of a decision about several flags only this task's part "
        "is taken back. An open flag stays as it is: sent twice, it does no more than sent once.",
    )
    def delete(self, request: Request, flag_id: int) -> Response:
        """Undo the decision about a flag."""
        flag = access.flag_for(actor(request), flag_id, Action.REVIEW)
        reopened: list[int] = []
        if flag.act is not None:
            if flag.act.verb == AdjudicateAct.VERB:
                adjudicating.take_back(actor=actor(request), act=flag.act)
                reopened = [flag.pk]
            else:
                reopened = reviews.undo(actor=actor(request), act=flag.act, task_id=flag.task_id)
        elif flag.state != FlagState.OPEN:
            message = "There is no decision about this flag that could be taken back."
            raise Conflict(message, current={"state": flag.state, "resolution": flag.resolution})
        labels = review_reads.label_ids(flag.task_id)
        return Response({"flags": reopened, "labels": labels, "seen": review_reads.seen_labels(flag)})
