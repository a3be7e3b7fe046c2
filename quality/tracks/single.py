"""Answers that are one class: confident learning, one model over all classes, CROWDLAB, the gain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from labeling.errors import Invalid
from labeling.reasons.ambiguous import AMBIGUOUS
from labeling.reasons.label_error import LABEL_ERROR
from quality.learning import classifier, folds
from quality.learning.arrays import Doubles, Floats, Integers, Mask
from quality.scoring import ambiguity, gain, groups, label_errors, probabilities, queue, several_people
from quality.tracks.base import (
    Arrays,
    Case,
    ConsensusRow,
    Crowd,
    Errors,
    Finding,
    Measured,
    PersonRow,
    Predicted,
    Track,
    Votes,
    limited,
)
from quality.tracks.items import Items

SHOWN_MEMBERS = 200
MOST_PAIRS = 2_000
NO_MODEL = "Without predictions people are compared with each other only."


def one_class(items: Items) -> Integers:
    """Return the one class of each item, shape (n,), -1 for none."""
    one = np.full(items.size, -1, dtype=np.int64)
    has = np.diff(items.starts) == 1
    one[has] = items.codes[items.starts[:-1][has]]
    return one


def judged(items: Items, found: Predicted) -> tuple[Mask, Integers]:
    """Return which of the predicted rows have one given class among the columns, and that column (-1 elsewhere)."""
    single = one_class(items)[found.rows]
    order = np.argsort(found.classes)
    place = np.searchsorted(found.classes, single, sorter=order)
    columns = order[np.minimum(place, found.classes.size - 1)]
    known = (single >= 0) & (found.classes[columns] == single)
    return known, np.where(known, columns, -1)


class Single(Track):
    """One class per answer."""

    name = "single"

    def check(self, values: Floats, *, rows: int, classes: int) -> Floats:
        """Return the probabilities, if each row sums to 1."""
        return probabilities.checked(values, rows=rows, classes=classes, exclusive=True)

    def predict(self, case: Case) -> tuple[Predicted, Integers]:
        """Predict by one model over all classes, fold by fold."""
        labels = one_class(case.items)
        features = case.features()
        plan = folds.plan(labels, case.items.learn, seed=case.seed)
        found = classifier.out_of_fold(features, labels, plan, seed=case.seed, progress=case.progress)
        return Predicted(np.arange(case.items.size), found.values, found.classes), plan.scarce

    def require_signal(self, case: Case, found: Predicted) -> tuple[Predicted, dict[str, Any]]:
        """Return the predictions, all or none: they are better than the most common class."""
        known, columns = judged(case.items, found)
        if not known.any():
            raise Invalid("None of the predicted tasks has a label yet to compare the prediction with.")
        signal = probabilities.require_signal(columns[known], found.values[known])
        return found, {
            "accuracy": signal.accuracy,
            "baseline_accuracy": signal.baseline_accuracy,
            "log_loss": signal.log_loss,
            "baseline_log_loss": signal.baseline_log_loss,
            "labels": int(known.sum()),
        }

    def find_errors(self, case: Case, found: Predicted) -> Errors:
        """Find labels that confident learning speaks against, and those that could as well be another."""
        known, columns = judged(case.items, found)
        lines = np.flatnonzero(known)
        # Classes that no predicted label is of (a model that was sent may know more) take no part.
        used = np.unique(columns[lines])
        if used.size < 2:
            raise Invalid("All labels that were predicted are the same class: there is nothing to compare them with.")
        labels = np.searchsorted(used, columns[lines])
        values = found.values[lines][:, used]
        totals = values.sum(axis=1, keepdims=True)
        values = np.divide(values, totals, out=np.full_like(values, 1 / used.size), where=totals > 0)
        errors = label_errors.find_label_errors(labels, values, filter_by=case.filter_by, score=case.score)
        quality = np.full(found.rows.size, np.nan, dtype=np.float32)
        quality[lines] = errors.quality
        names = [case.names[position] for position in found.classes[used]]
        findings = [
            Finding(
                line=int(lines[at]),
                reason=LABEL_ERROR,
                score=float(errors.quality[at]),
                details={
                    "suggested": names[errors.suggested[at]],
                    "probability": float(values[at, errors.suggested[at]]),
                },
            )
            for at in np.flatnonzero(errors.flagged).tolist()
        ]
        ambiguous, close = _ambiguous(case, found, lines[~errors.flagged])
        return Errors(
            quality=quality,
            findings=findings + ambiguous,
            pairs=[
                (names[given], names[suggested], round(estimated, 2), count)
                for given, suggested, estimated, count in label_errors.pairs(labels, errors)[:MOST_PAIRS]
            ],
            notes={
                "label_errors": {
                    "items": int(labels.size),
                    "flagged": int(errors.flagged.sum()),
                    "rate": errors.rate,
                    "interval": list(errors.rate_interval),
                },
                "classes": [
                    {"name": name, **asdict(health)}
                    for name, health in zip(names, label_errors.by_class(labels, errors), strict=True)
                ],
                "groups": _groups(case, found.rows[lines], values.argmax(axis=1) == labels),
            },
            looked_for={AMBIGUOUS: close},
        )

    def read_line(self, values: Floats, classes: Integers) -> tuple[list[int], float]:
        """Return the most probable class with its probability."""
        best = int(values.argmax())
        return [int(classes[best])], float(values[best])

    def unsure(self, case: Case, values: Floats) -> Doubles:
        """Return what the chosen strategy says."""
        return queue.STRATEGIES[case.strategy](values)

    def measure(self, case: Case, found: Predicted | None) -> Measured:
        """Measure accuracy, macro-F1 and log-loss."""
        items, labels = case.items, one_class(case.items)
        rows = np.flatnonzero(items.measured & (labels >= 0))
        gain.require_items(rows.size)
        plan = folds.plan(labels, items.learn, seed=case.seed)
        if found is not None:
            values = found.values[rows]
        else:
            case.progress(1, 10, "Learning from all labels to predict the test split")
            values = classifier.from_all(case.features(), labels, plan, rows, seed=case.seed)
        case.progress(8, 10, "Measuring on the test split")
        columns = np.searchsorted(plan.classes, labels[rows])
        known = plan.classes[np.minimum(columns, plan.classes.size - 1)] == labels[rows]
        truth = np.where(known, columns, plan.classes.size + labels[rows])
        losses, hits = gain.by_item(truth, values)
        return Measured(
            gain=gain.measure(truth, values),
            losses=losses.astype(np.float32),
            hits=hits.astype(np.uint8),
            confirmed=items.confirmed[rows].astype(np.uint8),
            labels=int(plan.rows.size),
            truth=[items.tasks[rows].tolist(), labels[rows].tolist()],
        )

    def read_votes(self, answers: Iterator[Any], names: tuple[str, ...]) -> Arrays:
        """Return the class of each answer, -1 for one that is no class any more."""
        positions = {name: position for position, name in enumerate(names)}
        return {"classes": np.array([positions.get(answer, -1) for answer in answers], dtype=np.int64)}

    def compare_people(self, case: Case, votes: Votes, found: Predicted | None) -> Crowd | None:
        """Compare each answer with what most others say and, where there are predictions, weigh all by CROWDLAB."""
        classes = np.asarray(votes.answers["classes"], dtype=np.int64)
        tasks, people, classes = _within(votes.tasks, votes.people, classes, case.items.tasks)
        if not tasks.size:
            return None
        who, person = np.unique(people, return_inverse=True)
        different, task = np.unique(tasks, return_inverse=True)
        alike = several_people.leave_one_out(task, person, classes)
        alpha, why = several_people.alpha(task, classes)
        quality: dict[int, float] = {}
        consensus: list[ConsensusRow] = []
        unweighed = ""
        try:
            quality, consensus = _weighed(case, tasks, people, classes, found)
        except Invalid as error:
            unweighed = error.message
        return Crowd(
            tasks=int(different.size),
            answers=int(tasks.size),
            alpha=alpha,
            alpha_why=why,
            people=[
                PersonRow(
                    person=pk,
                    answers=int(alike.answers[place]),
                    compared=int(alike.compared[place]),
                    agreed=int(alike.agreed[place]),
                    quality=quality.get(pk),
                    mixed_up=case.names[alike.mixed_up[place]] if alike.mixed_up[place] >= 0 else "",
                )
                for place, pk in enumerate(who.tolist())
            ],
            consensus=consensus,
            unweighed=unweighed,
        )


def _ambiguous(case: Case, found: Predicted, lines: Integers) -> tuple[list[Finding], int]:
    """Return the labels that could as well be another, the worst of them, and how many there are."""
    close = ambiguity.find_ambiguous(found.values[lines])
    picked = limited(np.flatnonzero(close.flagged), close.score, of=case.items.size)
    findings = [
        Finding(line=int(lines[at]), reason=AMBIGUOUS, score=float(close.score[at]), details={})
        for at in picked.tolist()
    ]
    return findings, int(close.flagged.sum())


def _groups(case: Case, rows: Integers, agrees: Mask) -> list[dict[str, Any]]:
    found = groups.underperforming(case.features().embedding[rows], agrees, seed=case.seed)
    return [
        {
            "items": int(group.rows.size),
            "agreement": group.agreement,
            "interval": list(group.interval),
            "tasks": case.items.tasks[rows[group.rows[:SHOWN_MEMBERS]]].tolist(),
        }
        for group in found
    ]


def _within(
    tasks: Integers, people: Integers, classes: Integers, wanted: Integers
) -> tuple[Integers, Integers, Integers]:
    """Return the votes for a class, on wanted tasks that at least two people have answered."""
    known = np.isin(tasks, wanted) & (classes >= 0)
    _, place, counts = np.unique(tasks[known], return_inverse=True, return_counts=True)
    known[np.flatnonzero(known)[counts[place] < 2]] = False
    return tasks[known], people[known], classes[known]


def _weighed(
    case: Case, tasks: Integers, people: Integers, classes: Integers, found: Predicted | None
) -> tuple[dict[int, float], list[ConsensusRow]]:
    """Return the quality of each person's answers, and the consensus on each task."""
    if found is None:
        raise Invalid(NO_MODEL)
    column_of = {int(position): column for column, position in enumerate(found.classes)}
    columns = np.array([column_of.get(position, -1) for position in classes.tolist()], dtype=np.int64)
    predicted = case.items.tasks[found.rows]
    tasks, people, columns = _within(tasks, people, columns, predicted)
    if not tasks.size:
        raise Invalid("No task that was predicted has answers of two people.")
    who, person = np.unique(people, return_inverse=True)
    different, task = np.unique(tasks, return_inverse=True)
    order = np.argsort(predicted)
    lines = order[np.searchsorted(predicted, different, sorter=order)]
    told = several_people.crowdlab(task, person, columns, found.values[lines])
    answers, given = np.bincount(task), one_class(case.items)[np.searchsorted(case.items.tasks, different)]
    return dict(zip(who.tolist(), told.people.tolist(), strict=True)), [
        ConsensusRow(
            task=pk,
            answers=int(answers[place]),
            given=case.names[given[place]] if given[place] >= 0 else "",
            suggested=case.names[int(found.classes[told.consensus[place]])],
            quality=round(float(told.quality[place]), 6),
            agreement=round(float(told.agreement[place]), 6),
        )
        for place, pk in enumerate(different.tolist())
    ]
