"""Whether an export would be what it was: told by a few rows of indexes, and not by reading it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from labeling.models import Event, JobRun
from labeling.models.jobs import ALIVE

if TYPE_CHECKING:
    from labeling.models import Project

_EVENTS = 200
"""So many of the last events are looked at: one with a lower number may be committed after one with a higher."""
_OWN = "export.downloaded"
_RENAMED = "person.anonymized"


def version_of(project: Project) -> str | None:
    """Return a text that is another one after every change of a project; None where that cannot be told.

    Every change writes an event in its transaction, save for a job, which may do a part of its work before: while one
    works there is no version. An export itself changes nothing. People are named in exports, and lose their names by
    an event of the site.
    """
    jobs = JobRun.objects.filter(project=project)
    if jobs.filter(state__in=ALIVE).exists():
        return None
    events = Event.objects.filter(project=project).exclude(verb=_OWN).order_by("-pk").values_list("pk", flat=True)
    renamed = Event.objects.filter(project=None, verb=_RENAMED).order_by("-pk").values_list("pk", flat=True)
    seen = [
        project.pk,
        list(events[:_EVENTS]),
        jobs.order_by("-pk").values_list("pk", flat=True).first(),
        renamed.first(),
    ]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()
