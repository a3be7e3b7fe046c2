"""Run every test, in two calls: the light ones several at a time, the heavy ones one after another.

A heavy test drives a browser, kills servers, races many processes or starts the whole product. Beside others it would
measure how busy the machine is; alone it measures the product. No test is run twice: one that fails now and then is a
fault of the product or of the test, and is to be found.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("-n0", "-m", "heavy")
LIGHT = ("-m", "not heavy")
NOTHING_FOUND = 5


def main(arguments: list[str]) -> int:
    """Run the suite with these arguments for pytest; return the exit code of the first call that failed."""
    light = _pytest([*arguments, *LIGHT], DCAI_REQUIRE_E2E="")
    # Also after a failure: one fault does not hide another.
    heavy = _pytest([*arguments, *HEAVY])
    codes = [code for code in (light, heavy) if code not in {0, NOTHING_FOUND}]
    if light == heavy == NOTHING_FOUND:
        return NOTHING_FOUND
    return codes[0] if codes else 0


def _pytest(arguments: list[str], **environment: str) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
