"""A project with one of everything that an address can name, and a person of every role."""

from __future__ import annotations

import copy
import io
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.files.base import ContentFile
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from PIL import Image

from labeling.formats import images
from labeling.models import (
    AnswerReview,
    JobRun,
    JobState,
    Membership,
    Project,
    Role,
    SamplePer,
    SampleWish,
    Task,
    User,
)
from labeling.services import annotations as saving
from labeling.services import (
    explorer,
    flags,
    guidelines,
    imports,
    jobs,
    media,
    people,
    projects,
    sampling,
    service_accounts,
    tasks,
    tokens,
    webhooks,
)
from labeling.services.annotations import Submission
from labeling.web.people import RETURN
from quality.selectors.runs import KIND as RUN
from tests import factories

LADDER = ("viewer", "annotator", "reviewer", "manager", "superuser")
SCHEMA: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}, {"name": "image", "type": "image", "required": False}],
    "questions": [{"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "delivery", "other"]}],
}


@dataclass
class World:
    """A project with one of everything, and who looks at it."""

    project: Project
    task: Task
    people: dict[str, User]
    arguments: dict[str, Any]

    @property
    def manager(self) -> User:
        """The person who made the project."""
        return self.people["manager"]


def picture(color: str = "red") -> bytes:
    """Return a small PNG."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(out, "PNG")
    return out.getvalue()


def imported(project: Project, content: bytes, name: str, **options: Any) -> JobRun:
    """Import a file, and wait for it."""
    job = imports.start(
        actor=project.created_by, project=project, file=ContentFile(content, name=name), options=options or None
    )
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    return job


def sampled(project: Project, task: Task, person: User) -> AnswerReview:
    """Let a person answer a task, and draw a sample of that one answer."""
    submission = Submission(answers={"intent": "billing"})
    saving.submit(actor=person, task=task, submission=submission, key=f"sampled {task.pk}")
    sample = sampling.draw(actor=project.created_by, project=project, wish=SampleWish(per=SamplePer.PERSON, each=1))
    return sample.reviews.get()


def world(*, color: str = "red") -> World:
    """Make a project with one of everything; `color` makes its image one that no other project has."""
    manager = factories.user(password=factories.PASSWORD)
    project = factories.project(manager=manager, schema=SCHEMA)
    job = imported(project, b"text\nHello.\nGood day.\n", "rows.csv")
    task = Task.objects.filter(project=project).latest("pk")
    worked_on = factories.task(project)
    flag = flags.raise_flag(actor=manager, task=worked_on, note="Look.")
    guidelines.save_draft(actor=manager, project=project, body="# Rules", entries=[])
    guidelines.publish(actor=manager, project=project, change_note="First.")
    draft = guidelines.save_draft(actor=manager, project=project, body="# Rules, again", entries=[])
    content = picture(color)
    info = images.check(content)
    media.store_media(content, info)
    media.link(project.pk, [info])
    newer = copy.deepcopy(SCHEMA)
    newer["questions"][0]["title"] = "What is it about?"
    schema = projects.revise_schema(actor=manager, project=project, schema=newer)
    member = Membership.objects.create(project=project, user=factories.user(), role=Role.ANNOTATOR)
    invitation, secret = people.invite(actor=manager, project=project, role=Role.VIEWER)
    token, _ = tokens.issue_token(user=factories.user(), name="somebody's", scope="manage")
    service = service_accounts.create_service_account(actor=manager, project=project, name="Robot", role=Role.VIEWER)
    robots, _ = service_accounts.issue_service_token(actor=manager, member=service, name="server", scope="read")
    stranger = factories.user(password=factories.PASSWORD)
    upload = imports.upload(
        actor=manager, project=project, file=ContentFile(b"text,intent\nHi,billing\n"), filename="a.csv"
    )
    review = sampled(project, worked_on, member.user)
    webhook, _ = webhooks.create_webhook(
        actor=manager, project=project, url="https://example.com/hook", types=["job.ended"]
    )
    annotator = factories.member(project, Role.ANNOTATOR, password=factories.PASSWORD)
    arguments = {
        "comment_id": saving.comment(actor=annotator, task=worked_on, body="Why?").pk,
        "webhook_id": webhook.pk,
        "delivery_id": webhooks.ping_webhook(actor=manager, webhook=webhook).pk,
        "slug": project.slug,
        "sample_id": review.sample_id,
        "review_id": review.pk,
        "task_id": task.pk,
        "job_id": job.pk,
        "run_id": JobRun.objects.create(
            kind=RUN,
            project=project,
            requested_by=manager,
            params={"question": "intent", "trigger": "hand"},
            state=JobState.SUCCEEDED,
        ).pk,
        "upload_id": upload.pk,
        "flag_id": flag.pk,
        "act_id": tasks.set_split(actor=manager, project=project, task_ids=[worked_on.pk], split="train").pk,
        "filter_id": explorer.save_filter(actor=factories.user(), project=project, name="Mine", query="q=a").pk,
        "membership_id": member.pk,
        "person_id": member.user_id,
        "role": Role.REVIEWER,
        "proof": signing.dumps([project.pk, factories.user().pk, Role.VIEWER], salt=RETURN),
        "invitation_id": invitation.pk,
        "secret": secret,
        "number": 1,
        "draft": draft.version,
        "schema_version": schema.number,
        "token_id": token.pk,
        "service_id": service.pk,
        "provider_id": "organization",
        "service_token_id": robots.pk,
        "template": "text-classification",
        "sha256": info.sha256,
        "variant": "thumb",
        "uidb64": urlsafe_base64_encode(force_bytes(stranger.pk)),
        "token": default_token_generator.make_token(stranger),
    }
    return World(
        project=project,
        task=task,
        arguments=arguments,
        people={
            "outsider": factories.user(password=factories.PASSWORD),
            **{
                role: factories.member(project, role, password=factories.PASSWORD)
                for role in (Role.VIEWER, Role.REVIEWER)
            },
            "annotator": annotator,
            "manager": manager,
            "superuser": factories.user(password=factories.PASSWORD, is_superuser=True, is_staff=True),
        },
    )
