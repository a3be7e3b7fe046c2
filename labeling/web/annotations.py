"""The label page: the item owns the screen; the editor does the rest through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from labeling.access import Action, may, project_for
from labeling.models import GoesOn, SkipReason
from labeling.models.preferences import USUAL_KEYS, KeyAction, Preferences
from labeling.selectors import activity as activity_reads
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import no_data as no_data_reads
from labeling.selectors import progress as progress_reads
from labeling.selectors import staffing as staffing_reads
from labeling.selectors import versions as version_reads
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.task_query import condition_words

if TYPE_CHECKING:
    from labeling.kinds.schema import Schema
    from labeling.models import Project

PREFETCH = 5
"""Tasks the editor leases ahead."""
PREFETCH_TEXTS = 20
"""Short texts that it leases ahead, where that is no more than the person's share of what is left."""


@signed_in
@ensure_csrf_cookie
@require_GET
def label(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the editor; where there is nothing to label yet, say who can change that."""
    project = project_for(request.user, slug, Action.ANNOTATE)
    if not no_data_reads.has_tasks(project):
        return render(request, "labeling/annotations/no_data.html", {"project": project})
    values = {"project": project, "config": editor_config(request, project) | {"only": _only(request, project)}}
    return render(request, "labeling/annotations/label.html", values)


def editor_config(request: SignedInRequest, project: Project) -> dict[str, Any]:
    """Return what the editor has to know of the project and the person."""
    now = version_reads.current(project.pk)
    schema = version_reads.by_pk(now.schema_pk)
    chosen = Preferences.load(request.user.preferences)
    api = f"/api/projects/{project.slug}/"
    return {
        "project": {"slug": project.slug, "name": project.name},
        "user": {"id": request.user.pk, "name": str(request.user), "email": request.user.email},
        "schema": schema.dump(),
        "schema_version": now.schema,
        "urls": {
            "claims": f"{api}claims/",
            "renew": f"{api}claims/renew/",
            "release": f"{api}claims/release/",
            "mine": f"{api}annotations/mine/",
            "guideline": f"{api}guideline/",
            "annotations": "/api/tasks/{id}/annotations/",
            "task": "/api/tasks/{id}/",
            "comments": "/api/tasks/{id}/comments/",
            "flags": "/api/tasks/{id}/flags/",
            "me": "/api/me/",
            "home": reverse("home"),
            "overview": reverse("project-overview", args=(project.slug,)),
            "guideline_page": reverse("project-guideline", args=(project.slug,)),
            "many": reverse("project-label-many", args=(project.slug,)) if schema.one_key_answers else None,
        },
        "skip_reasons": [{"name": name, "title": title} for name, title in SkipReason.choices],
        "lease_seconds": project.lease_seconds,
        "prefetch": PREFETCH,
        "most_ahead": PREFETCH_TEXTS if all(field.type == "text" for field in schema.fields) else PREFETCH,
        "people": max(1, staffing_reads.labelers(project.pk).count()),
        "can_flag": True,
        "goes_on": _goes_on(chosen, project, schema),
        "actions": key_actions(),
        "keys": chosen.all_keys,
        "done_today": progress_reads.answered_today(project, request.user),
    }


def key_actions() -> list[dict[str, str]]:
    """Return what keys of the label page do, with the usual ones."""
    return [{"name": action.value, "title": action.label, "key": USUAL_KEYS[action]} for action in KeyAction]


def _only(request: SignedInRequest, project: Project) -> dict[str, str] | None:
    """Return what the queue is limited to by the address: as it is sent, in words, and the ways out."""
    sent = request.GET.copy()
    sent.pop("task", None)
    reviewer = may(request.user, project, Action.REVIEW)
    wanted = explorer_reads.parse_queue_filter(sent.urlencode(), reviewer=reviewer)
    if wanted.is_empty:
        return None
    people = {person.pk: str(person) for person in activity_reads.people_of(project)} if wanted.annotator else {}
    words = condition_words(wanted, version_reads.schema(project.pk), people)
    query = urlencode(wanted.params())
    return {
        "query": query,
        "words": ", ".join(said for _, said in words),
        "list": f"{reverse('project-tasks', args=(project.slug,))}?{query}",
        "everything": reverse("project-label", args=(project.slug,)),
    }


def _goes_on(chosen: Preferences, project: Project, schema: Schema) -> dict[str, bool]:
    """Return whether a key that is the whole answer submits it, and whether that is for the person to say."""
    whole = schema.one_key_answers
    by_person = project.goes_on == GoesOn.EACH
    on = bool(chosen.goes_on) if by_person else project.goes_on == GoesOn.ON
    return {"on": whole and on, "mine": whole and by_person}


urlpatterns = [path("p/<slug:slug>/label/", label, name="project-label")]
