"""Service accounts of a project and their tokens, on the page of its people."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from labeling.access import Action, project_for
from labeling.errors import DomainError
from labeling.selectors import people as people_reads
from labeling.services import service_accounts
from labeling.web.forms import ServiceAccountForm, TokenForm, add_problems
from labeling.web.people import TEMPLATE, values_of_page
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify


@signed_in
@require_POST
def create(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Make a service account."""
    project = project_for(request.user, slug, Action.MANAGE)
    form = ServiceAccountForm(request.POST, auto_id="service_%s")
    if form.is_valid():
        try:
            member = service_accounts.create_service_account(actor=request.user, project=project, **form.cleaned_data)
        except DomainError as error:
            add_problems(form, error)
        else:
            notify(request, f"The {member.user} is there. Make a token for it.")
            return redirect(reverse("project-people", args=(slug,)) + "#services")
    return render(request, TEMPLATE, values_of_page(request, project, service_form=form), status=422)


@signed_in
@require_POST
def switch(request: SignedInRequest, slug: str, service_id: int) -> HttpResponseBase:
    """Switch a service account off or on."""
    project = project_for(request.user, slug, Action.MANAGE)
    member = people_reads.service_account(project, service_id)
    on = request.POST.get("on") == "1"
    service_accounts.switch_service_account(actor=request.user, member=member, on=on)
    words = "is on again. Make a token for it." if on else "is switched off: its tokens no longer work."
    notify(request, f"The {member.user} {words}", level=messages.INFO)
    return redirect(reverse("project-people", args=(slug,)) + "#services")


@signed_in
@require_POST
def make_token(request: SignedInRequest, slug: str, service_id: int) -> HttpResponseBase:
    """Make a token of a service account and show it, this once."""
    project = project_for(request.user, slug, Action.MANAGE)
    member = people_reads.service_account(project, service_id)
    form = TokenForm(request.POST, auto_id=f"service_{member.pk}_%s")
    if form.is_valid():
        try:
            token, secret = service_accounts.issue_service_token(actor=request.user, member=member, **form.choices())
        except DomainError as error:
            add_problems(form, error)
        else:
            values = values_of_page(request, project, token=token, secret=secret, owner=member.user)
            answer = render(request, TEMPLATE, values)
            answer["Cache-Control"] = "no-store"
            return answer
    return render(request, TEMPLATE, values_of_page(request, project, refused={member.pk: form}), status=422)


@signed_in
@require_POST
def revoke_token(request: SignedInRequest, slug: str, service_id: int, service_token_id: int) -> HttpResponseBase:
    """End a token of a service account."""
    project = project_for(request.user, slug, Action.MANAGE)
    member = people_reads.service_account(project, service_id)
    token = service_accounts.revoke_service_token(actor=request.user, member=member, token_id=service_token_id)
    notify(request, f"The token “{token.name}” no longer works.", level=messages.INFO)
    return redirect(reverse("project-people", args=(slug,)) + "#services")


urlpatterns = [
    path("p/<slug:slug>/people/services/", create, name="service-new"),
    path("p/<slug:slug>/people/services/<int:service_id>/switch/", switch, name="service-switch"),
    path("p/<slug:slug>/people/services/<int:service_id>/tokens/", make_token, name="service-tokens"),
    path(
        "p/<slug:slug>/people/services/<int:service_id>/tokens/<int:service_token_id>/revoke/",
        revoke_token,
        name="service-token-revoke",
    ),
]
