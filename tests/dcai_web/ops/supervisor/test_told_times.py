"""What `up` says about how long the start took, and what is not there yet."""

from __future__ import annotations

import io
import re
import sys
import time
from pathlib import Path

import pytest

from dcai_web.ops.supervisor import site, up
from dcai_web.ops.supervisor.output import Output
from dcai_web.ops.supervisor.program import Program


def started(folder: Path, stream: io.StringIO) -> up.Up:
    (folder / "run").mkdir(exist_ok=True)
    return up.Up(up.plan(folder, reload=False), mark="test", output=Output(folder / "logs", stream=stream))


@pytest.mark.parametrize(
    ("ago", "said"), [(75, r"after 7[5-9] s:"), (200, r"after 3 min 2\d s:"), (90_000, r"after \d s:")]
)
def test_the_time_counts_from_the_command_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ago: int, said: str
) -> None:
    monkeypatch.setenv("DCAI_BEGAN", str(int(time.time()) - ago))
    stream = io.StringIO()
    started(tmp_path, stream)._welcome()
    assert re.search(f"dcai is ready {said}", stream.getvalue())


def test_what_is_still_being_loaded_is_said_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCAI_DEMO", "1")
    program = Program(name="demo", command=[sys.executable, "-c", ""], once=True)
    monkeypatch.setattr(site, "manage", lambda *_: program)
    stream = io.StringIO()
    started(tmp_path, stream)._start_demo()
    told = stream.getvalue()
    assert told.index("Still being loaded: the demo projects") < told.index("The demo projects are loaded, ")
    started(tmp_path, again := io.StringIO())._start_demo()
    assert "demo" not in again.getvalue()
