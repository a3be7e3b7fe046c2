"""One project."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcai.errors import DcaiError
from dcai.flags import Flags
from dcai.jobs import Job, job_numbered
from dcai.tasks import Tasks
from dcai.transport import Transport
from dcai.webhooks import Webhooks

if TYPE_CHECKING:
    import pandas as pd

PART = ".part"


class Project:
    """One project, by its slug. Nothing is asked of the site until something of it is."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport = transport
        self._path = f"projects/{slug}"
        self.slug = slug
        self.tasks = Tasks(transport, slug)
        self.flags = Flags(transport, slug)
        self.webhooks = Webhooks(transport, slug)

    def __repr__(self) -> str:
        return f"<Project {self.slug}>"

    def document(self) -> dict[str, Any]:
        """Return its name, settings and your role in it."""
        found: dict[str, Any] = self._transport.json("GET", f"{self._path}/")
        return found

    def update(self, **changes: Any) -> dict[str, Any]:
        """Change name, description, overlap, overlap_rules, max_overlap, agreement_floor, lease_seconds or archived.

        A rule is `{"people": 3, "share": 0.1, "split": "test", "filter": "q=refund"}`, only `people` is a must.
        With `dry_run=True` nothing changes: `fit` and `foreseen` of what is returned say what would.
        """
        changed: dict[str, Any] = self._transport.json("PATCH", f"{self._path}/", body=lambda: {"json": changes})
        return changed

    def delete(self, name: str) -> Job:
        """Delete it for good, with all that is in it; `name` is its name, to be sure."""
        sent = {"json": {"name": name}}
        started = self._transport.json("DELETE", f"{self._path}/", body=lambda: sent, harmless=False)
        return job_numbered(self._transport, started["job"])

    def schema(self) -> dict[str, Any]:
        """Return its fields and questions."""
        return dict(self._transport.json("GET", f"{self._path}/schema/")["schema"])

    def set_schema(self, schema: Mapping[str, Any], *, ask: bool = False) -> dict[str, Any]:
        """Change fields and questions; `ask`: ask again where tasks lack a newly required answer."""
        sent = {"json": {"schema": dict(schema), "ask": ask}}
        changed: dict[str, Any] = self._transport.json("PUT", f"{self._path}/schema/", body=lambda: sent)
        return changed

    def labels(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield the labels of record; `filters`: task, question, source."""
        return self._transport.pages(f"{self._path}/labels/", {"limit": 1000, **filters})

    def annotations(self) -> Iterator[dict[str, Any]]:
        """Yield everybody's answers."""
        return self._transport.pages(f"{self._path}/annotations/", {"limit": 1000})

    def jobs(self) -> Iterator[Job]:
        """Yield its jobs, the newest first."""
        for document in self._transport.pages(f"{self._path}/jobs/"):
            yield Job(self._transport, document)

    def push_predictions(
        self,
        rows: Iterable[Mapping[str, Any]],
        *,
        question: str,
        model: str,
        out_of_fold: bool = True,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Job:
        """Send class probabilities of your own model, one row a task.

        A row is `{"external_id": "m-1", "probabilities": {"billing": 0.9, "delivery": 0.1}}`.
        """
        lines = "".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows).encode()
        params = {"question": question, "model": model, "out_of_fold": "true" if out_of_fold else "false"}
        sent = {"content": lines, "headers": {"Content-Type": "application/x-ndjson"}}
        # The same rows again are the same job while it runs, and the same predictions afterwards.
        started = self._transport.json(
            "POST", f"{self._path}/predictions/", params=params, body=lambda: sent, harmless=True
        )
        job = Job(self._transport, started)
        return job.wait(timeout=timeout) if wait else job

    def check(self, question: str, *, force: bool = False, wait: bool = True, timeout: float | None = None) -> Job:
        """Look for label errors, order the queue and measure the gain, for one question."""
        sent = {"json": {"question": question, "force": force}}
        started = self._transport.json("POST", f"{self._path}/runs/", body=lambda: sent)
        job = job_numbered(self._transport, started["job"])
        return job.wait(timeout=timeout) if wait else job

    def runs(self) -> Iterator[dict[str, Any]]:
        """Yield its checks with what they found and the gain they measured, the newest first."""
        return self._transport.pages(f"{self._path}/runs/")

    def export(self, file: str | Path, *, format: str | None = None, **filters: Any) -> Path:
        """Write an export into a file, which is there only once it is whole; its name says the format unless told.

        `filters`: filter (as in the explorer's address), updated_after, split, state, shape, columns and the others of
        the API.
        """
        path = Path(file)
        how = format or path.suffix.removeprefix(".").lower()
        if not how:
            message = f"{path}: say which format to write, by the end of the name or with format=."
            raise DcaiError(message)
        part = path.with_name(path.name + PART)
        try:
            asked = {"format": how, **filters}
            with self._transport.stream(f"{self._path}/export/", asked) as response, part.open("wb") as out:
                for piece in response.iter_bytes():
                    out.write(piece)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return path

    def rows(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield tasks with everything known about them, as the JSON Lines export has it, as they arrive."""
        with self._transport.stream(f"{self._path}/export/", {"format": "jsonl", **filters}) as response:
            for line in response.iter_lines():
                if line:
                    yield json.loads(line)

    def to_pandas(self, **filters: Any) -> pd.DataFrame:
        """Return tasks and labels as a table, one row a task."""
        try:
            import pandas as pd  # noqa: PLC0415 - asked for by those who want tables
        except ImportError:
            message = "Tables need pandas and pyarrow: pip install 'dcai-client[pandas]'."
            raise DcaiError(message) from None
        response = self._transport.request("GET", f"{self._path}/export/", params={"format": "parquet", **filters})
        return pd.read_parquet(io.BytesIO(response.content))
