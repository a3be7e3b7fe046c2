"""The demo projects' label errors: found by the product and by a bare script, against the truth."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from PIL import Image
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from labeling.models import Flag, FlagState, Label, Project
from labeling.reasons.label_error import LABEL_ERROR
from labeling.services import demo, jobs, tasks
from labeling.services.demo.plans import DEMOS, DemoItem, items, truth
from quality.models import Gain, Prediction
from quality.selectors.runs import newest
from quality.services import runs
from tests import factories

SCORES = ("precision", "recall", "auroc")


@dataclass(frozen=True, slots=True)
class Score:
    """How flags and scores compare with the truth."""

    precision: float
    recall: float
    auroc: float


@dataclass(frozen=True, slots=True)
class Found:
    """One demo project: our score, the bare script's, and the gain before and after the flags were decided."""

    dcai: Score
    bare: Score
    before: dict[str, float]
    after: dict[str, float]
    clean: dict[str, float]


def measure(key: str, seed: int) -> Found:
    """Make the project, look for errors, decide the flags truthfully, and look again."""
    planned = {item.source.external_id: item for item in items(key, seed=seed)}
    true = truth(key)
    manager = factories.user(is_superuser=True)
    project = demo.create(actor=manager, key=key, seed=seed)
    question = DEMOS[key].question
    before = _gain(project, question)
    labels = _given(project, question)
    taken = [name for name in labels if planned[name].split != "test"]
    wrong = np.array([labels[name] != true[name] for name in taken])
    flags = Flag.objects.filter(project=project, reason=LABEL_ERROR.name, state=FlagState.OPEN)
    flagged = {str(name): pk for name, pk in flags.values_list("task__external_id", "task_id")}
    run = newest(project, question)
    quality = dict(Prediction.objects.filter(run=run).values_list("task__external_id", "quality"))
    ours = _score(wrong, np.array([name in flagged for name in taken]), np.array([quality[name] for name in taken]))
    bare = _bare([planned[name] for name in taken], wrong)
    _decide(project, question, {pk: true[name] for name, pk in flagged.items() if labels[name] != true[name]})
    after = _gain(project, question)
    rest = {
        name: pk
        for name, pk in project.tasks.values_list("external_id", "pk")
        if name is not None and name in labels and labels[name] != true[name]
    }
    _decide(project, question, {pk: true[name] for name, pk in rest.items()})
    return Found(dcai=ours, bare=bare, before=before, after=after, clean=_gain(project, question))


def _gain(project: Project, question: str) -> dict[str, float]:
    job = runs.start(actor=None, project=project, question=question)
    jobs.perform_job(job.pk)
    run = newest(project, question)
    if run is None:
        job.refresh_from_db()
        raise RuntimeError(job.error)
    gain = Gain.objects.get(run=run)
    return {"accuracy": gain.accuracy, "log_loss": gain.log_loss}


def _given(project: Project, question: str) -> dict[str, str]:
    current = Label.objects.filter(project=project, question=question, retired_at=None)
    named = current.order_by("task_id").values_list("task__external_id", "value")
    return {str(external_id): value for external_id, value in named}


def _decide(project: Project, question: str, answers: dict[int, str]) -> None:
    for value in sorted(set(answers.values())):
        chosen = [pk for pk, answer in answers.items() if answer == value]
        tasks.assign_label(actor=project.created_by, project=project, task_ids=chosen, question=question, value=value)


def _score(wrong: np.ndarray, flagged: np.ndarray, quality: np.ndarray) -> Score:
    hits = float((wrong & flagged).sum())
    return Score(
        precision=hits / max(float(flagged.sum()), 1),
        recall=hits / float(wrong.sum()),
        auroc=float(roc_auc_score(wrong, -quality)),
    )


def _bare(planned: list[DemoItem], wrong: np.ndarray) -> Score:
    """Do what a person would do in a notebook."""
    contents = [item.source.content for item in planned]
    if isinstance(contents[0], bytes):
        images = [np.asarray(Image.open(io.BytesIO(content)).convert("L").resize((16, 16))) for content in contents]  # type: ignore[arg-type]
        matrix = np.stack([image.ravel() / 255 for image in images])
    else:
        matrix = TfidfVectorizer().fit_transform(contents)
    _, labels = np.unique([str(item.given) for item in planned], return_inverse=True)
    model = LogisticRegression(max_iter=1000)
    values = cross_val_predict(model, matrix, labels, cv=5, method="predict_proba")
    flagged = find_label_issues(labels, values, n_jobs=1)
    return _score(wrong, flagged, get_label_quality_scores(labels, values))
