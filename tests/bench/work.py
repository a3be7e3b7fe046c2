"""Each thing that is measured, beside its floor. What is ours and what is the floor take turns."""

from __future__ import annotations

import http.client
import json
import random
import time
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.test import Client

from labeling.models import ALIVE, JobState, Label, Project, Task, User
from labeling.services import annotations as saving
from labeling.services import claims, exports, tokens
from labeling.services import imports as importing
from labeling.services.annotations import Submission
from tests.bench import floors, stage
from tests.bench.measure import memory, statements
from tests.bench.results import Pair, Sample
from tests.bench.site import Site

SHIFT = 100_000_000
"""What the bare copies add to task ids, round by round, so that no two tasks get the same."""


@dataclass(slots=True)
class Bench:
    """The stage, and where the database is."""

    url: str
    tasks: int
    rounds: int
    manager: User
    folder: Path

    @classmethod
    def set_up(cls, *, url: str, tasks: int, rounds: int) -> Bench:
        """Make the person who runs everything, and a folder that is gone with the engines."""
        folder = Path(settings.DATA_DIR) / "bench"
        folder.mkdir()
        return cls(url=url, tasks=tasks, rounds=rounds, manager=stage.person(), folder=folder)

    def file(self, count: int) -> Path:
        """Return a file of so many rows."""
        path = self.folder / f"{count}.csv"
        if not path.exists():
            stage.write_rows(path, count)
        return path


def imports(bench: Bench) -> tuple[Project, Pair]:
    """Measure imports; return a project with all the tasks."""
    pair = Pair("import short texts (CSV), a tenth labeled", "≤ 3", Sample(), Sample(), rows=bench.tasks)
    file = bench.file(bench.tasks)
    for round_ in range(bench.rounds):
        project = stage.project(bench.manager, f"Import {round_}")
        with statements() as sent, memory() as grown:
            pair.ours.take(partial(stage.import_file, bench.manager, project, file))
        pair.statements = sent.count
        pair.grown = max(pair.grown, grown.megabytes)
        bare = stage.project(bench.manager, f"Bare copy {round_}")
        rows = floors.rows_of(bench.url, project, bare, SHIFT * (round_ + 1))
        pair.floor.take(partial(floors.copy_in, bench.url, rows))
        assert Task.objects.filter(project=bare).count() == Task.objects.filter(project=project).count() == bench.tasks
        assert Label.objects.filter(project=bare).count() == Label.objects.filter(project=project).count()
    stage.settle_tables()
    return project, pair


def labeling(bench: Bench, project: Project, *, turns: int) -> list[Pair]:
    """Measure a claim and a submit: as a service, as an HTTP request within this process, and bare."""
    rng = random.Random(1)
    bare = floors.Bare.open(bench.url, project, stage.person(project).pk)
    served, asked = stage.person(project), stage.person(project)
    client = _client(asked)
    claim, submit = Sample(), Sample()
    claim_http, submit_http = Sample(), Sample()
    claim_floor, submit_floor = Sample(), Sample()
    counts: dict[str, int] = {}

    def by_service() -> None:
        with statements() as sent:
            taken = claim.take(lambda: claims.claim(actor=served, project=project, count=1))
        counts["claim"] = sent.count
        task = Task.objects.select_related("project").get(pk=taken.task_ids[0])
        answer = Submission(answers={"intent": rng.choice(stage.INTENTS)}, lead_time_ms=1200)
        with statements() as sent:
            submit.take(lambda: saving.submit(actor=served, task=task, submission=answer, key=f"ours-{task.pk}"))
        counts["submit"] = sent.count

    def by_http() -> None:
        with statements() as sent:
            reply = claim_http.take(lambda: _post(client, f"/api/projects/{project.slug}/claims/", {"count": 1}))
        counts["claim_http"] = sent.count
        pk = reply["tasks"][0]["id"]
        answer = {"answers": {"intent": rng.choice(stage.INTENTS)}, "lead_time_ms": 1200}
        with statements() as sent:
            submit_http.take(lambda: _post(client, f"/api/tasks/{pk}/annotations/", answer, key=f"http-{pk}"))
        counts["submit_http"] = sent.count

    def by_hand() -> None:
        (pk,) = claim_floor.take(bare.claim)
        submit_floor.take(lambda: bare.submit(pk, rng.choice(stage.INTENTS)))

    ways = [by_service, by_http, by_hand]
    for _ in range(20):
        for way in ways:
            way()
    for sample in (claim, submit, claim_http, submit_http, claim_floor, submit_floor):
        sample.seconds.clear()
    for _ in range(turns):
        rng.shuffle(ways)
        for way in ways:
            way()
    return [
        Pair("claim the next task, service", "≤ 3", claim, claim_floor, counts["claim"]),
        Pair("claim the next task, HTTP request", "", claim_http, claim_floor, counts["claim_http"]),
        Pair("submit an annotation, service", "≤ 3", submit, submit_floor, counts["submit"]),
        Pair("submit an annotation, HTTP request", "", submit_http, submit_floor, counts["submit_http"]),
    ]


def exported(bench: Bench, project: Project) -> list[Pair]:
    """Measure exports beside reading the same rows with COPY."""
    return [_exported(bench, project, format) for format in ("jsonl", "csv", "parquet")]


def _exported(bench: Bench, project: Project, format: str) -> Pair:
    pair = Pair(f"export tasks and labels, {format}", "≤ 3", Sample(), Sample(), rows=bench.tasks)

    def drain() -> int:
        export = exports.download(actor=bench.manager, project=project, format=format)
        return sum(len(piece) for piece in export.content)

    for _ in range(bench.rounds):
        with statements() as sent, memory() as grown:
            size = pair.ours.take(drain)
        assert size > bench.tasks
        pair.statements = sent.count
        pair.grown = max(pair.grown, grown.megabytes)
        pair.floor.take(lambda: floors.copy_out(bench.url, project))
    return pair


class Caller(Client):
    """A client of the API with a token."""

    def __init__(self, secret: str) -> None:
        super().__init__(SERVER_NAME="127.0.0.1", headers={"authorization": f"Bearer {secret}"})


def _client(user: User) -> Client:
    return Caller(tokens.issue_token(user=user, name="bench", scope="manage")[1])


def _post(client: Client, path: str, body: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    reply = client.post(path, json.dumps(body), content_type="application/json", headers=headers)
    if reply.status_code not in {200, 201}:
        raise RuntimeError(reply.content[:500])
    return json.loads(reply.content)


def download(product: Site, manager: User, project: Project) -> None:
    """Have the web server export everything."""
    secret = tokens.issue_token(user=manager, name="bench", scope="manage")[1]
    ask = http.client.HTTPConnection("127.0.0.1", product.port, timeout=300)
    ask.request(
        "GET", f"/api/projects/{project.slug}/export/?format=jsonl", headers={"Authorization": f"Bearer {secret}"}
    )
    reply = ask.getresponse()
    while reply.read(1 << 20):
        pass
    if reply.status != HTTPStatus.OK:
        raise RuntimeError(reply.status)


def import_by_worker(bench: Bench) -> None:
    """Have the worker import as many rows as there are tasks, up to 100,000."""
    into = stage.project(bench.manager, "Import by the worker")
    count = min(bench.tasks, 100_000)
    with bench.file(count).open("rb") as opened:
        job = importing.start(actor=bench.manager, project=into, file=File(opened, name="rows.csv"))
    until = time.monotonic() + 120
    while job.state in ALIVE and time.monotonic() < until:
        time.sleep(0.2)
        job.refresh_from_db()
    if job.state != JobState.SUCCEEDED:
        raise RuntimeError(job.state, job.error)
