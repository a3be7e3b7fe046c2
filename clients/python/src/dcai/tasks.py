"""The tasks of a project: bringing them in, taking them, answering them."""

from __future__ import annotations

import io
import itertools
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from dcai.jobs import Job, job_numbered
from dcai.rows import Rows

_MOST_TASKS = 1_000
_MOST_SAVES = 200
"""What the API takes in one request."""


class Tasks(Rows):
    """The tasks of one project. Iterate over it, or call it with filters: `project.tasks(state="todo")`."""

    _NAME = "tasks"

    def get(self, task: int) -> dict[str, Any]:
        """Return one task by its number."""
        found: dict[str, Any] = self._transport.json("GET", f"tasks/{task}/")
        return found

    def import_file(
        self,
        file: str | Path,
        *,
        mapping: Mapping[str, str] | None = None,
        values: Mapping[str, Mapping[str, str]] | None = None,
        mode: str | None = None,
        dry_run: bool = False,
        encoding: str | None = None,
        delimiter: str | None = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Job:
        """Import a file; waits until every row was read unless `wait` is false.

        `mapping` says what columns are (`{"body": "field:text", "topic": "label:intent"}`); what is not named is found
        by its name. `values` says what labels of the file stand for, by question (`{"spam": {"0": "ham"}}`). Rows that
        are there already add nothing, so that the same file may be sent again. With `dry_run` nothing is written: the
        job's result says what would become of the rows, and which labels the project does not have (`unknown`).
        """
        path = Path(file)
        options = {"mode": mode, "encoding": encoding, "delimiter": delimiter, "dry_run": "true" if dry_run else None}
        meant = {"mapping": mapping, "values": values}
        return self._import(path.name, path.open, options, meant, wait=wait, timeout=timeout)

    def import_rows(
        self,
        rows: Iterable[Mapping[str, Any]],
        *,
        mapping: Mapping[str, str] | None = None,
        values: Mapping[str, Mapping[str, str]] | None = None,
        mode: str | None = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Job:
        """Import rows that this program has: fields by name, and `labels`, `external_id`, `split`, `meta`."""
        lines = "".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows).encode()
        options = {"mode": mode}
        meant = {"mapping": mapping, "values": values}
        return self._import("rows.jsonl", lambda _: io.BytesIO(lines), options, meant, wait=wait, timeout=timeout)

    def _import(
        self,
        name: str,
        opened: Callable[[str], Any],
        options: Mapping[str, str | None],
        meant: Mapping[str, Mapping[str, Any] | None],
        *,
        wait: bool,
        timeout: float | None,
    ) -> Job:
        parts = {key: value for key, value in options.items() if value is not None}
        parts |= {name: json.dumps(said, default=dict) for name, said in meant.items() if said}
        with opened("rb") as content:

            def body() -> dict[str, Any]:
                content.seek(0)
                return {"files": {"file": (name, content)}, "data": parts}

            started = self._transport.json("POST", f"{self._path}/imports/", body=body)
        job = job_numbered(self._transport, started["job"])
        return job.wait(timeout=timeout) if wait else job

    def add(self, tasks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Add tasks without a file: `data` by field, and `external_id`, `split`, `meta` and `labels` if known.

        Sent in groups of a thousand, of which each is added whole or not at all. Returns, in the same order, `id`,
        whether it was `created`, and what `differs` from a task that was there already and was not taken over.
        """
        waiting = iter(tasks)
        added: list[dict[str, Any]] = []
        while group := [dict(task) for task in itertools.islice(waiting, _MOST_TASKS)]:
            sent = {"json": {"tasks": group}}
            added += self._transport.json("POST", f"{self._path}/tasks/", body=lambda sent=sent: sent, harmless=True)[
                "tasks"
            ]
        return added

    def change(self, task: int, *, split: str | None = None, meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Put a task into another split, or give it other metadata; None leaves them as they are."""
        content: dict[str, Any] = {} if split is None else {"split": split}
        content |= {} if meta is None else {"meta": dict(meta)}
        changed: dict[str, Any] = self._transport.json(
            "PATCH", f"tasks/{task}/", body=lambda: {"json": content}, harmless=True
        )
        return changed

    def delete(self, tasks: Iterable[int]) -> dict[str, Any]:
        """Delete up to a thousand tasks: out of everything at once, gone for good at `due_at`, a day later.

        Until then `undelete` with the `act` that is returned brings them back.
        """
        sent = {"json": {"tasks": list(tasks)}}
        deleted: dict[str, Any] = self._transport.json(
            "POST", f"{self._path}/tasks/deletions/", body=lambda: sent, harmless=True
        )
        return deleted

    def undelete(self, act: int) -> None:
        """Bring back what `delete` took out."""
        self._transport.json("DELETE", f"{self._path}/tasks/deletions/{act}/")

    def answer_many(self, answers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Save answers to several tasks: each has `task` and `answers`, and what `answer` takes beside them.

        Each is saved or refused by itself: a result has `saved`, or `refused` with the sentence that says why.
        """
        waiting = iter(answers)
        results: list[dict[str, Any]] = []
        while group := [{"key": str(uuid.uuid4()), **one} for one in itertools.islice(waiting, _MOST_SAVES)]:
            sent = {"json": {"annotations": group}}
            results += self._transport.json(
                "POST", f"{self._path}/annotations/", body=lambda sent=sent: sent, harmless=True
            )["results"]
        return results

    def claim(self, count: int = 1, *, held: bool = False, filter: str = "") -> list[dict[str, Any]]:
        """Take tasks to answer; nobody else is handed them while you hold them.

        `held`: those you hold come first. `filter`: only tasks that fit, as in the address of the page of tasks
        ("q=refund&state=open").
        """
        sent = {"json": {"count": count, "held": held, "filter": filter}}
        return list(self._transport.json("POST", f"{self._path}/claims/", body=lambda: sent)["tasks"])

    def renew(self, tasks: Iterable[int]) -> list[int]:
        """Hold tasks for longer; returns those that you still hold."""
        sent = {"json": {"tasks": list(tasks)}}
        renewed = self._transport.json("POST", f"{self._path}/claims/renew/", body=lambda: sent, harmless=True)
        return list(renewed["renewed"])

    def release(self, tasks: Iterable[int] = ()) -> list[int]:
        """Give tasks back; without any named, all you hold."""
        sent = {"json": {"tasks": list(tasks)}}
        released = self._transport.json("POST", f"{self._path}/claims/release/", body=lambda: sent, harmless=True)
        return list(released["released"])

    def answer(
        self,
        task: int | Mapping[str, Any],
        answers: Mapping[str, Any],
        *,
        state: str = "submitted",
        version: int | None = None,
        lead_time_ms: int | None = None,
        comment: str | None = None,
    ) -> dict[str, Any]:
        """Save answers; the save has a key of its own, so that trying again saves nothing twice.

        `version` is the one you know of: when somebody saved meanwhile, `RequestFailed` (409) has what is stored in
        `current`. A task from `claim` or `get` knows it.
        """
        sent: dict[str, Any] = {"answers": dict(answers), "state": state}
        sent |= {} if version is None else {"version": version}
        sent |= {} if lead_time_ms is None else {"lead_time_ms": lead_time_ms}
        sent |= {} if comment is None else {"comment": comment}
        return self._save(task, sent)

    def skip(self, task: int | Mapping[str, Any], reason: str) -> dict[str, Any]:
        """Skip a task for one of the reasons of the API."""
        return self._save(task, {"state": "skipped", "skip_reason": reason})

    def _save(self, task: int | Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
        number, known = (task["id"], task.get("annotation")) if isinstance(task, Mapping) else (task, None)
        content = {"version": known["version"] if known else 0, **sent}
        key = str(uuid.uuid4())
        saved: dict[str, Any] = self._transport.json(
            "POST",
            f"tasks/{number}/annotations/",
            body=lambda: {"json": content, "headers": {"Idempotency-Key": key}},
            harmless=True,
        )
        return saved

    def flag(self, task: int, note: str, *, question: str | None = None) -> dict[str, Any]:
        """Ask a reviewer to look at a task."""
        sent = {"json": {"note": note, "question": question}}
        made: dict[str, Any] = self._transport.json("POST", f"tasks/{task}/flags/", body=lambda: sent)
        return made
