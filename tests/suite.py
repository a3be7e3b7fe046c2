"""Run every test, in three calls: the light ones, those in a browser, and the heavy ones one after another.

A heavy test kills servers, races many processes or starts the whole product. Beside others it would measure how busy
the machine is; alone it measures the product. A browser test mostly waits for its page, so several go at a time; beside
light ones, which compute, their pages would wait too long. No test is run twice: one that fails now and then is a fault
of the product or of the test, and is to be found.

The calls share their engines, and a database in which the migrations have been applied once: every worker copies it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests import engines

ROOT = Path(__file__).resolve().parent.parent
# Looking through all files for the few heavy tests takes as long as one of them.
HEAVY = (
    "-n0",
    "-m",
    "heavy",
    *sorted(str(file) for file in ROOT.glob("tests/**/test_*.py") if "mark.heavy" in file.read_text("utf-8")),
)
LIGHT = ("-m", "not heavy and not e2e")
BROWSER = ("-m", "not heavy", "tests/e2e")
NOTHING_FOUND = 5


def main(arguments: list[str]) -> int:
    """Run the suite with these arguments for pytest; return the exit code of the first call that failed."""
    engines.share()
    # All of them, also after a failure: one fault does not hide another.
    found = [
        _pytest([*arguments, *LIGHT], DCAI_REQUIRE_E2E=""),
        _pytest([*arguments, *BROWSER]),
        _pytest([*arguments, *HEAVY], DCAI_REQUIRE_E2E=""),
    ]
    failed = [code for code in found if code not in {0, NOTHING_FOUND}]
    if failed:
        return failed[0]
    return NOTHING_FOUND if set(found) == {NOTHING_FOUND} else 0


def _pytest(arguments: list[str], **environment: str) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
