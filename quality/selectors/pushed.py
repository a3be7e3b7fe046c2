"""Predictions that teams sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Count

from quality.models import PushedModel, PushedPrediction

if TYPE_CHECKING:
    from labeling.models import Project
    from quality.learning.arrays import Floats, Integers


def active(project: Project, question: str) -> PushedModel | None:
    """Return the model whose predictions are used instead of the fixed model's, if there is one."""
    return PushedModel.objects.filter(project=project, question=question, active=True).first()


def probabilities(model: PushedModel) -> tuple[Integers, Floats, list[str]]:
    """Return the tasks a model predicted, in order, its probabilities (tasks x classes), and the classes' names."""
    rows = PushedPrediction.objects.filter(model=model).order_by("task_id").values_list("task_id", "probabilities")
    found = list(rows)
    names = list(model.classes)
    values = np.array([np.frombuffer(bytes(data), dtype="<f4") for _, data in found], dtype=np.float32)
    return np.array([task for task, _ in found], dtype=np.int64), values.reshape(len(found), len(names)), names


def models(project: Project) -> list[tuple[PushedModel, int]]:
    """Return the models whose predictions were sent, newest first, with how many there are of each."""
    found = PushedModel.objects.filter(project=project).annotate(count=Count("predictions")).order_by("-updated_at")
    return [(model, model.count) for model in found]
