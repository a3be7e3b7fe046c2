"""The OpenAPI document, asked for by many at once of a server that has just started."""

from __future__ import annotations

import os
import subprocess
import sys

_MANY_AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django
from django.conf import settings

django.setup()
settings.ALLOWED_HOSTS = ["testserver"]
from django.test import Client
from django.urls import get_resolver

get_resolver().url_patterns
sys.setswitchinterval(1e-5)
together = Barrier(16)


def ask(_):
    client = Client(raise_request_exception=False)
    together.wait()
    return client.get("/api/schema/").status_code


with ThreadPoolExecutor(16) as threads:
    print(sorted(set(threads.map(ask, range(16)))))
"""


def test_sixteen_first_requests_at_once_all_get_the_document() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", _MANY_AT_ONCE], env=environment, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stdout.split("\n")[-2:] == ["[200]", ""], done.stderr[-2000:]
