from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dcai_web import env


@pytest.mark.parametrize(
    ("redis", "broker"),
    [
        ("redis://:word@host:6379/0", "redis://:word@host:6379/0"),
        ("unix:///run/dcai/redis.sock?db=0", "redis+socket:///run/dcai/redis.sock?virtual_host=0"),
        ("unix:///run/dcai/redis.sock?db=3", "redis+socket:///run/dcai/redis.sock?virtual_host=3"),
        ("", ""),
    ],
)
def test_the_broker_is_the_same_redis_in_celerys_spelling(redis: str, broker: str) -> None:
    assert env.broker(redis) == broker


def test_a_database_behind_a_socket() -> None:
    settings = env.database("postgresql://dcai@/dcai?host=/var/lib/dcai/run%20time")
    assert (settings["HOST"], settings["NAME"], settings["USER"]) == ("/var/lib/dcai/run time", "dcai", "dcai")


def test_a_database_behind_an_address() -> None:
    settings = env.database("postgresql://me:p%40ss@db.example:5433/data?sslmode=require")
    assert (settings["HOST"], settings["PORT"], settings["PASSWORD"]) == ("db.example", "5433", "p@ss")
    assert settings["OPTIONS"] == {"sslmode": "require"}


def test_only_postgresql() -> None:
    with pytest.raises(ImproperlyConfigured, match="postgresql://"):
        env.database("mysql://me@db/data")


def test_a_secret_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    monkeypatch.setenv("DCAI_SMTP_PASSWORD_FILE", str(file))
    assert env.text("DCAI_SMTP_PASSWORD") == "s3cret"


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCAI_SMTP_PASSWORD_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="DCAI_SMTP_PASSWORD_FILE"):
        env.text("DCAI_SMTP_PASSWORD")


@pytest.mark.parametrize(("name", "value"), [("DCAI_DEBUG", "perhaps"), ("DCAI_PORT", "http")])
def test_nonsense_is_refused_by_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        env.boolean(name, default=False) if name == "DCAI_DEBUG" else env.integer(name, 1)


def test_a_mapping_is_json_and_its_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.mapping("DCAI_STORAGE_OPTIONS") == {}
    monkeypatch.setenv("DCAI_STORAGE_OPTIONS", '{"bucket_name": "dcai", "querystring_auth": true}')
    assert env.mapping("DCAI_STORAGE_OPTIONS") == {"bucket_name": "dcai", "querystring_auth": True}
    for wrong in ("{secret_key: hidden}", '["hidden"]'):
        monkeypatch.setenv("DCAI_STORAGE_OPTIONS", wrong)
        with pytest.raises(ImproperlyConfigured, match="DCAI_STORAGE_OPTIONS must be a JSON object") as refused:
            env.mapping("DCAI_STORAGE_OPTIONS")
        assert "hidden" not in str(refused.value)


def test_the_generated_secret_key_is_kept_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DCAI_SECRET_KEY", raising=False)
    first = env.secret_key(tmp_path / "data")
    assert env.secret_key(tmp_path / "data") == first
    assert len(first) >= 50
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600
