"""What is sent to add or change tasks, and what is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from labeling.api.reading import MAX_IDS, Body, Id
from labeling.api.types import AnswersSent, DescribedAs, ImageSent
from labeling.services import adding

_SPLIT = Literal["train", "validation", "test", ""]


class TaskNew(Body):
    """A task to add."""

    data: Annotated[dict[str, Any], DescribedAs(lambda: dict[str, str | ImageSent | None])] = Field(
        description="The fields by name. An image is named by the `sha256` of one that the project has already: "
        '`{"sha256": "..."}`; new ones come by the import.'
    )
    external_id: str | None = Field(None, max_length=200, description="Your own id, unique within the project.")
    split: _SPLIT = ""
    meta: dict[str, Any] = Field(default_factory=dict)
    labels: AnswersSent = Field(
        default_factory=dict,
        description="Question name -> label, as an import has them: they count as imported, not as confirmed.",
    )


class TasksNew(Body):
    """Tasks to add."""

    tasks: Annotated[list[TaskNew], Field(min_length=1, max_length=adding.MAX_TASKS)]


class TaskAdded(BaseModel):
    """What became of a task that was sent."""

    id: int
    external_id: str | None
    created: bool = Field(
        description="Whether it is new. A task with the same `external_id`, or without one the same content, was there "
        "else."
    )
    differs: list[Literal["labels", "split", "meta"]] = Field(
        description="Of a task that was there: what was sent otherwise and was not taken over. An import with "
        "`mode=update` takes it over."
    )


class TasksAdded(BaseModel):
    """What became of the tasks that were sent, in their order."""

    tasks: list[TaskAdded]
    created: int
    existing: int


class TasksToDelete(Body):
    """Tasks to delete."""

    tasks: Annotated[list[Id], Field(min_length=1, max_length=MAX_IDS)]


class TasksDeleted(BaseModel):
    """Tasks that were deleted: out of everything at once, and gone for good later."""

    act: int = Field(description="Taken back at `/api/projects/{slug}/tasks/deletions/{act}/`.")
    tasks: int = Field(description="How many; those that were deleted before are not counted again.")
    due_at: datetime = Field(description="When they are gone for good.")


class DeletionTakenBack(BaseModel):
    """Deleted tasks that are there again."""

    act: int
    tasks: int = Field(description="How many the act had deleted; a task that was restored since stays as it is.")


class TaskChange(Body):
    """What is to be changed about a task; what is left out stays. Its fields never change."""

    split: _SPLIT | None = None
    meta: dict[str, Any] | None = Field(None, description="All of the metadata, in place of those there are.")
