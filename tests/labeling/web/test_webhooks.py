"""Webhooks are set up on their page and by the API: what is refused, what is shown once, what is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from labeling.models import DeliveryKind, Event, Project, User, Webhook, WebhookDelivery
from labeling.services import webhooks
from labeling.services.webhooks import changing
from tests import factories

pytestmark = pytest.mark.django_db

URL = "https://example.com/hooks/dcai"


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def client(project: Project, client_for: Callable[[User], Client]) -> Client:
    return client_for(project.created_by)


@pytest.fixture
def api(project: Project, api_for: Callable[[User], APIClient]) -> APIClient:
    return api_for(project.created_by)


def made(project: Project) -> Webhook:
    webhook, _ = webhooks.create_webhook(actor=project.created_by, project=project, url=URL, types=["job.ended"])
    return webhook


def page(name: str, webhook: Webhook, *more: int) -> str:
    return reverse(name, args=(webhook.project.slug, webhook.pk, *more))


def verbs(project: Project) -> list[str]:
    found = Event.objects.filter(project=project, verb__startswith="webhook.").order_by("pk")
    return list(found.values_list("verb", flat=True))


def test_a_webhook_is_made_and_its_secret_is_shown_once(project: Project, client: Client) -> None:
    address = reverse("project-webhooks", args=(project.slug,))
    assert "No address is told of this project yet" in client.get(address).content.decode()
    answer = client.post(address, {"url": URL, "types": ["job.ended", "comment.added"]})
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    webhook = Webhook.objects.get(project=project)
    assert webhook.types == ["comment.added", "job.ended"]
    for again in (address, page("project-webhook", webhook)):
        shown = client.get(again).content.decode()
        assert URL in shown
        assert secret not in shown
    event = Event.objects.get(project=project, verb="webhook.created")
    assert event.payload == {"webhook": webhook.pk, "host": "example.com"}, "what else an address holds may be secret"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:8000/", "not on the public internet"),
        ("http://localhost/", "not on the public internet"),
        ("http://169.254.169.254/latest/meta-data/", "not on the public internet"),
        ("http://[::1]/", "not on the public internet"),
        ("ftp://example.com/", "must begin with https://"),
        ("https://me:word@example.com/", "must not hold a name or a password"),
    ],
)
def test_addresses_that_lead_inside_or_nowhere_are_refused(
    project: Project, client: Client, api: APIClient, url: str, words: str
) -> None:
    answer = client.post(reverse("project-webhooks", args=(project.slug,)), {"url": url, "types": ["job.ended"]})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    refused: Any = api.post(
        reverse("api-webhooks", args=(project.slug,)), {"url": url, "types": ["job.ended"]}, format="json"
    )
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "url")
    assert not Webhook.objects.exists()


def test_a_host_that_the_administrator_names_is_taken(project: Project, api: APIClient, settings: Any) -> None:
    settings.WEBHOOK_HOSTS = ["127.0.0.1:9000"]
    address = reverse("api-webhooks", args=(project.slug,))
    for port, status in ((9000, 201), (9001, 400)):
        sent = {"url": f"http://127.0.0.1:{port}/", "types": ["job.ended"]}
        assert api.post(address, sent, format="json").status_code == status


@pytest.mark.parametrize(("types", "words"), [([], "at least one"), (["task.exploded"], "no type of events")])
def test_types_are_those_there_are(project: Project, api: APIClient, types: list[str], words: str) -> None:
    address = reverse("api-webhooks", args=(project.slug,))
    refused: Any = api.post(address, {"url": URL, "types": types}, format="json")
    assert refused.status_code == 400
    assert words in refused.json()["detail"]


def test_there_are_not_too_many(project: Project, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "MAX_WEBHOOKS", 1)
    made(project)
    sent = {"url": URL, "types": ["job.ended"]}
    assert api.post(reverse("api-webhooks", args=(project.slug,)), sent, format="json").status_code == 400


def test_it_is_changed_switched_tested_and_deleted_on_its_page(project: Project, client: Client) -> None:
    webhook = made(project)
    client.post(page("project-webhook", webhook), {"url": f"{URL}/2", "types": ["flag.opened"]})
    client.post(page("webhook-switch", webhook), {"on": "0"})
    webhook.refresh_from_db()
    assert (webhook.url, webhook.types, webhook.is_on) == (f"{URL}/2", ["flag.opened"], False)
    client.post(page("webhook-switch", webhook), {"on": "1"})
    client.post(page("webhook-ping", webhook))
    sent = WebhookDelivery.objects.get(webhook=webhook, kind=DeliveryKind.PING)
    client.post(page("webhook-again", webhook, sent.pk))
    assert WebhookDelivery.objects.filter(webhook=webhook, uid=sent.uid).count() == 2
    client.post(page("webhook-delete", webhook))
    assert not Webhook.objects.exists()
    changes = ["webhook.changed"] * 3
    assert verbs(project) == [
        "webhook.created", *changes, "webhook.pinged", "webhook.sent_again", "webhook.deleted"
    ]  # fmt: skip


def test_saving_what_is_there_writes_nothing_down(project: Project, api: APIClient) -> None:
    webhook = made(project)
    same = {"url": webhook.url, "types": webhook.types, "on": True}
    answer: Any = api.patch(page("api-webhook", webhook), same, format="json")
    assert answer.json()["on"] is True
    assert verbs(project) == ["webhook.created"]


def test_wishes_are_bounded_while_they_wait(project: Project, api: APIClient) -> None:
    webhook = made(project)
    for _ in range(changing.MAX_WEBHOOKS):
        assert api.post(page("api-webhook-ping", webhook)).status_code == 202
    assert api.post(page("api-webhook-ping", webhook)).status_code == 400
