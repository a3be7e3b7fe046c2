"""`make chaos`: kill -9 of every part while people label; exit code 1 if anything was lost or doubled."""

from __future__ import annotations

import argparse
import sys

from tests.chaos import campaign, report
from tests.running import new_site


def main() -> int:
    """Run what is asked for and print what became of it."""
    usual = campaign.Wish()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=usual.kills, help="how many processes are killed")
    parser.add_argument("--everything", type=int, default=-1, help="of these: the whole product (one in fifty)")
    parser.add_argument("--clients", type=int, default=usual.clients, help="tabs that label at once")
    parser.add_argument("--tasks", type=int, default=usual.tasks, help="tasks that wait at the beginning")
    parser.add_argument("--seed", type=int, default=usual.seed, help="of everything that is left to chance")
    parser.add_argument("--keep", action="store_true", help="keep the data directory and its logs")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/reliability.md")
    asked = parser.parse_args()
    wish = campaign.Wish(
        kills=asked.kills,
        everything=asked.kills // 50 if asked.everything < 0 else asked.everything,
        clients=asked.clients,
        tasks=asked.tasks,
        seed=asked.seed,
    )
    with new_site("dcai-chaos-", keep=asked.keep) as site:
        if asked.keep:
            campaign.say(f"the data directory is {site.data_dir}")
        outcome = campaign.run(site, wish)
        site.stop()
    text = report.figures(outcome)
    sys.stdout.write(f"\n{text}\n\n")
    for violation in outcome.violations[:50]:
        sys.stdout.write(f"VIOLATION: {violation}\n")
    if asked.write and not outcome.violations:
        report.write(text)
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
