"""`manage.py up`: from nothing to a page in the browser, and back to nothing running.

It loads nothing of Django: it is the process that does least, and the one that everybody waits for.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from dcai_web import env, frontend
from dcai_web.ops.engines import postgres, redis
from dcai_web.ops.supervisor import lock, prepared, site
from dcai_web.ops.supervisor.child import Child
from dcai_web.ops.supervisor.output import Output
from dcai_web.ops.supervisor.program import Program
from dcai_web.ops.supervisor.sources import Sources
from dcai_web.ops.supervisor.supervisor import Stopped, Supervisor

ENGINE_PATIENCE = 120.0
SITE_PATIENCE = 120.0
# The workers, and whatever waits for them, leave the processors to the pages until these answer; but not for ever.
PAGES_FIRST = 20.0
OFTEN = 0.05
# A start that is said to have begun longer ago is a leftover of the environment.
LONGEST_START = 3 * 3600
WORLD = {"0.0.0.0", "::"}  # noqa: S104 - named to be recognised, not bound to


class CannotStart(Exception):
    """Something keeps the product from starting; the message says what and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start, as the environment says."""

    data_dir: Path
    host: str
    port: int
    size: site.Size
    demo: bool
    reload: bool

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the site."""
        host = "127.0.0.1" if self.host in WORLD else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def plan(data_dir: Path, *, reload: bool) -> Plan:
    """Read the plan from the environment."""
    return Plan(
        data_dir=data_dir,
        host=env.text("DCAI_HOST", "127.0.0.1"),
        port=env.integer("DCAI_PORT", 8000),
        size=site.Size(
            web_workers=env.integer("DCAI_WEB_WORKERS", 2),
            web_threads=env.integer("DCAI_WEB_THREADS", 4),
            job_workers=env.integer("DCAI_JOB_WORKERS", 2),
        ),
        demo=env.boolean("DCAI_DEMO", default=True),
        reload=reload,
    )


class Up:
    """One run of everything."""

    def __init__(self, wanted: Plan, *, mark: str, output: Output) -> None:
        self._plan = wanted
        self._run_dir = wanted.data_dir / "run"
        self._output = output
        self._supervisor = Supervisor(output)
        self._engine_environment = dict(os.environ)
        self._environment = {
            **os.environ,
            lock.MARK: mark,
            "DCAI_DATA_DIR": str(wanted.data_dir),
            "DCAI_PORT": str(wanted.port),
            "DCAI_LOG_FORMAT": os.environ.get("DCAI_LOG_FORMAT") or ("console" if sys.stdout.isatty() else "json"),
            # Beside the data, not in the checkout: two sites of one checkout do not disturb each other.
            "DCAI_STATIC_ROOT": os.environ.get("DCAI_STATIC_ROOT") or str(wanted.data_dir / "static"),
            "PYTHONUNBUFFERED": "1",
        }
        self._site: dict[str, Child] = {}
        self._began = _command_began()

    def run(self) -> None:
        """Start all, keep all running, and stop all when asked to."""
        with self._supervisor.listening():
            try:
                self._start()
                self._follow_sources() if self._plan.reload else self._supervisor.run()
            except Stopped:
                pass
            finally:
                self._stop()

    def _start(self) -> None:
        _refuse_taken_port(self._plan.host, self._plan.port)
        self._start_engines()
        self._build()
        self._prepare()
        self._child(site.web(host=self._plan.host, port=self._plan.port, size=self._plan.size))
        answers = self._supervisor.wait_for(self._pages_answer, seconds=PAGES_FIRST, every=OFTEN)
        for program in site.workers(size=self._plan.size):
            self._child(program)
        while not (answers or self._supervisor.wait_for(self._pages_answer, seconds=SITE_PATIENCE)):
            self._output.say(f"Still not ready. The logs are in {self._plan.data_dir / 'logs'}; still trying.")
        self._welcome()
        self._start_demo()

    def _start_engines(self) -> None:
        """Start those that are not given, side by side."""
        server = None if env.text("DATABASE_URL") else postgres.embedded(self._plan.data_dir)
        broker = None if env.text("REDIS_URL") else redis.embedded(self._plan.data_dir)
        started: list[tuple[Callable[[], bool], Child]] = []
        addresses = {}
        if server:
            server.prepare()
            started.append((server.is_ready, self._child(site.postgres(server), engine=True)))
            addresses["DATABASE_URL"] = server.url
        if broker:
            broker.prepare()
            started.append((broker.is_ready, self._child(site.redis(broker), engine=True)))
            addresses["REDIS_URL"] = broker.url
        for is_ready, child in started:
            self._await(is_ready, child)
        if server:
            server.ensure_database()
        self._environment.update(addresses)
        # Other commands (`manage.py token`, `manage.py shell`) find the engines here.
        (self._run_dir / "engines.json").write_text(json.dumps(addresses), encoding="utf-8")

    def _await(self, is_ready: Callable[[], bool], child: Child) -> None:
        if not self._supervisor.wait_for(is_ready, seconds=ENGINE_PATIENCE, every=OFTEN):
            message = f"{child.name} does not start: see {self._output.path(child.name)}"
            raise CannotStart(message)

    def _build(self) -> None:
        if not frontend.is_stale():
            return
        self._output.say("Building the front end ...")
        if self._supervisor.run_once(self._make(site.build())) != 0:
            message = "The front end could not be built: see the lines above."
            raise CannotStart(message)

    def _prepare(self) -> None:
        """Bring database and static files up to date, unless nothing has changed since that was done."""
        note = self._run_dir / "prepared"
        if prepared.is_noted(note, self._environment):
            return
        note.unlink(missing_ok=True)
        first_admin = self._run_dir / "first-admin.json"
        program = site.manage("prepare", "prepare", "--first-admin", str(first_admin))
        if self._supervisor.run_once(self._make(program)) != 0:
            message = "The database could not be brought up to date: see the lines above."
            raise CannotStart(message)
        prepared.write_note(note, self._environment)

    def _welcome(self) -> None:
        seconds = time.time() - self._began
        self._output.say(f"\ndcai is ready after {_told_seconds(seconds)}:  {self._plan.address}\n")
        first_admin = self._run_dir / "first-admin.json"
        if first_admin.exists():
            admin = json.loads(first_admin.read_text(encoding="utf-8"))
            self._output.show(
                f"  Sign in as  {admin['email']}\n  Password    {admin['password']}   (shown this once)\n"
            )
            first_admin.unlink()
        self._output.say("Ctrl-C stops it; nothing is lost.")

    def _start_demo(self) -> None:
        done = self._plan.data_dir / "demo.done"
        if not self._plan.demo or done.exists():
            return
        self._output.say("Still being loaded: the demo projects, which appear one after another.")
        child = self._child(site.manage("demo", "demo"))
        while child.running:
            self._supervisor.watch_once()
        if child.exit_code == 0:
            done.touch()
            seconds = time.time() - self._began
            self._output.say(f"The demo projects are loaded, {_told_seconds(seconds)} after the start.")

    def _follow_sources(self) -> None:
        frontend.forget_build()
        self._child(site.build_on_change())
        followed = [self._site[name] for name in ("web", "worker", "quality")]
        sources = Sources()
        while True:
            self._supervisor.wait_for(lambda: False, seconds=1)
            changed = sources.changed()
            if changed:
                self._output.say(f"{', '.join(changed)} changed: starting again with it.")
                for child in followed:
                    self._supervisor.restart(child)

    def _pages_answer(self) -> bool:
        """Tell whether somebody would see a page now; the workers may be on their way still."""
        host = "127.0.0.1" if self._plan.host in WORLD else self._plan.host
        try:
            with socket.create_connection((host, self._plan.port), timeout=2) as asking:
                asking.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return asking.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def _stop(self) -> None:
        for names in (
            ("build", "prepare", "demo", "static", "web"),
            ("worker", "quality"),
            ("redis",),
            ("postgres",),
        ):
            self._supervisor.stop(*names)
        self._output.say("Stopped.")

    def _child(self, program: Program, *, engine: bool = False) -> Child:
        child = self._supervisor.start(self._make(program, engine=engine))
        self._site[program.name] = child
        return child

    def _make(self, program: Program, *, engine: bool = False) -> Child:
        environment = self._engine_environment if engine else self._environment
        return Child(program, environment=environment, output=self._output)


def _command_began() -> float:
    """Return when the command was given: `make` says so, which installs packages and builds before it comes here."""
    now = time.time()
    said = env.integer("DCAI_BEGAN", int(now))
    return said if 0 <= now - said < LONGEST_START else now


def _told_seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def up(data_dir: Path, *, reload: bool = False) -> None:
    """Start everything on this machine and stay until asked to stop."""
    wanted = plan(data_dir, reload=reload)
    data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    run_dir = data_dir / "run"
    run_dir.mkdir(mode=0o700, exist_ok=True)
    output = Output(data_dir / "logs")
    try:
        with lock.hold(run_dir, address=wanted.address) as mark:
            Up(wanted, mark=mark, output=output).run()
    finally:
        output.close()


def main(arguments: list[str]) -> int:
    """Do what `manage.py up` is asked for; return its exit code."""
    try:
        up(env.data_dir(site.ROOT), reload="--reload" in arguments)
    except (lock.AlreadyRunning, CannotStart, ImproperlyConfigured, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"Cannot listen on {host}:{port} ({error.strerror}). Set DCAI_PORT (or DCAI_HOST) to another one."
            raise CannotStart(message) from error
