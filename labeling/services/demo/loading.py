"""Make the demo projects, through the same services that people use; and take them away again."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from labeling import locks
from labeling.errors import Unavailable
from labeling.formats.zip_writing import write_zip
from labeling.models import ALIVE, Event, GuidelineVersion, JobState, Media, Task
from labeling.selectors import media as media_reads
from labeling.services import events, guidelines, imports, jobs, projects
from labeling.services.demo.plans import DEMOS, SEED, Demo, DemoItem, items

if TYPE_CHECKING:
    from labeling.models import JobRun, Project, User

CREATED = "demo.created"
PATIENCE = 300


def find_demo(key: str, *, seed: int = SEED) -> Project | None:
    """Return the demo project made with this seed, if there is one."""
    made = Event.objects.filter(verb=CREATED, payload__demo=key, payload__seed=seed, project__isnull=False)
    event = made.select_related("project").order_by("-id").first()
    return event.project if event else None


def create(*, actor: User, key: str, seed: int = SEED) -> Project:
    """Make a demo project with `actor` as its manager, or finish one that was begun; what is there stays as it is."""
    demo = DEMOS[key]
    project = _project(actor=actor, demo=demo, seed=seed)
    wanted = items(key, seed=seed)
    named = [item.source.external_id for item in wanted]
    if Task.objects.filter(project=project, external_id__in=named).count() < len(wanted):
        _import(actor=actor, project=project, demo=demo, wanted=wanted)
    return project


@transaction.atomic
def _project(*, actor: User, demo: Demo, seed: int) -> Project:
    locks.lock_demos()
    project = find_demo(demo.key, seed=seed)
    if project is None:
        name = demo.name if seed == SEED else f"{demo.name} (seed {seed})"
        project = projects.create(actor=actor, name=name, schema=demo.schema, description=demo.description)
        events.record(verb=CREATED, project=project, actor=actor, demo=demo.key, seed=seed)
    if not GuidelineVersion.objects.filter(project=project).exists():
        body, entries = demo.guideline
        guidelines.save_draft(actor=actor, project=project, body=body, entries=entries)
        guidelines.publish(actor=actor, project=project, change_note="First version.")
    return project


def _import(*, actor: User, project: Project, demo: Demo, wanted: list[DemoItem]) -> None:
    """Import the items as a person would: a ZIP with a manifest, or a CSV file."""
    if demo.field[1] == "image":
        file = ContentFile(b"".join(write_zip(_members(demo, wanted), stored=(".png",))), name=f"{demo.key}.zip")
    else:
        file = ContentFile(_csv(demo, wanted), name=f"{demo.key}.csv")
    job = imports.start(actor=actor, project=project, file=file, options={"mode": "all_or_nothing"})
    jobs.perform_job(job.pk)  # at once and here, unless a worker was faster
    _await(job)


def _await(job: JobRun) -> None:
    until = time.monotonic() + PATIENCE
    job.refresh_from_db()
    while job.state in ALIVE and time.monotonic() < until:
        time.sleep(0.2)
        job.refresh_from_db()
    if job.state != JobState.SUCCEEDED:
        message = f"The demo could not be imported. {job.error or job.message}".strip()
        raise Unavailable(message)


def _members(demo: Demo, wanted: list[DemoItem]) -> Iterable[tuple[str, list[bytes]]]:
    lines = []
    for item in wanted:
        source = item.source
        name = f"{source.external_id}.png"
        yield name, [source.content if isinstance(source.content, bytes) else source.content.encode()]
        row = {demo.field[0]: name, "external_id": source.external_id, "split": item.split, "meta": dict(source.meta)}
        lines.append(json.dumps(row if item.given is None else row | {"labels": {demo.question: item.given}}))
    yield "manifest.jsonl", ["\n".join(lines).encode()]


def _csv(demo: Demo, wanted: list[DemoItem]) -> bytes:
    text = io.StringIO(newline="")
    extra = sorted({name for item in wanted for name in item.source.meta})
    writer = csv.writer(text)
    writer.writerow(["external_id", demo.field[0], demo.question, "split", *extra])
    for item in wanted:
        source = item.source
        meta = [source.meta.get(name, "") for name in extra]
        writer.writerow([source.external_id, source.content, item.given or "", item.split, *meta])
    return text.getvalue().encode()


@transaction.atomic
def remove(*, actor: User | None, key: str, seed: int = SEED) -> bool:
    """Delete a demo project with everything people did in it; returns whether there was one."""
    project = find_demo(key, seed=seed)
    if project is None:
        return False
    only_here = Media.objects.filter(links__project=project).exclude(
        pk__in=Media.objects.filter(links__project__isnull=False).exclude(links__project=project).values("pk")
    )
    hashes = list(only_here.values_list("pk", flat=True))
    name = project.name
    project.delete()
    unused = Media.objects.filter(pk__in=hashes, links=None)
    gone = list(unused.values_list("pk", flat=True))
    unused.delete()
    events.record(verb="demo.removed", project=None, actor=actor, demo=key, seed=seed, name=name)
    transaction.on_commit(lambda: _delete_files(gone))
    return True


def _delete_files(hashes: list[str]) -> None:
    for sha256 in hashes:
        for variant in media_reads.VARIANTS:
            default_storage.delete(media_reads.path_of(sha256, variant))
