"""`make audit`: is there a known fault in a package that is pinned here?

Asks the advisories of PyPI (through pip-audit) about requirements/*.txt, those of npm about static/package-lock.json.
What nobody could be asked about is named, and fails: not looked at is not the same as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / ".venv" / "audit"
FAULTY, NOT_LOOKED_AT = 1, 2


@dataclass(slots=True)
class Look:
    """What is known about the packages of one lock file, and about how many nobody could be asked."""

    packages: int = 0
    faults: list[str] = field(default_factory=list)
    unknown: int = 0
    why: str = ""


def run(command: list[str], folder: Path, **environment: str) -> tuple[Any, str]:
    """Return what a tool says as JSON, or None and its last words."""
    done = subprocess.run(  # noqa: S603 - the commands are those below
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    words = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    try:
        return json.loads(done.stdout), ""
    except ValueError:
        return None, words[-1] if words else "no answer"


def python_packages(lock: Path) -> Look:
    """Ask about the packages of a lock file."""
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", *options, "-r", str(lock)]
    answer, words = run(command, ROOT, PYTHONPATH=str(TOOL))
    if not isinstance(answer, dict) or "dependencies" not in answer:
        return Look(packages=1, unknown=1, why=words)
    look = Look()
    for package in answer["dependencies"]:
        look.packages += 1
        if why := package.get("skip_reason"):
            look.unknown, look.why = look.unknown + 1, why
        for fault in package.get("vulns", ()):
            mended = ", ".join(fault["fix_versions"]) or "no version yet"
            look.faults.append(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}")
    return look


def npm_packages(lock: Path) -> Look:
    """Ask about the packages of the front end."""
    npm = str(Path(sys.executable).with_name("npm"))
    answer, words = run([npm, "audit", "--package-lock-only", "--json"], lock.parent)
    if not isinstance(answer, dict) or "vulnerabilities" not in answer:
        return Look(packages=1, unknown=1, why=words or str((answer or {}).get("message", "no answer")))
    faults = [
        f"{name}: {via['title']} ({via['url']})"
        for name, entry in answer["vulnerabilities"].items()
        for via in entry["via"]
        if isinstance(via, dict)
    ]
    return Look(packages=answer["metadata"]["dependencies"]["total"], faults=faults)


def main() -> int:
    """Print what was found, file by file."""
    npm_lock = ROOT / "static" / "package-lock.json"
    looks = {lock.name: python_packages(lock) for lock in sorted((ROOT / "requirements").glob("*.txt"))}
    looks[npm_lock.name] = npm_packages(npm_lock)
    for name, look in looks.items():
        if look.unknown < look.packages:
            sys.stdout.write(f"{name}: {len(look.faults)} known faults in {look.packages - look.unknown} packages\n")
        if look.unknown:
            which = "all" if look.unknown == look.packages else f"{look.unknown} of {look.packages}"
            sys.stdout.write(f"{name}: NOT LOOKED AT ({which} packages): {look.why[:200]}\n")
        sys.stdout.writelines(f"  {fault}\n" for fault in look.faults)
    if any(look.faults for look in looks.values()):
        return FAULTY
    if any(look.unknown for look in looks.values()):
        sys.stdout.write("Not looked at is not well: run this where PyPI and the npm registry can be reached.\n")
        return NOT_LOOKED_AT
    return 0


if __name__ == "__main__":
    sys.exit(main())
