"""The rows: out by `pg_dump`, and back, with the structure that they were in, by `pg_restore`."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from django.db import connection

from dcai_web.ops.backups import programs, tables
from dcai_web.ops.backups.manifest import Damaged, Manifest, Refused

_COPY, _END, _SEQUENCE = b"COPY ", b"\\.\n", b"SELECT pg_catalog.setval("
# For psql, which does not run these scripts.
_FOR_PSQL = ("\\restrict ", "\\unrestrict ")


def dump_rows(target: Path, *, snapshot: str) -> None:
    """Write all tables as a transaction sees them that exported this snapshot and still lasts."""
    command = [str(programs.program("pg_dump")), "--format=custom", "--compress=gzip:4", "--file", str(target)]
    command += ["--no-owner", "--no-privileges", "--schema", tables.schema(), "--snapshot", snapshot]
    command += [f"--exclude-table-data={name}" for name in sorted(tables.WITHOUT_ROWS)]
    options, environment = programs.address()
    done = subprocess.run([*command, *options], env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        message = f"pg_dump could not read the database: {_last_words(done.stderr)}"
        raise Refused(message)


def load_rows(dump: Path, manifest: Manifest) -> None:
    """Make the tables of a dump and fill them; to be called within a transaction, in a schema without tables."""
    if manifest.postgres > programs.server_major():
        message = (
            f"The backup is from PostgreSQL {manifest.postgres}, this server is version {programs.server_major()}: "
            "restore it into one that is not older. Nothing was changed."
        )
        raise Refused(message)
    with connection.cursor() as cursor:
        for name in manifest.extensions:
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {connection.ops.quote_name(name)}")
    _run_script(dump, "pre-data")
    with _section(dump, "data") as lines:
        _load_data(lines)
    _run_script(dump, "post-data")


def _run_script(dump: Path, section: str) -> None:
    with _section(dump, section) as lines:
        script = "".join(line for line in lines.read().decode().splitlines(keepends=True) if _is_sql(line))
    with connection.cursor() as cursor:
        cursor.execute(script)
        # The script is made for a session of its own.
        cursor.execute("RESET search_path")
        cursor.execute("RESET check_function_bodies")


def _is_sql(line: str) -> bool:
    return not line.startswith(_FOR_PSQL)


def _load_data(lines: IO[bytes]) -> None:
    """Pass the rows on to the database, table by table, and set the sequences; the rest is for other clients."""
    with connection.cursor() as cursor:
        for line in lines:
            if line.startswith(_COPY):
                with cursor.copy(line.rstrip(b";\n")) as rows:
                    for row in lines:
                        if row == _END:
                            break
                        rows.write(row)
                    else:
                        message = "The rows in the backup end too soon. Nothing was changed."
                        raise Damaged(message)
            elif line.startswith(_SEQUENCE):
                cursor.execute(line.decode())


@contextmanager
def _section(dump: Path, section: str) -> Iterator[IO[bytes]]:
    """Give the SQL of one section of a dump."""
    command = [str(programs.program("pg_restore")), "--file=-", f"--section={section}", "--schema", tables.schema()]
    command += ["--no-owner", "--no-privileges", str(dump)]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        try:
            yield cast("IO[bytes]", process.stdout)
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            errors.seek(0)
            message = f"pg_restore could not read the rows: {_last_words(errors.read())} Nothing was changed."
            raise Damaged(message)


def _last_words(output: bytes) -> str:
    return output.decode(errors="replace").strip()[-500:]
