"""The operating-system account PostgreSQL runs under: it refuses to be root, so root needs another one."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "dcai-postgres"


@dataclass(frozen=True, slots=True)
class Account:
    """An account without privileges."""

    name: str
    uid: int
    gid: int

    def process_options(self) -> dict[str, Any]:
        """Return what `subprocess` needs to start a program under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand over a folder that we made."""
        os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        """Tell whether every folder on the way to `path`, and `path` itself, may be entered as things stand."""
        real = path.resolve()
        return all(self._may_enter(folder) for folder in (real, *real.parents))

    def _may_enter(self, folder: Path) -> bool:
        try:
            status = folder.stat()
        except OSError:
            return False
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def for_postgres() -> Account | None:
    """Return the account to drop to, or None when we are not root and our own will do."""
    if os.geteuid() != 0:
        return None
    entry = _find(NAME) or _make() or _find("nobody")
    if entry is None:
        message = "PostgreSQL will not run as root and no other account could be made: start as an ordinary user."
        raise RuntimeError(message)
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make() -> pwd.struct_passwd | None:
    program = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if program is None:
        return None
    subprocess.run(
        [
            program,
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
            NAME,
        ],
        check=False,
        capture_output=True,
    )
    return _find(NAME)
