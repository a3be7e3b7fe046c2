"""An embedded PostgreSQL: its folder, its settings and how to know that it answers."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from dcai_web.ops.engines import place
from dcai_web.ops.engines.account import Account, for_postgres
from dcai_web.ops.engines.leftovers import clear_stale_postgres

DATABASE = "dcai"
ROLE = "dcai"
_SOCKET = ".s.PGSQL.5432"

_SETTINGS = {
    # Only through a socket in a folder that nobody else may enter.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# An acknowledged commit is on the disk.
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# Only for data that is thrown away: a crash may lose all of it.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@dataclass(frozen=True, slots=True)
class Postgres:
    """One PostgreSQL server in a folder of its own."""

    home: Path
    programs: Path
    account: Account | None
    durable: bool = True

    @property
    def data(self) -> Path:
        """The folder of the tables."""
        return self.home / "data"

    @property
    def sockets(self) -> Path:
        """The folder of the socket."""
        return place.socket_folder(self.home / "run", _SOCKET)

    @property
    def url(self) -> str:
        """The address for `DATABASE_URL`."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Return the address of one database of this server."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.sockets), safe='/')}"

    @property
    def command(self) -> list[str]:
        """The command line of the server."""
        settings = {
            **_SETTINGS,
            **(_DURABLE if self.durable else _FAST),
            "unix_socket_directories": f'"{self.sockets}"',
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), *options]

    @property
    def process_options(self) -> dict[str, Any]:
        """What `subprocess` needs beside the command line."""
        options = self.account.process_options() if self.account else {}
        return {**options, "cwd": str(self.data)}

    def prepare(self) -> None:
        """Make the folder at the first start; recover from a start that was killed."""
        place.make_private(self.sockets, self.account)
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster()
        clear_stale_postgres(self.data)

    def is_ready(self) -> bool:
        """Tell whether the server takes connections."""
        try:
            with psycopg.connect(self.url_of("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def ensure_database(self, name: str = DATABASE) -> None:
        """Create the product's database if this is the first start; or another one."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _make_cluster(self) -> None:
        # Under another name first: a start that is killed in the middle leaves nothing half made behind.
        draft = self.home / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self.account:
            self.account.own(draft)
        command = [str(self.programs / "initdb"), "-D", str(draft), "--username", ROLE, "--auth=trust"]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += ["--no-instructions"]
        command += [] if self.durable else ["--no-sync"]
        options = self.account.process_options() if self.account else {}
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=str(draft), **options)
        if done.returncode != 0:
            message = f"PostgreSQL could not set up {draft}: {done.stderr.strip() or done.stdout.strip()}"
            raise RuntimeError(message)
        draft.rename(self.data)


def embedded(data_dir: Path) -> Postgres:
    """Return the PostgreSQL that belongs to a data directory."""
    account = for_postgres()
    return Postgres(
        home=place.postgres_home(data_dir, account), programs=place.postgres_programs(account), account=account
    )
