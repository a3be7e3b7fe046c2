"""Static files where a process may not write, as in an image: they came with it and stay as they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from dcai_web.management.commands import prepare


@pytest.mark.parametrize("writable", [True, False])
def test_files_are_collected_only_where_that_is_allowed(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    settings.STATIC_ROOT = tmp_path
    called: list[str] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **_: called.append(name))
    monkeypatch.setattr(os, "access", lambda *_: writable)
    prepare.Command()._collect_static()
    assert called == (["collectstatic"] if writable else [])
    assert (tmp_path / ".fingerprint").exists() == writable
