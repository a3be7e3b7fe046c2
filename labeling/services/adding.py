"""Tasks given one by one or a thousand at a time, without a file: checked as rows of an import are, added at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from labeling import locks
from labeling.errors import Invalid, Problem
from labeling.formats import Row
from labeling.models import MediaLink
from labeling.selectors import versions as version_reads
from labeling.services import events
from labeling.services.imports.batches import Adder
from labeling.services.imports.checking import Checker, Ready
from labeling.services.imports.options import site_key
from labeling.services.imports.updating import standing_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.formats import RowProblem
    from labeling.kinds.schema import Schema
    from labeling.models import Project, User
    from labeling.services.imports.updating import Standing

MAX_TASKS = 1_000
"""Tasks that are taken at a time."""
_NO_IMAGE = (
    "Images come as files, by the import. Here an image is named by the sha256 of one that the project has already: "
    '{"sha256": "..."}.'
)
_PARTS = ("external_id", "split", "labels")


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task as it is sent: its fields by name, and what else is known of it."""

    data: dict[str, Any]
    external_id: str | None = None
    split: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddedTask:
    """What became of a task that was sent.

    Parameters
    ----------
    created
        Whether it is new; a task with the same external id, or without one the same content, was there else.
    differs
        What was sent otherwise about a task that was there (labels, split, meta), and was not taken over.
    """

    task: int
    external_id: str | None
    created: bool
    differs: tuple[str, ...] = ()


@transaction.atomic
def add_tasks(*, actor: User, project: Project, rows: Sequence[NewTask]) -> list[AddedTask]:
    """Add all tasks, or none and say everything that is wrong; sent again, they are there already."""
    if not 0 < len(rows) <= MAX_TASKS:
        message = f"Send between 1 and {MAX_TASKS:,} tasks at a time, or more as a file to the import."
        raise Invalid(message, problems=(Problem("tasks", message),))
    versions = version_reads.current(project.pk)
    schema = version_reads.by_pk(versions.schema_pk)
    ready = _checked(project, schema, rows)
    # Two who send the same at once: the second waits, and then finds the tasks of the first.
    locks.lock_import(project.pk)
    adder = Adder(project=project, versions=versions, actor_id=actor.pk, job_id=None)
    found = adder.tell_apart(ready)
    if found.problems:
        _refuse(schema, [problem for problems in found.problems for problem in problems])
    ids, labels = adder.add(found.fresh)
    created = {id(row): pk for row, pk in zip(found.fresh, ids, strict=True)}
    there = {id(row): other if isinstance(other, int) else created[id(other)] for row, other in found.repeats}
    if ids:
        events.record(verb="tasks.added", project=project, actor=actor, count=len(ids), labels=labels)
    standing = standing_of(set(there.values()))
    return [
        AddedTask(created[id(row)], row.external_id, created=True)
        if id(row) in created
        else AddedTask(there[id(row)], row.external_id, created=False, differs=_differs(row, standing[there[id(row)]]))
        for row in ready
    ]


def _differs(row: Ready, there: Standing) -> tuple[str, ...]:
    said = {"labels": there.other_labels(row), "split": there.other_split(row), "meta": there.other_meta(row)}
    return tuple(name for name, other in said.items() if other)


def _checked(project: Project, schema: Schema, rows: Sequence[NewTask]) -> list[Ready]:
    targets = {f"field:{each.name}": f"field:{each.name}" for each in schema.fields}
    mapping = {**targets, **{part: part for part in _PARTS}, "meta": "meta_object"}
    checker = Checker(project=project, schema=schema, mapping=mapping, key=site_key())
    ready: list[Ready] = []
    problems: list[RowProblem] = []
    unknown: list[Problem] = []
    for number, row in enumerate(rows):
        unknown += _unknown(project, schema, number, row)
        values = {f"field:{name}": value for name, value in row.data.items()}
        values |= {"external_id": row.external_id, "split": row.split, "labels": row.labels, "meta": row.meta}
        checked = checker.check(Row(number, {name: value for name, value in values.items() if value is not None}))
        if isinstance(checked, list):
            problems += checked
        else:
            ready.append(checked)
    if problems or unknown:
        _refuse(schema, problems, unknown)
    return ready


def _unknown(project: Project, schema: Schema, number: int, row: NewTask) -> Iterator[Problem]:
    """Say which fields are not in the schema, and which images are not in the project: they are not decoded here."""
    known = {each.name: each for each in schema.fields}
    for name, value in row.data.items():
        if name not in known:
            names = ", ".join(known)
            yield Problem(f"tasks[{number}].data.{name}"[:200], f"There is no field {name[:64]}. There are: {names}.")
        elif known[name].type == "image" and not _is_there(project, value):
            yield Problem(f"tasks[{number}].data.{name}", _NO_IMAGE)


def _is_there(project: Project, value: Any) -> bool:
    """Return whether a value names an image that the project has."""
    sha256 = value.get("sha256") if isinstance(value, dict) else None
    return isinstance(sha256, str) and MediaLink.objects.filter(project=project, media_id=sha256).exists()


def _refuse(schema: Schema, problems: Sequence[RowProblem], unknown: Sequence[Problem] = ()) -> None:
    """Raise everything that is wrong with the tasks, each with the path of what it is about."""
    fields, questions = ({each.name for each in part} for part in (schema.fields, schema.questions))

    def path(problem: RowProblem) -> str:
        name = problem.column.removeprefix("field:")
        part = "data." if name in fields else "labels." if name in questions else ""
        return f"tasks[{problem.number}].{part}{name}"[:200].rstrip(".")

    told = {problem.path for problem in unknown}
    found = [*unknown, *(Problem(path(each), each.message) for each in problems if path(each) not in told)]
    refused = {problem.path.partition(".")[0] for problem in found}
    message = f"{len(refused):,} of the tasks cannot be taken, so none was added: {found[0].path}: {found[0].message}"
    raise Invalid(message, problems=found[:1_000])
