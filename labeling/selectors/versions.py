"""The schema and guideline that hold right now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from labeling.errors import NotFound
from labeling.kinds.schema import Schema, parse_schema
from labeling.models import GuidelineVersion, SchemaVersion


@dataclass(frozen=True, slots=True)
class Versions:
    """The numbers of the current schema and guideline (0: no guideline was published)."""

    schema: int
    guideline: int
    schema_pk: int


def current(project_id: int) -> Versions:
    """Return what holds now, in one query."""
    guideline = (
        GuidelineVersion.objects.filter(project_id=OuterRef("project_id"))
        .order_by()
        .values("project_id")
        .annotate(newest=Max("number"))
        .values("newest")
    )
    row = (
        SchemaVersion.objects.filter(project_id=project_id)
        .order_by("-number")
        .annotate(guideline=Coalesce(Subquery(guideline), Value(0)))
        .values_list("number", "guideline", "pk")
        .first()
    )
    if row is None:
        raise NotFound
    return Versions(schema=row[0], guideline=row[1], schema_pk=row[2])


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
