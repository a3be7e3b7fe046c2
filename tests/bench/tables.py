"""The tables of `make bench`: the largest number of tasks in full, the smaller ones beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.bench.report import table

if TYPE_CHECKING:
    from tests.bench.results import Load, Pace, Pair, Sample, Seen, Size

PACE_OF_A_PERSON = 0.5
"""Labels per second of somebody fast: one every two seconds."""
SPARE = 2
"""How many times the processors that the measured pace needs."""
_MEGABYTE, _GIGABYTE = 1024**2, 1024**3


def everything(sizes: list[Size], *, head: str) -> str:
    """Return the whole section."""
    largest = sizes[-1]
    parts = [
        f"{head} The texts have 5 to 25 words; nine of ten tasks have a label, three of ten an answer, one of 200 an "
        "open flag. Each number of tasks is measured in a database of its own, beside a bare copy of the project.",
        f"Columns without a number of tasks are of {largest.tasks:,}. The floor of a page is reading the rows it "
        "shows.",
        _quick(sizes),
        _bulk(sizes),
        f"Annotators who claim 5 tasks at a time and submit each, all at once, through HTTP (granian, 2 processes of 4 "
        f"threads), the load on the same {largest.cores} cores; the floor is the same statements without a server.",
        _loop(sizes),
        _seen(largest.seen) if largest.seen else "",
        _processes(sizes),
    ]
    return "\n\n".join(part for part in parts if part)


def _quick(sizes: list[Size]) -> str:
    *smaller, largest = sizes
    head = (
        "what",
        *(f"p95 ms at {size.tasks:,}" for size in smaller),
        *("p50 ms", "p95 ms", "floor p50", "floor p95", "p50 ratio", "p95 ratio", "statements", "budget"),
    )
    return table(head, [_quick_row(smaller, pair) for pair in largest.quick])


def _quick_row(smaller: list[Size], pair: Pair) -> list[str]:
    beside = [next(other for other in size.quick if other.name == pair.name) for size in smaller]
    return [
        pair.name,
        *(_ms(other.ours.p95) for other in beside),
        *(_ms(pair.ours.median), _ms(pair.ours.p95), _ms(pair.floor.median), _ms(pair.floor.p95)),
        f"{pair.ours.median / pair.floor.median:.1f}",
        f"{pair.ours.p95 / pair.floor.p95:.1f}",
        str(pair.statements),
        pair.budget,
    ]


def _bulk(sizes: list[Size]) -> str:
    *smaller, largest = sizes
    head = (
        "what",
        *(f"ratio at {size.tasks:,}" for size in smaller),
        *("s", "rows/s", "floor s", "ratio", "statements", "memory grew by", "budget"),
    )
    rows = []
    for pair in largest.bulk:
        beside = [next(other for other in size.bulk if other.name == pair.name) for size in smaller]
        rows.append(
            [
                pair.name,
                *(f"{other.ours.median / other.floor.median:.1f}" for other in beside),
                f"{pair.ours.median:.1f}",
                f"{pair.rows / pair.ours.median:,.0f}",
                f"{pair.floor.median:.1f}",
                f"{pair.ours.median / pair.floor.median:.1f}",
                str(pair.statements),
                f"{pair.grown:.0f} MB",
                pair.budget,
            ]
        )
    return table(head, rows)


def _loop(sizes: list[Size]) -> str:
    head = (
        *("annotators", "tasks", "labels/s", "claim of 5, p50 ms", "p95 ms", "submit, p50 ms", "p95 ms"),
        *("floor labels/s", "floor claim p95", "floor submit p95", "budget"),
    )
    return table(head, [_pace(size, pace) for size in sizes for pace in size.paces])


def _pace(size: Size, pace: Pace) -> list[str]:
    def both(sample: Sample) -> list[str]:
        return [_ms(sample.median), _ms(sample.p95)]

    return [
        str(pace.annotators),
        f"{size.tasks:,}",
        f"**{pace.ours.pace:,.0f}**",
        *both(pace.ours.claims),
        *both(pace.ours.submits),
        f"{pace.floor.pace:,.0f}",
        _ms(pace.floor.claims.p95),
        _ms(pace.floor.submits.p95),
        "≥ 200" if pace.annotators == 8 else "",
    ]


def _seen(seen: Seen) -> str:
    scripts, all_of_it = seen.first.kilobytes.get("Script", 0), sum(seen.first.kilobytes.values())
    rows = [
        ["first item on the screen, empty cache", f"{seen.first.seconds * 1000:,.0f} ms", "", ""],
        ["the page opened again", f"{seen.again.seconds * 1000:,.0f} ms", "", ""],
        [f"bytes loaded, compressed, without headers ({_kinds(seen.first)})", f"{all_of_it:,.0f} KB", "", ""],
        ["script among them, without the kind's own part", f"{scripts:,.1f} KB", "", "≤ 60 KB"],
        ["bytes loaded when opened again", f"{sum(seen.again.kilobytes.values()):,.0f} KB", "", ""],
        ["key press to painted answer, p50 / p95", _both(seen.answer), _both(seen.key), "50 ms"],
        ["Enter to the painted next item, p50 / p95", _both(seen.following), _both(seen.key), "in memory already"],
    ]
    head = ("the label page in Chromium", "measured", "a bare page that writes one word", "budget")
    return table(head, rows)


def _kinds(load: Load) -> str:
    return ", ".join(f"{kind.lower()} {size:,.0f} KB" for kind, size in sorted(load.kilobytes.items()))


def _both(sample: Sample) -> str:
    return f"{_ms(sample.median)} / {_ms(sample.p95)} ms"


def _processes(sizes: list[Size]) -> str:
    largest = sizes[-1]
    rows = [
        *([f"memory of {name}, at most", *(f"{size.peaks[name]:,.0f} MB" for size in sizes)] for name in largest.peaks),
        *([f"start of the {name}", *(f"{size.starts[name]:.1f} s" for size in sizes)] for name in largest.starts),
        *([f"disk: {name}", *(f"{size.disk[name] / _MEGABYTE:,.0f} MB" for size in sizes)] for name in largest.disk),
    ]
    text = table(("what", *(f"{size.tasks:,} tasks" for size in sizes)), rows)
    return (
        "The web server has served the loops and exported everything as JSON Lines, the worker has imported up to "
        f"100,000 rows; disk is that of the measured project and as many tasks again in bare copies.\n\n{text}"
    )


def needs(size: Size) -> str:
    """Return what a machine must have for so many tasks and people, reckoned from what was measured."""
    pace = next(pace for pace in size.paces if pace.annotators == 8).ours
    web = size.peaks["web server, each of its 2 processes"]
    worker = size.peaks["job worker"] + size.peaks["job worker, the process of an import"]
    private = size.peaks["PostgreSQL, memory of all its processes"]
    copies = size.copies + 1
    per_task = (size.disk["task"] + size.disk["queueentry"]) / copies / size.tasks
    # Answers, labels and events exist for the measured project alone, and labels a tenth as often in each copy.
    per_label = sum(size.disk[name] for name in ("label", "annotation", "annotationrevision", "event")) / size.tasks
    rows = []
    for tasks, people in ((10_000, 5), (100_000, 20), (1_000_000, 50), (1_000_000, 200), (10_000_000, 200)):
        labels = people * PACE_OF_A_PERSON
        cores = max(2, math.ceil(SPARE * labels / (pace.pace / size.cores)))
        processes = max(2, cores)
        disk = tasks * (per_task + per_label)
        memory = processes * web + 2 * worker + 2 * private + max(256 * _MEGABYTE, disk / 4) / _MEGABYTE
        rows.append(
            [
                f"{tasks:,}",
                str(people),
                f"{labels:,.0f}",
                str(cores),
                f"{max(2, math.ceil(memory / 1024)):,} GB",
                f"{max(1, math.ceil(2 * disk / _GIGABYTE)):,} GB",
            ]
        )
    head = ("tasks (short texts)", "people at work", "labels/s", "cores", "memory", "disk for the database")
    return (
        f"Printed by `make bench`, which writes it here with `--write`. From {size.tasks:,} tasks on {size.cores} "
        f"cores: {pace.pace:,.0f} labels/s of 8 people who never pause, {web:,.0f} MB for a web process, "
        f"{worker:,.0f} MB for a job worker with its job, {per_task:,.0f} bytes of disk for a task and "
        f"{per_label:,.0f} for its answers, label and history. "
        f"A person is taken to answer every {1 / PACE_OF_A_PERSON:.0f} seconds; cores are "
        f"{SPARE} times what that needs (two at least), as are the bytes on the disk; memory lets a quarter of the "
        f"database stay in it. Images come on top.\n\n{table(head, rows)}"
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f}" if seconds < 0.1 else f"{seconds * 1000:.0f}"
