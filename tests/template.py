"""A migrated database for test runs to copy: made once for these migrations, and kept as a dump beside the code.

`python -m tests.template` makes it on the engines that the environment names, and prints its name.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import django
from django.conf import settings
from django.db import connection

from dcai_web.ops.engines import place
from dcai_web.ops.engines.account import for_postgres
from dcai_web.ops.engines.postgres import Postgres

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".test-template"
NAME = "migrated"


def kept_dump() -> Path:
    """Return where the dump for these migrations is, or would be: of our own and of the packages that have some."""
    files = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("requirements/*.txt")]
    content = b"".join(
        b"%s\0%s\0" % (str(file.relative_to(ROOT)).encode(), file.read_bytes()) for file in sorted(files)
    )
    return FOLDER / f"{hashlib.sha256(content).hexdigest()[:16]}.dump"


def restore_kept(postgres: Postgres) -> str:
    """Make the database from its dump and return its name; empty where no dump is kept yet."""
    dump = kept_dump()
    if not dump.exists():
        return ""
    postgres.ensure_database(NAME)
    command = [str(postgres.programs / "pg_restore"), "--dbname", postgres.url_of(NAME), "--no-owner", str(dump)]
    subprocess.run(command, check=True)
    return NAME


def keep(database: str) -> None:
    """Write the dump of a database that has just been migrated, in place of those of other migrations."""
    dump = kept_dump()
    FOLDER.mkdir(exist_ok=True)
    draft = FOLDER / f"draft-{os.getpid()}"
    url = settings.DATABASES["default"]
    programs = place.postgres_programs(for_postgres())
    where = ["--host", url["HOST"], "--username", url["USER"], "--dbname", database]
    subprocess.run(
        [str(programs / "pg_dump"), "--format=custom", "--no-owner", "--file", str(draft), *where], check=True
    )
    for old in FOLDER.glob("*.dump"):
        old.unlink(missing_ok=True)
    draft.rename(dump)


def main() -> None:
    """Make it on the engines that the environment names."""
    django.setup()
    connection.settings_dict["TEST"]["NAME"] = NAME
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    keep(NAME)
    print(NAME)  # noqa: T201 - the protocol with engines.share()


if __name__ == "__main__":
    main()
