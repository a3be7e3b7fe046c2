"""A project's tasks and labels as arrays, as they are at one instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.fields.json import KeyTransform
from PIL import Image

from labeling.errors import Invalid
from labeling.formats.images import SMALL_PIXELS
from labeling.models import Label, LabelSource, Split, Task, TaskState
from labeling.selectors.media import path_of
from quality.learning.arrays import Integers
from quality.selectors.confirmed import confirmed_labels
from quality.tracks.items import Items, load_items
from quality.tracks.lookup import track_named

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project

MAX_ITEMS = 200_000
"""Tasks that one run looks at. Of more, labeled ones come first; of the rest a fixed sample is taken."""

CHUNK = 2_000

SPLITS = (Split.NONE, Split.TRAIN, Split.VALIDATION, Split.TEST)
TEST = SPLITS.index(Split.TEST)

_ITEMS = """
SELECT t.id, t.content_hash, t.split, l.id, l.classes, l.source
FROM labeling_task t
JOIN labeling_queueentry q ON q.task_id = t.id AND q.state <> %(quarantined)s
LEFT JOIN labeling_label l ON l.task_id = t.id AND l.question = %(question)s AND l.retired_at IS NULL
WHERE t.project_id = %(project)s
  AND (hashint8(t.id) & 2147483647) %% 10000 < CASE WHEN l.id IS NULL THEN %(unlabeled)s ELSE %(labeled)s END
ORDER BY t.id
"""
_COUNT = """
SELECT count(l.id), count(*) - count(l.id)
FROM labeling_queueentry q
LEFT JOIN labeling_label l ON l.task_id = q.task_id AND l.question = %(question)s AND l.retired_at IS NULL
WHERE q.project_id = %(project)s AND q.state <> %(quarantined)s
"""


def load(stored: bytes) -> Items:
    """Return the items in what `Items.dump` gave."""
    return load_items(stored, test=TEST)


def read_items(project: Project, question: Question, *, most: int = MAX_ITEMS) -> Items:
    """Return the project's tasks outside quarantine with their labels of record for a question."""
    values: dict[str, Any] = {"project": project.pk, "question": question.name, "quarantined": TaskState.QUARANTINED}
    positions = {name: position for position, name in enumerate(question.class_names)}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        labeled, unlabeled = cursor.fetchone()
        values["labeled"] = _share(most, labeled)
        values["unlabeled"] = _share(max(0, most - labeled), unlabeled)
        cursor.execute(_ITEMS, values)
        rows = cursor.fetchall()
    lengths = np.zeros(len(rows) + 1, dtype=np.int64)
    codes: list[int] = []
    for row, (_, _, _, label, classes, _) in enumerate(rows):
        if label is not None:
            known = [positions[name] for name in classes if name in positions]
            codes += known
            lengths[row + 1] = len(known)
    positions = {str(split): position for position, split in enumerate(SPLITS)}
    splits = np.array([positions[row[2]] for row in rows], dtype=np.int64)
    labels = np.array([-1 if row[3] is None else row[3] for row in rows], dtype=np.int64)
    sure = confirmed_labels(project, question)
    confirmed = np.array([row[3] in sure for row in rows], dtype=np.bool_)
    imported = np.array([row[5] == LabelSource.IMPORT for row in rows], dtype=np.bool_)
    return Items(
        tasks=np.array([row[0] for row in rows], dtype=np.int64),
        contents=np.array([row[1] for row in rows], dtype=np.str_),
        splits=splits,
        test=np.asarray(splits == TEST),
        labels=labels,
        confirmed=confirmed,
        imported=imported & ~confirmed,
        starts=np.cumsum(lengths),
        codes=np.array(codes, dtype=np.int64),
        total=labeled + unlabeled,
        answers=track_named(question.track).read_answers(_answers(question, labels), tuple(question.class_names)),
    )


def _answers(question: Question, labels: Integers) -> Iterator[Any]:
    """Yield the answer of record of each item, None where there is none; nothing is read before it is asked for."""
    for start in range(0, labels.size, CHUNK):
        chunk = labels[start : start + CHUNK].tolist()
        values = dict(Label.objects.filter(pk__in=[pk for pk in chunk if pk >= 0]).values_list("pk", "value"))
        for pk in chunk:
            yield question.load(values[pk]) if pk in values else None


def _share(most: int, available: int) -> int:
    """Return how many of ten thousand to take so that about `most` of the available ones are taken."""
    return 10_000 if available <= most else most * 10_000 // available


def values(task_ids: Sequence[int] | Integers, field: str) -> Iterator[Any]:
    """Yield what a field of each task holds, in the order of the ids, reading some at a time."""
    ids = [int(pk) for pk in task_ids]
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        shown = Task.objects.filter(pk__in=chunk).annotate(shown=KeyTransform(field, "data"))
        found = dict(shown.values_list("pk", "shown"))
        if len(found) != len(chunk):
            raise Invalid("Tasks were deleted while the run looked at them. Start it again.")
        for pk in chunk:
            yield found[pk]


def texts(task_ids: Sequence[int] | Integers, field: str) -> Iterator[str]:
    """Yield the text of each task; the empty one where it is missing."""
    for value in values(task_ids, field):
        yield value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image with the size it was imported in; a gray point where it is missing or cannot be read."""

    image: Image.Image
    width: int
    height: int
    readable: bool


def pictures(task_ids: Sequence[int] | Integers, field: str) -> Iterator[Picture]:
    """Yield the image of each task, opened one at a time."""
    for value in values(task_ids, field):
        sha256 = value.get("sha256") if isinstance(value, dict) else None
        image = _opened(value) if sha256 else None
        if image is None:
            yield Picture(image=Image.new("RGB", (8, 8), "gray"), width=0, height=0, readable=False)
        else:
            yield Picture(image=image, width=int(value["width"]), height=int(value["height"]), readable=True)


def _opened(value: dict[str, Any]) -> Image.Image | None:
    """Open an image; of a large one the size for screens, once it is made: nobody learns from more."""
    large = int(value["width"]) * int(value["height"]) > SMALL_PIXELS
    for variant in ("screen", "original") if large else ("original",):
        try:
            with default_storage.open(path_of(value["sha256"], variant)) as file:
                image = Image.open(file)
                # JPEG can be read at an eighth of its size in a fraction of the time.
                image.draft("RGB", (512, 512))
                image.load()
                return image
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
    return None
