"""One run: start the product, let people work, kill, let everything end, and compare."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.chaos import checks, stage
from tests.chaos.client import Client, Habits
from tests.chaos.killer import Killer
from tests.chaos.ledger import Ledger, Save
from tests.chaos.line import PATIENCE, Line, Tally
from tests.chaos.operator import File, Operator
from tests.chaos.stage import Stage
from tests.running import Site

REPLAYING = 6
_UNDONE = """
SELECT coalesce(sum(q.open_slots), 0) + (SELECT count(*) FROM labeling_lease WHERE project_id = ANY(%(projects)s))
FROM labeling_queueentry q WHERE q.project_id = ANY(%(projects)s)
"""
_ALIVE = "SELECT count(*) FROM labeling_jobrun WHERE state IN ('queued', 'running')"
_FAILED = "SELECT count(*) FROM labeling_jobrun WHERE state = 'failed'"
# As if a minute had passed: what waits to be noticed is noticed at the next look.
_A_MINUTE_LATER = """
UPDATE labeling_jobrun SET sent_at = sent_at - interval '65 s', heartbeat_at = heartbeat_at - interval '65 s'
WHERE state = 'queued' OR (state = 'running' AND heartbeat_at < now() - interval '12 s')
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run is to be like."""

    kills: int = 100
    everything: int = 2
    clients: int = 12
    tasks: int = 4_000
    heap_rows: int = 12_000
    seed: int = 0
    processes: int = 2
    """Of the web server, and of the worker that people wait for."""
    hurry: bool = False
    """Let the time pass quickly after which a job whose worker died is noticed."""
    habits: Habits = field(default_factory=Habits)


@dataclass(slots=True)
class Outcome:
    """What became of it."""

    wish: Wish
    stage: Stage
    files: list[File]
    seconds: float
    ledger: Ledger
    tally: Tally
    killer: Killer
    looks: int
    replayed: int
    jobs: dict[str, int]
    violations: list[str]


class Watch(threading.Thread):
    """Looks again and again, while people work and processes die, whether every task's slots add up."""

    def __init__(self, database: str, ledger: Ledger) -> None:
        super().__init__(name="watch", daemon=True)
        self.over = threading.Event()
        self.looks = 0
        self._database = database
        self._ledger = ledger

    def run(self) -> None:
        """Look until told that it is over; a database that is down is looked at later."""
        while not self.over.wait(1):
            try:
                with psycopg.connect(self._database, connect_timeout=2) as connection:
                    while not self.over.wait(1):
                        found = connection.execute(checks.BROKEN_SLOTS).fetchmany(checks.SHOWN)
                        connection.rollback()
                        self.looks += 1
                        if found:
                            self._ledger.fault(f"slots did not add up while people worked: {found}")
                            return
            except psycopg.Error:
                continue


def say(words: str) -> None:
    """Tell whoever waits how far it is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stderr.flush()


def run(site: Site, wish: Wish) -> Outcome:
    """Run it all on a site that was not started yet."""
    site.settings |= {"DCAI_WEB_WORKERS": str(wish.processes), "DCAI_JOB_WORKERS": str(wish.processes)}
    say("the product starts")
    site.up()
    people = max(4, wish.clients - wish.clients // 8)
    scene = stage.build(site, people=people, tasks=wish.tasks)
    database = site.engines["DATABASE_URL"]
    say(f"{people} people in {wish.clients} tabs label {wish.tasks + 3 * (wish.tasks // 4):,} times")
    ledger, tally = Ledger(), Tally()
    killer = Killer(site=site, ledger=ledger, rng=random.Random(wish.seed))
    operator = Operator(
        stage=scene, port=site.port, database=database, ledger=ledger, tally=tally, seed=wish.seed,
        heap_rows=wish.heap_rows,
    )  # fmt: skip
    watch = Watch(database, ledger)
    began = time.monotonic()
    watch.start()
    with _working(site, scene, wish, ledger, tally):
        operator.start()
        killer.kill(wish.kills, everything=wish.everything, said=say)
        site.until(site.is_ready)
        say("no more kills: everything is to come to its end")
        operator.over.set()
        operator.join()
        if wish.hurry:
            _ask(database, _A_MINUTE_LATER)
        _until("no job is alive", lambda: _count(database, _ALIVE) == 0, ledger, wish, database)
        failed = _count(database, _FAILED)
        say(f"{failed} jobs failed; every file is imported again")
        operator.start_again()
        _until("no job is alive any more", lambda: _count(database, _ALIVE) == 0, ledger, wish, database)
        projects = {"projects": [scene.projects["once"], scene.projects["thrice"]]}
        _until("every task has its answers", lambda: _count(database, _UNDONE, projects) == 0, ledger, wish, database)
    watch.over.set()
    watch.join()
    say("every acknowledged save is sent again")
    replayed = _replay(site, scene, ledger, tally)
    say("the database is looked at")
    violations = [*ledger.faults, *tally.unclear]
    with checks.connect(database) as connection:
        violations += checks.everything(connection, stage=scene, ledger=ledger, files=operator.files)
    return Outcome(
        wish=wish,
        stage=scene,
        files=operator.files,
        seconds=time.monotonic() - began,
        ledger=ledger,
        tally=tally,
        killer=killer,
        looks=watch.looks,
        replayed=replayed,
        jobs=_jobs(database),
        violations=violations,
    )


@contextmanager
def _working(site: Site, scene: Stage, wish: Wish, ledger: Ledger, tally: Tally) -> Iterator[None]:
    """Let the clients work for as long as the block takes."""
    over = threading.Event()
    clients = [
        Client(
            person=scene.people[number % len(scene.people)],
            alone=number >= wish.clients - len(scene.people) and number < len(scene.people),
            stage=scene,
            port=site.port,
            ledger=ledger,
            tally=tally,
            over=over,
            seed=wish.seed * 1_000 + number,
            habits=wish.habits,
        )
        for number in range(wish.clients)
    ]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        over.set()
        for client in clients:
            client.join(PATIENCE + 30)
        if any(client.is_alive() for client in clients):
            ledger.fault("a client did not come to its end")


def _until(words: str, condition: Callable[[], bool], ledger: Ledger, wish: Wish, database: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            ledger.fault(f"it did not come about within {PATIENCE:.0f} s that {words}")
            return
        time.sleep(0.5)
        if wish.hurry:
            _ask(database, _A_MINUTE_LATER)


def _replay(site: Site, scene: Stage, ledger: Ledger, tally: Tally) -> int:
    """Send every acknowledged save once more, under its key: the answer must be the one that was acknowledged."""
    secrets = {person.pk: person.secret for person in scene.people}
    saves = list(ledger.saves.values())

    def again(part: list[Save]) -> None:
        rng = random.Random(0)
        lines = {pk: Line(port=site.port, secret=secret, tally=tally, rng=rng) for pk, secret in secrets.items()}
        for save in part:
            path = f"/api/tasks/{save.task}/annotations/"
            answer = lines[save.person].send("POST", path, save.sent, key=save.key)
            if answer.status != 200 or answer.content != save.reply:
                ledger.fault(f"key {save.key} sent again at the end: {answer}, and not {save.reply}")
        for line in lines.values():
            line.close()

    with ThreadPoolExecutor(REPLAYING) as pool:
        list(pool.map(again, [saves[number::REPLAYING] for number in range(REPLAYING)]))
    return len(saves)


def _ask(database: str, statement: Any, values: Any = None) -> Any:
    with psycopg.connect(database) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def _count(database: str, statement: Any, values: Any = None) -> int:
    return int(_ask(database, statement, values)[0][0])


def _jobs(database: str) -> dict[str, int]:
    """Return how many jobs there were, by kind and state, and how many started more than once."""
    found = _ask(
        database,
        "SELECT kind || ' ' || state, count(*), count(*) FILTER (WHERE attempt > 1) FROM labeling_jobrun GROUP BY 1",
    )
    again = sum(row[2] for row in found)
    return {row[0]: row[1] for row in found} | {"again": again}
