"""The whole loop, claim and submit, by several annotators at once: through HTTP, and with bare statements."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import random
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.queues import Queue

from django.db import connections

from labeling.models import Project
from labeling.services import tokens
from tests.bench import floors, stage
from tests.bench.results import Pace, Run, Sample

AHEAD = 5
"""Tasks claimed at once, as the label page does."""


def measure(url: str, port: int, project: Project, *, annotators: int, seconds: float) -> Pace:
    """Let so many annotators work for so long in each way, each a process on the same processors."""
    ours = by_http(port, project, annotators=annotators, seconds=seconds)
    users = [stage.person(project) for _ in range(annotators)]
    floor = _together([partial(_by_hand, url, project, user.pk, seconds) for user in users])
    return Pace(annotators, ours, floor)


def by_http(port: int, project: Project, *, annotators: int, seconds: float) -> Run:
    """Let so many annotators work for so long with the product."""
    users = [stage.person(project) for _ in range(annotators)]
    secrets = [tokens.issue_token(user=user, name="bench", scope="manage")[1] for user in users]
    return _together([partial(_by_http, port, project.slug, secret, seconds) for secret in secrets])


Taken = tuple[list[float], list[float], float]
"""Seconds of each claim, of each submit, and of everything."""


def _together(clients: list[Callable[[], Taken]]) -> Run:
    connections.close_all()
    context = multiprocessing.get_context("fork")
    results: Queue[Taken | str] = context.Queue()
    processes = [context.Process(target=_tell, args=(client, results)) for client in clients]
    for process in processes:
        process.start()
    run, longest = Run(), 0.0
    for _ in processes:
        told = results.get(timeout=180)
        if isinstance(told, str):
            raise RuntimeError(told)  # noqa: TRY004 - it is what the process died of
        run.claims.seconds += told[0]
        run.submits.seconds += told[1]
        longest = max(longest, told[2])
    for process in processes:
        process.join()
    run.pace = len(run.submits.seconds) / longest
    return run


def _tell(client: Callable[[], Taken], results: Queue[Taken | str]) -> None:
    try:
        results.put(client())
    except Exception as error:  # noqa: BLE001 - who started this process raises it
        results.put(repr(error))


def _by_http(port: int, slug: str, secret: str, seconds: float) -> Taken:
    ask = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def post(path: str, body: object, key: str = "") -> bytes:
        ask.request("POST", path, json.dumps(body), {**headers, "Idempotency-Key": key} if key else headers)
        reply = ask.getresponse()
        content = reply.read()
        if reply.status not in {200, 201}:
            raise RuntimeError(content[:500])
        return content

    def claim() -> list[int]:
        return [task["id"] for task in json.loads(post(f"/api/projects/{slug}/claims/", {"count": AHEAD}))["tasks"]]

    def submit(task: int) -> None:
        answer = {"answers": {"intent": random.choice(stage.INTENTS)}, "lead_time_ms": 1200}
        post(f"/api/tasks/{task}/annotations/", answer, key=f"loop-{secret[:12]}-{task}")

    return _work(claim, submit, seconds)


def _by_hand(url: str, project: Project, user: int, seconds: float) -> Taken:
    bare = floors.Bare.open(url, project, user)
    return _work(lambda: bare.claim(AHEAD), lambda task: bare.submit(task, random.choice(stage.INTENTS)), seconds)


def _work(claim: Callable[[], list[int]], submit: Callable[[int], None], seconds: float) -> Taken:
    """Claim and submit until the time is over or nothing is left."""
    claims, submits = Sample(), Sample()
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        tasks = claims.take(claim)
        if not tasks:
            break
        for task in tasks:
            submits.take(partial(submit, task))
    return claims.seconds, submits.seconds, time.perf_counter() - began
