"""The inbox of a person."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from labeling.selectors import inbox as inbox_reads
from labeling.selectors.paging import keyset
from labeling.services import notices
from labeling.web.requests import SignedInRequest, page_number, signed_in


@signed_in
@require_http_methods(["GET", "POST"])
def inbox(request: SignedInRequest) -> HttpResponseBase:
    """List what the person is told; mark it read."""
    if request.method == "POST":
        one = page_number(request.POST.get("notice"))
        notices.mark_read(actor=request.user, notice_ids=[one] if one else None)
        return redirect("inbox")
    unread = request.GET.get("show") == "unread"
    found = inbox_reads.notices_of(request.user, unread=unread)
    page = keyset(found, order="-pk", cursor=request.GET.get("cursor", ""), size=inbox_reads.PAGE)
    return render(request, "labeling/inbox/index.html", {"page": page, "unread": unread})


@signed_in
@require_GET
def indicator(request: SignedInRequest) -> HttpResponseBase:
    """Say how much the person has not read."""
    return render(request, "components/inbox_indicator.html", {"unread": inbox_reads.unread_count(request.user)})


urlpatterns = [
    path("inbox/", inbox, name="inbox"),
    path("inbox/indicator/", indicator, name="inbox-indicator"),
]
