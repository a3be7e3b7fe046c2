"""A project's schema as it grew, and what of it is in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.kinds.schema.changes import changes
from labeling.models import Label, SchemaVersion
from labeling.selectors.paging import keyset

if TYPE_CHECKING:
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


def labeled(project: Project, question: str, *, label: str = "") -> int:
    """Count the tasks that have a label for a question, or this very label; counts no further than `CAP`."""
    labels = Label.objects.filter(project=project, question=question, retired_at=None)
    if label:
        labels = labels.filter(classes__contains=[label])
    return labels.order_by()[:CAP].count()
