"""Run every test, several at a time; the few that fail beside others are run once more, alone.

Tests that drive browsers, kill servers or race sixteen processes depend on how busy the machine is. What fails twice
has failed; what passes alone is named at the end, so that somebody looks at it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST = 3
"""More failures than this are no accident of a busy machine."""
SOME_FAILED = 1


def main(arguments: list[str]) -> int:
    """Run the suite with these arguments for pytest; return its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "failed"
        code = _pytest(arguments, DCAI_FAILED_TESTS=str(names))
        failed = names.read_text(encoding="utf-8").splitlines() if names.exists() else []
    if code != SOME_FAILED or not 1 <= len(failed) <= MOST:
        return code
    _say(f"{len(failed)} of the tests failed beside others. Once more, alone:", failed)
    # Whether a browser was driven at all was seen in the first run.
    again = _pytest(["-n0", "-p", "no:randomly", *failed], DCAI_REQUIRE_E2E="")
    if again == 0:
        _say("Failed beside others and passed alone; find out why:", failed)
    return again


def _pytest(arguments: list[str], **environment: str) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


def _say(words: str, names: list[str]) -> None:
    sys.stdout.write("\n".join((f"\n=== {words}", *(f"    {name}" for name in names), "\n")))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
