"""`make bench`: measure, print a table, and write it to docs/benchmarks.md.

Engines of its own are started and thrown away: a durable PostgreSQL, as in production. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

import django
from django.core.management import call_command

from tests import engines

if TYPE_CHECKING:
    from tests.bench.loop import Pace
    from tests.bench.work import Pair

SECTION = "Claim, submit, import, list, export"


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000, help="tasks in the measured project")
    parser.add_argument("--turns", type=int, default=300, help="how often a claim, a submit or a list is taken")
    parser.add_argument("--rounds", type=int, default=3, help="how often an import or an export is")
    parser.add_argument("--seconds", type=float, default=15, help="how long the loop of eight annotators runs")
    parser.add_argument("--keep", action="store_true", help="do not touch docs/benchmarks.md")
    asked = parser.parse_args()
    _start()

    from tests.bench import loop, report, work  # noqa: PLC0415 - only now there is a database

    url = os.environ["DATABASE_URL"]
    machine = report.machine(url)
    bench = work.Bench.set_up(url=url, tasks=asked.tasks, rounds=asked.rounds)
    _say("imports")
    project, imported = work.imports(bench)
    _say("claims and submits")
    labeled = work.labeling(bench, project, turns=asked.turns)
    _say("lists")
    listed = work.lists(bench, project, turns=max(20, asked.turns // 5))
    _say("exports")
    exported = work.exported(bench, project)
    _say("the loop")
    pace = loop.measure(url, project, seconds=asked.seconds)
    text = "\n\n".join(
        (
            f"Command: `make bench` ({asked.tasks:,} tasks of 5 to 25 words; the tables hold as many again for "
            f"every round of import and copy, {2 * asked.rounds} projects in all). {machine}",
            _quick(labeled + listed),
            _bulk(imported + exported),
            _loop(pace),
        )
    )
    sys.stdout.write(f"\n{text}\n")
    if not asked.keep:
        report.write(SECTION, text)


def _start() -> None:
    addresses = engines.start(durable=True)
    os.environ.update(addresses, DCAI_LOG_LEVEL="WARNING", DCAI_STATIC_ROOT=f"{addresses['DCAI_DATA_DIR']}/static")
    os.environ["DJANGO_SETTINGS_MODULE"] = "dcai_web.settings"
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def _say(what: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")


def _quick(pairs: list[Pair]) -> str:
    from tests.bench.report import table  # noqa: PLC0415 - the same

    head = ("what", "p50 ms", "p95 ms", "floor p50", "floor p95", "p50 ratio", "p95 ratio", "statements", "budget")
    return table(
        head,
        [
            (
                pair.name,
                f"{pair.ours.median * 1000:.2f}",
                f"{pair.ours.p95 * 1000:.2f}",
                f"{pair.floor.median * 1000:.2f}",
                f"{pair.floor.p95 * 1000:.2f}",
                f"{pair.ours.median / pair.floor.median:.1f}",
                f"{pair.ours.p95 / pair.floor.p95:.1f}",
                str(pair.statements),
                pair.budget,
            )
            for pair in pairs
        ],
    )


def _bulk(pairs: list[Pair]) -> str:
    from tests.bench.report import table  # noqa: PLC0415 - the same

    head = ("what", "s", "rows/s", "floor s", "ratio", "statements", "memory grew by", "budget")
    return table(
        head,
        [
            (
                pair.name,
                f"{pair.ours.median:.2f}",
                f"{pair.rows / pair.ours.median:,.0f}",
                f"{pair.floor.median:.2f}",
                f"{pair.ours.median / pair.floor.median:.1f}",
                str(pair.statements),
                f"{pair.memory.megabytes:.0f} MB" if pair.memory else "",
                pair.budget,
            )
            for pair in pairs
        ],
    )


def _loop(pace: Pace) -> str:
    return (
        f"Eight annotators who claim 5 tasks at a time and submit each, the load on the same cores: "
        f"**{pace.ours:.0f} labels/s** through HTTP (granian, 2 workers of 4 threads; budget: at least 200 on 2 "
        f"quiet cores), {pace.floor:.0f} labels/s with bare statements."
    )


if __name__ == "__main__":
    main()
