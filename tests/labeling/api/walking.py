"""What the tests of the API share: its routes, a project with one of everything, and its OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from jsonschema import Draft202012Validator

from labeling.api import urls
from labeling.api.docs import openapi
from labeling.models import (
    Adjudication,
    Annotation,
    ApiToken,
    BulkAct,
    Comment,
    Flag,
    Invitation,
    JobRun,
    Membership,
    Project,
    Role,
    Task,
    User,
    Verdict,
    WebhookDelivery,
)
from labeling.reasons.decisions import Decision
from labeling.reasons.manual import MANUAL
from labeling.reasons.outlier import OUTLIER
from labeling.services import adjudicating, flags, people, returns, reviews, task_deletion, tokens, webhooks
from labeling.services import annotations as saving
from labeling.services.adjudicating import AdjudicatorRuling
from labeling.services.annotations import Submission
from tests import factories

METHODS = ("get", "post", "put", "patch", "delete")


def routes_of(patterns: Iterable[Any]) -> dict[tuple[str, str], str]:
    """Return the address of every method of every route."""
    return {
        (str(pattern.name), method): str(pattern.pattern)
        for pattern in patterns
        for method in METHODS
        if hasattr(pattern.callback.view_class, method)
    }


ROUTES = routes_of(urls.urlpatterns)


@dataclass
class World:
    """A project with one of everything that an address can name, and a person of every role."""

    project: Project
    task: Task
    job: JobRun
    member: Membership
    invitation: Invitation
    token: ApiToken
    flag: Flag
    decided: Flag
    deletion: BulkAct
    answer: Annotation
    returned: Annotation
    comment: Comment
    delivery: WebhookDelivery
    disputed: Task
    adjudicated: Adjudication
    people: dict[str, User]

    @property
    def arguments(self) -> dict[str, Any]:
        """What the addresses' variables stand for."""
        return {
            "slug": self.project.slug,
            "task_id": self.task.pk,
            "job_id": self.job.pk,
            "member_id": self.member.pk,
            "person_id": self.member.user_id,
            "invitation_id": self.invitation.pk,
            "token_id": self.token.pk,
            "flag_id": self.flag.pk,
            "act_id": self.deletion.pk,
            "annotation_id": self.answer.pk,
            "comment_id": self.comment.pk,
            "webhook_id": self.delivery.webhook_id,
            "delivery_id": self.delivery.pk,
        }

    def address(self, name: str, method: str = "") -> str:
        """Return the address of a route."""
        pattern = next(route for (route_name, _), route in ROUTES.items() if route_name == name)
        wanted = {key: value for key, value in self.arguments.items() if f":{key}>" in pattern}
        if (name, method) == ("api-flag-resolution", "delete"):
            wanted["flag_id"] = self.decided.pk  # only a decision can be taken back
        if (name, method) == ("api-annotation-return", "delete"):
            wanted["annotation_id"] = self.returned.pk  # only what waits can be taken back
        if name == "api-task-adjudication":  # only what several people answered, and what was decided
            wanted["task_id"] = self.adjudicated.task_id if method == "delete" else self.disputed.pk
        return reverse(name, kwargs=wanted)


def world() -> World:
    """Make a project with one of everything."""
    manager = factories.user()
    project = factories.project(manager=manager)
    task = factories.task(project)
    member = Membership.objects.create(project=project, user=factories.user(), role=Role.ANNOTATOR)
    invitation, _ = people.invite(actor=manager, project=project, role=Role.VIEWER)
    token, _ = tokens.issue_token(user=factories.user(), name="somebody's", scope="manage")
    annotator = factories.member(project, Role.ANNOTATOR)
    return World(
        project=project,
        task=task,
        job=JobRun.objects.create(kind="labeling.import", project=project, requested_by=manager),
        member=member,
        invitation=invitation,
        token=token,
        flag=flags.put_flag(task=task, reason=MANUAL, question="intent"),
        decided=decided(project, task, manager),
        deletion=task_deletion.delete_tasks(actor=manager, project=project, task_ids=[factories.task(project).pk]),
        answer=answered(project),
        returned=returned(project, manager),
        comment=saving.comment(actor=annotator, task=task, body="Why?"),
        delivery=sent(project, manager),
        disputed=disputed(project),
        adjudicated=adjudicated(project, manager),
        people={
            "outsider": factories.user(),
            "viewer": factories.member(project, Role.VIEWER),
            "annotator": annotator,
            "reviewer": factories.member(project, Role.REVIEWER),
            "manager": manager,
            "superuser": factories.user(is_superuser=True, is_staff=True),
        },
    )


def sent(project: Project, manager: User) -> WebhookDelivery:
    """Return a test that waits to be sent to a webhook."""
    webhook, _ = webhooks.create_webhook(
        actor=manager, project=project, url="https://example.com/hook", types=["job.ended"]
    )
    return webhooks.ping_webhook(actor=manager, webhook=webhook)


def disputed(project: Project) -> Task:
    """Return a task that two people answered, each otherwise."""
    task = factories.task(project)
    for person, label in ((factories.member(project), "billing"), (factories.member(project), "other")):
        saving.submit(actor=person, task=task, submission=Submission({"intent": label}), key=f"{task.pk} {label}")
    return task


def adjudicated(project: Project, reviewer: User) -> Adjudication:
    """Return what was decided about a task that two people answered."""
    ruling = AdjudicatorRuling(Verdict.SEVERAL)
    task = disputed(project)
    return adjudicating.adjudicate(
        actor=reviewer, project=project, task_id=task.pk, question="intent", ruling=ruling
    ).adjudication


def answered(project: Project) -> Annotation:
    """Return the answer of a member to a task of its own."""
    task, person = factories.task(project), factories.member(project)
    saving.submit(actor=person, task=task, submission=Submission(answers={"intent": "billing"}), key=str(task.pk))
    return Annotation.objects.get(task=task)


def returned(project: Project, reviewer: User) -> Annotation:
    """Return an answer that was sent back."""
    answer = answered(project)
    returns.send_back(actor=reviewer, annotation=answer, version=1, note="Look again.")
    return answer


def decided(project: Project, task: Task, reviewer: User) -> Flag:
    """Return a flag that a reviewer has decided."""
    flag = flags.put_flag(task=task, reason=OUTLIER, question="intent")
    reviews.decide(actor=reviewer, project=project, flag_ids=[flag.pk], ruling=reviews.Ruling(Decision.AMBIGUOUS))
    return flag


def described(name: str, method: str) -> dict[str, Any]:
    """Return what the OpenAPI document says about a route's method."""
    path = "/api/" + re.sub(r"<\w+:(\w+)>", r"{\1}", ROUTES[name, method])
    operation: dict[str, Any] = openapi()["paths"][path][method]
    return operation


def assert_as_described(name: str, method: str, status: int, content: Any) -> None:
    """Assert that an answer is one that the OpenAPI document describes."""
    answers = described(name, method)["responses"]
    assert str(status) in answers, f"{method} {name} answered {status}, described are {list(answers)}"
    kinds = answers[str(status)].get("content", {})
    if isinstance(content, bytes) or not kinds:
        return
    document = openapi()
    schema = kinds["application/problem+json" if status >= 400 else "application/json"]["schema"]
    Draft202012Validator(schema | {"components": document["components"]}).validate(content)
