"""The guideline: managers edit a draft and publish it; published versions never change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import GuidelineDraft, GuidelineVersion, Project
from labeling.selectors import guidelines as guideline_reads
from labeling.services import events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.models import User

MAX_BODY = 200_000
MAX_ENTRY = 5_000
MAX_NOTE = 1_000


@transaction.atomic
def save_draft(
    *, actor: User, project: Project, body: str, entries: Sequence[dict[str, Any]], version: int | None = None
) -> GuidelineDraft:
    """Save the draft. With the `version` that was opened, somebody else's save in between raises `Conflict`."""
    draft = GuidelineDraft.objects.select_for_update().get(project=project)
    if version is not None and version != draft.version:
        message = f"{draft.updated_by} saved the draft while you edited it. Copy your text, open it again, and merge."
        raise Conflict(message, current={"version": draft.version, "body": draft.body, "entries": draft.entries})
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    if len(body) > MAX_BODY or "\x00" in body:
        message = f"A guideline has at most {MAX_BODY:,} characters, and no NUL characters."
        raise Invalid(message, problems=(Problem("body", message),))
    draft.body = body
    draft.entries = guideline_reads.clean_entries(entries, longest=MAX_ENTRY)
    draft.version += 1
    draft.updated_by = actor
    draft.save()
    return draft


@transaction.atomic
def publish(*, actor: User, project: Project, change_note: str) -> GuidelineVersion:
    """Publish the draft as the next version; everybody labels under it from the next task on."""
    note = change_note.strip()
    if not 1 <= len(note) <= MAX_NOTE or "\x00" in note:
        message = f"Say what changed, in 1 to {MAX_NOTE} characters: annotators read it."
        raise Invalid(message, problems=(Problem("change_note", message),))
    Project.objects.select_for_update().get(pk=project.pk)
    draft = GuidelineDraft.objects.get(project=project)
    newest = GuidelineVersion.objects.filter(project=project).order_by("-number").first()
    if not draft.body.strip() and not draft.entries:
        message = "The guideline is empty. Write how to label before you publish it."
        raise Invalid(message, problems=(Problem("body", message),))
    if newest and newest.body == draft.body and newest.entries == draft.entries:
        message = f"Nothing changed since version {newest.number}."
        raise Invalid(message, problems=(Problem("body", message),))
    version = GuidelineVersion.objects.create(
        project=project,
        number=newest.number + 1 if newest else 1,
        body=draft.body,
        entries=draft.entries,
        change_note=note,
        published_by=actor,
    )
    events.record(verb="guideline.published", project=project, actor=actor, version=version.number, note=note[:200])
    return version
