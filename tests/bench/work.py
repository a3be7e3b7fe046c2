"""Each thing that is measured, beside its floor. What is ours and what is the floor take turns."""

from __future__ import annotations

import json
import random
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
from django.test import Client

from labeling.models import Label, Project, Task, User
from labeling.services import annotations as saving
from labeling.services import claims, exports, people
from labeling.services.annotations import Submission
from tests.bench import floors, stage
from tests.bench.measure import Memory, Sample, memory, statements

SHIFT = 100_000_000
"""What the bare copies add to task ids, round by round, so that no two tasks get the same."""


@dataclass(slots=True)
class Pair:
    """One measured thing: what we take, what the floor takes, and what else was seen."""

    name: str
    budget: str
    ours: Sample
    floor: Sample
    statements: int
    memory: Memory | None = None
    rows: int = 0


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
        """Make the person who runs everything."""
        manager = stage.person()
        return cls(url=url, tasks=tasks, rounds=rounds, manager=manager, folder=Path(tempfile.mkdtemp()))

    def file(self, count: int) -> Path:
        """Return a file of so many rows."""
        path = self.folder / f"{count}.csv"
        if not path.exists():
            stage.write_rows(path, count)
        return path


def imports(bench: Bench) -> tuple[Project, list[Pair]]:
    """Measure imports, of a tenth and of all; return a project with all tasks."""
    small = _imports(bench, bench.tasks // 10, shift=SHIFT)
    large = _imports(bench, bench.tasks, shift=10 * SHIFT)
    stage.settle_tables()
    return large[0], [small[1], large[1]]


def _imports(bench: Bench, count: int, *, shift: int) -> tuple[Project, Pair]:
    pair = Pair(
        f"import {count:,} short texts (CSV), a tenth labeled", "≤ 3", Sample(), Sample(), 0, Memory(), rows=count
    )
    file = bench.file(count)
    for round_ in range(bench.rounds):
        project = stage.project(bench.manager, f"Import {round_} of {count:,}")
        with statements() as sent, memory() as grown:
            pair.ours.take(partial(stage.import_file, bench.manager, project, file))
        pair.statements = sent.count
        assert pair.memory is not None
        pair.memory.megabytes = max(pair.memory.megabytes, grown.megabytes)
        bare = stage.project(bench.manager, f"Bare copy {round_} of {count:,}")
        rows = floors.rows_of(bench.url, project, bare, shift * (round_ + 1))
        pair.floor.take(partial(floors.copy_in, bench.url, rows))
        assert Task.objects.filter(project=bare).count() == Task.objects.filter(project=project).count() == count
        assert Label.objects.filter(project=bare).count() == Label.objects.filter(project=project).count()
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


def lists(bench: Bench, project: Project, *, turns: int) -> list[Pair]:
    """Measure pages of tasks, from the API and in the explorer, beside the rows of such a page."""
    client = _client(bench.manager)
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(bench.manager, backend="django.contrib.auth.backends.ModelBackend")
    deep, middle = _middle(client, project, bench.tasks // 2)
    first = Task.objects.filter(project=project).order_by("pk")[0]
    word = str(first.data["text"]).split()[0]
    intent = stage.INTENTS[0]
    api, page = f"/api/projects/{project.slug}/tasks/", f"/p/{project.slug}/tasks/"
    labeled = (
        "EXISTS (SELECT FROM labeling_label l WHERE l.task_id = t.id AND l.retired_at IS NULL AND l.classes @> %s)"
    )
    looks: list[tuple[str, Client, str, dict[str, str], str, list[Any], int]] = [
        ("API, first page of 100", client, api, {}, "true", [], 100),
        ("API, page in the middle", client, api, {"cursor": deep}, "t.id > %s", [middle], 100),
        ("API, test split", client, api, {"split": "test"}, "t.split = 'test'", [], 100),
        ("API, one label", client, api, {"label": intent}, labeled, [[intent]], 100),
        ("explorer, first page of 50", browser, page, {}, "true", [], 50),
        ("explorer, test split", browser, page, {"split": "test"}, "t.split = 'test'", [], 50),
        ("explorer, one label", browser, page, {"label.intent": f"is:{intent}"}, labeled, [[intent]], 50),
        ("explorer, a word", browser, page, {"q": word}, _WORD, [f"{word.lower()}:*"], 50),
        ("explorer, by external id backward", browser, page, {"sort": "-external_id"}, "true", [], 50),
        ("explorer, queue order", browser, page, {"sort": "queue"}, "true", [], 50),
    ]
    with psycopg.connect(bench.url, autocommit=True) as bare:
        return [_listed(bare, project, turns, *look) for look in looks]


_WORD = "jsonb_to_tsvector('simple'::regconfig, t.data, '[\"string\"]'::jsonb) @@ to_tsquery('simple', %s)"


def _listed(
    bare: psycopg.Connection[Any],
    project: Project,
    turns: int,
    name: str,
    client: Client,
    path: str,
    parameters: dict[str, str],
    condition: str,
    values: list[Any],
    size: int,
) -> Pair:
    pair = Pair(f"task list: {name}", "p95 ≤ 300 ms", Sample(), Sample(), 0)
    order = "t.external_id DESC" if parameters.get("sort") == "-external_id" else "t.id"
    source = "labeling_task t"
    if parameters.get("sort") == "queue":
        source = "labeling_task t JOIN labeling_queueentry q ON q.task_id = t.id"
        order = "q.priority DESC, q.task_id"
        condition = "q.project_id = t.project_id AND q.open_slots > 0 AND NOT (q.state = 'quarantined')"
    query = (
        f"WITH page AS MATERIALIZED (SELECT t.id FROM {source} "
        f"WHERE t.project_id = %s AND {condition} ORDER BY {order} LIMIT {size + 1}) "
        "SELECT t.id, t.external_id, t.split, t.data, t.meta, q.state, q.reason FROM page "
        "JOIN labeling_task t ON t.id = page.id JOIN labeling_queueentry q ON q.task_id = t.id"
    )
    for _ in range(turns):
        with statements() as sent:
            reply = pair.ours.take(lambda: client.get(path, parameters))
        pair.statements = sent.count
        if reply.status_code != 200:
            raise RuntimeError(reply.content[:500])
        pair.floor.take(lambda: bare.execute(query, [project.pk, *values]).fetchall())
    return pair


def exported(bench: Bench, project: Project) -> list[Pair]:
    """Measure exports beside reading the same rows with COPY."""
    return [_exported(bench, project, format) for format in ("jsonl", "csv", "parquet")]


def _exported(bench: Bench, project: Project, format: str) -> Pair:
    pair = Pair(f"export {bench.tasks:,} tasks, {format}", "≤ 3", Sample(), Sample(), 0, Memory(), rows=bench.tasks)

    def drain() -> int:
        export = exports.download(actor=bench.manager, project=project, format=format)
        return sum(len(piece) for piece in export.content)

    for _ in range(bench.rounds):
        with statements() as sent, memory() as grown:
            size = pair.ours.take(drain)
        assert size > bench.tasks
        pair.statements = sent.count
        assert pair.memory is not None
        pair.memory.megabytes = max(pair.memory.megabytes, grown.megabytes)
        pair.floor.take(lambda: floors.copy_out(bench.url, project))
    return pair


class Caller(Client):
    """A client of the API with a token."""

    def __init__(self, secret: str) -> None:
        super().__init__(SERVER_NAME="127.0.0.1", headers={"authorization": f"Bearer {secret}"})


def _client(user: User) -> Client:
    return Caller(people.issue_token(user=user, name="bench")[1])


def _post(client: Client, path: str, body: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    reply = client.post(path, json.dumps(body), content_type="application/json", headers=headers)
    if reply.status_code not in {200, 201}:
        raise RuntimeError(reply.content[:500])
    return json.loads(reply.content)


def _middle(client: Client, project: Project, rows: int) -> tuple[str, int]:
    """Walk so many rows down the list, as a client must; return the cursor there and the last task before it."""
    cursor, last, left = "", 0, rows
    while left > 0:
        page = client.get(
            f"/api/projects/{project.slug}/tasks/", {"limit": str(min(1000, left)), "cursor": cursor}
        ).json()
        cursor = parse_qs(urlsplit(page["next"]).query)["cursor"][0]
        last = page["results"][-1]["id"]
        left -= len(page["results"])
    return cursor, last
