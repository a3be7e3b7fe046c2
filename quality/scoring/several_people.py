"""Answers of several people to the same items: how they agree, and what they and a model together say (CROWDLAB)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from cleanlab.multiannotator import get_label_quality_multiannotator

from labeling.errors import Invalid
from quality.learning.arrays import Doubles, Floats, Integers

MAX_CELLS = 20_000_000
"""Items x people: the matrix is dense, and 100,000 x 200 took 833 MB."""

NONE = -1


@dataclass(frozen=True, slots=True)
class Agreement:
    """How each person's answers compare with those of the others.

    Parameters
    ----------
    answers
        Shape (m,): answers of each person to items that others have answered, too.
    compared
        Shape (m,): of these, items where one class has more of the others' answers than every other class.
    agreed
        Shape (m,): of these, items where the person's answer is that class.
    mixed_up
        Shape (m,): the class of the others that the person differs from most often, -1 for none.
    """

    answers: Integers
    compared: Integers
    agreed: Integers
    mixed_up: Integers


def leave_one_out(items: Integers, people: Integers, classes: Integers) -> Agreement:
    """Compare each answer with what most of the *other* people say about the item.

    A person's own answer never counts for what it is compared with. Where the others are tied, nothing is compared.

    Parameters
    ----------
    items
        Shape (v,): positions of the items, 0 or more.
    people
        Shape (v,): positions of the people, 0 or more; one answer per item and person.
    classes
        Shape (v,): positions of the classes, 0 or more.

    Returns
    -------
    Agreement
    """
    size, width = int(people.max(initial=-1)) + 1, int(classes.max(initial=-1)) + 1
    pair = items * width + classes
    pairs, at, votes = np.unique(pair, return_inverse=True, return_counts=True)
    item_of, class_of = pairs // max(width, 1), pairs % max(width, 1)
    starts = np.searchsorted(item_of, np.arange(int(items.max(initial=-1)) + 2))
    answers, compared, agreed = (np.zeros(size, dtype=np.int64) for _ in range(3))
    differs: dict[int, dict[int, int]] = {}
    for row, (item, person) in enumerate(zip(items.tolist(), people.tolist(), strict=True)):
        begin, end = int(starts[item]), int(starts[item + 1])
        others = votes[begin:end].copy()
        others[int(at[row]) - begin] -= 1
        if not others.any():
            continue
        answers[person] += 1
        most = others == others.max()
        if most.sum() > 1:
            continue
        theirs = int(class_of[begin + int(most.argmax())])
        compared[person] += 1
        if theirs == int(classes[row]):
            agreed[person] += 1
        else:
            counted = differs.setdefault(person, {})
            counted[theirs] = counted.get(theirs, 0) + 1
    mixed_up = np.full(size, NONE, dtype=np.int64)
    for person, counted in differs.items():
        mixed_up[person] = max(sorted(counted), key=lambda theirs: counted[theirs])
    return Agreement(answers=answers, compared=compared, agreed=agreed, mixed_up=mixed_up)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What people and a model together say.

    Parameters
    ----------
    consensus
        Shape (n,): the class of each item.
    quality
        Shape (n,), in [0, 1]: how sure it is of that class.
    agreement
        Shape (n,), in [0, 1]: share of the answers that are that class.
    people
        Shape (m,), in [0, 1]: quality of each person's answers. Their own votes are part of what they are compared
        with, so that it is told beside `leave_one_out`.
    """

    consensus: Integers
    quality: Doubles
    agreement: Doubles
    people: Doubles


def crowdlab(items: Integers, people: Integers, classes: Integers, values: Floats) -> Crowd:
    """Weigh people and model by how much better than the most common class each agrees with the others.

    Parameters
    ----------
    items, people, classes
        As for `leave_one_out`: every item below n and every person below m has an answer; classes are columns of
        `values`.
    values
        Shape (n, k), checked; out of fold for items whose label the model might have learned from.

    Returns
    -------
    Crowd

    Raises
    ------
    Invalid
        When items x people are more than fit into memory, or no item was answered by two people.

    References
    ----------
    Goh, Tkachenko and Mueller (2022), CROWDLAB: Supervised learning to infer consensus labels and quality scores for
    data with multiple annotators.
    """
    size, crowd = values.shape[0], int(people.max(initial=-1)) + 1
    if size * crowd > MAX_CELLS:
        raise Invalid(
            f"{size:,} tasks that several people answered times {crowd:,} people are more than the {MAX_CELLS:,} that "
            "fit into memory at once. Agreement between people is told all the same."
        )
    if items.size == 0 or np.bincount(items, minlength=size).max() < 2:
        raise Invalid("No task that was predicted has answers of two people.")
    matrix = np.full((size, crowd), np.nan)
    matrix[items, people] = classes
    told = get_label_quality_multiannotator(
        matrix, values.astype(np.float64), verbose=False, return_detailed_quality=False
    )
    found, stats = told["label_quality"], told["annotator_stats"].sort_index()
    return Crowd(
        consensus=found["consensus_label"].to_numpy(dtype=np.int64),
        quality=np.clip(found["consensus_quality_score"].to_numpy(dtype=np.float64), 0, 1),
        agreement=np.clip(found["annotator_agreement"].to_numpy(dtype=np.float64), 0, 1),
        people=np.clip(np.nan_to_num(stats["annotator_quality"].to_numpy(dtype=np.float64)), 0, 1),
    )


def alpha(items: Integers, classes: Integers) -> tuple[float | None, str]:
    """Return Krippendorff's alpha for classes without an order, or why it is not defined.

    Parameters
    ----------
    items, classes
        Shape (v,): as for `leave_one_out`. Items with one answer take no part.

    Returns
    -------
    alpha, why
        At most 1; 0 is what chance would give. None and words where only one class occurs: everybody may be right, or
        nobody may have looked.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
    """
    counts = np.bincount(items)
    paired = counts[items] > 1
    if not paired.any():
        return None, "no item has two answers."
    items, classes = items[paired], classes[paired]
    _, of_item, size = np.unique(items, return_inverse=True, return_counts=True)
    total, width = classes.size, int(classes.max()) + 1
    given = np.bincount(classes, minlength=width).astype(np.float64)
    if np.count_nonzero(given) == 1:
        return None, "all answers are the same class."
    _, pair = np.unique(of_item * width + classes, return_counts=True)
    pair_item = np.unique(of_item * width + classes) // width
    # Of each item: ordered pairs of answers that agree, weighed by 1 / (answers - 1).
    agreeing = float((pair * (pair - 1) / (size[pair_item] - 1)).sum())
    observed = 1 - agreeing / total
    expected = 1 - float((given * (given - 1)).sum()) / (total * (total - 1))
    return 1 - observed / expected, ""
