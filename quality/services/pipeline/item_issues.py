"""Issues of items whatever their labels: outliers, copies, and items that are hard to see or read.

They are found once per field, by the run of the first question asked about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labeling.errors import Invalid
from labeling.reasons.low_quality import LOW_QUALITY, LowQualityEvidence
from labeling.reasons.near_duplicate import MOST_MEMBERS, NEAR_DUPLICATE, NearDuplicateEvidence
from labeling.reasons.outlier import OUTLIER, OutlierEvidence
from quality.models.documents import CopiesPart
from quality.scoring import duplicates, image_quality, outliers, text_quality
from quality.scoring.image_quality import Poor
from quality.selectors import items as item_reads
from quality.services.pipeline import encode
from quality.services.pipeline.findings import Draft
from quality.tracks.base import limited, most_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quality.learning.arrays import Floats, Integers
    from quality.learning.neighbors import Neighbors
    from quality.services.pipeline.context import Context
    from quality.services.pipeline.evidence import Neighborhood

K = 10


def find_item_issues(context: Context, embedding: Floats, near: Neighbors, surroundings: Neighborhood) -> list[Draft]:
    """Return the issues of the items, none when another question's run sees to this field."""
    if not context.owns_items:
        return []
    poor, alike = _by_content(context)
    copies = duplicates.find_duplicates(near, context.items.contents.tolist(), alike)
    drafts = [
        Draft(
            task=int(context.items.tasks[row]),
            reason=LOW_QUALITY,
            score=found.score,
            evidence=LowQualityEvidence(problems=tuple(found.problems)),
        )
        for row, found in poor.items()
    ]
    context.looked_for(LOW_QUALITY, len(poor))
    distinct = outliers.find_distinct(embedding, near, copies.group, seed=context.options.seed)
    return drafts + _copies(context, copies) + _outliers(context, *distinct, poor, surroundings)


def _by_content(context: Context) -> tuple[dict[int, Poor], duplicates.Alike]:
    """Return what is poor in itself, and a test of whether two items are alike."""
    if context.field.type == "text":
        texts = list(item_reads.texts(context.items.tasks, context.field.name))
        return text_quality.find_poor_texts(texts), duplicates.texts_alike(texts)
    seen = encode.looks(context)
    known = [row for row, look in enumerate(seen) if look is not None]
    looks = [
        image_quality.Look(**{key: value for key, value in look.items() if key != "hash"}) for look in seen if look
    ]
    poor = {known[position]: found for position, found in image_quality.find_poor_images(looks).items()}
    for row, look in enumerate(seen):
        if look is None:
            poor[row] = Poor(score=0.0, problems=("missing, or not to be read",))
    return poor, duplicates.images_alike([look["hash"] if look else 0 for look in seen])


def _copies(context: Context, found: duplicates.Duplicates) -> list[Draft]:
    """Return the groups of copies; which of them are flagged is known once it is known what was decided before."""
    drafts = [_group(context, found, members) for members in _members(found.group)]
    evidence = [draft.evidence for draft in drafts if isinstance(draft.evidence, NearDuplicateEvidence)]
    counted = CopiesPart(
        groups=len(drafts),
        items=int((found.group >= 0).sum()),
        exact=int(found.exact.sum()),
        differing=sum(each.labels_differ for each in evidence),
        across_splits=sum(each.across_splits for each in evidence),
    )
    context.note(duplicates=counted)
    most = most_flagged(context)[NEAR_DUPLICATE.name]
    words = f"{counted.describe()}; the worst {most:,} come first" if len(drafts) > most else counted.describe()
    context.looked_for(NEAR_DUPLICATE, len(drafts), words)
    return drafts


def most_flagged(context: Context) -> dict[str, int]:
    """Return, by reason, how many flags are opened at most of what is found whole."""
    return {NEAR_DUPLICATE.name: most_of(context.items.size)}


def _group(context: Context, found: duplicates.Duplicates, members: Sequence[int]) -> Draft:
    items = context.items
    splits = {int(items.splits[row]) for row in members}
    differ = len({_label(context, row) for row in members if items.labels[row] >= 0}) > 1
    leaks = item_reads.TEST in splits and len(splits) > 1
    closeness = float(found.closeness[members].min())
    tasks = sorted(int(items.tasks[row]) for row in members)
    return Draft(
        task=tasks[0],
        reason=NEAR_DUPLICATE,
        # Low is bad: differing labels are worst, then copies across splits, then the rest.
        score=0.1 * closeness if differ else 0.2 + 0.1 * closeness if leaks else 0.5 + 0.5 * closeness,
        evidence=NearDuplicateEvidence(
            members=tuple(tasks),
            labels_differ=differ,
            across_splits=leaks,
            exact=bool(found.exact[members].all()),
        ),
    )


def _members(group: Integers) -> list[list[int]]:
    """Return the rows of each group; one with more members than a flag is about in parts of about the same size."""
    order = np.argsort(group, kind="stable")
    order = order[group[order] >= 0]
    if not order.size:
        return []
    whole = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    return [part.tolist() for rows in whole for part in np.array_split(rows, -(-rows.size // MOST_MEMBERS))]


def _label(context: Context, row: int) -> str:
    items = context.items
    names = [context.question.class_names[code] for code in items.codes[items.starts[row] : items.starts[row + 1]]]
    return ", ".join(names)


def _outliers(
    context: Context,
    rows: Integers,
    near: Neighbors,
    poor: dict[int, Poor],
    surroundings: Neighborhood,
) -> list[Draft]:
    """Return the items that are far from all others, `near` being the neighbors of `rows` among each other."""
    found = outliers.find_outliers(near)
    try:
        outliers.require_few(found)
    except Invalid as error:
        context.unavailable(OUTLIER.name, error.message)
        return []
    far = np.array([line for line in np.flatnonzero(found.flagged).tolist() if int(rows[line]) not in poor], dtype=int)
    picked = limited(far, found.score, of=context.items.size)
    context.looked_for(OUTLIER, int(far.size))
    around = surroundings.nearest_to(rows[picked])
    return [
        Draft(
            task=int(context.items.tasks[rows[line]]),
            reason=OUTLIER,
            score=float(found.score[line]),
            evidence=OutlierEvidence(
                distance=round(float(found.distance[line]), 4),
                usual=round(found.usual, 4),
                threshold=round(found.threshold, 4),
                neighbors=around[position],
            ),
        )
        for position, line in enumerate(picked.tolist())
    ]
