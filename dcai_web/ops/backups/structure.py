"""The structure of the database: which migrations it has been through, and how it gets from one state to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddIndex, RemoveIndex, RunSQL
from django.db.migrations.operations.base import Operation

from dcai_web.ops.backups.manifest import Refused

Step = tuple[str, str]


def applied() -> list[Step]:
    """Return the migrations that the database has been through, whether this version knows them or not."""
    return sorted(MigrationLoader(connection).applied_migrations)


def known() -> list[Step]:
    """Return the migrations that this version of the product consists of."""
    return sorted(MigrationLoader(None).graph.nodes)


def check_known(there: Iterable[Step], *, version: str) -> None:
    """Raise `Refused` unless a structure is this version's, or one that this version migrates."""
    steps = set(there)
    graph = MigrationLoader(None).graph
    if newer := sorted(steps - graph.nodes.keys()):
        message = (
            f"The backup was made by version {version}, which has migrations that this one does not know "
            f"({'.'.join(newer[0])}): restore it with that version or a later one. Nothing was changed."
        )
        raise Refused(message)
    for step in sorted(steps):
        for parent in graph.node_map[step].parents:
            if parent.key not in steps:
                message = (
                    f"The backup has the migration {'.'.join(step)} but not {'.'.join(parent.key)}, which comes before "
                    "it here: this version cannot go on from there. Nothing was changed."
                )
                raise Refused(message)


def migrate_to(steps: Iterable[Step]) -> None:
    """Make the tables as they were after these migrations; to be called within a transaction, without tables."""
    wanted = set(steps)
    graph = MigrationLoader(None).graph
    _migrate([step for step in wanted if not any(child.key in wanted for child in graph.node_map[step].children)])


def migrate_on() -> None:
    """Bring the structure and the rows up to this version; to be called within a transaction."""
    _migrate(MigrationLoader(None).graph.leaf_nodes())


def _migrate(targets: list[Step]) -> None:
    executor = MigrationExecutor(connection, progress_callback=_settle)
    plan = executor.migration_plan(targets)
    for migration, _ in plan:
        # A list of this instance's own, whatever its type says.
        cast("list[Operation]", migration.operations)[:] = [
            _in_transaction(operation) for operation in migration.operations
        ]
    executor.migrate(targets, plan)


def _in_transaction(operation: Operation) -> Operation:
    """Return the operation for tables that nobody else looks at: no index need be built beside the work of others."""
    if isinstance(operation, AddIndexConcurrently):
        return AddIndex(operation.model_name, operation.index)
    if isinstance(operation, RemoveIndexConcurrently):
        return RemoveIndex(operation.model_name, operation.name)
    if isinstance(operation, RunSQL) and isinstance(operation.sql, str):
        return RunSQL(operation.sql.replace("INDEX CONCURRENTLY", "INDEX"), state_operations=operation.state_operations)
    return operation


def _settle(action: str, *_: Any) -> None:
    """Check what is to be checked at the end of a transaction, as each migration has one of its own elsewhere."""
    if action == "apply_success":
        settle()


def settle() -> None:
    """Check deferred constraints now; a table with checks to come cannot be altered."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
