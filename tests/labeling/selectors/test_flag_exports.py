"""Flags in the history of an export: parts and evidence come back, reasons that are not known are refused."""

from __future__ import annotations

import json

import pytest

from labeling.models import Flag, FlagState
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.registry import load_evidence
from labeling.services import flags
from tests import factories
from tests.exporting import exported, without_times
from tests.importing import counts, imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


def test_parts_and_evidence_of_flags_come_back_also_from_rows_without_a_version() -> None:
    project, twin = factories.project(), factories.project()
    task = factories.task(project)
    for part in ("r1", "r2"):
        evidence = LABEL_ERROR.evidence(given="billing", suggested="other", probability=0.5)
        flags.put_flag(task=task, reason=LABEL_ERROR, question="intent", part=part, evidence=evidence)
    old = {"given": "billing", "suggested": "other", "basis": '"billing"', "gone": 1}
    Flag.objects.create(
        task=task,
        project=project,
        question="intent",
        reason=LABEL_ERROR.name,
        state=FlagState.RESOLVED,
        resolution="keep",
        evidence=old,
    )
    job = imported(twin, exported(project))
    assert counts(job) == (1, 0, 0), list(job.import_problems.values_list("row", "column", "message"))
    found = list(Flag.objects.filter(project=twin).order_by("pk"))
    assert [(flag.part, flag.state) for flag in found] == [("r1", "open"), ("r2", "open"), ("", "resolved")]
    loaded = [load_evidence(flag.reason, flag.evidence) for flag in found]
    assert {(evidence.version, evidence.given, evidence.suggested) for evidence in loaded} == {(1, "billing", "other")}
    # What was decided before the move stays decided after it.
    done = flags.sync_flags(
        project=twin,
        question="intent",
        reasons=[LABEL_ERROR],
        findings=[flags.Finding(task_id=found[0].task_id, reason=LABEL_ERROR, score=0.1, evidence=loaded[2])],
        actor=None,
    )
    assert (done.opened, done.decided) == (0, 1)


def test_a_reason_that_is_not_known_is_refused_in_words() -> None:
    project = factories.project()
    flags.put_flag(task=factories.task(project), reason=LABEL_ERROR, question="intent")
    row = json.loads(exported(project))
    row["dcai"]["flags"][0]["reason"] = "nonsense"
    job = imported(factories.project(), json.dumps(row).encode())
    assert counts(job) == (0, 1, 0)
    assert "Expected one of the flag reasons" in job.import_problems.get().message


def test_what_is_exported_twice_is_the_same() -> None:
    project, twin = factories.project(), factories.project()
    evidence = LABEL_ERROR.evidence(given="billing", suggested="other")
    flags.put_flag(task=factories.task(project), reason=LABEL_ERROR, question="intent", part="r1", evidence=evidence)
    imported(twin, exported(project))
    first, second = (without_times(json.loads(exported(one)))["dcai"]["flags"] for one in (project, twin))
    assert first == second
