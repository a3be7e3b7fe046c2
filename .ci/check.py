"""Everything `make check` looks at, one line per look; all of them run, and the faults are shown at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
STATIC = ROOT / "static"


@dataclass(frozen=True, slots=True)
class Look:
    """One tool and where to run it."""

    name: str
    command: list[str]
    folder: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)


def looks(scratch: Path) -> Iterator[Look]:
    """Yield what is looked at, the slowest first."""
    # As on a server behind HTTPS, without engines: these commands need none.
    server = {
        "DCAI_DATA_DIR": str(scratch),
        "DCAI_SITE_URL": "https://dcai.example.org",
        "DCAI_ALLOWED_HOSTS": "dcai.example.org",
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    manage = [sys.executable, "-W", "ignore::RuntimeWarning", "manage.py"]
    yield Look("types: mypy", [tool("mypy")], environment=server)
    yield Look("types: tsc", [tool("npm"), "run", "--silent", "types"], folder=STATIC)
    yield Look("format: ruff", [tool("ruff"), "format", "--check", "--quiet", "."])
    yield Look("lint: ruff", [tool("ruff"), "check", "--quiet", "."])
    yield Look("imports: import-linter", [tool("lint-imports"), "--no-cache"])
    yield Look("templates: djlint", [tool("djlint"), "--lint", "--quiet", "templates"])
    yield Look("lint: biome", [tool("npm"), "run", "--silent", "lint"], folder=STATIC)
    yield Look("migrations", [*manage, "makemigrations", "--check", "--dry-run"], environment=server)
    deploy = ["check", "--deploy", "--fail-level", "WARNING"]
    yield Look("settings: check --deploy", [*manage, *deploy], environment=server)
    api = ["spectacular", "--validate", "--fail-on-warn", "--file", str(scratch / "openapi.yaml")]
    yield Look("API: OpenAPI schema", [*manage, *api], environment=server)
    yield Look("docker-compose.yml", [sys.executable, ".ci/compose.py"])
    yield Look("lock files", [sys.executable, ".ci/locks.py"])


def tool(name: str) -> str:
    """Return the path of a tool of this virtual environment."""
    return str(TOOLS / name)


def run(look: Look) -> tuple[Look, int, str, float]:
    """Run one look and return its exit code, output and seconds."""
    began = time.monotonic()
    environment = {**os.environ, **look.environment, "PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(  # noqa: S603 - the commands are those above
        look.command,
        cwd=look.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return look, done.returncode, done.stdout, time.monotonic() - began


def main() -> int:
    """Run all looks, two at a time; return 1 if one found a fault."""
    failed: list[tuple[Look, str]] = []
    with tempfile.TemporaryDirectory(prefix="dcai-check-") as scratch, ThreadPoolExecutor(max_workers=2) as pool:
        for look, code, output, seconds in pool.map(run, looks(Path(scratch))):
            sys.stdout.write(f"{'ok    ' if code == 0 else 'FAILED'}  {look.name}  ({seconds:.1f} s)\n")
            sys.stdout.flush()
            if code != 0:
                failed.append((look, output))
    for look, output in failed:
        sys.stdout.write(f"\n---- {look.name}: {' '.join(look.command)}\n{output}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
