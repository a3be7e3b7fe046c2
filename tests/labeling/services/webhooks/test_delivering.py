"""Webhooks: what happens in a project reaches the address, in order, at least once, and nobody can forge it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from labeling.models import (
    DeliveryKind,
    DeliveryState,
    Event,
    JobRun,
    Notice,
    NoticeKind,
    Project,
    Role,
    Webhook,
    WebhookDelivery,
)
from labeling.models.documents import JsonDocument
from labeling.selectors import webhooks as webhook_reads
from labeling.services import annotations as saving
from labeling.services import events, jobs, webhooks
from labeling.services.webhooks import delivering, messages
from tests import factories
from tests.receiving import HOST, Receiver, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_HOSTS = [HOST]
    with receiving() as running:
        yield running


@pytest.fixture
def project() -> Project:
    return factories.project()


def hook(project: Project, receiver: Receiver, *types: str) -> tuple[Webhook, str]:
    return webhooks.create_webhook(
        actor=project.created_by, project=project, url=f"{receiver.url}in", types=types or ("comment.added",)
    )


def say(project: Project, *words: str) -> None:
    task = factories.task(project)
    for body in words:
        saving.comment(actor=project.created_by, task=task, body=body)


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [event for request in receiver.requests for event in json.loads(request.body)["events"]]


def due_again(webhook: Webhook) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(retry_at=timezone.now())


def test_what_happened_is_sent_in_order_with_who_what_and_when(project: Project, receiver: Receiver) -> None:
    say(project, "Before the webhook.")
    webhook, _ = hook(project, receiver, "comment.added", "task.created")
    say(project, "One.", "Two.")
    events.record(verb="tasks.added", project=project, actor=None, count=3, labels=0)
    events.record(verb="export.downloaded", project=project, actor=None)
    say(factories.project(), "Another project's.")
    webhooks.deliver_webhook(webhook.pk)
    (request,) = receiver.requests
    sent = json.loads(request.body)
    assert (request.method, request.path, sent["project"]) == ("POST", "/in", project.slug)
    assert request.headers["Content-Type"] == "application/json"
    assert [event["type"] for event in sent["events"]] == ["comment.added", "comment.added", "task.created"]
    first = Event.objects.filter(project=project, verb="comment.added").order_by("pk")[1]
    assert sent["events"][0] == {
        "id": first.pk,
        "type": "comment.added",
        "created_at": first.created_at.isoformat().replace("+00:00", "Z"),
        "actor": {"id": project.created_by.pk, "email": project.created_by.email},
        "task": {"id": first.task_id, "external_id": first.task and first.task.external_id},
        "data": first.payload,
    }
    assert sent["events"][2]["actor"] is None
    webhooks.deliver_webhook(webhook.pk)
    assert len(receiver.requests) == 1


def test_a_message_is_signed_with_the_secret_and_the_time(project: Project, receiver: Receiver) -> None:
    webhook, secret = hook(project, receiver)
    say(project, "Hm.")
    webhooks.deliver_webhook(webhook.pk)
    (request,) = receiver.requests
    at, _, proof = request.headers["Dcai-Signature"].partition(",v1=")
    moment = at.removeprefix("t=")
    expected = hmac.new(secret.encode(), moment.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert proof == expected
    assert abs(int(moment) - timezone.now().timestamp()) < 60
    assert request.headers["Dcai-Delivery"] == json.loads(request.body)["id"]
    assert secret not in str(Webhook.objects.filter(pk=webhook.pk).values())


def test_what_was_refused_is_sent_again_as_it_was_before_anything_newer(project: Project, receiver: Receiver) -> None:
    webhook, _ = hook(project, receiver)
    say(project, "One.")
    receiver.statuses = [500, 503]
    webhooks.deliver_webhook(webhook.pk)
    say(project, "Two.")
    webhooks.deliver_webhook(webhook.pk)
    assert len(receiver.requests) == 1, "the pause is kept"
    assert webhook.pk not in webhook_reads.due_webhooks()
    for _ in range(2):
        due_again(webhook)
        assert webhook.pk in webhook_reads.due_webhooks()
        webhooks.deliver_webhook(webhook.pk)
    first, second, third, fourth = receiver.requests
    assert first.body == second.body == third.body
    assert first.headers["Dcai-Delivery"] == third.headers["Dcai-Delivery"] != fourth.headers["Dcai-Delivery"]
    assert [event["id"] for event in told(receiver)[-2:]] == sorted(event["id"] for event in told(receiver)[-2:])
    done = WebhookDelivery.objects.get(uid=first.headers["Dcai-Delivery"])
    assert (done.state, done.attempts, done.status, done.reason) == (DeliveryState.DELIVERED, 3, 200, "")


def test_pauses_grow(project: Project, receiver: Receiver) -> None:
    webhook, _ = hook(project, receiver)
    say(project, "One.")
    receiver.statuses = [500] * 9
    pauses = []
    for _ in range(9):
        began = timezone.now()
        webhooks.deliver_webhook(webhook.pk)
        webhook.refresh_from_db()
        assert webhook.retry_at is not None
        pauses.append(round((webhook.retry_at - began).total_seconds()))
        due_again(webhook)
    assert pauses == [10, 30, 60, 300, 900, 1800, 3600, 3600, 3600]


def test_after_a_day_it_is_switched_off_and_managers_are_told(project: Project, receiver: Receiver) -> None:
    factories.member(project, Role.REVIEWER)
    webhook, _ = hook(project, receiver)
    say(project, "One.")
    receiver.statuses = [500, 500]
    webhooks.deliver_webhook(webhook.pk)
    Webhook.objects.filter(pk=webhook.pk).update(
        failing_since=timezone.now() - timedelta(days=1), retry_at=timezone.now()
    )
    webhooks.deliver_webhook(webhook.pk)
    webhook.refresh_from_db()
    assert (webhook.is_on, webhook.off_reason) == (False, "It answered 500.")
    (notice,) = Notice.objects.filter(project=project, kind=NoticeKind.WEBHOOK)
    assert (notice.user, notice.note) == (project.created_by, f"{HOST} took nothing for a day. It answered 500.")
    assert Event.objects.filter(project=project, verb="webhook.switched_off", actor=None).exists()

    say(project, "Two.")
    webhooks.deliver_webhook(webhook.pk)
    assert len(receiver.requests) == 2, "it is off"
    webhooks.change_webhook(actor=project.created_by, webhook=webhook, is_on=True)
    webhooks.deliver_webhook(webhook.pk)
    assert receiver.requests[2].body == receiver.requests[0].body
    assert len(told(receiver)) == 4, "nothing was lost"


def test_a_worker_that_dies_leaves_its_message_to_the_next(
    project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook, _ = hook(project, receiver)
    say(project, "One.")

    class Killed(BaseException):
        """As a SIGKILL between what was sent and what is noted."""

    def die(*_arguments: Any, **_options: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(delivering, "_close", die)
        with pytest.raises(Killed):
            webhooks.deliver_webhook(webhook.pk)
    soon, gone = timezone.now() + timedelta(seconds=9), timezone.now() - timedelta(seconds=1)
    Webhook.objects.filter(pk=webhook.pk).update(busy_until=soon)  # nothing was left to free it
    webhooks.deliver_webhook(webhook.pk)
    assert len(receiver.requests) == 1, "another worker may still be sending"
    Webhook.objects.filter(pk=webhook.pk).update(busy_until=gone)
    webhooks.deliver_webhook(webhook.pk)
    first, second = receiver.requests
    assert (first.body, first.headers["Dcai-Delivery"]) == (second.body, second.headers["Dcai-Delivery"])


@pytest.mark.parametrize("meanwhile", ["delete", "switch off"])
def test_what_is_deleted_or_switched_off_meanwhile_is_sent_nothing_more(
    project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    monkeypatch.setattr(delivering, "MOST_EVENTS", 1)
    webhook, _ = hook(project, receiver)
    say(project, "One.", "Two.")
    write = messages.message

    def written(mine: Webhook, delivery: WebhookDelivery) -> bytes:
        body = write(mine, delivery)
        if meanwhile == "delete":
            webhooks.delete_webhook(actor=project.created_by, webhook=Webhook.objects.get(pk=mine.pk))
        else:
            webhooks.change_webhook(actor=project.created_by, webhook=Webhook.objects.get(pk=mine.pk), is_on=False)
        return body

    monkeypatch.setattr(delivering, "message", written)
    webhooks.deliver_webhook(webhook.pk)
    assert len(receiver.requests) == 1


def test_many_events_are_few_requests(project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "MOST_EVENTS", 3)
    webhook, _ = hook(project, receiver)
    say(project, *"abcdefg")
    webhooks.deliver_webhook(webhook.pk)
    assert [len(json.loads(request.body)["events"]) for request in receiver.requests] == [3, 3, 1]
    ids = [event["id"] for event in told(receiver)]
    assert ids == sorted(set(ids))


def test_what_is_none_of_its_types_moves_its_place(project: Project, receiver: Receiver) -> None:
    webhook, _ = hook(project, receiver, "job.ended")
    say(project, "One.")
    webhooks.deliver_webhook(webhook.pk)
    webhook.refresh_from_db()
    assert webhook.position == webhook_reads.last_event()
    assert webhook.pk not in webhook_reads.due_webhooks()
    assert receiver.requests == []


def test_a_redirect_is_not_followed(project: Project, receiver: Receiver) -> None:
    webhook, _ = hook(project, receiver)
    say(project, "One.")
    receiver.statuses, receiver.headers = [307], {"Location": f"{receiver.url}elsewhere"}
    webhooks.deliver_webhook(webhook.pk)
    assert [request.path for request in receiver.requests] == ["/in"]
    assert "redirects are not followed" in WebhookDelivery.objects.get().reason


def test_a_private_address_is_refused_when_it_is_called(project: Project, receiver: Receiver, settings: Any) -> None:
    webhook, _ = hook(project, receiver)
    say(project, "One.")
    settings.WEBHOOK_HOSTS = []
    webhooks.deliver_webhook(webhook.pk)
    assert receiver.requests == []
    assert "not on the public internet" in WebhookDelivery.objects.get().reason


def test_a_test_is_sent_at_once_once_and_also_when_it_is_off(project: Project, receiver: Receiver) -> None:
    webhook, _ = hook(project, receiver)
    webhooks.change_webhook(actor=project.created_by, webhook=webhook, is_on=False)
    receiver.statuses = [404]
    delivery = webhooks.ping_webhook(actor=project.created_by, webhook=webhook)
    assert webhook.pk in webhook_reads.due_webhooks()
    for _ in range(2):
        webhooks.deliver_webhook(webhook.pk)
    (request,) = receiver.requests
    assert json.loads(request.body) == {
        "id": str(delivery.uid), "webhook": webhook.pk, "project": project.slug, "events": []
    }  # fmt: skip
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.reason) == (DeliveryState.FAILED, 404, "It answered 404.")


def test_a_delivery_can_be_sent_again(project: Project, receiver: Receiver) -> None:
    webhook, _ = hook(project, receiver)
    say(project, "One.")
    webhooks.deliver_webhook(webhook.pk)
    webhooks.send_again(actor=project.created_by, delivery=WebhookDelivery.objects.get())
    webhooks.deliver_webhook(webhook.pk)
    first, second = receiver.requests
    assert first.body == second.body
    assert list(WebhookDelivery.objects.order_by("pk").values_list("kind", "state")) == [
        (DeliveryKind.EVENTS, DeliveryState.DELIVERED),
        (DeliveryKind.AGAIN, DeliveryState.DELIVERED),
    ]


def test_deliveries_are_kept_for_a_week(project: Project, receiver: Receiver) -> None:
    webhook, _ = hook(project, receiver)
    for days, state in ((8, DeliveryState.DELIVERED), (8, DeliveryState.WAITING), (6, DeliveryState.FAILED)):
        made = webhooks.ping_webhook(actor=project.created_by, webhook=webhook)
        then = timezone.now() - timedelta(days=days)
        WebhookDelivery.objects.filter(pk=made.pk).update(created_at=then, state=state)
    webhooks.forget_deliveries()
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {DeliveryState.WAITING, DeliveryState.FAILED}


def test_a_job_tells_how_it_ended(project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs._kinds, "test.work", jobs.Kind(work=f"{__name__}.work"))
    webhook, _ = hook(project, receiver, "job.ended")
    done = jobs.start(kind="test.work", project=project, actor=project.created_by)
    jobs.perform_job(done.pk)
    cancelled = jobs.start(kind="test.work", project=project, actor=project.created_by)
    jobs.cancel(actor=project.created_by, job=cancelled)
    lost = jobs.start(kind="test.work", project=project, actor=project.created_by)
    JobRun.objects.filter(pk=lost.pk).update(
        state="running", attempt=jobs.MAX_ATTEMPTS, heartbeat_at=timezone.now() - jobs.LOST_AFTER * 2
    )
    jobs.recover_lost_jobs()
    webhooks.deliver_webhook(webhook.pk)
    assert [(event["data"]["job"], event["data"]["state"]) for event in told(receiver)] == [
        (done.pk, "succeeded"), (cancelled.pk, "cancelled"), (lost.pk, "failed")
    ]  # fmt: skip


def work(_run: jobs.RunningJob[JsonDocument, JsonDocument]) -> JsonDocument:
    return JsonDocument()


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_committed_late_is_not_passed_over(settings: Any) -> None:
    """Ids are given out in one order and committed in another: the lower one must not be lost."""
    project = factories.project()
    slow = connections.create_connection("default")
    insert = (
        "INSERT INTO labeling_event (project_id, verb, payload, created_at) "
        f"VALUES ({project.pk}, 'comment.added', '{{}}', now()) RETURNING id"
    )
    try:
        slow.set_autocommit(False)
        with slow.cursor() as cursor:
            cursor.execute(insert)
            (late,) = cursor.fetchone()
        say(project, "Committed first.")
        assert webhook_reads.last_event() > late
        assert webhook_reads.last_settled_event(patience=0) is None
        slow.commit()
        assert webhook_reads.last_settled_event(patience=0) == webhook_reads.last_event()
    finally:
        slow.close()
    assert connection.get_autocommit()
