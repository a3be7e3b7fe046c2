"""The lock files pin everything by hash and name no server to download from."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_ADDRESS = re.compile(r"https?://\S+|--(extra-)?index-url|--find-links")
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==\S+")


def faults() -> Iterator[str]:
    """Yield what is wrong, one line each."""
    for source in sorted((ROOT / "requirements").glob("*.in")):
        yield from _faults_of_python_lock(source, source.with_suffix(".txt"))
    yield from _faults_of_npm_lock(ROOT / "static" / "package-lock.json")


def _faults_of_python_lock(source: Path, lock: Path) -> Iterator[str]:
    text = lock.read_text(encoding="utf-8")
    for found in _ADDRESS.finditer(text):
        yield f"{lock.name} names an address: {found.group()}"
    pinned = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text):
        pin = _PIN.match(entry)
        if pin:
            pinned[_normal(pin["name"])] = "--hash=sha256:" in entry
    yield from (f"{lock.name} pins {name} without a hash" for name, hashed in pinned.items() if not hashed)
    for line in source.read_text(encoding="utf-8").splitlines():
        wanted = re.match(r"[A-Za-z0-9._-]+", line)
        if wanted and not line.startswith("-") and _normal(wanted.group()) not in pinned:
            yield f"{lock.name} lacks {wanted.group()}, which {source.name} asks for: run `make lock`"


def _faults_of_npm_lock(lock: Path) -> Iterator[str]:
    for path, package in json.loads(lock.read_text(encoding="utf-8"))["packages"].items():
        if "resolved" in package:
            yield f"{lock.name} names the address of {path}"
        if path and not package.get("integrity") and not package.get("link"):
            yield f"{lock.name} has no hash for {path}"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    found = list(faults())
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    sys.exit(1 if found else 0)
