"""Keep a file of predictions and start the job that takes it in; go back to the fixed model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from labeling.errors import Conflict, Invalid, NotFound, Problem
from labeling.models import ALIVE, JobRun
from labeling.selectors import versions as version_reads
from labeling.services import events, imports, jobs
from quality.models import PushedModel
from quality.models.jobs import PredictionsParams

if TYPE_CHECKING:
    from django.core.files.base import File

    from labeling.models import Project, User

PREDICTIONS = "quality.predictions"
MAX_NAME = 100


@transaction.atomic
def start(
    *, actor: User, project: Project, question: str, name: str, out_of_fold: bool, file: File[Any], form: str
) -> JobRun:
    """Start taking in a model's class probabilities; what is being taken in already is not started twice.

    A row names its task by `external_id` or by `task` (the id), and gives `probabilities` by label; labels left out
    have probability 0. Sent again under the same name, a task's prediction is replaced; a model of another name takes
    the place of the one in use, whose predictions are kept.

    Parameters
    ----------
    name
        What the team calls its model.
    form
        The name of the file's format: `jsonl` or `parquet`.
    """
    name = name.strip()
    asked = version_reads.schema(project.pk).question(question)
    if asked is None or not asked.track:
        message = f"“{question[:64]}” is no question of this project that has labels to choose from."
        raise Invalid(message, problems=(Problem("question", message),))
    if not name or len(name) > MAX_NAME or not name.isprintable():
        message = f"The model needs a name of 1 to {MAX_NAME} printable characters."
        raise Invalid(message, problems=(Problem("model", message),))
    if not file.size:
        message = "There is not a single row in what was sent."
        raise Invalid(message)
    kept = imports.keep_file(actor=actor, project=project, file=file, filename=f"{name}.{form}")
    params = PredictionsParams(
        upload=kept.pk, sha256=kept.sha256, form=form, question=question, model=name, out_of_fold=out_of_fold
    )
    key = f"{PREDICTIONS}:{project.pk}:{question}"
    alive = JobRun.objects.filter(exclusive_key=key, state__in=ALIVE).first()
    if alive is not None and PredictionsParams.load(alive.params).is_like(params):
        imports.discard(kept)
        kept.delete()
        return alive
    try:
        return jobs.start(
            kind=PREDICTIONS, project=project, actor=actor, queue="imports", params=params, exclusive_key=key
        )
    except Conflict:
        imports.discard(kept)
        raise


@transaction.atomic
def switch_off(*, actor: User, project: Project, question: str) -> None:
    """Go back to the fixed model from the next run on; what was sent is kept."""
    model = PushedModel.objects.select_for_update().filter(project=project, question=question, active=True).first()
    if model is None:
        raise NotFound
    model.active = False
    model.save(update_fields=("active", "updated_at"))
    events.record(verb="predictions.switched_off", project=project, actor=actor, question=question, model=model.name)
