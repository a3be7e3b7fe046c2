"""The whole loop, claim and submit, by eight annotators at once: through HTTP, and with bare statements."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.queues import Queue

from django.db import connections

from dcai_web.supervisor import site
from labeling.models import Project
from labeling.services import people
from tests.bench import floors, stage

ANNOTATORS = 8
AHEAD = 5
"""Tasks claimed at once, as the label page does."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Labels per second."""

    ours: float
    floor: float


def measure(url: str, project: Project, *, seconds: float) -> Pace:
    """Let the annotators work for so long in each way, each with their own half of the processes of the machine."""
    users = [stage.person(project) for _ in range(ANNOTATORS)]
    secrets = [people.issue_token(user=user, name="bench")[1] for user in users]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    web = site.web(host="127.0.0.1", port=port, size=site.Size(web_workers=2, web_threads=4, job_workers=1))
    server = subprocess.Popen(web.command, cwd=web.options["cwd"], env={**os.environ, "DCAI_LOG_LEVEL": "WARNING"})
    try:
        _await(port)
        asked = _together([partial(_by_http, port, project.slug, secret, seconds) for secret in secrets], seconds)
    finally:
        server.terminate()
        server.wait(30)
    bare = _together([partial(_by_hand, url, project, user.pk, seconds) for user in users], seconds)
    return Pace(ours=asked, floor=bare)


def _await(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            ask = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            ask.request("GET", "/healthz")
            if ask.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    message = "The web server did not start."
    raise TimeoutError(message)


def _together(clients: list[Callable[[], int]], seconds: float) -> float:
    """Return the labels per second of all clients, each a process."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    counts: Queue[int] = context.Queue()
    processes = [context.Process(target=_count, args=(client, counts)) for client in clients]
    for process in processes:
        process.start()
    total = sum(counts.get(timeout=seconds + 120) for _ in processes)
    for process in processes:
        process.join()
    return total / seconds


def _count(client: Callable[[], int], counts: Queue[int]) -> None:
    counts.put(client())


def _by_http(port: int, slug: str, secret: str, seconds: float) -> int:
    ask = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def post(path: str, body: object, key: str = "") -> bytes:
        ask.request("POST", path, json.dumps(body), {**headers, "Idempotency-Key": key} if key else headers)
        reply = ask.getresponse()
        content = reply.read()
        if reply.status not in {200, 201}:
            raise RuntimeError(content[:500])
        return content

    done = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for task in json.loads(post(f"/api/projects/{slug}/claims/", {"count": AHEAD}))["tasks"]:
            answer = {"answers": {"intent": random.choice(stage.INTENTS)}, "lead_time_ms": 1200}
            post(f"/api/tasks/{task['id']}/annotations/", answer, key=f"loop-{secret[:12]}-{task['id']}")
            done += 1
    return done


def _by_hand(url: str, project: Project, user: int, seconds: float) -> int:
    bare = floors.Bare.open(url, project, user)
    done = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for task in bare.claim(AHEAD):
            bare.submit(task, random.choice(stage.INTENTS))
            done += 1
    return done
