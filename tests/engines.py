"""The engines of one test run: real PostgreSQL and Redis, gone at the end however the run ends.

A child process owns them and watches a pipe to the run that started it: when the run ends, or is killed, the pipe
closes, and the child stops the engines and removes their folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dcai_web.ops.engines import place
from dcai_web.ops.engines.account import for_postgres
from dcai_web.ops.engines.postgres import Postgres
from dcai_web.ops.engines.redis import Redis
from tests import template

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60
KEPT = {"DCAI_CHROMIUM", "DCAI_REQUIRE_E2E"}
"""Settings of the test run, not of the site that it runs."""


def start(*, durable: bool = False) -> dict[str, str]:
    """Start engines for this process and those it starts; return where they are, and what there is to copy."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.engines", *(["--durable"] if durable else [])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the run, not for its engines
    )
    _keepers.append(keeper)
    assert keeper.stdout is not None
    line = keeper.stdout.readline()
    if not line:
        message = "The engines for the tests did not start: see above."
        raise RuntimeError(message)
    addresses: dict[str, str] = json.loads(line)
    return addresses


def share() -> None:
    """Start engines for all test runs that this process starts, with a database that theirs are copied from."""
    for name in [name for name in os.environ if name.startswith("DCAI_") and name not in KEPT]:
        del os.environ[name]
    os.environ.update(start(), DCAI_TEST_RUN="1")
    if os.environ["DCAI_TEST_TEMPLATE"]:
        return
    made = subprocess.run(
        [sys.executable, "-m", "tests.template"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.environ["DCAI_TEST_TEMPLATE"] = made.stdout.strip()


# Kept alive, and with them the pipes, until the interpreter ends.
_keepers: list[subprocess.Popen[str]] = []


def keep(*, durable: bool) -> None:
    """Run the engines until the other end of standard input is closed."""
    # A folder with a short name, for the sockets.
    folder = Path(tempfile.mkdtemp(prefix="dcai-test-"))
    folder.chmod(0o711)
    running: list[subprocess.Popen[bytes]] = []
    try:
        account = for_postgres()
        home = folder / "postgres"
        home.mkdir(mode=0o711)
        postgres = Postgres(home=home, programs=place.postgres_programs(account), account=account, durable=durable)
        redis = Redis(home=folder / "redis", program=place.redis_program(), durable=durable)
        log = (folder / "log").open("wb")
        for engine in (postgres, redis):
            engine.prepare()
            running.append(
                subprocess.Popen(engine.command, stdout=log, stderr=subprocess.STDOUT, **engine.process_options)
            )
        until = time.monotonic() + PATIENCE
        while not (postgres.is_ready() and redis.is_ready()):
            if time.monotonic() > until:
                sys.exit((folder / "log").read_text(encoding="utf-8"))
            time.sleep(0.05)
        postgres.ensure_database()
        data = folder / "data"
        data.mkdir()
        addresses = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "DCAI_DATA_DIR": str(data)}
        addresses["DCAI_TEST_TEMPLATE"] = "" if durable else template.restore_kept(postgres)
        print(json.dumps(addresses), flush=True)  # noqa: T201 - the protocol with start()
        sys.stdin.read()
    finally:
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            process.wait(PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(durable="--durable" in sys.argv)
