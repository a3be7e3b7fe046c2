"""One flag for all copies of an item, in place of one on each: open ones are joined, decided ones stay as they are.

Copies that told of one another are one group. Its first flag stays, with all of them as its evidence; the others are
closed. What is joined is left alone, so that the migration can be run again.
"""

import hashlib
import json
from collections import defaultdict
from typing import Any

from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

BATCH = 1_000
MOST = 200
TURN = 3


def join_copies(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Join the open flags on copies of the same item."""
    flags = apps.get_model("labeling", "Flag").objects.filter(reason="near_duplicate", state="open")
    flags = flags.exclude(evidence__has_key="members")
    for project, question in list(flags.order_by().values_list("project_id", "question").distinct()):
        with transaction.atomic():
            _join(flags.filter(project_id=project, question=question).order_by("task_id"))
    # Where a restored backup is migrated, all is one transaction: what the rows have left to check is checked now,
    # for no index is made before it.
    if schema_editor.connection.in_atomic_block:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _join(flags: Any) -> None:
    first: dict[int, int] = {}

    def root(task: int) -> int:
        while first.setdefault(task, task) != task:
            first[task] = first[first[task]]
            task = first[task]
        return task

    found = list(flags.values_list("pk", "task_id", "score", "evidence"))
    for _, task, _, evidence in found:
        for other in _copies(evidence):
            one, another = sorted((root(task), root(other)))
            first[another] = one
    members: defaultdict[int, list[int]] = defaultdict(list)
    for task in sorted(first):
        members[root(task)].append(task)
    groups: defaultdict[int, list[tuple[int, float, Any]]] = defaultdict(list)
    for pk, task, score, evidence in found:
        if task in first and len(members[root(task)]) > 1:
            groups[root(task)].append((pk, score, evidence))
    closed = []
    for task, of_group in groups.items():
        (stays, _, evidence), *others = of_group
        score = min(score for _, score, _ in of_group)
        joined = _evidence(members[task][:MOST], [each for _, _, each in of_group], run=evidence.get("run"))
        flags.filter(pk=stays).update(evidence=joined, score=score, place=TURN + min(max(score, 0), 1) / 2)
        closed += [pk for pk, _, _ in others]
    for start in range(0, len(closed), BATCH):
        flags.filter(pk__in=closed[start : start + BATCH]).update(state="closed", resolved_at=timezone.now())


def _copies(evidence: Any) -> list[int]:
    copies = evidence.get("copies") if isinstance(evidence, dict) else None
    tasks = [copy.get("task") for copy in copies if isinstance(copy, dict)] if isinstance(copies, list) else []
    return [task for task in tasks if isinstance(task, int)]


def _evidence(members: list[int], earlier: list[dict[str, Any]], *, run: Any) -> dict[str, Any]:
    differ = any(each.get("labels_differ") for each in earlier)
    basis = json.dumps([members, differ], separators=(",", ":"))
    found: dict[str, Any] = {"version": 2, "members": members, "basis": hashlib.sha256(basis.encode()).hexdigest()}
    found |= {"labels_differ": True} if differ else {}
    found |= {"across_splits": True} if any(each.get("across_splits") for each in earlier) else {}
    found |= {"exact": True} if all(each.get("exact") for each in earlier) else {}
    return found | ({} if run is None else {"run": run})


class Migration(migrations.Migration):
    """What was joined stays so on the way back: a check flags each copy again."""

    atomic = False
    dependencies = [("labeling", "0021_places_in_review")]

    operations = [migrations.RunPython(join_copies, migrations.RunPython.noop)]
