from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.models import GuidelineDraft, GuidelineVersion, Project, Role, User
from labeling.services import guidelines
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def form(project: Project, **more: Any) -> dict[str, Any]:
    draft = GuidelineDraft.objects.get(project=project)
    return {
        "body": "# Rules\n\nRead **twice**. <script>alert(1)</script>",
        "version": draft.version,
        "entry-question": ["intent", "intent"],
        "entry-label": ["billing", "other"],
        "entry-definition": ["About money.", ""],
        "entry-use_when": ["- an invoice", ""],
        "entry-not_when": ["", ""],
    } | more


def publish(project: Project, note: str) -> None:
    draft = GuidelineDraft.objects.get(project=project)
    guidelines.save_draft(actor=project.created_by, project=project, body=f"{draft.body}\n{note}", entries=[])
    guidelines.publish(actor=project.created_by, project=project, change_note=note)


def publish_many(project: Project) -> None:
    for number in range(4):
        publish(project, f"Change {number}")


def test_a_draft_is_saved_and_seen_by_nobody_else_yet(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    address = f"/p/{project.slug}/guideline/"
    page = client.post(f"{address}edit/", form(project, action="save"), follow=True).content.decode()
    assert "The draft is saved" in page
    ids = re.findall(r'<textarea[^>]* id="([^"]+)"', client.get(f"{address}edit/").content.decode())
    assert len(ids) == len(set(ids)) > 6
    draft = GuidelineDraft.objects.get(project=project)
    assert [(entry["label"], entry["definition"]) for entry in draft.entries] == [("billing", "About money.")]
    assert "No guideline is published yet" in client_for(factories.member(project)).get(address).content.decode()
    assert "The draft says more" in client.get(address).content.decode() or "Nothing is published" in page


def test_publishing_makes_an_immutable_version_with_its_note(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    address = f"/p/{project.slug}/guideline/"
    reply = client.post(f"{address}edit/", form(project, action="publish", change_note="First rules"))
    assert reply["Location"] == address
    page = client_for(factories.member(project, Role.VIEWER)).get(address).content.decode()
    assert "First rules" in page
    assert "<strong>twice</strong>" in page
    assert "<script>alert" not in page
    assert "About money." in page
    assert "Nothing is said about this label yet" in page
    version = GuidelineVersion.objects.get(project=project)
    assert (version.number, version.published_by) == (1, project.created_by)


def test_publishing_without_a_note_says_so_and_keeps_what_was_typed(client_for: SignIn) -> None:
    project = factories.project()
    reply = client_for(project.created_by).post(
        f"/p/{project.slug}/guideline/edit/", form(project, action="publish", change_note=" ")
    )
    assert reply.status_code == 422
    content = reply.content.decode()
    assert "data-open-now" in content
    assert "Read **twice**" in content
    assert "About money." in content
    assert GuidelineVersion.objects.count() == 0


def test_two_people_editing_notice_each_other(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    sent = form(project, action="save")
    guidelines.save_draft(actor=project.created_by, project=project, body="Somebody else's", entries=[])
    reply = client.post(f"/p/{project.slug}/guideline/edit/", sent)
    assert reply.status_code == 422
    assert "while you edited it" in reply.content.decode()
    assert GuidelineDraft.objects.get(project=project).body == "Somebody else's"


def test_the_preview_is_rendered_and_safe(client_for: SignIn) -> None:
    project = factories.project()
    address = f"/p/{project.slug}/guideline/preview/"
    page = client_for(project.created_by).post(address, form(project)).content.decode()
    assert "<strong>twice</strong>" in page
    assert "<script>" not in page
    assert "an invoice" in page
    assert "<html" not in page
    assert client_for(factories.member(project, Role.REVIEWER)).post(address, form(project)).status_code == 403


def test_older_versions_stay_and_say_that_they_are_old(client_for: SignIn) -> None:
    project = factories.project()
    publish(project, "First")
    publish(project, "Second")
    client = client_for(factories.member(project))
    address = f"/p/{project.slug}/guideline/versions/"
    old = client.get(f"{address}1/").content.decode()
    assert "This is an older version" in old
    assert "Second" not in old
    assert "older version" not in client.get(f"{address}2/").content.decode()
    assert client.get(f"{address}3/").status_code == 404
    rows = client.get(address).context["page"].rows
    assert [row.number for row in rows] == [2, 1]
    assert [row.number for row in client.get(address, {"sort": "version"}).context["page"].rows] == [1, 2]
    assert [row.number for row in client.get(address, {"q": "sec"}).context["page"].rows] == [2]


def test_the_versions_need_the_same_queries_for_one_and_for_many(client_for: SignIn) -> None:
    project = factories.project()
    publish(project, "First")
    client = client_for(project.created_by)
    assert_same_queries(
        lambda: client.get(f"/p/{project.slug}/guideline/versions/"),
        add_rows=lambda: publish_many(project),
    )
