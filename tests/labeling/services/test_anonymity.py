"""Everything about a person in a file; and a person who is forgotten, while the answers stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from labeling.models import Annotation, Event, Invitation, Label, Membership, Project, QueueEntry, Role, User
from labeling.services import accounts, claims, explorer, people, tokens
from labeling.services import annotations as saving
from labeling.services.annotations import Submission
from tests import factories

pytestmark = pytest.mark.django_db
ADDRESS = "zoe.quist@example.org"


@pytest.fixture
def zoe() -> User:
    """Make a person who left traces in many tables."""
    project = factories.project(name="Messages")
    manager = project.created_by
    zoe = factories.user(ADDRESS, password=factories.PASSWORD)
    people.take_back_member(actor=manager, project=project, user_id=zoe.pk, role=Role.REVIEWER)
    accounts.rename(user=zoe, name="Zoe Quist")
    first, *_ = factories.tasks(project, 4)
    claims.claim(actor=zoe, project=project, count=2)
    saving.submit(actor=zoe, task=first, submission=Submission(answers={"intent": "other"}), key="the-only-key")
    saving.comment(actor=zoe, task=first, body="I doubt it.")
    tokens.issue_token(user=zoe, name="laptop", scope="manage")
    people.invite(actor=manager, project=factories.project(), role="viewer", email=ADDRESS)
    explorer.save_filter(actor=zoe, project=project, name="Zoe's", query="q=x")
    return zoe


def everything() -> str:
    """Return every row of every table as text."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t")
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_the_export_holds_every_row_and_no_secret(zoe: User, tmp_path: Path) -> None:
    call_command("person", "export", ADDRESS.upper(), str(tmp_path / "zoe.json"))
    assert (tmp_path / "zoe.json").stat().st_mode & 0o077 == 0
    content = json.loads((tmp_path / "zoe.json").read_text(encoding="utf-8"))
    assert [row["email"] for row in content["labeling.User"]] == [ADDRESS]
    assert content["labeling.Annotation"][0]["answers"] == {"intent": "other"}
    assert content["labeling.AnnotationRevision"][0]["key"] == "the-only-key"
    assert content["labeling.Comment"][0]["body"] == "I doubt it."
    assert content["labeling.Membership"][0]["role"] == "reviewer"
    assert content["labeling.ApiToken"][0]["name"] == "laptop"
    assert content["labeling.Invitation"][0]["email"] == ADDRESS
    verbs = {row["verb"] for row in content["labeling.Event"]}
    assert {"member.added", "person.renamed", "token.issued"} <= verbs
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is User and model._default_manager.filter(**{field.name: zoe}).exists():
                assert content[model._meta.label]
    text = json.dumps(content)
    assert zoe.password not in text
    assert "digest" not in text
    with pytest.raises(CommandError, match="File exists"):
        call_command("person", "export", ADDRESS, str(tmp_path / "zoe.json"))


def test_nothing_says_the_name_and_the_answers_stay(zoe: User, client_for: Callable[[User], Client]) -> None:
    client = client_for(zoe)
    assert client.get("/").status_code == 200
    project = Project.objects.get(name="Messages")
    assert ADDRESS in everything()
    assert "Zoe" in everything()
    labels = list(Label.objects.values_list("pk", "value", "created_by"))
    open_slots = QueueEntry.objects.filter(project=project).values_list("open_slots", flat=True)
    assert sum(open_slots) == 2
    call_command("person", "anonymize", ADDRESS)
    left = everything()
    assert "zoe" not in left.lower()
    assert "quist" not in left.lower()
    assert Annotation.objects.get(annotator=zoe).answers == {"intent": "other"}
    assert list(Label.objects.values_list("pk", "value", "created_by")) == labels
    assert not Membership.objects.filter(user=zoe).exists()
    assert Invitation.objects.get().revoked_at is not None
    assert sum(open_slots.all()) == 3
    zoe.refresh_from_db()
    assert (zoe.email, zoe.name, zoe.is_active) == (f"person-{zoe.pk}@anonymous.invalid", f"Person {zoe.pk}", False)
    assert client.get("/").status_code == 302
    assert not zoe.has_usable_password()
    # Events are as unchangeable as before.
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.filter(actor=zoe).update(verb="other")


def test_nobody_leaves_a_project_or_the_site_without_who_runs_it() -> None:
    project = factories.project(name="Only mine")
    with pytest.raises(CommandError, match="Nobody else manages “Only mine”"):
        call_command("person", "anonymize", project.created_by.email)
    factories.member(project, Role.MANAGER)
    call_command("person", "anonymize", project.created_by.email)
    admin = factories.user(is_superuser=True, is_staff=True)
    with pytest.raises(CommandError, match="the only administrator"):
        call_command("person", "anonymize", admin.email)
    with pytest.raises(CommandError, match="Nobody has the address"):
        call_command("person", "anonymize", "nobody@example.org")
