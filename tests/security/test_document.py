"""SECURITY.md names tests as proof: they are there."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = set(re.findall(r"`([^`\s]+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))


def test_every_file_that_is_named_is_there() -> None:
    named = {name for name in NAMED if name.startswith("tests/")}
    assert len(named) > 10
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_test_that_is_named_is_there() -> None:
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in [path.name, *re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)]
    }
    named = {name for name in NAMED if name.startswith("test_")}
    assert len(named) > 10
    assert {name for name in named if not any(fnmatch(known, name) for known in there)} == set()


def test_every_setting_that_is_named_is_read() -> None:
    settings = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "dcai_web").rglob("*.py"))
    named = {
        name.split("=")[0].removesuffix("_FILE").rstrip("*").rstrip("_") for name in NAMED if name.startswith("DCAI_")
    }
    assert {name for name in named if name not in settings} == set()
