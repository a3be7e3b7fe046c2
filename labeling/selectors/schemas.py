"""A project's schema as it grew, and what of it is in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.kinds.schema.changes import changes
from labeling.models import Annotation, Label, SchemaVersion
from labeling.selectors.paging import keyset

if TYPE_CHECKING:
    from labeling.kinds.schema.model import Question
    from labeling.models import Project

PAGE = 20
CAP = 1000


@dataclass(frozen=True, slots=True)
class Revision:
    """One version with what it changed, in words."""

    version: SchemaVersion
    words: str


@dataclass(frozen=True, slots=True)
class Revisions:
    """Some versions, newest first, and the cursor of those before them."""

    rows: list[Revision]
    next_cursor: str


def revisions(project: Project, *, cursor: str = "") -> Revisions:
    """Return a page of the project's schema versions with what each changed."""
    all_of_it = SchemaVersion.objects.filter(project=project).select_related("created_by")
    page = keyset(all_of_it, order="-number", cursor=cursor, size=PAGE)
    bodies = {version.number: version.body for version in page.rows}
    if page.rows:
        before = page.rows[-1].number - 1
        bodies |= dict(all_of_it.filter(number=before).values_list("number", "body"))
    told = []
    for version in page.rows:
        old = bodies.get(version.number - 1)
        parts = changes(old, version.body) if old else ["the first version"]
        words = "; ".join(parts) or "nothing that shows"
        told.append(Revision(version=version, words=words[:1].upper() + words[1:] + "."))
    return Revisions(rows=told, next_cursor=page.next_cursor)


def labeled(project: Project, question: Question, *, name: str = "") -> int:
    """Count the tasks with a label or a counted answer to a question, or with this very class; no further than `CAP`.

    Answers count although no label came of them yet: somebody else's answer is still waited for.
    """
    labels = Label.objects.filter(project=project, question=question.name, retired_at=None)
    answers = Annotation.objects.filter(task__project=project, counted=True)
    if name:
        labels = labels.filter(classes__contains=[name])
        answers = answers.filter(answers__contains={question.name: _answer(question, name)})
    else:
        answers = answers.filter(answers__has_key=question.name)
    tasks = labels.order_by().values("task_id").union(answers.order_by().values("task_id"))
    return len(tasks[:CAP])


def _answer(question: Question, name: str) -> str | int | list[str]:
    """Return an answer, or what an answer contains, as JSON holds it."""
    match question.kind:
        case "rating":
            return int(name)
        case "multi_choice":
            return [name]
        case _:
            return name
