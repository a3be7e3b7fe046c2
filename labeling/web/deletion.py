"""Deleting a project for good."""

from __future__ import annotations

from django import forms
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from labeling.access import Action, project_for
from labeling.errors import DomainError
from labeling.selectors import progress as progress_reads
from labeling.services import deletion
from labeling.web.forms import add_problems
from labeling.web.requests import SignedInRequest, signed_in


class DeletionForm(forms.Form):
    """The name of the project, typed by whoever means it."""

    name = forms.CharField(label="Name of the project", widget=forms.TextInput(attrs={"autocomplete": "off"}))


@signed_in
@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Say what would be lost, and delete the project once its name is typed."""
    project = project_for(request.user, slug, Action.MANAGE)
    form = DeletionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        try:
            if form.is_valid():
                job = deletion.start(actor=request.user, project=project, name=form.cleaned_data["name"])
                return redirect("job", job.pk)
        except DomainError as error:
            add_problems(form, error)
        status = 422
    values = {"project": project, "form": form, "counts": progress_reads.counts([project.pk])[project.pk]}
    return render(request, "labeling/projects/delete.html", values, status=status)


urlpatterns = [path("p/<slug:slug>/delete/", delete, name="project-delete")]
