from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dcai_web.ops.supervisor.child import Child
from dcai_web.ops.supervisor.output import Output
from dcai_web.ops.supervisor.program import Program
from dcai_web.ops.supervisor.supervisor import SAME_WISH, Stopped, Supervisor

SLEEP = "import time; print('here', flush=True); time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"
SLOW_TO_LEAVE = """
import signal, sys, time
def leave(*_):
    time.sleep(2)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print('here', flush=True)
time.sleep(60)
"""
# A parent that is killed leaves its own child behind.
NESTED = """
import subprocess, sys
process = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
print(process.pid, flush=True)
process.wait()
"""


class Scene:
    """A supervisor whose output can be read."""

    def __init__(self, logs: Path) -> None:
        self.stream = io.StringIO()
        self.output = Output(logs, stream=self.stream)
        self.supervisor = Supervisor(self.output)
        self.names: list[str] = []

    def start(self, name: str, code: str, **options: object) -> Child:
        child = self.make(name, code, **options)
        return self.supervisor.start(child)

    def make(self, name: str, code: str, **options: object) -> Child:
        self.names.append(name)
        program = Program(name=name, command=[sys.executable, "-c", code], **options)  # type: ignore[arg-type]
        return Child(program, environment=os.environ, output=self.output)

    def printed(self, text: str) -> bool:
        return text in self.stream.getvalue()

    def await_text(self, text: str) -> None:
        assert self.supervisor.wait_for(lambda: self.printed(text), seconds=20), self.stream.getvalue()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "logs")
    yield scene
    scene.supervisor.stop(*scene.names)
    scene.output.close()


def test_a_child_killed_with_9_is_started_again_and_said_so(scene: Scene) -> None:
    child = scene.start("web", SLEEP)
    scene.await_text("web      | here")
    first = child.pid
    assert first is not None

    os.kill(first, signal.SIGKILL)
    scene.await_text("web ended (killed by SIGKILL): starting it again in 0.5 s.")
    assert scene.supervisor.wait_for(lambda: child.pid not in {None, first}, seconds=10)


def test_a_child_that_keeps_failing_is_started_less_and_less_often(scene: Scene) -> None:
    scene.start("beat", "raise SystemExit(3)")
    scene.await_text("beat ended (exit code 3): starting it again in 0.5 s.")
    scene.await_text("beat ended (exit code 3): starting it again in 1 s.")
    scene.await_text("beat ended (exit code 3): starting it again in 2 s.")


def test_what_a_dead_child_leaves_behind_is_ended(scene: Scene) -> None:
    child = scene.start("worker", NESTED)
    scene.await_text("worker   | ")
    grandchild = int(scene.stream.getvalue().split("worker   | ")[1].split()[0])
    assert child.pid is not None

    os.kill(child.pid, signal.SIGKILL)
    scene.await_text("worker ended")

    def gone() -> bool:
        try:
            return Path(f"/proc/{grandchild}/stat").read_text().split()[2] == "Z"
        except FileNotFoundError:
            return True

    assert scene.supervisor.wait_for(gone, seconds=5)


def test_stop_asks_waits_and_then_insists(scene: Scene) -> None:
    polite = scene.start("web", SLEEP, farewell=((signal.SIGTERM, 10.0),))
    deaf = scene.start("worker", DEAF, farewell=((signal.SIGTERM, 1.0),))
    scene.await_text("web      | here")
    scene.await_text("worker   | here")

    scene.supervisor.stop("web", "worker")

    assert polite.exit_code == -signal.SIGTERM
    assert deaf.exit_code == -signal.SIGKILL
    assert scene.printed("worker did not stop: ending it.")


def test_a_stopped_child_stays_stopped(scene: Scene) -> None:
    child = scene.start("web", SLEEP)
    scene.await_text("web      | here")
    scene.supervisor.stop("web")
    assert not scene.supervisor.wait_for(lambda: child.running, seconds=1.5)


def test_a_signal_stops_the_run_and_a_second_one_hurries(scene: Scene) -> None:
    scene.start("worker", DEAF, farewell=((signal.SIGTERM, 60.0),))
    scene.await_text("worker   | here")
    began = time.monotonic()
    with scene.supervisor.listening():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            scene.supervisor.run()
        threading.Timer(SAME_WISH + 0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        scene.supervisor.stop("worker")
    assert time.monotonic() - began < 20
    assert scene.printed("Stopping at once.")


def test_a_signal_that_arrives_twice_at_once_is_one_wish(scene: Scene) -> None:
    child = scene.start("worker", SLOW_TO_LEAVE, farewell=((signal.SIGTERM, 30.0),))
    scene.await_text("worker   | here")
    with scene.supervisor.listening():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)
        with pytest.raises(Stopped):
            scene.supervisor.run()
        scene.supervisor.stop("worker")
    assert child.exit_code == 0, "it was given the time to end by itself"


def test_a_program_that_is_meant_to_end_is_not_started_again(scene: Scene) -> None:
    child = scene.make("prepare", "print('done')", once=True)
    assert scene.supervisor.run_once(child) == 0
    scene.await_text("prepare  | done")
    failing = scene.make("demo", "raise SystemExit(2)", once=True)
    assert scene.supervisor.run_once(failing) == 2
    assert scene.printed("demo failed (exit code 2)")


def test_lines_of_a_quiet_child_are_only_in_its_log(scene: Scene, tmp_path: Path) -> None:
    scene.start("redis", SLEEP, quiet=True)
    log = tmp_path / "logs" / "redis.log"
    assert scene.supervisor.wait_for(lambda: log.exists() and log.read_text() == "here\n", seconds=10)
    assert not scene.printed("here")
