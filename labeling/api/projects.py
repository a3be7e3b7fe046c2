"""Projects, their settings and their schema."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import filled, operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Body, body, query
from labeling.api.types import SchemaSent, SchemaShown
from labeling.kinds.schema import parse_schema
from labeling.models import GoesOn, JobState, OverlapRule, Role, Scope
from labeling.selectors import overlap as overlap_reads
from labeling.selectors import versions as version_reads
from labeling.services import asking, deletion, overlap, projects, settling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rest_framework.request import Request

    from labeling.models import Project, User

TAG = "Projects"
_PEOPLE: dict[str, Any] = {"minimum": 1, "maximum": projects.MAX_OVERLAP}
_RULES: dict[str, Any] = {"maxItems": overlap.MAX_RULES}
_SHARE: dict[str, Any] = {"minimum": 0, "maximum": 1}
_CHOICES = {"agreement_floor", "lease_seconds", "decide_first", "goes_on", "gold_share"}
_GOLD: dict[str, Any] = {"minimum": 0, "maximum": projects.MAX_GOLD_SHARE}
_SECONDS: dict[str, Any] = {"minimum": 60, "maximum": 86_400}


class ProjectDocument(BaseModel):
    """A project as one of its members sees it."""

    slug: str
    name: str
    description: str
    overlap: int = Field(description="How many people answer each task, where no rule says otherwise.")
    overlap_rules: list[OverlapRule] = Field(description="Where more or fewer do; the first that fits a task holds.")
    max_overlap: int = Field(description="How many may be asked when they disagree.")
    agreement_floor: float = Field(description="Below this agreement one more person is asked.")
    lease_seconds: int
    decide_first: bool = Field(description="Whether reviewers see what is suggested only once they have decided.")
    goes_on: GoesOn = Field(description="Whether a key that is the whole answer also submits it.")
    gold_share: int = Field(description="Of a hundred tasks that a person is given, so many are gold; 0: none.")
    archived: bool
    created_at: datetime
    role: Role = Field(description="Your role in it.")


class ProjectList(Listed):
    """One page of projects."""

    results: list[ProjectDocument]


class SchemaDocument(BaseModel):
    """A project's schema with all defaults filled in."""

    version: int
    schema_: SchemaShown = Field(alias="schema")


class ProjectNew(Body):
    """A new project."""

    name: str = Field(json_schema_extra=filled(projects.MAX_NAME))
    schema_: SchemaSent = Field(alias="schema")
    overlap: int = Field(1, json_schema_extra=_PEOPLE)
    max_overlap: int | None = Field(None, json_schema_extra=_PEOPLE, description="At least as many as `overlap`.")
    agreement_floor: float | None = Field(None, json_schema_extra=_SHARE)
    lease_seconds: int | None = Field(None, json_schema_extra=_SECONDS)
    decide_first: bool | None = None
    goes_on: str | None = Field(None, json_schema_extra={"enum": [*GoesOn.values, None]})
    gold_share: int | None = Field(None, json_schema_extra=_GOLD)
    description: str = Field("", json_schema_extra={"maxLength": projects.MAX_DESCRIPTION})


class ProjectChange(Body):
    """What of a project to change; everything else stays."""

    name: str | None = Field(None, json_schema_extra=filled(projects.MAX_NAME))
    description: str | None = Field(None, json_schema_extra={"maxLength": projects.MAX_DESCRIPTION})
    overlap: int | None = Field(None, json_schema_extra=_PEOPLE)
    overlap_rules: list[OverlapRule] | None = Field(
        None,
        description="All rules, in order; `[]` for none. Filters are asked when a task comes in and when rules change.",
        json_schema_extra=_RULES,
    )
    max_overlap: int | None = Field(None, json_schema_extra=_PEOPLE, description="At least as many as `overlap`.")
    agreement_floor: float | None = Field(None, json_schema_extra=_SHARE)
    lease_seconds: int | None = Field(None, json_schema_extra=_SECONDS)
    decide_first: bool | None = None
    goes_on: str | None = Field(None, json_schema_extra={"enum": [*GoesOn.values, None]})
    gold_share: int | None = Field(None, json_schema_extra=_GOLD)
    archived: bool | None = None

    settle: bool = Field(
        default=False, description="Settle the tasks that have several answers by the new settings; a job does."
    )
    fit: bool = Field(
        default=False,
        description="Ask as many people about waiting tasks as `overlap` and its rules say, though neither changes.",
    )
    dry_run: bool = Field(default=False, description="Change nothing; only say what the settings would mean.")


class FitDocument(BaseModel):
    """What new numbers of people mean for tasks; a job changes those that wait, when the settings change."""

    more: int = Field(description="These are asked of more people.")
    fewer: int = Field(description="These are asked of fewer.")
    answered: int = Field(description="These stay as they are, because people have answered them already.")
    looked_at: int = Field(description="So many were looked at, the first ones.")
    total: int = Field(description="So many tasks ask people at all.")


class ForeseenDocument(BaseModel):
    """What new settings mean for tasks that have several answers, once these are settled by them."""

    asked: int = Field(description="Of these one more person is asked.")
    disputed: int = Field(description="These have no label until a reviewer decides.")
    labeled: int = Field(description="These have the answers they need, and the label that follows.")
    looked_at: int = Field(description="So many of them were looked at, the first ones.")
    total: int = Field(description="So many tasks have several answers.")


class ChangedProject(ProjectDocument):
    """A project after a change, or as it stays after a dry run."""

    foreseen: ForeseenDocument = Field(description="Left as they are unless `settle` says otherwise.")
    fit: FitDocument
    fit_job: int | None = Field(description="What changes how many people are asked; follow it likewise.")
    job: int | None = Field(description="What settles them; follow it at `/api/jobs/{id}/`.")


class ProjectDeletion(Body):
    """The deletion of a project, confirmed."""

    name: str = Field(description="The project's name, exactly: a deletion cannot be undone.")


class DeletionDocument(BaseModel):
    """A deletion that was started."""

    job: int = Field(description="Follow it at `/api/jobs/{id}/`.")
    state: JobState


class SchemaChange(Body):
    """The schema that is to hold from now on."""

    schema_: SchemaSent = Field(alias="schema")
    ask: bool = Field(
        default=False, description="Ask those who answered for what labeled tasks lack by it; a job does."
    )
    dry_run: bool = Field(default=False, description="Change nothing; only say what the schema would mean.")


class ChangedSchema(SchemaDocument):
    """A schema after a change, or as it stays after a dry run."""

    lacking: int = Field(
        description="Labeled tasks without an answer to a question newly required. They stay labeled unless `ask`."
    )
    job: int | None = Field(description="What asks for them; follow it at `/api/jobs/{id}/`.")


def documents(user: User, rows: Sequence[Project]) -> list[dict[str, Any]]:
    """Return projects as this person sees them."""
    roles = access.roles_in(user, [project.pk for project in rows])
    return [document(project, roles[project.pk]) for project in rows]


def document(project: Project, role: str) -> dict[str, Any]:
    """Return one project."""
    return {
        "slug": project.slug,
        "name": project.name,
        "description": project.description,
        "overlap": project.overlap,
        "overlap_rules": [rule.model_dump() for rule in overlap_reads.rules_of(project).rules],
        "max_overlap": project.max_overlap,
        "agreement_floor": project.agreement_floor,
        "lease_seconds": project.lease_seconds,
        "decide_first": project.decide_first,
        "goes_on": project.goes_on,
        "gold_share": project.gold_share,
        "archived": project.archived_at is not None,
        "created_at": project.created_at,
        "role": role,
    }


class Projects(Endpoint):
    """All projects of a person."""

    @operation("projects_list", "List your projects", tag=TAG, needs=Scope.READ, query=Page, returns={200: ProjectList})
    def get(self, request: Request) -> Response:
        """Return the projects the person is a member of."""
        user = actor(request)
        return listed(
            request,
            access.projects_of(user),
            query(request, Page),
            order="pk",
            show=lambda rows: documents(user, rows),
        )

    @operation(
        "projects_create",
        "Create a project",
        tag=TAG,
        needs=Scope.MANAGE,
        body=ProjectNew,
        example={
            "name": "Support messages",
            "schema": {
                "fields": [{"name": "text", "type": "text"}],
                "questions": [{"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "other"]}],
            },
        },
        returns={201: ProjectDocument},
    )
    def post(self, request: Request) -> Response:
        """Create a project; the person becomes its manager."""
        sent = body(request, ProjectNew)
        project = projects.create(
            actor=actor(request),
            name=sent.name,
            schema=sent.schema_,
            overlap=sent.overlap,
            max_overlap=sent.max_overlap,
            description=sent.description,
            **sent.model_dump(include=_CHOICES, exclude_none=True),
        )
        return Response(document(project, Role.MANAGER), status=201)


class OneProject(Endpoint):
    """A project and its settings."""

    @operation("projects_read", "Read a project", tag=TAG, needs=Scope.READ, returns={200: ProjectDocument})
    def get(self, request: Request, slug: str) -> Response:
        """Return the project."""
        project = access.project_for(actor(request), slug, Action.VIEW)
        return Response(documents(actor(request), [project])[0])

    @operation(
        "projects_change",
        "Change a project",
        tag=TAG,
        needs=Scope.MANAGE,
        body=ProjectChange,
        returns={200: ChangedProject},
        description=(
            "`archived: true` puts the project away (nothing is deleted), `false` takes it out again. Tasks that were "
            "settled stay as they are unless `settle`; `foreseen` says how many would change."
        ),
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change what was sent and leave the rest."""
        user = actor(request)
        project = access.project_for(user, slug, Action.MANAGE)
        sent = body(request, ProjectChange)
        changes = sent.model_dump(exclude_none=True, exclude={"archived", "settle", "fit", "dry_run"})
        if sent.overlap_rules is not None:
            changes["overlap_rules"] = sent.overlap_rules
        floor, job, foreseen = project.agreement_floor, None, settling.foresee(project, changes)
        fit = overlap.foresee(project, changes)
        if changes and not sent.dry_run:
            project = projects.update(actor=user, project=project, **changes)
        if sent.fit and not sent.dry_run and not overlap.SETTINGS & changes.keys():
            overlap.start(actor=user, project=project)
        if sent.archived is not None and not sent.dry_run:
            project = projects.archive(actor=user, project=project, archived=sent.archived)
        if sent.settle and foreseen.changed and not sent.dry_run:
            job = settling.start(actor=user, project=project, floor=floor).pk
        fitting = overlap_reads.fitting(project)
        meant = {"foreseen": asdict(foreseen), "job": job, "fit": asdict(fit), "fit_job": fitting and fitting.pk}
        return Response(documents(user, [project])[0] | meant)

    @operation(
        "projects_delete",
        "Delete a project for good",
        tag=TAG,
        needs=Scope.MANAGE,
        body=ProjectDeletion,
        returns={202: DeletionDocument},
        conflict="The project is being deleted already.",
        description="A job deletes it with every task, answer, label and flag, and the images no other project shows.",
    )
    def delete(self, request: Request, slug: str) -> Response:
        """Archive the project and start the job that deletes it."""
        user = actor(request)
        project = access.project_for(user, slug, Action.MANAGE)
        job = deletion.start(actor=user, project=project, name=body(request, ProjectDeletion).name)
        return Response({"job": job.pk, "state": job.state}, status=202)


class ProjectSchema(Endpoint):
    """A project's schema."""

    @operation("schema_read", "Read the schema", tag=TAG, needs=Scope.READ, returns={200: SchemaDocument})
    def get(self, request: Request, slug: str) -> Response:
        """Return the schema that holds now."""
        project = access.project_for(actor(request), slug, Action.VIEW)
        now = version_reads.current(project.pk)
        return Response(_schema_document(now.schema, version_reads.by_pk(now.schema_pk).dump()))

    @operation(
        "schema_change",
        "Change the schema",
        tag=TAG,
        needs=Scope.MANAGE,
        body=SchemaChange,
        returns={200: ChangedSchema},
        description="Labeled tasks without an answer to a question that it newly requires stay labeled unless `ask`.",
    )
    def put(self, request: Request, slug: str) -> Response:
        """Make a new version of the schema; what labels already use must stay."""
        user = actor(request)
        project = access.project_for(user, slug, Action.MANAGE)
        sent = body(request, SchemaChange)
        new, held = parse_schema(sent.schema_, path="schema"), version_reads.current(project.pk)
        required = projects.newly_required(project, new)
        meant: dict[str, Any] = {"lacking": asking.lacking(project, required).count(), "job": None}
        if sent.dry_run:
            old = version_reads.by_pk(held.schema_pk)
            projects.check_kept(project=project, old=old, new=new)
            return Response(_schema_document(held.schema, old.dump()) | meant)
        version = projects.revise_schema(actor=user, project=project, schema=new)
        if sent.ask and meant["lacking"]:
            meant["job"] = asking.start(actor=user, project=project, questions=required).pk
        return Response(_schema_document(version.number, version.body) | meant)


def _schema_document(number: int, schema: dict[str, Any]) -> dict[str, Any]:
    return {"version": number, "schema": schema}
