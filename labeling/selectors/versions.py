"""The schema and guideline that hold right now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from labeling import statements
from labeling.errors import NotFound
from labeling.kinds.schema import Schema, parse_schema
from labeling.models import SchemaVersion


@dataclass(frozen=True, slots=True)
class Versions:
    """The numbers of the current schema and guideline (0: no guideline was published)."""

    schema: int
    guideline: int
    schema_pk: int


_CURRENT = """
SELECT s.number, s.id,
    COALESCE((SELECT max(g.number) FROM labeling_guidelineversion g WHERE g.project_id = %(project)s), 0)
FROM labeling_schemaversion s WHERE s.project_id = %(project)s ORDER BY s.number DESC LIMIT 1
"""


def current(project_id: int) -> Versions:
    """Return what holds now, in one query."""
    for number, pk, guideline in statements.run_statement(_CURRENT, {"project": project_id}):
        return Versions(schema=number, guideline=guideline, schema_pk=pk)
    raise NotFound


def schema(project_id: int) -> Schema:
    """Return the project's current schema."""
    return by_pk(current(project_id).schema_pk)


def numbered(project_id: int, number: int) -> Schema:
    """Return one version of the project's schema."""
    pk = SchemaVersion.objects.filter(project_id=project_id, number=number).values_list("pk", flat=True).first()
    if pk is None:
        raise NotFound
    return by_pk(pk)


@lru_cache(maxsize=256)
def by_pk(pk: int) -> Schema:
    """Return a schema version parsed; versions never change, so they are kept."""
    return parse_schema(SchemaVersion.objects.values_list("body", flat=True).get(pk=pk))
