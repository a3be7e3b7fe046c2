"""Step 3: what is likely wrong, each with a score and what a reviewer needs to decide it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction

from labeling.errors import Invalid
from labeling.reasons.ambiguous import AMBIGUOUS, AmbiguousEvidence
from labeling.reasons.label_error import LABEL_ERROR, LabelErrorEvidence
from quality.learning import neighbors
from quality.models import Prediction
from quality.scoring import ambiguity, balance, groups, label_errors, multi_label
from quality.scoring.intervals import wilson
from quality.selectors.items import SPLITS
from quality.services import arrays
from quality.services.pipeline import encode, evidence, item_issues, predict, several_people
from quality.services.pipeline.findings import Draft, limited

if TYPE_CHECKING:
    from quality.learning.arrays import Floats, Integers
    from quality.services.pipeline.context import Context
    from quality.services.pipeline.predict import Predicted

SHOWN_MEMBERS = 12


def run(context: Context) -> None:
    """Find the issues, and keep them until the run is complete."""
    context.progress(0, 10, "Looking for neighbors")
    embedding = encode.of(context).embedding
    near = neighbors.nearest(embedding, item_issues.K, seed=context.options.seed)
    surroundings = evidence.Neighborhood(context, embedding)
    drafts: list[Draft] = []
    context.progress(4, 10, "Looking for label errors")
    found = predict.of(context)
    if found is not None:
        drafts += _of_labels(context, found, embedding, surroundings)
    context.progress(7, 10, "Looking for outliers, copies and poor items")
    drafts += item_issues.find(context, near, surroundings)
    _spread(context)
    context.progress(9, 10, "Comparing people with each other")
    several_people.run(context, found)
    arrays.keep_json(context.run, "findings", [draft.dump() for draft in drafts])


def _of_labels(
    context: Context, found: Predicted, embedding: Floats, surroundings: evidence.Neighborhood
) -> list[Draft]:
    quality = np.full(found.rows.size, np.nan, dtype=np.float32)
    predicted_sets: dict[int, list[int]] = {}
    drafts: list[Draft] = []
    try:
        if context.question.kind == "choice":
            drafts = _one_label(context, found, embedding, surroundings, quality)
        else:
            drafts = _several_labels(context, found, surroundings, quality, predicted_sets)
    except Invalid as error:
        context.unavailable("label_errors", error.message)
    _keep_predictions(context, evidence.predictions(context, found, quality, predicted_sets))
    return drafts


def _one_label(
    context: Context,
    found: Predicted,
    embedding: Floats,
    surroundings: evidence.Neighborhood,
    quality: Floats,
) -> list[Draft]:
    names = context.question.class_names
    known, columns = predict.judged(context, found)
    lines = np.flatnonzero(known)
    # Classes that no predicted label is of (a model that was sent may know more) take no part.
    used = np.unique(columns[lines])
    if used.size < 2:
        raise Invalid("All labels that were predicted are the same class: there is nothing to compare them with.")
    labels = np.searchsorted(used, columns[lines])
    values = found.values[lines][:, used]
    totals = values.sum(axis=1, keepdims=True)
    values = np.divide(values, totals, out=np.full_like(values, 1 / used.size), where=totals > 0)
    errors = label_errors.find(labels, values, filter_by=context.options.filter_by, score=context.options.score)
    quality[lines] = errors.quality
    classes = found.classes[used]
    _say_errors(context, labels, errors, [names[position] for position in classes])
    _say_groups(context, found.rows[lines], embedding, values.argmax(axis=1) == labels)

    flagged = np.flatnonzero(errors.flagged)
    rows = found.rows[lines[flagged]]
    given = evidence.givens(context.items.labels[rows])
    near = surroundings.of(rows)
    drafts = []
    for position, at in enumerate(flagged.tolist()):
        row = int(rows[position])
        suggested = names[int(classes[errors.suggested[at]])]
        probability = float(values[at, errors.suggested[at]])
        drafts.append(
            _label_error(
                context,
                row,
                score=float(errors.quality[at]),
                given=given,
                suggested=suggested,
                probability=probability,
                distribution=evidence.distribution(found.values[lines[at]], found.classes, names),
                neighbors=near[position],
            )
        )
    return drafts + _ambiguous(context, found, lines[~errors.flagged], surroundings)


def _label_error(
    context: Context, row: int, *, score: float, given: dict[int, dict[str, Any]], **details: Any
) -> Draft:
    label = int(context.items.labels[row])
    shown = given.get(label, {"label": label})
    return Draft(
        task=int(context.items.tasks[row]),
        reason=LABEL_ERROR,
        score=score,
        label=label,
        evidence=LabelErrorEvidence(**shown, **details),
    )


def _ambiguous(context: Context, found: Predicted, lines: Integers, surroundings: evidence.Neighborhood) -> list[Draft]:
    names = context.question.class_names
    close = ambiguity.find(found.values[lines])
    picked = limited(np.flatnonzero(close.flagged), close.score, of=context.items.size)
    context.note(ambiguous=int(close.flagged.sum()))
    rows = found.rows[lines[picked]]
    given, near = evidence.givens(context.items.labels[rows]), surroundings.of(rows)
    drafts = []
    for position, at in enumerate(picked.tolist()):
        shown = evidence.distribution(found.values[lines[at]], found.classes, names)
        label = int(context.items.labels[rows[position]])
        drafts.append(
            Draft(
                task=int(context.items.tasks[rows[position]]),
                reason=AMBIGUOUS,
                score=float(close.score[at]),
                label=label,
                evidence=AmbiguousEvidence(**given.get(label, {}), distribution=shown, neighbors=near[position]),
            )
        )
    return drafts


def _several_labels(
    context: Context,
    found: Predicted,
    surroundings: evidence.Neighborhood,
    quality: Floats,
    predicted_sets: dict[int, list[int]],
) -> list[Draft]:
    names = context.question.class_names
    has, classes = context.items.several()
    lines = np.flatnonzero(context.items.labeled[found.rows])
    at = np.searchsorted(classes, found.classes)
    if (classes[np.minimum(at, classes.size - 1)] != found.classes).any():
        raise Invalid("The predictions are about labels that no task has been given yet.")
    truth = has[found.rows[lines]][:, at]
    errors = multi_label.find(truth, found.values[lines], filter_by=context.options.filter_by)
    quality[lines] = errors.quality
    count, flagged_count = int(lines.size), int(errors.flagged.sum())
    context.note(
        label_errors={
            "items": count,
            "flagged": flagged_count,
            "rate": flagged_count / max(count, 1),
            "interval": list(wilson(flagged_count, count)),
        }
    )
    flagged = np.flatnonzero(errors.flagged)
    rows = found.rows[lines[flagged]]
    given, near = evidence.givens(context.items.labels[rows]), surroundings.of(rows)
    drafts = []
    for position, item in enumerate(flagged.tolist()):
        row, line = int(rows[position]), int(lines[item])
        # Labels that could not be learned stay as they were given.
        kept = {int(code) for code in classes[has[row]]} - {int(code) for code in found.classes}
        codes = sorted(kept | {int(code) for code in found.classes[errors.suggested[item]]})
        predicted_sets[line] = codes
        missing = [names[int(code)] for code in found.classes[errors.suggested[item] & ~truth[item]]]
        extra = [names[int(code)] for code in found.classes[~errors.suggested[item] & truth[item]]]
        drafts.append(
            _label_error(
                context,
                row,
                score=float(errors.quality[item]),
                given=given,
                suggested=[names[code] for code in codes],
                missing=tuple(missing),
                extra=tuple(extra),
                probability=float(
                    np.abs(found.values[line][errors.wrong[item]] - truth[item][errors.wrong[item]]).max()
                ),
                distribution=evidence.distribution(found.values[line], found.classes, names),
                neighbors=near[position],
            )
        )
    return drafts


def _say_errors(context: Context, labels: Integers, errors: label_errors.LabelErrors, names: list[str]) -> None:
    healths = label_errors.by_class(labels, errors)
    context.note(
        label_errors={
            "items": int(labels.size),
            "flagged": int(errors.flagged.sum()),
            "rate": errors.rate,
            "interval": list(errors.rate_interval),
        },
        classes=[{"name": name, **asdict(health)} for name, health in zip(names, healths, strict=True)],
        pairs=[
            [names[given], names[suggested], round(estimated, 2), count]
            for given, suggested, estimated, count in label_errors.pairs(labels, errors)[:2000]
        ],
    )


def _say_groups(context: Context, rows: Integers, embedding: Floats, agrees: Any) -> None:
    found = groups.underperforming(embedding[rows], agrees, seed=context.options.seed)
    context.note(
        groups=[
            {
                "items": int(group.rows.size),
                "agreement": group.agreement,
                "interval": list(group.interval),
                "tasks": context.items.tasks[rows[group.rows[:SHOWN_MEMBERS]]].tolist(),
            }
            for group in found
        ]
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
    measured = balance.of(total)
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
