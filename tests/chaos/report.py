"""docs/reliability.md: the figures of a run, between two marks that only the command writes between."""

from __future__ import annotations

import os
import re
import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.campaign import Outcome

FILE = Path(__file__).resolve().parent.parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
TELLING = 2.0
"""Seconds after a kill in which a pause that begins is put down to it."""
_NAMES = {"worker": "a worker", "web": "web", "postgres": "PostgreSQL", "redis": "Redis", "everything": "all at once"}


def figures(outcome: Outcome) -> str:
    """Return the figures as Markdown."""
    ledger, tally, killer, wish = outcome.ledger, outcome.tally, outcome.killer, outcome.wish
    refusals = sum(count for status, count in tally.answers.items() if status >= 500)
    unheard = sum(tally.failures.values())
    pauses: dict[str, list[float]] = defaultdict(list)
    for kind, moment in killer.moments:
        pauses[kind].append(ledger.longest_pause(moment, moment + TELLING))
    command = f'make chaos CHAOS="--kills {wish.kills} --clients {wish.clients} --seed {wish.seed}"'
    facts = [
        ("kills (SIGKILL); before how many Redis was emptied", f"{sum(killer.killed.values())}; {killer.emptied}"),
        ("saves acknowledged", f"{len(ledger.saves):,}"),
        ("of these committed, but the answer was lost: found by their key", f"{ledger.found_again:,}"),
        ("requests that got no answer, or “not now” (5xx)", f"{unheard:,} and {refusals:,}"),
        ("repetitions by the clients", f"{tally.retries:,}"),
        ("saves sent again on purpose: while people worked, and all of them at the end",
         f"{ledger.replays:,} and {outcome.replayed:,}"),
        ("longest time in which nobody's save was acknowledged", f"{ledger.longest_pause():.1f} s"),
        ("jobs: finished, failed in words, started more than once", _jobs(outcome)),
        ("rows of the files that were imported meanwhile", f"{sum(file.rows for file in outcome.files):,}"),
        ("looks at every task's slots while people worked", f"{outcome.looks:,}"),
        ("**violations**", f"**{len(outcome.violations)}**"),
    ]  # fmt: skip
    when = datetime.now(tz=UTC).strftime("%Y-%m-%d")
    return "\n\n".join(
        (
            f"`{command}`: {wish.clients} clients for {outcome.seconds / 60:.0f} minutes on {os.cpu_count()} cores, "
            f"shared with all that was killed; {when}.",
            _table(("what", "figure"), facts),
            _table(
                ("killed", "times", "then nobody's save was acknowledged for: median", "at most"),
                [(_NAMES[kind], str(count), *_times(pauses[kind])) for kind, count in sorted(killer.killed.items())],
            ),
        )
    )


def write(text: str) -> None:
    """Put the figures into the document."""
    now = FILE.read_text(encoding="utf-8")
    between = re.compile(rf"(?<={re.escape(BEGIN)}\n).*(?={re.escape(END)})", re.DOTALL)
    assert between.search(now), f"{FILE} has no place for figures"
    FILE.write_text(between.sub(lambda _: f"\n{text}\n\n", now), encoding="utf-8")


def _jobs(outcome: Outcome) -> str:
    def of(state: str) -> int:
        return sum(count for name, count in outcome.jobs.items() if name.endswith(f" {state}"))

    return f"{of('succeeded')}, {of('failed')}, {outcome.jobs['again']}"


def _times(seconds: Sequence[float]) -> tuple[str, str]:
    return f"{statistics.median(seconds):.1f} s", f"{max(seconds):.1f} s"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
