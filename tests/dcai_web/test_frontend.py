from __future__ import annotations

from pathlib import Path

import pytest

from dcai_web import frontend


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end of one source."""
    static = tmp_path / "static"
    (static / "src").mkdir(parents=True)
    (static / "dist").mkdir()
    (static / "src" / "app.ts").write_text("let a = 1")
    monkeypatch.setattr(frontend, "STATIC", static)
    monkeypatch.setattr(frontend, "_MARK", static / "dist" / ".fingerprint")
    return static


def test_it_is_stale_until_built_and_after_a_change(sources: Path) -> None:
    assert frontend.is_stale()
    (sources / "dist" / ".fingerprint").write_text(frontend.fingerprint())
    assert not frontend.is_stale()
    (sources / "src" / "app.ts").write_text("let a = 2")
    assert frontend.is_stale()


def test_what_is_built_or_installed_is_no_source(sources: Path) -> None:
    before = frontend.fingerprint()
    (sources / "node_modules").mkdir()
    (sources / "node_modules" / "x.js").write_text("x")
    (sources / "dist" / "app.js").write_text("x")
    assert frontend.fingerprint() == before


def test_a_tool_that_fails_is_named(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sources / "package-lock.json").write_text("{}")
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nexit 7\n")
    npm.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(frontend.BuildFailed, match=r"npm ci .* \(exit code 7\)"):
        frontend.build()
    assert frontend.is_stale()
