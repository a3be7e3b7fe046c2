"""`make bench`: measure with 10,000, 100,000 and 1,000,000 tasks, print tables; with `--write` put them into docs/.

Every number of tasks has engines of its own, durable as in production, which are started and thrown away. Run it on a
quiet machine; it takes a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
from typing import NoReturn

from tests.bench import report, size, tables
from tests.bench.results import Size

SECTION = "Claim, submit, import, list, export"
SIZES = (10_000, 100_000, 1_000_000)
CLIENTS = (1, 8, 16)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, nargs="+", default=SIZES, help="tasks in the measured project")
    parser.add_argument(
        "--turns", type=int, default=200, help="how often a claim and a submit is taken; pages: a tenth"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often an import and an export of 10,000 is taken")
    parser.add_argument("--seconds", type=float, default=8, help="how long each loop of annotators runs")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and the sizes in operations.md")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    machine = report.machine()
    sizes = [_measured(tasks, asked) for tasks in sorted(asked.tasks)]
    numbers = " ".join(str(found.tasks) for found in sizes)
    command = "make bench" if tuple(asked.tasks) == SIZES else f'make bench BENCH="--tasks {numbers}"'
    text = tables.everything(sizes, head=f"Command: `{command}`. {machine}")
    needs = tables.needs(sizes[-1])
    sys.stdout.write(f"\n{text}\n\n{needs}\n")
    if asked.write:
        report.write(SECTION, text)
        report.write("Sizes", needs, file=report.OPERATIONS)


def _measured(tasks: int, asked: argparse.Namespace) -> Size:
    """Measure in a process of its own: its settings, connections and memory are those of this number of tasks."""
    context = multiprocessing.get_context("spawn")
    results, teller = context.Pipe(duplex=False)
    options = {
        "rounds": max(1, asked.rounds - (tasks >= SIZES[1]) - (tasks >= SIZES[2])),
        "turns": asked.turns,
        # A small project must not run out of tasks.
        "seconds": min(asked.seconds, max(1.5, tasks / 12_500)),
        "clients": CLIENTS,
    }
    alone = context.Process(target=size.tell, args=(teller, tasks), kwargs=options)
    alone.start()
    teller.close()
    try:
        found: Size = results.recv()
    except EOFError:
        sys.exit(f"Measuring {tasks:,} tasks failed: see above.")
    finally:
        if alone.is_alive():
            alone.terminate()
        alone.join()
    return found


def _end(*_: object) -> NoReturn:
    sys.exit(143)


if __name__ == "__main__":
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser is driven from the thread that asks the database
    main()
