"""Imports as workers run them, each in transactions of its own: beside each other, killed, and told about meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.db import connection

from labeling.models import Event, ImportProblem, JobRun, JobState, Label, Project, QueueEntry, Task
from labeling.services import imports, jobs
from labeling.services.imports import running
from labeling.services.imports.batches import Writer
from tests import factories
from tests.importing import counts, jsonl

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


@pytest.fixture(autouse=True)
def _nothing_runs_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_send", lambda job_id, queue: None)


def started(project: Project, rows: Iterator[dict[str, Any]], **options: Any) -> JobRun:
    return imports.start(
        actor=project.created_by,
        project=project,
        file=ContentFile(jsonl(rows), name="rows.jsonl"),
        options=options or None,
    )


def ran(job: JobRun) -> JobRun:
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    return job


def test_all_or_nothing_tells_its_progress_and_hears_a_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH_ROWS", 5)
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0.0)
    project = factories.project()
    rows = [{"text": f"row {number}"} for number in range(40)]
    seen: list[str] = []
    write = Writer.write

    def stop(job: JobRun) -> None:
        with closing(connection.copy()) as other, other.cursor() as cursor:  # another connection, as a web process has
            cursor.execute("UPDATE labeling_jobrun SET cancel_requested_at = now() WHERE id = %s", (job.pk,))

    def watched_and_stopped(self: Any, batch: Any, tally: Any) -> None:
        write(self, batch, tally)
        seen.append(JobRun.objects.get(pk=job.pk).message)
        if len(seen) == stop_at:
            stop(job)

    stop_at = 4
    monkeypatch.setattr(Writer, "write", watched_and_stopped)
    job = started(project, iter(rows), mode="all_or_nothing")
    ran(job)
    assert job.state == JobState.CANCELLED
    assert not Task.objects.exists()
    assert seen == ["", "5 tasks added", "10 tasks added", "15 tasks added"]

    stop_at = -1
    seen.clear()
    job = started(project, iter(rows), mode="all_or_nothing")
    assert ran(job).state == JobState.SUCCEEDED, job.error
    assert counts(job) == (40, 0, 0)


def test_two_imports_of_the_same_rows_beside_each_other_add_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH_ROWS", 10)
    project = factories.project()
    rows = [{"text": f"row {number}"} | ({"external_id": str(number)} if number % 2 else {}) for number in range(200)]
    both = [started(project, iter(rows)), started(project, iter(rows))]

    def run(job: JobRun) -> None:
        try:
            jobs.perform_job(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job in both:
        job.refresh_from_db()
        assert job.state == JobState.SUCCEEDED, job.error
    assert sum(counts(job)[0] for job in both) == Task.objects.count() == QueueEntry.objects.count() == 200
    assert sum(counts(job)[2] for job in both) == 200


WORKER = """
import os, sys, time
import django
django.setup()
from labeling.services import jobs
from labeling.services.imports import running
from labeling.services.imports.batches import Writer
from django.conf import settings
settings.STORAGES = settings.STORAGES | {"default": {
    "BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": sys.argv[2]}}}
running.BATCH_ROWS = 50
write = Writer.write
def slowly(self, batch, counts):
    write(self, batch, counts)
    print("wrote", flush=True)
    time.sleep(0.05)
Writer.write = slowly
jobs.perform_job(int(sys.argv[1]))
"""


@pytest.mark.parametrize("mode", ["keep_good", "all_or_nothing"])
def test_a_killed_worker_process_doubles_nothing_and_loses_nothing(mode: str, own_storage: Any) -> None:
    project = factories.project()
    total = 1_000
    rows = [{"text": f"row {number}", "labels": {"intent": "billing"}} for number in range(total)]
    job = started(project, iter(rows), mode=mode)
    database = connection.settings_dict
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.labeling.services.worker_settings",
        "WORKER_DATABASE": str(database["NAME"]),
    }

    def worker() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", WORKER, str(job.pk), str(own_storage)],
            env=environment,
            cwd=django_settings.BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    for _ in range(2):
        process = worker()
        assert process.stdout is not None
        for _ in range(4):
            assert process.stdout.readline() == "wrote\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
        _let_the_dead_connection_go()
        JobRun.objects.filter(pk=job.pk, state=JobState.RUNNING).update(state=JobState.QUEUED)
        assert Task.objects.count() < total
        if mode == "all_or_nothing":
            assert not Task.objects.exists()
    assert worker().wait(timeout=100) == 0

    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, job.error
    assert counts(job) == (total, 0, 0)
    assert Task.objects.count() == QueueEntry.objects.count() == Label.objects.count() == total
    assert not ImportProblem.objects.exists()
    assert Event.objects.filter(verb="import.finished").count() == 1


def _let_the_dead_connection_go() -> None:
    """Wait until the database noticed that the worker's connections are gone, and rolled back what was open."""
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND state <> 'idle'"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.05)
