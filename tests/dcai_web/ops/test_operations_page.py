"""docs/operations.md and the README name nothing that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.urls import reverse

from dcai_web.ops import metrics
from tests.engines import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "dcai_web").rglob("*.py"))
CLIENT = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "clients" / "python").rglob("*.py"))
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\b(?:DCAI|OTEL|REDIS|DATABASE)_[A-Z_]+\b", PAGE + README))))
def test_settings_are_read(name: str) -> None:
    read_by_others = {"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "DCAI_CHROMIUM"}
    plain = name.removesuffix("_FILE")
    assert name in read_by_others or f'"{plain}"' in CLIENT or f'"{plain}"' in SETTINGS or f"${{{plain}" in COMPOSE


def test_every_setting_of_the_page_is_in_the_table_of_the_readme() -> None:
    only_here = {"DCAI_PUBLISH", "DCAI_REQUIREMENTS"}  # read by docker-compose.yml, explained where they are used
    for name in set(re.findall(r"\bDCAI_[A-Z_]+\b", PAGE)) - only_here:
        assert f"`{name.removesuffix('_FILE')}`" in README or name in {"DCAI_WEB_THREADS"}, name


def test_metrics_are_told() -> None:
    files = (ROOT / "dcai_web" / "ops" / "metrics").glob("*.py")
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    named = set(re.findall(r"\bdcai_[a-z_]+\b", PAGE)) - {"dcai_web"}
    assert len(named) > 10
    for name in named:
        assert f'"{name.removesuffix("_bucket")}"' in source, name
    assert metrics.CONTENT_TYPE.startswith("text/plain")


def test_commands_and_targets_are_there() -> None:
    commands = get_commands()
    for command in set(re.findall(r"manage\.py ([a-z]+)", PAGE)):
        assert command in commands, command
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", PAGE, flags=re.MULTILINE)) <= targets
    for file in re.findall(r"requirements/[a-z0-9]+\.txt", PAGE):
        assert (ROOT / file).exists(), file


def test_what_is_to_be_copied_can_be_read() -> None:
    read: list[Any] = [yaml.safe_load(block) for block in blocks("yaml")]
    assert all(isinstance(block, dict) for block in read)
    (rules,) = (block["groups"][0]["rules"] for block in read if "groups" in block)
    assert all({"alert", "expr", "for"} <= rule.keys() for rule in rules)
    services = yaml.safe_load(re.sub(r"\$\{[^}]*\}", "x", COMPOSE))["services"]
    (override,) = (block["services"] for block in read if "services" in block)
    assert override.keys() <= services.keys()
    for option in re.findall(r"--scale ([a-z-]+)=", PAGE):
        assert option in services


def test_addresses_are_there() -> None:
    assert reverse("site") in PAGE
    for heading in re.findall(r"\]\(#([a-z0-9-]+)\)", PAGE):
        found = [
            re.sub(r"[^a-z0-9 -]", "", line.lower()).strip().replace(" ", "-")
            for line in PAGE.splitlines()
            if line.startswith("#")
        ]
        assert heading in found, heading
