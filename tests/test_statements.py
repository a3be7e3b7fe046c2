"""Plain SQL: every statement that a module names is one that the migrated schema takes."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction

import labeling
import quality
from labeling.models import AnnotationState, FlagState, LabelSource, TaskState

ROOT = Path(__file__).parents[1]
STATEMENT = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\s")
TEMPLATE = re.compile(r"\{[a-z_]*\}")
"""What is put together when it is run; the tests of exports and of review claims run each of those."""
TEMPORARY = re.compile(r"\s*CREATE TEMPORARY TABLE")
NAMED = re.compile(r"%\((\w+)\)s")
TABLE = re.compile(r"\b(labeling|quality)_")
NUMBERS = {"labeled": 0, "unlabeled": 0}
WORDS = {*TaskState.values, *FlagState.values, *AnnotationState.values, *LabelSource.values}


def constants() -> Iterator[tuple[str, str]]:
    """Yield the texts that modules of both apps name, by the place of each."""
    for app in (labeling, quality):
        for found in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
            if ".migrations" in found.name or ".management" in found.name:
                continue
            for name, value in vars(importlib.import_module(found.name)).items():
                if isinstance(value, str) and name.isupper():
                    yield f"{found.name}.{name}", value


ALL = dict(constants())
STATEMENTS = {
    place: sql for place, sql in ALL.items() if STATEMENT.match(sql) and not TEMPLATE.search(sql) and TABLE.search(sql)
}


def values(statement: str) -> dict[str, int | None] | list[None]:
    """Return a NULL for every place where a value goes, or a number where a NULL would be taken for a text."""
    named = NAMED.findall(statement)
    return {name: NUMBERS.get(name) for name in named} if named else [None] * statement.count("%s")


@pytest.mark.django_db
@pytest.mark.parametrize("place", sorted(STATEMENTS))
def test_the_schema_takes_every_statement(place: str) -> None:
    module = place.rpartition(".")[0]
    with transaction.atomic(), connection.cursor() as cursor:
        for other, sql in ALL.items():
            if other.startswith(f"{module}.") and TEMPORARY.match(sql):
                cursor.execute(sql)
        cursor.execute(f"EXPLAIN {STATEMENTS[place]}", values(STATEMENTS[place]))
        assert cursor.fetchall()


def test_statements_are_found() -> None:
    assert len(STATEMENTS) > 30
    assert {"labeling.services.claims._CLAIM", "labeling.services.annotations.stored._WRITE"} <= STATEMENTS.keys()


def test_states_and_sources_are_named_by_their_enums_and_not_spelled() -> None:
    spelled = re.compile(r"(?:state|source)\s*(?:=|<>|(?:NOT )?IN)\s*\(?'(?:" + "|".join(sorted(WORDS)) + r")'")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for app in ("labeling", "quality")
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
        for match in spelled.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("name", ["labeling", "quality"])
def test_every_file_with_plain_sql_has_its_reason_in_the_decision_about_it(name: str) -> None:
    decision = (ROOT / "docs/adr/0010-plain-sql-on-the-hot-path.md").read_text(encoding="utf-8")
    app = ROOT / name
    [table] = re.findall(rf"files in `{name}/` \|\n(.*?)\n\n", decision, flags=re.DOTALL)
    found = {
        path.relative_to(app).as_posix()
        for path in app.rglob("*.py")
        if re.search(r"cursor\.execute|statements\.run|connection\.cursor", path.read_text(encoding="utf-8"))
    }
    named = set(re.findall(r"`([a-z0-9_/]+\.py)`", table))
    assert found == named
