"""Deleting tasks: the question before it, and what can still be taken back."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from labeling.access import Action, project_for
from labeling.errors import DomainError
from labeling.models.bulk_acts import BulkVerb, BulkWish
from labeling.selectors import task_deletions as deletion_reads
from labeling.services.task_acts import check_number
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.task_acts import carry_out_and_tell, chosen_tasks, page_behind, refuse


@signed_in
@require_POST
def delete(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Say what would go with the selected tasks, and delete those once that is confirmed."""
    project = project_for(request.user, slug, Action.MANAGE)
    back = page_behind(request, slug)
    if (confirmed := request.POST.get("confirmed")) is not None:
        ids = [int(pk) for pk in confirmed.split(",") if pk.isascii() and pk.isdigit() and len(pk) < 19]
        return carry_out_and_tell(request, project, BulkWish(verb=BulkVerb.DELETE), ids, back=back)
    try:
        ids = chosen_tasks(request, project)
        check_number(ids)
    except DomainError as error:
        return refuse(request, error, back=back)
    values = {
        "project": project,
        "lost": deletion_reads.lost_with(project, ids),
        "tasks": ",".join(map(str, ids)),
        "back": back,
        "query": request.POST.get("back", ""),
    }
    return render(request, "labeling/tasks/delete.html", values)


@signed_in
@require_GET
def deleted(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """List what was deleted and can be taken back."""
    project = project_for(request.user, slug, Action.MANAGE)
    values = {"project": project, "deleted": deletion_reads.deleted_tasks(project)}
    return render(request, "labeling/tasks/deleted.html", values)


urlpatterns = [
    path("p/<slug:slug>/tasks/delete/", delete, name="project-tasks-delete"),
    path("p/<slug:slug>/tasks/deleted/", deleted, name="project-tasks-deleted"),
]
