from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.db import connection

from dcai_web.ops.supervisor import prepared
from tests import factories

Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """The settings of a site whose database is that of the tests."""
    url = os.environ["DATABASE_URL"].replace("/dcai?", f"/{connection.settings_dict['NAME']}?")
    (tmp_path / "static").mkdir()
    return {
        "DATABASE_URL": url,
        "DCAI_STATIC_ROOT": str(tmp_path / "static"),
        "DCAI_SITE_URL": "http://here",
        "HOME": "/",
    }


@pytest.mark.django_db
def test_nothing_is_to_be_done_while_nothing_has_changed(environment: Environment, tmp_path: Path) -> None:
    note = tmp_path / "prepared"
    assert not prepared.is_noted(note, environment)
    prepared.write_note(note, environment)
    assert prepared.is_noted(note, environment)
    assert prepared.is_noted(note, {**environment, "DCAI_RUN": "another", "HOME": "/elsewhere"})


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{"DCAI_SITE_URL": "http://there"}, {"DCAI_SENTRY_DSN": "new"}])
def test_other_settings_are_looked_at_first(environment: Environment, tmp_path: Path, changed: Environment) -> None:
    prepared.write_note(tmp_path / "prepared", environment)
    assert not prepared.is_noted(tmp_path / "prepared", {**environment, **changed})


@pytest.mark.django_db
def test_static_files_that_are_gone_are_collected_again(environment: Environment, tmp_path: Path) -> None:
    collected = tmp_path / "static" / "app.css"
    collected.write_text("")
    prepared.write_note(tmp_path / "prepared", environment)
    collected.unlink()
    assert not prepared.is_noted(tmp_path / "prepared", environment)


@pytest.mark.django_db
def test_new_code_is_prepared_for(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "ROOT", tmp_path)
    (tmp_path / "labeling" / "migrations").mkdir(parents=True)
    prepared.write_note(tmp_path / "prepared", environment)
    (tmp_path / "labeling" / "migrations" / "0099_new.py").write_text("")
    assert not prepared.is_noted(tmp_path / "prepared", environment)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_another_is_prepared(environment: Environment, tmp_path: Path) -> None:
    prepared.write_note(tmp_path / "prepared", environment)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('labeling', '9999_later', now())")
    try:
        assert not prepared.is_noted(tmp_path / "prepared", environment)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")
    assert prepared.is_noted(tmp_path / "prepared", environment)
    factories.user(is_superuser=True)
    assert not prepared.is_noted(tmp_path / "prepared", environment)


def test_a_database_that_cannot_say_is_never_taken_for_prepared(environment: Environment, tmp_path: Path) -> None:
    nowhere = {**environment, "DATABASE_URL": "postgresql:///nowhere?host=/nowhere"}
    prepared.write_note(tmp_path / "prepared", nowhere)
    assert not (tmp_path / "prepared").exists()
    assert not prepared.is_noted(tmp_path / "prepared", nowhere)
