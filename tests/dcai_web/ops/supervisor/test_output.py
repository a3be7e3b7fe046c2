"""The supervisor's lines while the disk has no room for its files."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import pytest

from dcai_web.ops.supervisor.output import Output


class FullFile(io.StringIO):
    """A file on a full disk."""

    full = True

    def write(self, text: str) -> int:
        if FullFile.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_a_full_disk_is_said_once_and_lines_are_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = io.StringIO()
    output = Output(tmp_path / "logs", stream=shown)
    monkeypatch.setattr("logging.FileHandler._open", lambda _: FullFile())
    for number in range(300):
        output.line("web", f"line {number}", quiet=False)
    FullFile.full = False
    output.line("web", "there is room", quiet=False)
    output.close()
    told = shown.getvalue()
    assert capsys.readouterr().err == ""
    assert told.count("web.log cannot be written ([Errno 28] No space left on device)") == 1
    assert told.count("web.log is written again") == 1
    assert told.count("web      | line") == 300


def test_a_file_that_cannot_even_be_made_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = io.StringIO()
    output = Output(tmp_path / "logs", stream=shown)
    (tmp_path / "logs" / "web.log").mkdir(parents=True)
    output.line("web", "one", quiet=False)
    output.line("web", "two", quiet=False)
    output.close()
    assert capsys.readouterr().err == ""
    assert shown.getvalue().count("cannot be written") == 1
