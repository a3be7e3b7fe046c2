"""The short form of `make chaos`: a few kills under a few clients; docs/reliability.md has the long one."""

from __future__ import annotations

import pytest

from tests.chaos import campaign, report
from tests.chaos.client import Habits
from tests.running import new_site

pytestmark = pytest.mark.timeout(600)


def test_nothing_is_lost_and_nothing_doubled_while_everything_is_killed() -> None:
    wish = campaign.Wish(
        kills=6,
        everything=0,
        clients=5,
        tasks=120,
        heap_rows=2_000,
        seed=7,
        hurry=True,
        habits=Habits(thinks=0.15, resends=0.2),
    )
    with new_site("dcai-chaos-") as site:
        outcome = campaign.run(site, wish)
        site.stop()
    assert outcome.violations == []
    assert sum(outcome.killer.killed.values()) == 6
    assert len(outcome.killer.killed) == 4
    assert len(outcome.ledger.saves) >= 120 + 3 * 30
    assert outcome.looks > 5
    assert "**violations** | **0**" in report.figures(outcome)
