"""Rules of the house that no linter knows: where rows are read, and where tests keep what they share."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VIEWS = sorted(
    path.relative_to(ROOT)
    for app in ("labeling", "quality")
    for layer in ("api", "web", "templatetags")
    for path in (ROOT / app / layer).rglob("*.py")
)
TESTS = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))


def lines(path: Path, pattern: str) -> list[str]:
    """Return the lines of a file that match, with their numbers."""
    text = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return [f"{path}:{number}: {line}" for number, line in enumerate(text, start=1) if re.search(pattern, line)]


@pytest.mark.parametrize("path", VIEWS, ids=str)
def test_views_read_through_selectors(path: Path) -> None:
    assert not lines(path, r"\.objects\b|\bcursor\(|\bget_user_model\(")


def test_there_are_views() -> None:
    assert len(VIEWS) > 50
