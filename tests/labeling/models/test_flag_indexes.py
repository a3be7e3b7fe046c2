"""The index that keeps a part of an answer from being flagged twice: built, taken back and built again beside rows."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.state import ProjectState

from labeling.models import Flag
from labeling.reasons.outlier import OUTLIER
from labeling.services import flags
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

MIGRATION = import_module("labeling.migrations.0009_one_open_flag_per_part").Migration


def forwards() -> None:
    with connection.schema_editor(atomic=MIGRATION.atomic) as editor:
        for operation in MIGRATION.operations:
            operation.database_forwards("labeling", editor, ProjectState(), ProjectState())


def backwards() -> None:
    with connection.schema_editor(atomic=MIGRATION.atomic) as editor:
        for operation in reversed(MIGRATION.operations):
            operation.database_backwards("labeling", editor, ProjectState(), ProjectState())


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid"
            " WHERE indrelid = 'labeling_flag'::regclass AND indisunique AND indisvalid AND NOT indisprimary"
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def _restored() -> Iterator[None]:
    yield
    Flag.objects.all().delete()
    forwards()


@pytest.mark.usefixtures("_restored")
def test_the_index_is_built_and_taken_back_beside_rows() -> None:
    task = factories.task(factories.project())
    flags.put_flag(task=task, reason=OUTLIER, question="intent")
    assert indexes() == {"flag_one_open_part"}
    backwards()
    assert indexes() == {"flag_one_open"}
    with pytest.raises(IntegrityError):
        flags.put_flag(task=task, reason=OUTLIER, question="intent", part="r1")
    forwards()
    flags.put_flag(task=task, reason=OUTLIER, question="intent", part="r1")
    # One that was cut short is done again.
    forwards()
    assert indexes() == {"flag_one_open_part"}
    assert Flag.objects.count() == 2


@pytest.mark.usefixtures("_restored")
def test_rows_that_older_code_adds_speak_of_the_whole_answer() -> None:
    task = factories.task(factories.project())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO labeling_flag (task_id, project_id, question, reason, state, score, note, evidence,"
            " created_at, resolution, resolution_note)"
            " VALUES (%s, %s, 'intent', 'outlier', 'open', 0, '', '{}', now(), '', '')",
            [task.pk, task.project_id],
        )
    assert Flag.objects.get().part == ""
