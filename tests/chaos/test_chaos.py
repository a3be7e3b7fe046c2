"""The short form of `make chaos`: a few kills under a few clients; docs/reliability.md has the long one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, LiteralString

import psycopg
import pytest

from tests.chaos import campaign, checks, report
from tests.chaos.campaign import Outcome
from tests.chaos.client import Habits
from tests.running import Site, new_site

pytestmark = [pytest.mark.timeout(600), pytest.mark.heavy]

# What a bug might leave behind, and what the comparison says about it.
FAULTS: dict[LiteralString, str] = {
    "UPDATE labeling_queueentry SET open_slots = 1 WHERE task_id = (SELECT min(task_id) FROM labeling_annotation)": (
        "counted annotations, leases and open slots of a task do not add up"
    ),
    "DELETE FROM labeling_label WHERE id = (SELECT min(id) FROM labeling_label WHERE retired_at IS NULL)": (
        "a settled task has not exactly one label of record"
    ),
    "UPDATE labeling_annotationrevision SET key = 'other' WHERE id = "
    "(SELECT min(id) FROM labeling_annotationrevision)": "an acknowledged save is not there",
    "UPDATE labeling_annotationrevision SET answers = '{}' WHERE id = "
    "(SELECT min(id) FROM labeling_annotationrevision WHERE state = 'submitted')": (
        "a stored save is not as it was acknowledged"
    ),
    "INSERT INTO labeling_event (project_id, verb, task_id, payload, created_at) SELECT project_id, verb, task_id, "
    "payload, now() FROM labeling_event WHERE verb = 'annotation.submitted' LIMIT 1": (
        "a save that was submitted or skipped has not exactly one event"
    ),
    "UPDATE labeling_jobrun SET state = 'running' WHERE id = (SELECT min(id) FROM labeling_jobrun)": (
        "a job is still under way"
    ),
    "UPDATE labeling_task SET import_job_id = NULL WHERE id = "
    "(SELECT min(id) FROM labeling_task WHERE import_job_id IS NOT NULL)": (
        "an import that succeeded did not add the rows that it says"
    ),
    "UPDATE labeling_task SET external_id = 'other' WHERE id = "
    "(SELECT min(id) FROM labeling_task WHERE import_job_id IS NOT NULL)": (
        "the rows of an imported file are not there exactly once"
    ),
}


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is over, and its product, which still runs."""

    site: Site
    outcome: Outcome

    def violations(self, connection: psycopg.Connection[Any]) -> list[str]:
        """Compare once more."""
        outcome = self.outcome
        return list(checks.everything(connection, stage=outcome.stage, ledger=outcome.ledger, files=outcome.files))


@pytest.fixture
def connection(run: Run) -> Iterator[psycopg.Connection[Any]]:
    """Open a transaction in the product's database in which everything may be done: it is taken back."""
    with checks.connect(run.site.engines["DATABASE_URL"]) as connection:
        # Without the triggers that refuse most of it.
        connection.execute("SET session_replication_role = replica")
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    wish = campaign.Wish(
        kills=4,
        everything=0,
        clients=5,
        tasks=80,
        heap_rows=1_000,
        seed=7,
        processes=1,
        hurry=True,
        habits=Habits(thinks=0.15, resends=0.2),
    )
    with new_site("dcai-chaos-") as site:
        yield Run(site=site, outcome=campaign.run(site, wish))


def test_nothing_is_lost_and_nothing_doubled_while_everything_is_killed(run: Run) -> None:
    outcome = run.outcome
    assert outcome.violations == []
    assert sum(outcome.killer.killed.values()) == 4
    assert len(outcome.killer.killed) == 4
    assert len(outcome.ledger.saves) >= 80 + 3 * 20
    assert outcome.replayed == len(outcome.ledger.saves)
    assert outcome.looks > 5
    assert "| **violations** | **0** |" in report.figures(outcome)


@pytest.mark.parametrize(("fault", "words"), FAULTS.items(), ids=range(len(FAULTS)))
def test_a_fault_would_be_found(
    run: Run, connection: psycopg.Connection[Any], fault: LiteralString, words: str
) -> None:
    assert connection.execute(fault).rowcount == 1
    found = run.violations(connection)
    assert any(violation.startswith(words) for violation in found), found


def test_a_save_that_is_missing_would_be_found(run: Run, connection: psycopg.Connection[Any]) -> None:
    saves = run.outcome.ledger.saves
    save = next(iter(saves.values()))
    saves["lost"] = replace(save, key="lost")
    found = run.violations(connection)
    del saves["lost"]
    assert [violation.split(" (")[0] for violation in found] == ["an acknowledged save is not there"]
