"""How the check runs: the page where a manager sets it."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from labeling.access import Action, project_for
from labeling.errors import Invalid
from labeling.web.forms import add_problems
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify
from quality.selectors import settings as settings_reads
from quality.services import runs
from quality.web.forms import SettingsForm


@signed_in
@require_http_methods(["GET", "POST"])
def settings(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show and change how a project's pipeline runs."""
    project = project_for(request.user, slug, Action.MANAGE)
    form = SettingsForm.for_settings(settings_reads.settings_for(project), request.POST or None)
    status = 200
    if request.method == "POST":
        try:
            if form.is_valid():
                runs.configure(actor=request.user, project=project, **form.cleaned_data)
                notify(request, "The settings of the check are saved. They hold from its next run on.")
                return redirect("project-quality", slug)
        except Invalid as error:
            add_problems(form, error)
        status = 422
    return render(request, "quality/settings.html", {"project": project, "form": form}, status=status)


urlpatterns = [path("p/<slug:slug>/quality/settings/", settings, name="project-quality-settings")]
