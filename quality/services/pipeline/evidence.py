"""What a reviewer needs to decide a flag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from labeling.models import Label
from labeling.reasons.evidence import ClassShare, NearItem, Person
from quality.learning import neighbors

if TYPE_CHECKING:
    from quality.learning.arrays import Floats, Integers
    from quality.services.pipeline.context import Context
    from quality.tracks.base import Predicted

TOP = 5
NEIGHBORS = 6
CHUNK = 2_000


def givens(label_ids: Integers) -> dict[int, dict[str, Any]]:
    """Return, by label, the part of `LabelEvidence` that tells what was given, by whom, when, under which guideline."""
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, label_ids.size, CHUNK):
        chunk = [int(pk) for pk in label_ids[start : start + CHUNK] if pk >= 0]
        for label in Label.objects.filter(pk__in=chunk).select_related("created_by", "annotation__annotator"):
            by = label.annotation.annotator if label.annotation else label.created_by
            found[label.pk] = {
                "label": label.pk,
                "given": label.value,
                "source": label.source,
                "given_by": None if by is None else Person(id=by.pk, name=str(by)),
                "given_at": label.created_at.isoformat(),
                "guideline": label.guideline_version,
            }
    return found


def distribution(values: Floats, classes: Integers, names: list[str]) -> tuple[ClassShare, ...]:
    """Return the most probable classes of one item, most probable first."""
    order = [column for column in np.argsort(-values, kind="stable") if classes[column] >= 0][:TOP]
    return tuple(
        ClassShare(name=names[int(classes[column])], probability=round(float(values[column]), 4)) for column in order
    )


class Neighborhood:
    """The labeled items nearest to others, with their labels."""

    def __init__(self, context: Context, embedding: Floats) -> None:
        self._context = context
        self._embedding = embedding
        self._labeled = np.flatnonzero(context.items.labeled)

    def nearest_to(self, rows: Integers) -> list[tuple[NearItem, ...]]:
        """Return the neighbors of each row, nearest first."""
        items, names = self._context.items, self._context.question.class_names
        near = neighbors.among(self._embedding, rows, self._labeled, NEIGHBORS)
        several = self._context.track.many
        found = []
        for line, distances in zip(near.rows, near.distances, strict=True):
            shown = []
            for other, distance in zip(line.tolist(), distances.tolist(), strict=True):
                if other < 0:
                    break
                classes = [names[code] for code in items.codes[items.starts[other] : items.starts[other + 1]]]
                shown.append(
                    NearItem(
                        task=int(items.tasks[other]),
                        label=classes if several or len(classes) != 1 else classes[0],
                        distance=round(distance, 4),
                    )
                )
            found.append(tuple(shown))
        return found


def predictions(
    context: Context, found: Predicted, quality: Floats, suggested: dict[int, list[int]]
) -> list[tuple[int, list[int], float, float | None, bool, bytes]]:
    """Return the rows of `Prediction` for everything predicted: what is shown beside each task.

    Parameters
    ----------
    quality
        Shape (m,) with NaN where there is no given label.
    suggested
        Classes of the lines that amount to something else than their probabilities say.
    """
    labeled = context.items.labeled[found.rows]
    tasks = context.items.tasks[found.rows].tolist()
    values, classes = found.values[:, found.classes >= 0], found.classes[found.classes >= 0]
    order = np.argsort(-values, axis=1, kind="stable")[:, :TOP]
    packed = np.empty(order.shape, dtype=[("class", "<u2"), ("probability", "<f2")])
    packed["class"] = classes[order]
    packed["probability"] = np.take_along_axis(values, order, axis=1)
    rows = []
    for line, task in enumerate(tasks):
        predicted, sure = context.track.read_line(found.values[line], found.classes)
        score = None if np.isnan(quality[line]) else float(quality[line])
        shown = suggested.get(line, predicted)
        rows.append((task, shown, sure, score, bool(labeled[line]), packed[line].tobytes()))
    return rows
