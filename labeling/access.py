"""The only way from (user, id) to an object, and the table of what each role may do.

Absent and not yours look the same: `NotFound`. A member whose role lacks the action gets `Forbidden`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from labeling import statements
from labeling.errors import Forbidden, NotFound
from labeling.models import (
    Annotation,
    AnswerReview,
    BulkAct,
    Comment,
    Flag,
    JobRun,
    Membership,
    Project,
    Role,
    Sample,
    SavedFilter,
    Task,
    Upload,
    User,
    Webhook,
    WebhookDelivery,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import AnonymousUser


class Action(StrEnum):
    """What can be done in a project."""

    VIEW = "view"
    ANNOTATE = "annotate"
    REVIEW = "review"
    EXPORT = "export"
    MANAGE = "manage"


_VIEWER = frozenset({Action.VIEW})
_ANNOTATOR = _VIEWER | {Action.ANNOTATE}
_REVIEWER = _ANNOTATOR | {Action.REVIEW, Action.EXPORT}
_MANAGER = _REVIEWER | {Action.MANAGE}

ALLOWED: dict[str, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.ANNOTATOR: _ANNOTATOR,
    Role.REVIEWER: _REVIEWER,
    Role.MANAGER: _MANAGER,
}

_NEEDED: dict[Action, str] = {
    Action.VIEW: "a member of the project",
    Action.ANNOTATE: "an annotator",
    Action.REVIEW: "a reviewer",
    Action.EXPORT: "a reviewer",
    Action.MANAGE: "a manager",
}


# Object, project and role in one statement: it comes first in every save and claim.
_PROJECT_COLUMNS = statements.Columns(Project, "p")
_TASK_COLUMNS = statements.Columns(Task, "t")
_ROLE = "(SELECT m.role FROM labeling_membership m WHERE m.project_id = p.id AND m.user_id = %(user)s)"
_PROJECT = f"SELECT {_PROJECT_COLUMNS.sql}, {_ROLE} FROM labeling_project p WHERE p.slug = %(slug)s"  # noqa: S608
_TASK = (
    f"SELECT {_TASK_COLUMNS.sql}, {_PROJECT_COLUMNS.sql}, {_ROLE} "  # noqa: S608 - only names of columns are put in
    "FROM labeling_task t JOIN labeling_project p ON p.id = t.project_id WHERE t.id = %(task)s"
)


def role_in(user: User | AnonymousUser, project_id: int) -> str | None:
    """Return the person's role in a project, or None; site administrators act as managers."""
    if user.is_anonymous or not user.is_active:
        return None
    if user.is_superuser:
        return Role.MANAGER
    return Membership.objects.filter(project_id=project_id, user_id=user.pk).values_list("role", flat=True).first()


def roles_in(user: User, project_ids: Iterable[int]) -> dict[int, str]:
    """Return the person's role in each of these projects they are a member of, in one query."""
    if user.is_superuser:
        return dict.fromkeys(project_ids, Role.MANAGER)
    found = Membership.objects.filter(project_id__in=list(project_ids), user_id=user.pk)
    return dict(found.values_list("project_id", "role"))


def check_person(user: User, act: str) -> None:
    """Refuse a service account what only people do; `act` says what, as in “answer tasks”."""
    if user.is_service or user.is_imported:
        message = f"Only people {act}: {user} is none. Use the token of a person."
        raise Forbidden(message)


def may(user: User | AnonymousUser, project: Project, action: Action) -> bool:
    """Return whether the person may do this in the project."""
    role = role_in(user, project.pk)
    return role is not None and action in ALLOWED[role]


def projects_of(user: User) -> QuerySet[Project]:
    """Return the projects the person is a member of; all of them for site administrators."""
    if user.is_superuser:
        return Project.objects.all()
    return Project.objects.filter(memberships__user=user)


def _check(user: User | AnonymousUser, project: Project, action: Action) -> None:
    _allow(role_in(user, project.pk), project, action)


def _allow(role: str | None, project: Project, action: Action) -> None:
    if role is None:
        raise NotFound
    if action not in ALLOWED[role]:
        yours = Role(role).label.lower()
        message = f"Your role in “{project.name}” is {yours}; this needs {_NEEDED[action]}. Ask a manager of it."
        raise Forbidden(message)
    if project.archived_at is not None and action not in {Action.VIEW, Action.EXPORT, Action.MANAGE}:
        message = (
            f"“{project.name}” is archived: it can be read and exported. A manager can restore it in its settings."
        )
        raise Forbidden(message)


def project_for(user: User | AnonymousUser, slug: str, action: Action) -> Project:
    """Return the project if the person may do this in it."""
    if user.is_anonymous or not user.is_active or "\x00" in slug:
        raise NotFound
    for *columns, role in statements.run_statement(_PROJECT, {"slug": slug, "user": user.pk}):
        project = _PROJECT_COLUMNS.build(columns)
        _allow(Role.MANAGER if user.is_superuser else role, project, action)
        return project
    raise NotFound


def person_for(user: User, slug: str, person_id: int) -> tuple[Project, User]:
    """Return the project and somebody who works in it, or once did: oneself; to reviewers, anybody."""
    project = project_for(user, slug, Action.VIEW)
    if person_id != user.pk and not may(user, project, Action.REVIEW):
        raise NotFound
    answered = Annotation.objects.filter(project=project, annotator=OuterRef("pk"))
    member = Membership.objects.filter(project=project, user=OuterRef("pk"))
    there = Q(Exists(member)) | Q(Exists(answered))
    person = User.objects.filter(there, pk=person_id, is_service=False).first()
    if person is None:
        raise NotFound
    return project, person


def task_for(user: User | AnonymousUser, task_id: int, action: Action) -> Task:
    """Return the task, with its project, if the person may do this in it."""
    if user.is_anonymous or not user.is_active:
        raise NotFound
    for *columns, role in statements.run_statement(_TASK, {"task": task_id, "user": user.pk}):
        task = _TASK_COLUMNS.build(columns[: _TASK_COLUMNS.count])
        task.project = _PROJECT_COLUMNS.build(columns[_TASK_COLUMNS.count :])
        _allow(Role.MANAGER if user.is_superuser else role, task.project, action)
        return task
    raise NotFound


def flag_for(user: User | AnonymousUser, flag_id: int, action: Action) -> Flag:
    """Return the flag, with its task and project, if the person may do this in the project."""
    flag = Flag.objects.select_related("project", "task").filter(pk=flag_id).first()
    if flag is None:
        raise NotFound
    _check(user, flag.project, action)
    return flag


def bulk_act_for(user: User | AnonymousUser, slug: str, act_id: int, action: Action) -> BulkAct:
    """Return the project's act on many tasks, if the person may do this in it."""
    project = project_for(user, slug, action)
    act = BulkAct.objects.select_related("project").filter(pk=act_id, project=project).first()
    if act is None:
        raise NotFound
    return act


def sample_for(user: User | AnonymousUser, slug: str, sample_id: int, action: Action) -> Sample:
    """Return the project's sample of answers, if the person may do this in it."""
    project = project_for(user, slug, action)
    sample = Sample.objects.select_related("project", "drawn_by").filter(pk=sample_id, project=project).first()
    if sample is None:
        raise NotFound
    return sample


def answer_review_for(user: User | AnonymousUser, slug: str, review_id: int, action: Action) -> AnswerReview:
    """Return the review of an answer in the project, with that answer, if the person may do this in it."""
    project = project_for(user, slug, action)
    found = AnswerReview.objects.select_related("project", "task", "annotation", "annotator")
    review = found.filter(pk=review_id, project=project).first()
    if review is None:
        raise NotFound
    return review


def annotation_for(user: User | AnonymousUser, annotation_id: int, action: Action) -> Annotation:
    """Return somebody's answer, with its task and project, if the person may do this in the project."""
    found = Annotation.objects.select_related("project", "task", "annotator").filter(pk=annotation_id).first()
    if found is None:
        raise NotFound
    _check(user, found.project, action)
    return found


def comment_for(user: User | AnonymousUser, comment_id: int, action: Action) -> Comment:
    """Return what somebody said about a task, if the person may do this in its project."""
    found = Comment.objects.select_related("project", "task", "author", "resolved_by").filter(pk=comment_id).first()
    if found is None:
        raise NotFound
    _check(user, found.project, action)
    return found


def saved_filter_for(user: User, slug: str, filter_id: int, action: Action) -> SavedFilter:
    """Return the person's own filter of the project, if they may do this in it."""
    project = project_for(user, slug, action)
    found = SavedFilter.objects.select_related("project").filter(pk=filter_id, user_id=user.pk, project=project).first()
    if found is None:
        raise NotFound
    return found


def job_for(user: User | AnonymousUser, job_id: int, action: Action) -> JobRun:
    """Return the job: of a project where the person may do this, or of the site for its administrators.

    What jobs find and say is for reviewers. Whoever asked for a job may see it too, also one of the site: the deletion
    of a project is one.
    """
    job = JobRun.objects.select_related("project", "requested_by").filter(pk=job_id).first()
    if job is None:
        raise NotFound
    if job.project is None:
        own = action == Action.VIEW and user.pk is not None and job.requested_by_id == user.pk
        if not (user.is_active and (own or getattr(user, "is_superuser", False))):
            raise NotFound
        return job
    seen_by_all = action == Action.VIEW and job.requested_by_id != user.pk
    _check(user, job.project, action)
    if seen_by_all:
        _check(user, job.project, Action.REVIEW)
    return job


def visible_jobs(user: User) -> QuerySet[JobRun]:
    """Return the jobs that the person may see: of projects they review, and their own; all for administrators."""
    if user.is_superuser:
        return JobRun.objects.all()
    reviewers = [role for role, actions in ALLOWED.items() if Action.REVIEW in actions]
    reviewed = Membership.objects.filter(user=user, role__in=reviewers).values("project")
    own = Q(requested_by=user) & (Q(project=None) | Q(project__in=projects_of(user)))
    return JobRun.objects.filter(Q(project__in=reviewed) | own)


def upload_for(user: User | AnonymousUser, slug: str, upload_id: int, action: Action) -> Upload:
    """Return a file sent to the project, if the person may do this in it."""
    project = project_for(user, slug, action)
    upload = Upload.objects.select_related("project").filter(pk=upload_id, project=project).first()
    if upload is None:
        raise NotFound
    return upload


def import_for(user: User | AnonymousUser, slug: str, job_id: int, action: Action) -> JobRun:
    """Return an import of the project, if the person may do this in it."""
    job = job_for(user, job_id, action)
    if job.kind != "labeling.import" or job.project is None or job.project.slug != slug:
        raise NotFound
    return job


def webhook_for(user: User | AnonymousUser, slug: str, webhook_id: int, action: Action) -> Webhook:
    """Return a webhook of the project, if the person may do this in it."""
    project = project_for(user, slug, action)
    webhook = Webhook.objects.select_related("project").filter(pk=webhook_id, project=project).first()
    if webhook is None:
        raise NotFound
    return webhook


def delivery_for(
    user: User | AnonymousUser, slug: str, webhook_id: int, delivery_id: int, action: Action
) -> WebhookDelivery:
    """Return what was sent to a webhook of the project, if the person may do this in it."""
    webhook = webhook_for(user, slug, webhook_id, action)
    delivery = (
        WebhookDelivery.objects.select_related("webhook__project").filter(pk=delivery_id, webhook=webhook).first()
    )
    if delivery is None:
        raise NotFound
    return delivery
