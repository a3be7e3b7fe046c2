"""Files as they were sent: kept privately until their import is over."""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from labeling.errors import Conflict, Problem, TooLarge
from labeling.models import ALIVE, JobRun, Upload
from labeling.services import events

if TYPE_CHECKING:
    from labeling.models import Project, User

IMPORT = "labeling.import"
FORGOTTEN_AFTER = timedelta(days=7)


@transaction.atomic
def upload(*, actor: User, project: Project, file: File[Any], filename: str = "") -> Upload:
    """Keep a file privately until its import is over."""
    kept = keep_file(actor=actor, project=project, file=file, filename=filename)
    events.record(
        verb="import.uploaded", project=project, actor=actor, upload=kept.pk, filename=kept.filename, size=kept.size
    )
    return kept


@transaction.atomic
def keep_file(*, actor: User, project: Project, file: File[Any], filename: str = "") -> Upload:
    """Keep a file privately for the job that a service starts with it, which is what gets into the activity."""
    if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
        limit = f"{settings.UPLOAD_MAX_BYTES / 1024**3:.1f} GB"
        message = f"The file is larger than {limit}. Split it, or have a folder on the server imported."
        raise TooLarge(message, problems=(Problem("file", message),))
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece if isinstance(piece, bytes) else piece.encode())
    file.seek(0)
    kept = Upload(
        project=project,
        filename=_plain_name(filename or file.name or ""),
        size=file.size,
        sha256=digest.hexdigest(),
        created_by=actor,
    )
    name = f"{uuid.uuid4().hex}.upload"
    try:
        kept.file.save(name, File(file), save=False)
        kept.save()
    except Exception:
        # Half a file would stay, and take what little room there is.
        kept.file.storage.delete(kept.file.name or kept.file.field.generate_filename(kept, name))
        raise
    _forget_old(project)
    return kept


def _plain_name(name: str) -> str:
    bare = re.sub(r"[\x00-\x1f\x7f]", "", PurePath(name.replace("\\", "/")).name).strip()
    bare = bare.encode("utf-8", errors="replace").decode()
    return bare[-255:] or "file"


def _forget_old(project: Project) -> None:
    """Delete files that were sent and never read by a job."""
    used = JobRun.objects.filter(project=project, state__in=ALIVE).values_list("params__upload", flat=True)
    old = Upload.objects.filter(project=project, created_at__lt=timezone.now() - FORGOTTEN_AFTER)
    for forgotten in old.exclude(pk__in=[pk for pk in used if isinstance(pk, int)]):
        storage, name = forgotten.file.storage, forgotten.file.name
        forgotten.delete()
        if name:
            transaction.on_commit(lambda storage=storage, name=name: storage.delete(name))  # type: ignore[misc]


@transaction.atomic
def forget(*, actor: User, upload: Upload) -> None:
    """Delete a file that is not to be imported after all."""
    jobs_of_it = JobRun.objects.filter(kind=IMPORT, project_id=upload.project_id, params__upload=upload.pk)
    if jobs_of_it.filter(state__in=ALIVE).exists():
        message = "This file is being imported. Cancel the import first."
        raise Conflict(message)
    storage, name = upload.file.storage, upload.file.name
    events.record(verb="import.discarded", project=upload.project, actor=actor, filename=upload.filename)
    upload.delete()
    if name:
        transaction.on_commit(lambda: storage.delete(name))


def discard(kept: Upload) -> None:
    """Delete an upload's file; the row stays, so that the import can still say what it read."""
    name = kept.file.name
    if name:
        kept.file.storage.delete(name)
        Upload.objects.filter(pk=kept.pk).update(file="")
