"""A manager at work meanwhile: imports files and starts quality runs, and starts again what failed."""

from __future__ import annotations

import json
import random
import threading
import traceback
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import psycopg

from tests.chaos.ledger import Ledger
from tests.chaos.line import Answer, Line, Tally
from tests.chaos.stage import QUESTION, Stage

EVERY = (2.0, 8.0)
LOW = 400
"""Open slots below which the next file is for those who label."""
_LEFT = "SELECT coalesce(sum(open_slots), 0) FROM labeling_queueentry WHERE project_id = %s"


@dataclass(frozen=True, slots=True)
class File:
    """A file that was imported, perhaps more than once because an answer got lost: its rows must be there once."""

    name: str
    project: str
    rows: int
    mode: str

    @property
    def content(self) -> bytes:
        """The file as JSON lines, each row with an external id of its own."""
        lines = (
            json.dumps({"external_id": f"{self.name}-{row}", "text": f"Row {row} of {self.name}: where is my parcel?"})
            for row in range(self.rows)
        )
        return "\n".join(lines).encode()


class Operator(threading.Thread):
    """Starts a job every few seconds until told that it is over."""

    def __init__(
        self, *, stage: Stage, port: int, database: str, ledger: Ledger, tally: Tally, seed: int, heap_rows: int
    ) -> None:
        super().__init__(name="operator", daemon=True)
        self.files: list[File] = []
        self.jobs: set[int] = set()
        self.over = threading.Event()
        self._stage = stage
        self._database = database
        self._ledger = ledger
        self._rng = random.Random(seed)
        self._heap_rows = heap_rows
        self._line = Line(port=port, secret=stage.manager.secret, tally=tally, rng=self._rng)

    def run(self) -> None:
        """Work until told that it is over."""
        try:
            while not self.over.is_set():
                self._import(self._next_file())
                if self._rng.random() < 0.5:
                    self._look_for_errors()
                self.over.wait(self._rng.uniform(*EVERY))
        except Exception:  # noqa: BLE001 - whatever it is, the run must say so
            self._ledger.fault(f"{self.name} gave up:\n{traceback.format_exc()}")

    def start_again(self) -> None:
        """Import every file again, as a person does whose import failed."""
        for file in self.files:
            self._import(file, again=True)

    def _next_file(self) -> File:
        number = len(self.files)
        mode = self._rng.choice(("keep_good", "all_or_nothing"))
        if self._short_of_work():
            return File(f"more-{number}", "once", 2 * LOW, mode)
        return File(f"heap-{number}", "heap", self._rng.randint(self._heap_rows // 2, self._heap_rows), mode)

    def _short_of_work(self) -> bool:
        try:
            with psycopg.connect(self._database, connect_timeout=2) as connection:
                row = connection.execute(_LEFT, (self._stage.projects["once"],)).fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and row[0] < LOW

    def _import(self, file: File, *, again: bool = False) -> None:
        if not again:
            self.files.append(file)
        path = f"/api/projects/{self._stage.slugs[file.project]}/imports/"
        answer = self._line.send("POST", path, _form(file))
        if answer.status != HTTPStatus.ACCEPTED:
            self._ledger.fault(f"an import was refused: {answer}")
            return
        self.jobs.add(answer.content["job"])

    def _look_for_errors(self) -> None:
        path = f"/api/projects/{self._stage.slugs['once']}/runs/"
        answer = self._line.send("POST", path, {"question": QUESTION, "force": True})
        if answer.status == HTTPStatus.ACCEPTED:
            self.jobs.add(answer.content["job"])
        elif not _runs_already(answer):
            self._ledger.fault(f"a run was refused: {answer}")


def _runs_already(answer: Answer) -> bool:
    return answer.status == HTTPStatus.CONFLICT and "job" in (answer.content.get("current") or {})


def _form(file: File) -> tuple[bytes, str]:
    """Return the file as a multipart form, and its content type."""
    boundary = "chaos-chaos-chaos"
    parts: list[tuple[str, Any]] = [
        ('name="mode"', file.mode.encode()),
        (f'name="file"; filename="{file.name}.jsonl"\r\nContent-Type: application/x-ndjson', file.content),
    ]
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
