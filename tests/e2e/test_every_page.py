"""Every page: nothing WCAG A and AA forbids in light and dark, no sideways scrolling on a phone, no script error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import ConsoleMessage, Page

from labeling.models import AnnotationState, Project, Role, SamplePer, SampleWish, User
from labeling.services import annotations as saving
from labeling.services import (
    demo,
    flags,
    guidelines,
    imports,
    people,
    sampling,
    service_accounts,
    task_deletion,
    tokens,
    webhooks,
)
from labeling.services.annotations import Submission
from tests import factories
from tests.e2e.conftest import PHONE, wide

Check = Callable[..., list[str]]

# Addresses that answer with a part of a page, a file or a redirect, or only take forms.
NO_PAGE = {
    "logout", "profile-password", "profile-theme", "profile-tokens", "profile-token-revoke", "palette", "switcher",
    "job-indicator", "task-by-id", "export-download", "guideline-preview", "import-discard", "import-problems",
    "import-start-checked", "import-remove", "job-card", "job-cancel", "job-undo", "media", "people-invite",
    "member-role",
    "member-role-undo",
    "member-remove", "member-return", "invitation-revoke", "project-archive", "project-restore", "project-tasks-bulk",
    "project-tasks-label",
    "project-tasks-look", "project-filters", "project-filter-delete", "project-act-undo", "task-comment", "task-flag",
    "task-label", "project-schema-undo", "flag-resolve", "project-new-check", "project-new-schema-check",
    "project-settings-undo", "project-schema-check", "project-schema-json-check", "healthz", "readyz", "site-figures",
    "favicon",
    "account_login", "login-code", "provider-login", "openid_connect_callback", "second-factor-codes",
    "second-factor-off", "service-new", "service-switch", "service-tokens", "service-token-revoke",
    "project-gain", "project-quality-run", "project-quality-progress",
    "project-review-cards", "project-review-counts", "project-review-last", "project-review-near",
    "project-review-tiles", "inbox-indicator", "project-sample-undo", "project-sample-close", "project-answer-judge",
    "project-weekly-download", "project-answer-withdraw", "comment-resolve", "project-tasks-delete", "webhook-switch",
    "webhook-ping",
    "webhook-again", "webhook-delete", "project-adjudicate-decide", "project-adjudicate-next",
    "project-adjudicate-undo", "project-agreement-measure", "project-agreement-method", "project-agreement-diagnosis",
    "project-overlap-again",
}  # fmt: skip
ANONYMOUS = {
    "login", "password_reset", "password_reset_done", "password_reset_confirm", "password_reset_complete", "invitation",
}  # fmt: skip


def page_names(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Yield the names of all addresses outside the API and the site administration."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith(("api/", "admin/")):
            continue
        if isinstance(pattern, URLResolver):
            yield from page_names(pattern.url_patterns, route)
        elif pattern.name:
            yield pattern.name


@pytest.fixture
def world(site: str, tmp_path: Path) -> dict[str, Any]:
    """Make a project in which every page has something to show, and the arguments of every page."""
    ann = factories.user("ann@example.org", name="Ann Onymous", is_superuser=True, is_staff=True)
    project: Project = demo.create(actor=ann, key="support_messages")
    bob = factories.member(project, Role.ANNOTATOR, email="bob@example.org")
    task = project.tasks.order_by("pk").last()
    assert task is not None
    saving.submit(actor=bob, task=task, submission=Submission(answers={}, state=AnnotationState.SKIPPED), key="one")
    flags.raise_flag(actor=bob, task=task, note="Is this about an order?")
    saving.comment(actor=bob, task=task, body="I do not know.")
    other = project.tasks.order_by("pk").first()
    assert other is not None
    saving.submit(actor=bob, task=other, submission=Submission(answers={"intent": "order_status"}), key="two")
    sample = sampling.draw(actor=ann, project=project, wish=SampleWish(per=SamplePer.PERSON, each=5))
    people.invite(actor=ann, project=project, role="viewer", email="cleo@example.org")
    tokens.issue_token(user=ann, name="laptop", scope="manage")
    robot = service_accounts.create_service_account(actor=ann, project=project, name="Robot", role="reviewer")
    service_accounts.issue_service_token(actor=ann, member=robot, name="server", scope="read")
    guidelines.save_draft(actor=ann, project=project, body="# Once more\n\n* new", entries=[])
    task_deletion.delete_tasks(actor=ann, project=project, task_ids=[project.tasks.order_by("pk")[5].pk])
    webhook, _ = webhooks.create_webhook(
        actor=ann, project=project, url="https://example.com/hooks/dcai", types=["comment.added", "job.ended"]
    )
    webhooks.ping_webhook(actor=ann, webhook=webhook)
    job = project.jobs.filter(kind="labeling.import").latest("pk")
    upload = imports.upload(
        actor=ann, project=project, file=ContentFile(b"text,intent\nHello,order_status\n"), filename="a.csv"
    )
    of = {"slug": project.slug}
    return {
        "person": ann,
        "project": project,
        "arguments": {
            **dict.fromkeys(
                (name for name in page_names(get_resolver().url_patterns) if name.startswith("project-")), of
            ),
            "project-new": {},
            "project-new-questions": {"template": "text-classification"},
            "project-new-schema": {},
            "guideline-edit": of,
            "guideline-versions": of,
            "guideline-version": {**of, "number": 1},
            "project-sample": {**of, "sample_id": sample.pk},
            "project-sample-next": {**of, "sample_id": sample.pk},
            "project-webhook": {**of, "webhook_id": webhook.pk},
            "project-person": {**of, "person_id": bob.pk},
            "project-person-answers": {**of, "person_id": bob.pk},
            "inbox": {},
            "project-task": {**of, "task_id": task.pk},
            "project-adjudicate-task": {**of, "task_id": task.pk},
            "import-preview": {**of, "upload_id": upload.pk},
            "import-report": {**of, "job_id": job.pk},
            "job": {"job_id": job.pk},
        },
    }


def cut_off(page: Page) -> list[str]:
    """Return the tabs at the bottom of a phone that are not on the screen as a whole."""
    outside: list[str] = page.evaluate("""() => [...document.querySelectorAll(".dc-rail-tab")]
        .filter((tab) => tab.checkVisibility())
        .filter((tab) => tab.getBoundingClientRect().left < 0 || tab.getBoundingClientRect().right > innerWidth)
        .map((tab) => tab.textContent.trim())""")
    return outside


def faults(page: Page, path: str, violations: Check) -> list[str]:
    """Open a page and return what is wrong with it in light, in dark and on a phone."""
    found: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(f"console: {message.text[:300]}")

    page.on("console", heard)
    answer = page.goto(path)
    if answer is None or not answer.ok:
        found.append(f"answered {answer.status if answer else 'nothing'}")
    page.wait_for_load_state("networkidle")
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        # The theme changes nothing but colors.
        found += [f"{theme}: {violation}" for violation in violations(page, colors_only=theme == "dark")]
    size = page.viewport_size
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict of the two sizes
    if (sideways := wide(page)) > 0:
        found.append(f"phone: {sideways} px too wide")
    found += [f"phone: cut off: {tab}" for tab in cut_off(page)]
    found += [f"phone: {violation}" for violation in violations(page)]
    if size:
        page.set_viewport_size(size)
    page.remove_listener("console", heard)
    return found


@pytest.mark.timeout(400)
def test_every_page_for_people_who_are_signed_in(
    browse: Callable[..., Page], violations: Check, world: dict[str, Any]
) -> None:
    page = browse(world["person"])
    found: dict[str, list[str]] = {}
    for name in sorted(set(page_names(get_resolver().url_patterns)) - NO_PAGE - ANONYMOUS):
        if wrong := faults(page, reverse(name, kwargs=world["arguments"].get(name)), violations):
            found[name] = wrong
    assert found == {}


def test_every_page_for_people_who_are_not(browse: Callable[..., Page], violations: Check) -> None:
    project = factories.project()
    ann = User.objects.get(pk=project.created_by_id)
    _, secret = people.invite(actor=ann, project=project, role="viewer")
    paths = {
        **{name: reverse(name) for name in ANONYMOUS - {"password_reset_confirm", "invitation"}},
        "password_reset_confirm": reverse("password_reset_confirm", args=("MQ", "set-password")),
        "invitation": reverse("invitation", args=(secret,)),
    }
    page = browse()
    found = {name: wrong for name, path in sorted(paths.items()) if (wrong := faults(page, path, violations))}
    assert found == {}


@pytest.mark.parametrize("path", ["/p/absent/", "/nowhere/"])
def test_error_pages(browse: Callable[..., Page], violations: Check, path: str) -> None:
    page = browse(factories.user())
    page.goto(path)
    assert page.get_by_role("heading", level=1).inner_text()
    assert violations(page) == []
