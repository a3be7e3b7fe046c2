"""What a process loads that computes nothing: a web server, a clock, a worker before its first job."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.utils.module_loading import import_string

from labeling.services import jobs

HEAVY = {"sklearn", "scipy", "cleanlab", "pandas", "pyarrow", "skimage", "matplotlib", "onnxruntime", "PIL", "ijson"}
UNSET = {"sentry_sdk", "opentelemetry.instrumentation"}

WEB = """
from dcai_web.wsgi import application
from django.core.management import call_command
from django.urls import get_resolver
call_command("check")
assert len(get_resolver().reverse_dict) > 50
"""
WORKER = """
from dcai_web.celery import app
app.loader.init_worker()
app.finalize()
assert "quality.tend" in app.tasks
"""


@pytest.mark.parametrize("start", [WEB, WORKER], ids=["web", "worker"])
def test_libraries_that_compute_wait_for_a_job_that_needs_them(start: str) -> None:
    program = f"{start}\nimport sys\nprint(*sorted({HEAVY | UNSET!r} & sys.modules.keys()))"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "dcai_web.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == ""


def test_the_supervisor_knows_neither_django_nor_celery() -> None:
    heavy = {"django.apps", "django.db", "celery", "redis"}
    program = f"import sys, dcai_web.ops.supervisor.up\nprint(*{heavy!r} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "\n"


@pytest.mark.parametrize("kind", sorted(jobs._kinds))
def test_what_does_the_work_of_a_job_is_there(kind: str) -> None:
    assert callable(import_string(jobs._kinds[kind].work))
