"""The page for whoever runs the site: site administrators only; to others it is not there."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from dcai_web.ops.status_page import status
from labeling.errors import NotFound
from labeling.models import User
from labeling.web.requests import SignedInRequest, signed_in


@signed_in
@require_GET
def show(request: SignedInRequest) -> HttpResponseBase:
    """Show the status of the system; the figures renew themselves unless that is paused."""
    _demand_administrator(request.user)
    return render(request, "site/status.html", {"status": status.read_status(), "paused": "paused" in request.GET})


@signed_in
@require_GET
def figures(request: SignedInRequest) -> HttpResponseBase:
    """Return the figures only, for the page that asks again and again."""
    _demand_administrator(request.user)
    return render(request, "site/figures.html", {"status": status.read_status(), "paused": False})


def _demand_administrator(user: User) -> None:
    """Raise `NotFound` for everybody but site administrators: to them this page is not there."""
    if not (user.is_active and user.is_superuser):
        raise NotFound


urlpatterns = [
    path("site/", show, name="site"),
    path("site/figures/", figures, name="site-figures"),
]
