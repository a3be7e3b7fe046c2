"""People: members and their roles, invitations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from labeling.access import Action, may, project_for
from labeling.errors import DomainError, NotFound
from labeling.models import Membership, Project, Role
from labeling.selectors import gold as gold_reads
from labeling.selectors import people as people_reads
from labeling.services import invitations, mail, people
from labeling.web.forms import InviteForm, ServiceAccountForm, TokenForm, add_problems
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify

TEMPLATE = "labeling/people/list.html"
RETURN = "labeling.people.taken-back"
RETURN_SECONDS = 3600
NEWEST = 5
"""Open invitations that the page of the members shows; all of them have a page of their own."""


def values_of_page(
    request: SignedInRequest, project: Project, *, refused: Mapping[int, TokenForm] | None = None, **more: object
) -> dict[str, Any]:
    """Return what the page of people shows; forms for tokens that were `refused` by the id of their service account."""
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:100] for name in ("q", "role", "sort")}
    can_manage = may(request.user, project, Action.MANAGE)
    can_review = may(request.user, project, Action.REVIEW)
    return {
        "project": project,
        "page": people_reads.members(project, **asked, cursor=request.GET.get("cursor", "")),
        "invitations": people_reads.open_invitations(project, size=NEWEST) if can_manage else None,
        "asked": asked,
        "roles": Role.choices,
        "can_manage": can_manage,
        "can_review": can_review,
        "gold_records": gold_reads.records(project, person=None if can_review else request.user),
        "gold_enough": gold_reads.ENOUGH,
        "services": _services(project, refused or {}) if can_manage else (),
        "form": InviteForm(),
        "service_form": ServiceAccountForm(auto_id="service_%s"),
        "default_sort": "person",
        "mails": mail.is_set_up(),
    } | more


def _services(project: Project, refused: Mapping[int, TokenForm]) -> list[tuple[Membership, TokenForm]]:
    return [
        (member, refused.get(member.pk) or TokenForm(auto_id=f"service_{member.pk}_%s"))
        for member in people_reads.service_accounts_of(project)
    ]


@signed_in
@require_GET
def index(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """List the members of a project."""
    project = project_for(request.user, slug, Action.VIEW)
    return render(request, TEMPLATE, values_of_page(request, project))


@signed_in
@require_GET
def open_invitations(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """List all open invitations."""
    project = project_for(request.user, slug, Action.MANAGE)
    q = request.GET.get("q", "").replace("\x00", "")[:100]
    page = people_reads.open_invitations(project, q=q, cursor=request.GET.get("cursor", ""))
    return render(request, "labeling/people/invitations.html", {"project": project, "page": page, "q": q})


@signed_in
@require_POST
def invite(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Invite somebody: by mail, or by a link to pass on, which is shown this once."""
    project = project_for(request.user, slug, Action.MANAGE)
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            offer = invitations.invite_person(
                actor=request.user, project=project, seen_at=request.build_absolute_uri("/"), **form.cleaned_data
            )
        except DomainError as error:
            add_problems(form, error)
        else:
            answer = render(request, TEMPLATE, values_of_page(request, project, offer=offer))
            answer["Cache-Control"] = "no-store"
            return answer
    return render(request, TEMPLATE, values_of_page(request, project, form=form), status=422)


@signed_in
@require_POST
def change_role(request: SignedInRequest, slug: str, membership_id: int) -> HttpResponseBase:
    """Give a member another role; the message can undo it."""
    project = project_for(request.user, slug, Action.MANAGE)
    member = people_reads.member(project, membership_id)
    before = member.role
    try:
        member = people.change_role(actor=request.user, member=member, role=request.POST.get("role", ""))
    except DomainError as error:
        notify(request, error.message, level=messages.ERROR)
        return redirect("project-people", slug)
    if member.role != before:
        undo = reverse("member-role-undo", args=(slug, member.pk, before))
        notify(request, f"{member.user} is now {member.get_role_display().lower()}.", undo=undo)
    return redirect("project-people", slug)


@signed_in
@require_POST
def undo_role(request: SignedInRequest, slug: str, membership_id: int, role: str) -> HttpResponseBase:
    """Give a member back the role they had."""
    project = project_for(request.user, slug, Action.MANAGE)
    member = people.change_role(actor=request.user, member=people_reads.member(project, membership_id), role=role)
    notify(request, f"{member.user} is {member.get_role_display().lower()} again.", level=messages.INFO)
    return redirect("project-people", slug)


@signed_in
@require_POST
def remove(request: SignedInRequest, slug: str, membership_id: int) -> HttpResponseBase:
    """Remove a member; what they answered stays."""
    project = project_for(request.user, slug, Action.MANAGE)
    member = people_reads.member(project, membership_id)
    try:
        people.remove_member(actor=request.user, member=member)
    except DomainError as error:
        notify(request, error.message, level=messages.ERROR)
        return redirect("project-people", slug)
    if member.user_id == request.user.pk:
        notify(request, f"You left “{project.name}”. What you answered stays.", level=messages.INFO)
        return redirect("home")
    proof = signing.dumps([project.pk, member.user_id, member.role], salt=RETURN)
    notify(
        request,
        f"{member.user} is no longer a member. What they answered stays.",
        undo=reverse("member-return", args=(slug, proof)),
    )
    return redirect("project-people", slug)


@signed_in
@require_POST
def take_back(request: SignedInRequest, slug: str, proof: str) -> HttpResponseBase:
    """Make somebody who was just removed a member again."""
    project = project_for(request.user, slug, Action.MANAGE)
    try:
        project_id, user_id, role = signing.loads(proof, salt=RETURN, max_age=RETURN_SECONDS)
    except signing.BadSignature:
        raise NotFound from None
    if project_id != project.pk:
        raise NotFound
    member = people.take_back_member(actor=request.user, project=project, user_id=user_id, role=role)
    notify(request, f"{member.user} is a member again.", level=messages.INFO)
    return redirect("project-people", slug)


@signed_in
@require_POST
def revoke(request: SignedInRequest, slug: str, invitation_id: int) -> HttpResponseBase:
    """Withdraw an invitation."""
    project = project_for(request.user, slug, Action.MANAGE)
    people.revoke_invitation(actor=request.user, invitation=people_reads.invitation(project, invitation_id))
    notify(request, "The invitation is withdrawn: its link no longer works.", level=messages.INFO)
    return redirect("project-invitations" if request.POST.get("back") == "invitations" else "project-people", slug)


urlpatterns = [
    path("p/<slug:slug>/people/", index, name="project-people"),
    path("p/<slug:slug>/people/invitations/", open_invitations, name="project-invitations"),
    path("p/<slug:slug>/people/invite/", invite, name="people-invite"),
    path("p/<slug:slug>/people/<int:membership_id>/role/", change_role, name="member-role"),
    path("p/<slug:slug>/people/<int:membership_id>/role/<str:role>/", undo_role, name="member-role-undo"),
    path("p/<slug:slug>/people/<int:membership_id>/remove/", remove, name="member-remove"),
    path("p/<slug:slug>/people/return/<str:proof>/", take_back, name="member-return"),
    path("p/<slug:slug>/people/invitations/<int:invitation_id>/revoke/", revoke, name="invitation-revoke"),
]
