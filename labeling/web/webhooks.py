"""Webhooks of a project: set up, tested, and what was sent to them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from labeling.access import Action, delivery_for, project_for, webhook_for
from labeling.errors import DomainError
from labeling.selectors import webhooks as webhook_reads
from labeling.selectors.paging import keyset
from labeling.services import webhooks
from labeling.web.forms import WebhookForm, add_problems
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify

PAGE = 50


@signed_in
@require_http_methods(["GET", "POST"])
def index(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """List the webhooks; make one and show its secret, this once."""
    project = project_for(request.user, slug, Action.MANAGE)
    form = WebhookForm(request.POST or None)
    values = {"project": project, "form": form, "webhooks": webhook_reads.webhooks_of(project)}
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.is_valid():
                webhook, secret = webhooks.create_webhook(actor=request.user, project=project, **form.cleaned_data)
                values |= {"form": WebhookForm(), "made": webhook, "secret": secret}
                status = 200
        except DomainError as error:
            add_problems(form, error)
    answer = render(request, "labeling/webhooks/index.html", values, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@signed_in
@require_http_methods(["GET", "POST"])
def detail(request: SignedInRequest, slug: str, webhook_id: int) -> HttpResponseBase:
    """Show a webhook and what was sent to it; change it."""
    webhook = webhook_for(request.user, slug, webhook_id, Action.MANAGE)
    form = WebhookForm(request.POST or None, initial={"url": webhook.url, "types": webhook.types})
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.is_valid():
                webhooks.change_webhook(actor=request.user, webhook=webhook, **form.cleaned_data)
                notify(request, "The webhook is saved.")
                return redirect("project-webhook", slug, webhook.pk)
        except DomainError as error:
            add_problems(form, error)
    sent = webhook_reads.deliveries_of(webhook)
    page = keyset(sent, order="-pk", cursor=request.GET.get("cursor", ""), size=PAGE)
    values = {"project": webhook.project, "webhook": webhook, "form": form, "page": page}
    return render(request, "labeling/webhooks/detail.html", values, status=status)


@signed_in
@require_POST
def switch(request: SignedInRequest, slug: str, webhook_id: int) -> HttpResponseBase:
    """Switch a webhook off or on."""
    webhook = webhook_for(request.user, slug, webhook_id, Action.MANAGE)
    is_on = request.POST.get("on") == "1"
    webhooks.change_webhook(actor=request.user, webhook=webhook, is_on=is_on)
    words = "is on: it is told of all that it missed." if is_on else "is off: it is told nothing until it is on again."
    notify(request, f"The webhook {words}", level=messages.INFO)
    return redirect("project-webhook", slug, webhook.pk)


@signed_in
@require_POST
def ping(request: SignedInRequest, slug: str, webhook_id: int) -> HttpResponseBase:
    """Have a test sent."""
    webhook = webhook_for(request.user, slug, webhook_id, Action.MANAGE)
    webhooks.ping_webhook(actor=request.user, webhook=webhook)
    notify(request, "A test is on its way. Load this page again to see what became of it.", level=messages.INFO)
    return redirect("project-webhook", slug, webhook.pk)


@signed_in
@require_POST
def send_again(request: SignedInRequest, slug: str, webhook_id: int, delivery_id: int) -> HttpResponseBase:
    """Have a delivery sent again."""
    delivery = delivery_for(request.user, slug, webhook_id, delivery_id, Action.MANAGE)
    webhooks.send_again(actor=request.user, delivery=delivery)
    notify(request, "It is on its way again. Load this page again to see what became of it.", level=messages.INFO)
    return redirect("project-webhook", slug, webhook_id)


@signed_in
@require_POST
def delete(request: SignedInRequest, slug: str, webhook_id: int) -> HttpResponseBase:
    """Delete a webhook."""
    webhook = webhook_for(request.user, slug, webhook_id, Action.MANAGE)
    webhooks.delete_webhook(actor=request.user, webhook=webhook)
    notify(request, "The webhook is deleted: its address is told nothing more.", level=messages.INFO)
    return redirect("project-webhooks", slug)


urlpatterns = [
    path("p/<slug:slug>/settings/webhooks/", index, name="project-webhooks"),
    path("p/<slug:slug>/settings/webhooks/<int:webhook_id>/", detail, name="project-webhook"),
    path("p/<slug:slug>/settings/webhooks/<int:webhook_id>/switch/", switch, name="webhook-switch"),
    path("p/<slug:slug>/settings/webhooks/<int:webhook_id>/test/", ping, name="webhook-ping"),
    path("p/<slug:slug>/settings/webhooks/<int:webhook_id>/delete/", delete, name="webhook-delete"),
    path(
        "p/<slug:slug>/settings/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/",
        send_again,
        name="webhook-again",
    ),
]
