"""`python -m tests.bench.light`: what the site takes at rest, how soon it is there again, what a check costs people.

It starts `manage.py up` as a person does, on a data directory of its own that is thrown away. Run it on a quiet
machine; it takes some minutes. With `--write` the section goes into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import django

from tests.bench import processes, report
from tests.running import ROOT, Site, new_site

if TYPE_CHECKING:
    from labeling.models import JobRun, Project

SECTION = "At rest, at the start, during a check"
ANNOTATORS = 8
TURNS = 3
PAGES = 20
BESIDE_BUDGET = "p95 ≤ 150 ms"
_PATIENCE = 300.0
_SETTLED = 30.0
"""Seconds after which a site that has just started is at rest."""


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=60_000, help="tasks of the project that is checked")
    parser.add_argument("--starts", type=int, default=3, help="how often a start is taken")
    parser.add_argument("--seconds", type=float, default=8, help="how long each loop of annotators runs")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    machine = report.machine()
    with new_site("dcai-light-") as site:
        site.settings = {"DCAI_WEB_WORKERS": "2", "DCAI_JOB_WORKERS": "2"}
        site.up()
        os.environ.update(site.environment(), DCAI_LOG_LEVEL="WARNING", DJANGO_SETTINGS_MODULE="dcai_web.settings")
        django.setup()
        checked, labeled, explored = _projects(site, tasks=asked.tasks)
        beside_rows = _beside_rows(site, checked, explored)
        rows = [
            *_start_rows(site, starts=asked.starts),
            *_rest_rows(site),
            *_loop_rows(site, checked, labeled, seconds=asked.seconds),
        ]
    text = (
        f"Command: `python -m tests.bench.light`. {machine} A start is timed from the command to the first page, and "
        "compared with `manage.py check` in the same run. At rest everything that `make up` runs is summed: PSS counts "
        f"what processes share once, RSS once for each.\n\n{report.table(('what', 'measured', 'budget'), rows)}"
        f"\n\nThe explorer of a project of {asked.tasks:,} tasks over HTTP, each page {PAGES} times in turn, without "
        f"and during a check of another project of as many; ms, median / p95; budget {BESIDE_BUDGET}.\n\n"
        f"{report.table(('explorer', 'without', 'during', 'ratio'), beside_rows)}"
    )
    sys.stdout.write(f"\n{text}\n")
    if asked.write:
        report.write(SECTION, text)


def _projects(site: Site, *, tasks: int) -> list[Project]:
    """Make a project to check, one to label, and one in the middle of its work to look at."""
    from tests.bench import stage  # noqa: PLC0415 - only now there is a database

    manager = stage.person()
    file = site.data_dir / "tmp" / "rows.csv"
    stage.write_rows(file, tasks)
    projects = [stage.project(manager, name) for name in ("Checked", "Labeled", "Explored")]
    for project in projects:
        stage.import_file(manager, project, file)
    stage.midway(projects[-1])
    stage.settle_tables()
    return projects


def _loop_rows(site: Site, checked: Project, labeled: Project, *, seconds: float) -> list[list[str]]:
    """Let annotators work with and without a check of another project, in turn: a busy moment decides nothing."""
    from tests.bench import loop  # noqa: PLC0415 - as above

    def pace() -> float:
        return loop.by_http(site.port, labeled, annotators=ANNOTATORS, seconds=seconds).pace

    pace()  # everything is warm then
    without, during = [pace()], []
    for _ in range(TURNS):
        job = _start_check(checked)
        during.append(pace())
        job.refresh_from_db()
        if job.finished_at is not None:
            sys.exit("The check was over before the loop was: take more --tasks.")
        _end_jobs()
        without.append(pace())
    ratio = statistics.median(during) / statistics.median(without)
    return [
        [f"labels/s of {ANNOTATORS} without a check, in turn", _in_turn(without), ""],
        [
            f"labels/s of {ANNOTATORS} during the check of {checked.tasks.count():,} tasks, in turn",
            _in_turn(during),
            "",
        ],
        ["during to without, medians", f"{ratio:.2f}", "≥ 0.85"],
    ]


def _beside_rows(site: Site, checked: Project, explored: Project) -> list[list[str]]:
    """Look at the explorer with and without a check of another project."""
    from tests.bench import beside  # noqa: PLC0415 - as above

    _end_jobs()  # what the imports started
    pages, ask = beside.pages_of(explored), beside.asker(site.port, explored.memberships.get(role="manager").user)
    beside.take(pages, ask, turns=1, during=False)  # everything is warm then
    for page in pages:
        page.without.seconds.clear()
    beside.take(pages, ask, turns=PAGES, during=False)
    job = _start_check(checked)
    beside.take(pages, ask, turns=PAGES, during=True)
    job.refresh_from_db()
    if job.finished_at is not None:
        sys.exit("The check was over before the pages were: take more --tasks.")
    _end_jobs()
    return beside.rows(pages)


def _in_turn(paces: Sequence[float]) -> str:
    return ", ".join(f"{pace:,.0f}" for pace in paces)


def _start_check(project: Project) -> JobRun:
    """Start a check and wait until it works."""
    from labeling.models import ALIVE, JobRun, JobState  # noqa: PLC0415 - as above
    from quality.selectors import runs as run_reads  # noqa: PLC0415
    from quality.services import runs  # noqa: PLC0415

    # The site may have started one by itself, as it does after labels came in.
    alive = JobRun.objects.filter(project=project, kind=run_reads.KIND, state__in=ALIVE).first()
    job = alive or runs.start(actor=None, project=project, question="intent")
    _until(lambda: JobRun.objects.get(pk=job.pk).state == JobState.RUNNING)
    # Its libraries are loaded, and the first arrays computed.
    _until(lambda: bool(JobRun.objects.get(pk=job.pk).done))
    return job


def _end_jobs() -> None:
    """Cancel whatever waits or runs, and wait until it has noticed."""
    from labeling.models import ALIVE, JobRun  # noqa: PLC0415 - as above
    from labeling.services import jobs  # noqa: PLC0415
    from tests.bench import stage  # noqa: PLC0415

    manager = stage.person()
    for job in JobRun.objects.filter(state__in=ALIVE):
        jobs.cancel(actor=manager, job=job)
    _until(lambda: not JobRun.objects.filter(state__in=ALIVE).exists())


def _start_rows(site: Site, *, starts: int) -> list[list[str]]:
    checks = [_timed_check(site) for _ in range(starts)]
    idle, busy = [], []
    for _ in range(starts):
        site.stop()
        idle.append(_timed_start(site))
    for _ in range(starts):
        _leave_work(site)
        site.kill()
        busy.append(_timed_start(site))
        _end_jobs()
    check = statistics.median(checks)
    rows = [["`manage.py check`", f"{check:.1f} s", ""]]
    for what, times in (("second start", idle), ("second start after kill -9 of everything, with jobs left", busy)):
        seconds = statistics.median(times)
        rows.append([what, f"{seconds:.1f} s, {seconds / check:.1f} x check", "≤ 3 x"])
    return rows


def _timed_check(site: Site) -> float:
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=site.environment(), check=True, capture_output=True
    )
    return time.monotonic() - began


def _timed_start(site: Site) -> float:
    """Start the site and return the seconds until somebody sees the sign-in page."""
    from django.db import connections  # noqa: PLC0415 - as above

    connections.close_all()
    began = time.monotonic()
    with site.log.open("w") as log:
        site.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=site.environment(), stdout=log, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
    _until(lambda: _shows_a_page(site.port))
    seconds = time.monotonic() - began
    site.until_printed("dcai is ready")
    site.until(site.is_ready)
    return seconds


def _shows_a_page(port: int) -> bool:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        asking.request("GET", "/login/")
        return asking.getresponse().status == 200
    except (http.client.HTTPException, OSError):
        return False
    finally:
        asking.close()


def _leave_work(site: Site) -> None:
    """Leave an import in its middle, and checks that nobody has begun."""
    from django.core.files import File  # noqa: PLC0415 - as above

    from labeling.models import JobState, Project  # noqa: PLC0415
    from labeling.services import imports  # noqa: PLC0415
    from quality.services import runs  # noqa: PLC0415
    from tests.bench import stage  # noqa: PLC0415

    manager, file = stage.person(), site.data_dir / "tmp" / "many.csv"
    if not file.exists():
        stage.write_rows(file, 100_000)
    for project in Project.objects.all():
        runs.start(actor=None, project=project, question="intent", force=True)
    into = stage.project(manager, "Left in the middle")
    with Path(file).open("rb") as opened:
        job = imports.start(actor=manager, project=into, file=File(opened, name=file.name))
    _until(lambda: type(job).objects.get(pk=job.pk).state == JobState.RUNNING)
    time.sleep(2)


def _rest_rows(site: Site) -> list[list[str]]:
    """Return what everything has in memory once nothing is left to do."""
    site.stop()
    _timed_start(site)
    time.sleep(_SETTLED)
    assert site.process is not None
    found = processes.resident(site.process.pid)
    return [
        ["memory at rest, PSS", f"{sum(each.pss for each in found):,.0f} MB", "≤ 700 MB"],
        [f"memory at rest, RSS of {len(found)} processes", f"{sum(each.rss for each in found):,.0f} MB", ""],
    ]


def _until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > until:
            sys.exit("The site did not get there in time.")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
