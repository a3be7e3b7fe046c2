"""The version is said in one voice."""

from __future__ import annotations

import tomllib

import dcai_web
from tests.engines import ROOT


def test_the_package_says_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert dcai_web.__version__ == project["version"]
