"""Stored scripts: what people enter is text and stays text, on every page that shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from playwright.sync_api import Dialog, Page, Request

from labeling.models import Flag, JobRun, JobState, Project, Role, SamplePer, SampleWish, Task, User
from labeling.services import (
    accounts,
    explorer,
    flags,
    guidelines,
    imports,
    jobs,
    people,
    projects,
    sampling,
    tokens,
    webhooks,
)
from labeling.services import annotations as saving
from labeling.services.annotations import Submission
from quality.selectors.runs import KIND as RUN
from tests import factories
from tests.security.nasty import MARKDOWN, TEXTS, document, short
from tests.security.pages import PAGES, address
from tests.security.rules import PUBLIC, RULES

WATCH = """
window.broken = [];
document.addEventListener('securitypolicyviolation', event => window.broken.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => { window.ran = 1; };
"""
# Files, fragments without a page around them, and what leads elsewhere.
NOT_SHOWN = {
    "export-download", "import-problems", "media", "task-by-id", "job-card", "site-figures", "favicon",
    "project-agreement-diagnosis", "project-weekly-download",
}  # fmt: skip
NAME = '"><img src=x onerror="window.ran=1">'


def schema() -> dict[str, Any]:
    """Return a schema in which every text is nasty."""
    labels = [
        {"name": text, "title": text, "description": document(TEXTS)}
        for text in dict.fromkeys(text.strip() for text in short(100))
        if text.isprintable()
    ]
    return {
        "fields": [{"name": "text", "type": "text", "title": TEXTS[1]}],
        "questions": [
            {"name": "intent", "kind": "choice", "field": "text", "title": TEXTS[0], "description": document(TEXTS),
             "labels": labels},
            {"name": "why", "kind": "text", "field": "text", "title": TEXTS[3], "required": False},
        ],
    }  # fmt: skip


@pytest.fixture
def place(site: str, tmp_path: Path) -> dict[str, Any]:
    """Make a project whose every text is nasty; return its manager, and the arguments of its pages."""
    manager = factories.user("ann@example.org", name=NAME, is_superuser=True, is_staff=True)
    project = projects.create(actor=manager, name=NAME, schema=schema(), description=document(TEXTS))
    member = factories.member(project, Role.ANNOTATOR, name=TEXTS[3])
    accounts.rename(user=member, name=TEXTS[0])
    rows = [
        {"text": text, "external_id": text, "labels": {"why": text}, "meta": {text[:100]: text, "list": [text]}}
        for text in TEXTS
    ]
    brought_in(project, "\n".join(json.dumps(row) for row in rows).encode(), f"{short(60)[0]}.jsonl")
    quoted = f"{NAME}x".replace('"', '""')
    refused = brought_in(project, f'text,intent\nHello,"{quoted}"\n'.encode(), "'><svg onload=window.ran=1>.csv")
    task = Task.objects.filter(project=project).order_by("pk")[0]
    answers = {"intent": schema()["questions"][0]["labels"][0]["name"], "why": document(TEXTS)}
    saving.submit(actor=member, task=task, submission=Submission(answers=answers, comment=TEXTS[1]), key="one")
    for text in TEXTS:
        saving.comment(actor=member, task=task, body=text)
    for other, text in zip(Task.objects.filter(project=project).order_by("pk"), TEXTS, strict=False):
        flags.raise_flag(actor=member, task=other, note=text, question="intent")
    entries = [
        {"question": "intent", "label": label["name"], "definition": document(MARKDOWN), "use_when": MARKDOWN[0],
         "not_when": MARKDOWN[4]}
        for label in schema()["questions"][0]["labels"][:3]
    ]  # fmt: skip
    guidelines.save_draft(actor=manager, project=project, body=document(MARKDOWN), entries=entries)
    guidelines.publish(actor=manager, project=project, change_note=document(TEXTS)[:1000])
    draft = guidelines.save_draft(
        actor=manager, project=project, body=document(MARKDOWN) + "\n\nMore.", entries=entries
    )
    for text in short(60):
        explorer.save_filter(actor=manager, project=project, name=text, query=f"q={text}")
    for text in short(100):
        tokens.issue_token(user=manager, name=text, scope="manage")
    _, secret = people.invite(actor=manager, project=project, role="viewer")
    cells = ",".join('"' + text.replace('"', '""') + '"' for text in TEXTS[:8])
    upload = imports.upload(
        actor=manager,
        project=project,
        filename=f"{NAME}.csv",
        file=ContentFile(f"text,{cells}\nHello,{cells}".encode()),
    )
    flag = Flag.objects.filter(project=project).earliest("pk")
    sample = sampling.draw(actor=manager, project=project, wish=SampleWish(per=SamplePer.PERSON, each=1))
    return {
        "manager": manager,
        "project": project,
        "task": task,
        "arguments": {
            "slug": project.slug,
            "task_id": task.pk,
            "person_id": member.pk,
            "webhook_id": webhooks.create_webhook(
                actor=manager, project=project, url="https://example.com/hook", types=["job.ended"]
            )[0].pk,
            "flag_id": flag.pk,
            "sample_id": sample.pk,
            "schema_version": 1,
            "job_id": refused.pk,
            "run_id": JobRun.objects.create(
                kind=RUN,
                project=project,
                requested_by=manager,
                params={"question": "intent", "trigger": "hand"},
                state=JobState.FAILED,
                error=NAME,
                message=NAME,
            ).pk,
            "upload_id": upload.pk,
            "number": 1,
            "template": "text-classification",
            "secret": secret,
            "draft": draft.version,
            "uidb64": "MQ",
            "token": "set-password",
        },
    }


def brought_in(project: Project, content: bytes, name: str) -> Any:
    assert isinstance(project.created_by, User)
    job = imports.start(actor=project.created_by, project=project, file=ContentFile(content), filename=name)
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    return job


class Watched:
    """A page on which nothing may run, break a rule of the content policy, or ask another site."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.faults: list[str] = []
        page.add_init_script(WATCH)
        page.on("dialog", self._heard)
        page.on("request", lambda request: self._asked(request, site))
        page.on("pageerror", lambda error: self.faults.append(f"an error: {error}"))

    def _heard(self, dialog: Dialog) -> None:
        self.faults.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Request, site: str) -> None:
        if not request.url.startswith((f"{site}/", "data:", "blob:", "about:")):
            self.faults.append(f"a request to {request.url}")

    def open(self, path: str) -> str:
        """Open a page, and return the words on it."""
        answer = self.page.goto(path)
        if answer is None or answer.status >= 400:
            self.faults.append(f"{path} answered {answer.status if answer else 'nothing'}")
        return self.look(path)

    def look(self, path: str) -> str:
        """Write down what went wrong on the page that is open, and return the words on it."""
        if self.page.evaluate("() => window.ran"):
            self.faults.append(f"{path}: a script ran")
        self.faults += [f"{path}: {broken}" for broken in self.page.evaluate("() => window.broken")]
        return str(self.page.evaluate("() => document.body.innerText"))


def missing(texts: list[str], shown: str) -> list[str]:
    """Return which texts are not shown literally."""
    plain = " ".join(shown.split())
    return [text for text in texts if " ".join(text.split()) not in plain]


@pytest.mark.timeout(300)
def test_nothing_that_people_enter_runs_on_any_page(
    browse: Callable[..., Page], site: str, place: dict[str, Any]
) -> None:
    page = browse(place["manager"])
    watched = Watched(page, site)
    shown: dict[str, str] = {}
    for name in sorted(set(PAGES) & set(RULES) - NOT_SHOWN):
        if "get" in RULES[name] and RULES[name]["get"] != PUBLIC:
            shown[name] = watched.open(address(name, place["arguments"]))
    for table in ("user", "project", "invitation", "apitoken", "jobrun", "event", "membership"):
        shown[table] = watched.open(reverse(f"admin:labeling_{table}_changelist"))
    for query in ("?q=window", "?sort=-added", "?q=%22%3E%3Cscript%3Ewindow.ran%3D1%3C%2Fscript%3E"):
        watched.open(f"{address('project-tasks', place['arguments'])}{query}")
    assert watched.faults == []
    texts = list(TEXTS[:-1])
    assert missing([NAME], shown["project-overview"]) == []
    assert missing([NAME], shown["home"]) == []
    assert missing(texts, shown["project-tasks"]) == []
    assert missing(texts, shown["project-task"]) == []
    assert missing(short(60)[:-1], shown["project-tasks"]) == []
    assert missing([TEXTS[0], NAME], shown["project-people"]) == []
    assert missing([text for text in short(100) if text in texts], shown["profile"]) == []
    assert missing([text for text in texts if "&lt;" not in text and "`" not in text], shown["project-guideline"]) == []
    assert missing([f"{NAME}x"], shown["import-report"]) == []
    assert missing([NAME], shown["user"]) == []


def test_nothing_runs_in_the_label_editor(browse: Callable[..., Page], site: str, place: dict[str, Any]) -> None:
    page = browse(place["manager"])
    watched = Watched(page, site)
    path = address("project-label", place["arguments"])
    watched.open(path)
    page.locator("[data-editor] button").first.wait_for()
    seen = watched.look(path)
    for _ in range(3):
        page.keyboard.press("j")
        seen += watched.look(path)
    page.keyboard.press("g")
    page.wait_for_timeout(300)
    seen += watched.look(path)
    assert watched.faults == []
    assert missing([TEXTS[0]], seen) == []


def test_nothing_runs_for_people_who_are_not_signed_in(
    browse: Callable[..., Page], site: str, place: dict[str, Any]
) -> None:
    page = browse()
    watched = Watched(page, site)
    shown = watched.open(address("invitation", place["arguments"]))
    for path in ("/login/?next=%22%3E%3Cscript%3Ewindow.ran%3D1%3C%2Fscript%3E", "/password/", "/api/docs/"):
        watched.open(path)
    assert watched.faults == []
    assert missing([NAME], shown) == []


def test_words_of_an_address_are_words_on_the_page(
    browse: Callable[..., Page], site: str, place: dict[str, Any]
) -> None:
    page = browse(place["manager"])
    watched = Watched(page, site)
    answers = [page.goto(f"/p/{text}/") for text in ("<script>window.ran=1</script>", '"><svg onload=window.ran=1>')]
    assert all(answer is not None and answer.status == 404 for answer in answers)
    watched.look("/p/…/")
    assert watched.faults == []
