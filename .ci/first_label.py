"""Time the first minutes of a new user: a fresh clone, `make up`, and a label saved in the browser.

Run it with the tools of development, on a quiet machine:  .venv/bin/python .ci/first_label.py
The clone gets an empty home folder, so nothing that was installed before is used (pip's and npm's caches included).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, TimeoutError, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 1200
BROWSER = os.environ.get("DCAI_CHROMIUM") or shutil.which("chromium") or "chromium"
GIT = shutil.which("git") or "git"
MAKE = shutil.which("make") or "make"


def main() -> None:
    """Clone, start, label, stop; start again."""
    folder = Path(tempfile.mkdtemp(prefix="dcai-first-"))
    clone, home = folder / "dcai", folder / "home"
    home.mkdir()
    subprocess.run([GIT, "clone", "--quiet", str(ROOT), str(clone)], check=True)  # noqa: S603 - as a person would
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "DCAI_PORT": str(free_port())}
    try:
        began = time.monotonic()
        process, printed = up(clone, environment, folder / "first.log")
        say("fresh clone to the address on the terminal", began)
        label(environment["DCAI_PORT"], *sign_in_data(printed))
        say("fresh clone to a label saved in the browser", began)
        stop(process, clone)

        began = time.monotonic()
        process, _ = up(clone, environment, folder / "second.log")
        say("second start", began)
        stop(process, clone)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def up(clone: Path, environment: dict[str, str], log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Run `make up` and wait until it has printed the address."""
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - the command is `make up`
            [MAKE, "up"], cwd=clone, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    until = time.monotonic() + PATIENCE
    while "Ctrl-C stops it" not in (printed := log.read_text(encoding="utf-8", errors="replace")):
        if process.poll() is not None or time.monotonic() > until:
            sys.exit(printed)
        time.sleep(0.1)
    return process, printed


def stop(process: subprocess.Popen[bytes], clone: Path) -> None:
    """Stop it as Ctrl-C does, and wait."""
    holder = json.loads((clone / ".dcai" / "run" / "up.lock").read_text(encoding="utf-8"))
    os.kill(holder["pid"], signal.SIGINT)
    process.wait(120)


def sign_in_data(printed: str) -> tuple[str, str]:
    """Return the e-mail address and the password that were printed."""
    found = re.search(r"Sign in as +(\S+)\n +Password +(\S+)", printed)
    if found is None:
        sys.exit(f"No password was printed:\n{printed}")
    return found[1], found[2]


def label(port: str, email: str, password: str) -> None:
    """Sign in and label the first item of the demo with two keys."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        site = f"http://127.0.0.1:{port}/"
        page = browser.new_page(base_url=site)
        page.goto("/login/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(password)
        page.keyboard.press("Enter")
        expect(page).to_have_url(site)
        open_editor(page)
        page.keyboard.press("1")
        with page.expect_response(lambda answer: answer.url.endswith("/annotations/") and answer.status == 201):
            page.keyboard.press("Enter")
        expect(page.locator("[data-save-state]")).to_have_text("Saved")
        browser.close()


def open_editor(page: Page) -> None:
    """Open the demo's label page as soon as its tasks are there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        page.goto("/p/handwritten-digits/label/")
        try:
            page.get_by_role("radio").first.wait_for(timeout=3000)
        except TimeoutError:
            continue
        return


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(what: str, began: float) -> None:
    """Print how long it took."""
    sys.stdout.write(f"{what}: {time.monotonic() - began:.0f} s\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
