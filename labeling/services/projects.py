"""Projects: create, change, archive; and their schemas, which grow by versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from labeling import access, locks
from labeling.errors import Conflict, Invalid, Problem
from labeling.kinds.schema import Schema, parse_schema
from labeling.models import MAX_PEOPLE, GoesOn, GuidelineDraft, Membership, Project, Role, SchemaVersion
from labeling.selectors import schemas as schema_reads
from labeling.selectors import versions as version_reads
from labeling.services import events, overlap, queue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.models import User

MAX_OVERLAP = MAX_PEOPLE
MAX_GOLD_SHARE = 20
MAX_NAME = 120
MAX_DESCRIPTION = 5_000
RESERVED_SLUGS = frozenset({"new"})


@transaction.atomic
def create(
    *,
    actor: User,
    name: str,
    schema: Any,
    overlap: int = 1,
    max_overlap: int | None = None,
    description: str = "",
    agreement_floor: float | None = None,
    lease_seconds: int | None = None,
    decide_first: bool | None = None,
    goes_on: str | None = None,
    gold_share: int | None = None,
) -> Project:
    """Create a project with its first schema version; the creator becomes its manager."""
    access.check_person(actor, "make projects")
    given = {
        "agreement_floor": agreement_floor,
        "lease_seconds": lease_seconds,
        "decide_first": decide_first,
        "goes_on": goes_on,
        "gold_share": gold_share,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    parsed = schema if isinstance(schema, Schema) else parse_schema(schema, path="schema")
    _check(name=name, description=description, overlap=overlap, max_overlap=max_overlap, **settings)
    project = Project.objects.create(
        name=name.strip(),
        slug=_free_slug(name),
        description=description.strip(),
        overlap=overlap,
        max_overlap=overlap if max_overlap is None else max_overlap,
        created_by=actor,
        **settings,
    )
    SchemaVersion.objects.create(project=project, number=1, body=parsed.dump(), created_by=actor)
    GuidelineDraft.objects.create(project=project, updated_by=actor)
    Membership.objects.create(project=project, user=actor, role=Role.MANAGER)
    events.record(verb="project.created", project=project, actor=actor, name=project.name)
    return project


@transaction.atomic
def update(*, actor: User, project: Project, **changes: Any) -> Project:
    """Change settings of a project by their names, its name and description among them.

    How many people are asked about tasks that wait is changed by a job.
    """
    project = Project.objects.select_for_update().get(pk=project.pk)
    people = changes.get("overlap", project.overlap)
    if "max_overlap" not in changes and people > project.max_overlap:
        changes["max_overlap"] = people
    if "max_overlap" in changes and "overlap" not in changes:
        _check(overlap=project.overlap, max_overlap=changes["max_overlap"])
    _check(**changes)
    if "overlap_rules" in changes:
        changes["overlap_rules"] = overlap.changed_rules(project, changes["overlap_rules"])
    changed = {}
    for field, value in changes.items():
        new = value.strip() if isinstance(value, str) else value
        if getattr(project, field) != new:
            changed[field] = new
            setattr(project, field, new)
    if not changed:
        return project
    project.save(update_fields=tuple(changed))
    if overlap.SETTINGS & changed.keys():
        overlap.start(actor=actor, project=project)
    events.record(verb="project.changed", project=project, actor=actor, changes=changed)
    return project


@transaction.atomic
def archive(*, actor: User, project: Project, archived: bool) -> Project:
    """Put a project away, or take it out again; nothing of it is lost."""
    if (project.archived_at is not None) != archived:
        project.archived_at = timezone.now() if archived else None
        project.save(update_fields=("archived_at",))
        verb = "project.archived" if archived else "project.restored"
        events.record(verb=verb, project=project, actor=actor)
    return project


@transaction.atomic
def revise_schema(*, actor: User, project: Project, schema: Any, after: int | None = None) -> SchemaVersion:
    """Add a schema version; what labels already use stays in it: questions with their kinds, and used labels.

    With `after`, the number of the version that was changed, nobody's newer version is written over.
    """
    Project.objects.select_for_update().get(pk=project.pk)
    new = schema if isinstance(schema, Schema) else parse_schema(schema, path="schema")
    current = version_reads.current(project.pk)
    if after is not None and after != current.schema:
        message = (
            f"Somebody else has saved version {current.schema} of the questions while you changed version {after}. "
            "Nothing of yours was saved. Open the page again in a new tab, and enter your changes there."
        )
        raise Conflict(message, current={"version": current.schema})
    old = version_reads.by_pk(current.schema_pk)
    check_kept(project=project, old=old, new=new)
    if old.dump() == new.dump():
        return SchemaVersion.objects.get(pk=current.schema_pk)
    version = SchemaVersion.objects.create(
        project=project, number=current.schema + 1, body=new.dump(), created_by=actor
    )
    queue.drop_scores(project=project, questions=_asking_otherwise(old, new))
    events.record(verb="schema.revised", project=project, actor=actor, version=version.number)
    return version


@transaction.atomic
def add_labels(*, actor: User, project: Project, labels: Mapping[str, Sequence[str]]) -> SchemaVersion:
    """Add a schema version in which questions offer more labels, by the names of the questions."""
    Project.objects.select_for_update().get(pk=project.pk)
    schema = version_reads.schema(project.pk).dump()
    asked = {question["name"]: question for question in schema["questions"] if "labels" in question}
    for name, more in labels.items():
        if name not in asked:
            message = f"There is no question {name} that offers labels."
            raise Invalid(message, problems=(Problem("labels", message),))
        known = {label["name"] for label in asked[name]["labels"]}
        asked[name]["labels"] += [{"name": label} for label in more if label not in known]
    return revise_schema(actor=actor, project=project, schema=schema)


def newly_required(project: Project, new: Schema) -> list[str]:
    """Return the questions that a new schema requires an answer to and the present one does not."""
    old = version_reads.schema(project.pk)
    asked = {question.name for question in old.questions if question.required}
    return [question.name for question in new.questions if question.required and question.name not in asked]


def _asking_otherwise(old: Schema, new: Schema) -> list[str]:
    """Return the questions that are gone, or ask something else: what they wish of the queue no longer holds."""
    return [
        question.name
        for question in old.questions
        if (kept := new.question(question.name)) is None
        or (kept.kind, kept.field, kept.class_names) != (question.kind, question.field, question.class_names)
    ]


def check_kept(*, project: Project, old: Schema, new: Schema) -> None:
    """Raise `Invalid` if a new schema lacks what tasks contain or are labeled with."""
    problems = [*_lost_fields(old, new), *_lost_questions(project, old, new)]
    if problems:
        message = "The new schema would break what was labeled already: " + problems[0].message
        raise Invalid(message, problems=problems)


def _lost_fields(old: Schema, new: Schema) -> list[Problem]:
    return [
        Problem("schema.fields", f"The field “{field.name}” must stay, as a {field.type}: tasks contain it.")
        for field in old.fields
        if (kept := new.field(field.name)) is None or kept.type != field.type
    ]


def _lost_questions(project: Project, old: Schema, new: Schema) -> list[Problem]:
    problems = []
    for question in old.questions:
        kept = new.question(question.name)
        if kept is None or kept.kind != question.kind or kept.field != question.field:
            if schema_reads.labeled(project, question):
                problems.append(
                    Problem(
                        "schema.questions",
                        f"The question “{question.name}” must stay, as {question.kind} about “{question.field}”: "
                        "it has labels.",
                    )
                )
            continue
        problems += [
            Problem(
                "schema.questions", f"“{name}” of “{question.name}” must stay: tasks have answers or labels with it."
            )
            for name in sorted(set(question.class_names) - set(kept.class_names))
            if schema_reads.labeled(project, question, name=name)
        ]
    return problems


def _free_slug(name: str) -> str:
    locks.lock_slugs()
    base = slugify(name)[:50].strip("-") or "project"
    taken = set(Project.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED_SLUGS
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _check(**values: Any) -> None:
    problems = []
    name = values.get("name")
    if name is not None and (not 1 <= len(name.strip()) <= MAX_NAME or "\x00" in name):
        problems.append(Problem("name", f"A project's name has 1 to {MAX_NAME} characters."))
    description = values.get("description")
    if description is not None and (len(description) > MAX_DESCRIPTION or "\x00" in description):
        problems.append(Problem("description", f"A description has at most {MAX_DESCRIPTION} characters."))
    overlap, most = values.get("overlap"), values.get("max_overlap")
    if overlap is not None and not 1 <= overlap <= MAX_OVERLAP:
        problems.append(Problem("overlap", f"Between 1 and {MAX_OVERLAP} people answer each task."))
    if most is not None and not max(1, overlap or 1) <= most <= MAX_OVERLAP:
        problems.append(
            Problem("max_overlap", f"Expected a number from the overlap ({overlap or 1}) to {MAX_OVERLAP}.")
        )
    floor = values.get("agreement_floor")
    if floor is not None and not 0 <= floor <= 1:
        problems.append(Problem("agreement_floor", "Expected a number from 0 to 1."))
    seconds = values.get("lease_seconds")
    if seconds is not None and not 60 <= seconds <= 86_400:
        problems.append(Problem("lease_seconds", "Expected 60 seconds to a day (86400)."))
    if (goes_on := values.get("goes_on")) is not None and goes_on not in GoesOn.values:
        problems.append(Problem("goes_on", f"Expected one of {', '.join(GoesOn.values)}."))
    if (share := values.get("gold_share")) is not None and not 0 <= share <= MAX_GOLD_SHARE:
        problems.append(Problem("gold_share", f"Expected 0 to {MAX_GOLD_SHARE} percent."))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
