"""Step 3: what is likely wrong, each with a score and what a reviewer needs to decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction

from labeling.errors import Invalid
from quality.learning import neighbors
from quality.models import Prediction
from quality.scoring import balance
from quality.selectors.items import SPLITS
from quality.services import arrays
from quality.services.pipeline import encode, evidence, item_issues, predict, several_people
from quality.services.pipeline.findings import Draft
from quality.tracks.base import Errors

if TYPE_CHECKING:
    from labeling.reasons.evidence import NearItem
    from quality.services.pipeline.context import Context
    from quality.tracks.base import Finding, Predicted


def run_issues(context: Context) -> None:
    """Find the issues, and keep them until the run is complete."""
    context.progress(0, 10, "Looking for neighbors")
    embedding = encode.features_for(context).embedding
    near = neighbors.nearest(embedding, item_issues.K, seed=context.options.seed)
    surroundings = evidence.Neighborhood(context, embedding)
    drafts: list[Draft] = []
    context.progress(4, 10, "Looking for label errors")
    found = predict.predictions_for(context)
    if found is not None:
        drafts += _of_labels(context, found, surroundings)
    context.progress(7, 10, "Looking for outliers, copies and poor items")
    drafts += item_issues.find_item_issues(context, embedding, near, surroundings)
    _spread(context)
    context.progress(9, 10, "Comparing people with each other")
    several_people.compare_people(context, found)
    arrays.keep_json(context.run, "findings", [draft.dump() for draft in drafts])


def _of_labels(context: Context, found: Predicted, surroundings: evidence.Neighborhood) -> list[Draft]:
    """Keep the predictions, and return what is wrong with labels as the question's track finds it."""
    try:
        errors = context.track.find_errors(encode.case(context), found)
    except Invalid as error:
        context.unavailable("label_errors", error.message)
        errors = Errors(quality=np.full(found.rows.size, np.nan, dtype=np.float32), findings=[])
    context.note(**errors.notes)
    for reason, count in errors.looked_for.items():
        context.looked_for(reason, count)
    arrays.keep_json(context.run, "pairs", errors.pairs)
    _keep_predictions(context, evidence.predictions(context, found, errors.quality, errors.suggested))
    rows = found.rows[np.array([finding.line for finding in errors.findings], dtype=np.int64)]
    given, near = evidence.givens(context.items.labels[rows]), surroundings.nearest_to(rows)
    return [_draft(context, found, finding, given, near[position]) for position, finding in enumerate(errors.findings)]


def _draft(
    context: Context,
    found: Predicted,
    finding: Finding,
    given: dict[int, dict[str, Any]],
    near: tuple[NearItem, ...],
) -> Draft:
    """Return what a track found as a draft of a flag, with what a reviewer needs beside it."""
    row = int(found.rows[finding.line])
    label = int(context.items.labels[row])
    names = context.question.class_names
    return Draft(
        task=int(context.items.tasks[row]),
        reason=finding.reason,
        score=finding.score,
        label=label,
        part=finding.part,
        evidence=finding.reason.evidence(
            **given.get(label, {"label": label}),
            **finding.details,
            distribution=evidence.distribution(found.values[finding.line], found.classes, names),
            neighbors=near,
        ),
    )


def _spread(context: Context) -> None:
    """Say how labels are spread over classes and splits."""
    items, names = context.items, context.question.class_names
    if not names:
        return
    owner = np.repeat(items.splits, np.diff(items.starts))
    counts = {
        str(split): np.bincount(items.codes[owner == position], minlength=len(names))
        for position, split in enumerate(SPLITS)
    }
    total = np.bincount(items.codes, minlength=len(names))
    measured = balance.measure_balance(total)
    learned = total - counts["test"]
    trained = learned - counts["validation"]
    order = np.argsort(-total, kind="stable")[:200]
    context.note(
        balance={
            "ratio": measured.ratio,
            "balance": measured.balance,
            "level": measured.level,
            "counts": [[names[position], int(total[position])] for position in order],
        },
        splits={
            "counts": {
                split: {"labels": int(of_split.sum()), "by_class": [int(of_split[position]) for position in order]}
                for split, of_split in counts.items()
                if of_split.sum()
            },
            "test_shift": balance.shift(learned, counts["test"]),
            "test_chance": balance.chance_shift(learned, counts["test"], seed=context.options.seed),
            "validation_shift": balance.shift(trained, counts["validation"]),
            "validation_chance": balance.chance_shift(trained, counts["validation"], seed=context.options.seed),
        },
    )


@transaction.atomic
def _keep_predictions(context: Context, rows: list[tuple[int, list[int], float, float | None, bool, bytes]]) -> None:
    """Store the predictions of the run, in place of those that an interrupted attempt left."""
    Prediction.objects.filter(run=context.run).delete()
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY quality_prediction (run_id, task_id, predicted, probability, quality, out_of_fold, top) FROM STDIN"
        ) as copy,
    ):
        for row in rows:
            copy.write_row((context.run.pk, *row))
