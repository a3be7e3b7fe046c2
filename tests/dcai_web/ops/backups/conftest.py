"""A small site with one of nearly everything, and a second database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from psycopg import sql

from labeling.formats import images
from labeling.models import Media, Project, Task, Upload
from labeling.services import annotations as saving
from labeling.services import claims, guidelines, media, people, tokens
from tests import factories
from tests.pictures import picture

NASTY = 'tab\there, line\nbreak, \\N and \\. and "quotes", 😀 é \x01'


@pytest.fixture
def storage(settings: Any, tmp_path: Path) -> Path:
    """Store files in a folder of the test's own, and return it."""
    folder = tmp_path / "files"
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": {"location": str(folder)}}}
    return folder


@pytest.fixture
def site(storage: Path) -> Project:
    """Fill a site: labels with revisions, a guideline, images in all sizes, an uploaded file, invitations, tokens."""
    manager = factories.user("manager@example.org", password=factories.PASSWORD, name="Ana Müller")
    project = factories.project(manager=manager, name="Messages")
    factories.tasks(project, data=[{"text": NASTY}, {"text": ""}, {"text": "Where is my parcel?"}])
    guidelines.save_draft(actor=manager, project=project, body="# Rules\n\nLook twice.", entries=[])
    guidelines.publish(actor=manager, project=project, change_note="First")
    claim = claims.claim(actor=manager, project=project, count=2)
    for task in Task.objects.filter(pk__in=claim.task_ids):
        answer = saving.Submission(answers={"intent": "billing"}, lead_time_ms=7)
        saving.submit(actor=manager, task=task, submission=answer, key=f"the-key-of-{task.pk}")
    people.invite(actor=manager, project=project, role="viewer", email="new@example.org")
    tokens.issue_token(user=manager, name="script", scope="manage")
    pictures = factories.project(manager=manager, schema=factories.IMAGE_SCHEMA, name="Digits")
    add_picture(pictures, size=(40, 30))
    Upload.objects.create(
        project=project,
        file=ContentFile(b"text\nhello\n", name="rows.csv"),
        filename="rows.csv",
        size=11,
        sha256="0" * 64,
        created_by=manager,
    )
    over = {"filename": "old.csv", "size": 11, "sha256": "1" * 64, "created_by": manager}
    Upload.objects.create(project=project, file="", **over)
    return project


def add_picture(project: Project, *, size: tuple[int, int]) -> Media:
    """Store an image with its small sizes."""
    content = picture("PNG", size=size)
    info = images.check(content)
    media.store_media(content, info)
    media.link(project.pk, [info])
    stored = Media.objects.get(pk=info.sha256)
    assert media.make_variants(stored)
    return stored


@pytest.fixture
def other_database(transactional_db: None) -> Iterator[str]:
    """Give the address of a second, empty database on the same server."""
    name = "dcai_restored"
    with psycopg.connect(address_of("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield address_of(name)
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def address_of(database: str) -> str:
    """Return the address of a database of the server that the tests use."""
    known = connection.settings_dict
    return f"postgresql://{known['USER']}@/{database}?host={quote(str(known['HOST']), safe='/')}"
