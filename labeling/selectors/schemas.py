"""A project's schema as it grew, and what of it is in use."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models.fields.json import KeyTransform

from labeling.errors import Invalid
from labeling.kinds.schema.changes import changes
from labeling.models import Annotation, Label, SchemaVersion
from labeling.selectors.paging import keyset

if TYPE_CHECKING:
    from django.db.models import QuerySet

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
        having = _answers_with(answers, question, name)
        answers = answers.annotate(answer=KeyTransform(question.name, "answers")).filter(answer__in=having)
    else:
        answers = answers.filter(answers__has_key=question.name)
    tasks = labels.order_by().values("task_id").union(answers.order_by().values("task_id"))
    return len(tasks[:CAP])


def _answers_with(answers: QuerySet[Annotation], question: Question, name: str) -> list[Any]:
    """Return the distinct answers that have a class, as many as are ever counted; only the kind knows which do.

    An answer that is none of its kind any more does not keep a label.
    """
    found = answers.filter(answers__has_key=question.name).order_by().distinct()
    found = found.values_list(KeyTransform(question.name, "answers"), flat=True)
    return list(islice((answer for answer in found.iterator() if name in _classes(question, answer)), CAP))


def _classes(question: Question, answer: Any) -> list[str]:
    try:
        return question.classes(question.load(answer))
    except Invalid:
        return []
