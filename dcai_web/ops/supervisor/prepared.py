"""Whether `manage.py prepare` has anything to do: not when nothing has changed since it was last done.

It takes as long as a page takes to come up, so that a second start does without. What could give it work is noted as
one hash: the code and the packages, the static files, the settings, and what the database says of itself.
"""

from __future__ import annotations

import hashlib
import json
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dcai_web import env
from dcai_web.ops.supervisor.site import ROOT

_SETTINGS = ("DCAI_", "DATABASE_URL", "REDIS_URL", "OTEL_", "SENTRY_", "DJANGO_")
# Another one at every start; the port of the site is none of the database's concerns.
_NOT_SETTINGS = {"DCAI_RUN", "DCAI_PORT", "DCAI_LOG_FORMAT"}
_CODE = ("dcai_web", "labeling", "quality")
_STATIC = ("static/dist", "static/icons")
_DATABASE = """
SELECT (SELECT md5(string_agg(app || '.' || name, ' ' ORDER BY app, name)) FROM django_migrations),
       EXISTS (SELECT FROM labeling_user WHERE is_superuser)
"""


def is_noted(note: Path, environment: Mapping[str, str]) -> bool:
    """Tell whether everything is as it was when the note was written."""
    try:
        return note.read_text(encoding="ascii") == fingerprint(environment)
    except FileNotFoundError:
        return False


def write_note(note: Path, environment: Mapping[str, str]) -> None:
    """Note how everything is, now that it is prepared."""
    if now := fingerprint(environment):
        note.write_text(now, encoding="ascii")


def fingerprint(environment: Mapping[str, str]) -> str:
    """Return a hash of everything that could give `prepare` work; nothing if the database cannot say."""
    database = _said_by_database(environment.get("DATABASE_URL") or env.text("DATABASE_URL"))
    if database is None:
        return ""
    digest = hashlib.sha256(database.encode())
    for line in (*_settings(environment), *_packages(), *_files(environment)):
        digest.update(f"{line}\0".encode())
    return digest.hexdigest()


def _said_by_database(url: str) -> str | None:
    """Return the migrations of a database and whether anybody runs the site; None before the first preparation."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return f"{conninfo_to_dict(url).get('dbname')} {connection.execute(_DATABASE).fetchone()}"
    except psycopg.Error:
        return None


def _settings(environment: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(environment):
        if name.startswith(_SETTINGS) and name not in _NOT_SETTINGS:
            yield json.dumps([name, environment[name]])


def _packages() -> list[str]:
    packages = Path(sysconfig.get_path("purelib"))
    return sorted(entry.name for entry in packages.iterdir() if entry.suffix == ".dist-info")


def _files(environment: Mapping[str, str]) -> Iterator[str]:
    folders = [*(ROOT / name for name in (*_CODE, *_STATIC)), Path(environment["DCAI_STATIC_ROOT"])]
    for folder in folders:
        for path in sorted(folder.rglob("*.py" if folder.name in _CODE else "*")):
            status = path.stat()
            yield f"{path} {status.st_size} {status.st_mtime_ns}"
