"""Builds static/dist with the Node of the virtual environment, if its sources changed since the last time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
DIST = STATIC / "dist"
_MARK = DIST / ".fingerprint"
_NOT_SOURCES = {"dist", "node_modules", "tests"}


class BuildFailed(Exception):
    """The front end could not be built; the tool that failed has said why."""


def is_stale() -> bool:
    """Tell whether the sources are other ones than those of the last build."""
    try:
        return _MARK.read_text(encoding="ascii") != fingerprint()
    except FileNotFoundError:
        return True


def build() -> None:
    """Install the packages that the lock file names, and build."""
    wanted = fingerprint()
    packages = STATIC / "node_modules" / ".package-lock.json"
    lock = STATIC / "package-lock.json"
    if not packages.exists() or packages.stat().st_mtime < lock.stat().st_mtime:
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        packages.touch()
    _run("node", "build.mjs")
    _MARK.write_text(wanted, encoding="ascii")


def forget_build() -> None:
    """Let the next start build anew: what is in static/dist from now on is not what `build` makes."""
    _MARK.unlink(missing_ok=True)


def fingerprint() -> str:
    """Return a hash of everything the build reads."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(STATIC)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for entry in STATIC.iterdir():
        if entry.name in _NOT_SOURCES or entry.name.startswith("."):
            continue
        yield from [entry] if entry.is_file() else (path for path in entry.rglob("*") if path.is_file())


def _run(program: str, *arguments: str) -> None:
    tools = Path(sys.executable).parent
    environment = {
        # Trust whom this machine trusts: many a company looks into its people's connections.
        "NODE_USE_SYSTEM_CA": "1",
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    done = subprocess.run([str(tools / program), *arguments], cwd=STATIC, env=environment, check=False)
    if done.returncode != 0:
        message = f"`{program} {' '.join(arguments)}` failed in {STATIC} (exit code {done.returncode}): see above."
        raise BuildFailed(message)


if __name__ == "__main__":
    try:
        if is_stale():
            build()
    except BuildFailed as failure:
        sys.exit(str(failure))
