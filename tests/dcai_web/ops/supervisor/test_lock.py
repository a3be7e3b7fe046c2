from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dcai_web.ops.supervisor import lock


def test_a_second_start_on_the_same_data_is_refused_with_who_runs(tmp_path: Path) -> None:
    with (
        lock.hold(tmp_path, address="http://127.0.0.1:8000"),
        pytest.raises(lock.AlreadyRunning) as refused,
        lock.hold(tmp_path, address="http://127.0.0.1:9000"),
    ):
        pass
    assert f"pid {os.getpid()}, http://127.0.0.1:8000" in str(refused.value)
    assert "DCAI_DATA_DIR" in str(refused.value)


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    with lock.hold(tmp_path, address="a"):
        pass
    with lock.hold(tmp_path, address="b"):
        pass


def test_a_broken_lock_file_does_not_keep_anybody_out(tmp_path: Path) -> None:
    (tmp_path / "up.lock").write_text("{ half")
    with lock.hold(tmp_path, address="a") as mark:
        assert json.loads((tmp_path / "up.lock").read_text())["mark"] == mark


def test_what_a_killed_run_left_behind_is_ended_and_nothing_else(tmp_path: Path) -> None:
    with lock.hold(tmp_path, address="a") as mark:
        pass
    sleep = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]
    orphan = subprocess.Popen(sleep, env={**os.environ, lock.MARK: mark}, stdout=subprocess.PIPE)
    stranger = subprocess.Popen(sleep, env={**os.environ, lock.MARK: "other"}, stdout=subprocess.PIPE)
    try:
        for process in (orphan, stranger):
            assert process.stdout is not None
            process.stdout.readline()
        with lock.hold(tmp_path, address="b"):
            orphan.wait(timeout=10)
            assert stranger.poll() is None
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.communicate()
