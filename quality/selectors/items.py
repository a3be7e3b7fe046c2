"""A project's tasks and labels as arrays, as they are at one instant."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.fields.json import KeyTransform
from PIL import Image

from labeling.errors import Invalid
from labeling.models import LabelSource, Split, Task
from labeling.selectors.media import path_of
from quality.learning.arrays import Integers, Mask

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project

MAX_ITEMS = 200_000
"""Tasks that one run looks at. Of more, labeled ones come first; of the rest a fixed sample is taken."""

CHUNK = 2_000

CONFIRMED = frozenset({LabelSource.IMPORT, LabelSource.CONSENSUS, LabelSource.BULK, LabelSource.REVIEW})
"""Sources of labels that a gain may be measured on: decided by a reviewer, agreed on by several people, or brought
along. One person's answer and a model's are not confirmed."""

SPLITS = (Split.NONE, Split.TRAIN, Split.VALIDATION, Split.TEST)
TEST = SPLITS.index(Split.TEST)

_ITEMS = """
SELECT t.id, t.content_hash, t.split, l.id, l.classes, l.source
FROM labeling_task t
JOIN labeling_queueentry q ON q.task_id = t.id AND q.state <> 'quarantined'
LEFT JOIN labeling_label l ON l.task_id = t.id AND l.question = %(question)s AND l.retired_at IS NULL
WHERE t.project_id = %(project)s
  AND (hashint8(t.id) & 2147483647) %% 10000 < CASE WHEN l.id IS NULL THEN %(unlabeled)s ELSE %(labeled)s END
ORDER BY t.id
"""
_COUNT = """
SELECT count(l.id), count(*) - count(l.id)
FROM labeling_queueentry q
LEFT JOIN labeling_label l ON l.task_id = q.task_id AND l.question = %(question)s AND l.retired_at IS NULL
WHERE q.project_id = %(project)s AND q.state <> 'quarantined'
"""


@dataclass(frozen=True, slots=True)
class Items:
    """Tasks outside quarantine, in order of their ids, with their labels for one question.

    Parameters
    ----------
    tasks
        Shape (n,): ids.
    contents
        Shape (n,): hashes of what they show.
    splits
        Shape (n,): positions in `SPLITS`.
    labels
        Shape (n,): ids of the labels of record, -1 for none.
    confirmed
        Shape (n,): the label may be measured against.
    starts, codes
        Compressed rows: the classes of item i are `codes[starts[i]:starts[i + 1]]`, as positions among the question's
        class names.
    total
        Tasks there are outside quarantine, more than n when a sample was taken.
    """

    tasks: Integers
    contents: np.ndarray[tuple[int], np.dtype[np.str_]]
    splits: Integers
    labels: Integers
    confirmed: Mask
    starts: Integers
    codes: Integers
    total: int

    @property
    def size(self) -> int:
        """Return n."""
        return int(self.tasks.size)

    @property
    def labeled(self) -> Mask:
        """Return, of shape (n,), which items have a label."""
        return np.asarray(self.labels >= 0)

    @property
    def learn(self) -> Mask:
        """Return, of shape (n,), which items a model may learn from: all but the test split."""
        return np.asarray(self.splits != TEST)

    def single(self) -> Integers:
        """Return the one class of each item, shape (n,), -1 for none."""
        one = np.full(self.size, -1, dtype=np.int64)
        has = np.diff(self.starts) == 1
        one[has] = self.codes[self.starts[:-1][has]]
        return one

    def several(self) -> tuple[Mask, Integers]:
        """Return which classes each item has, shape (n, c), and the class position of each of the c columns."""
        classes = np.unique(self.codes)
        has = np.zeros((self.size, classes.size), dtype=np.bool_)
        rows = np.repeat(np.arange(self.size), np.diff(self.starts))
        has[rows, np.searchsorted(classes, self.codes)] = True
        return has, classes

    def dump(self) -> bytes:
        """Return the arrays as bytes that `load` reads."""
        out = io.BytesIO()
        np.savez_compressed(
            out,
            tasks=self.tasks,
            contents=self.contents,
            splits=self.splits,
            labels=self.labels,
            confirmed=self.confirmed,
            starts=self.starts,
            codes=self.codes,
            total=np.array(self.total),
        )
        return out.getvalue()


def load(stored: bytes) -> Items:
    """Return the items in what `dump` gave."""
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        values = {name: arrays[name] for name in arrays.files}
    return Items(total=int(values.pop("total")), **values)


def read(project: Project, question: Question, *, most: int = MAX_ITEMS) -> Items:
    """Return the project's tasks outside quarantine with their labels of record for a question."""
    values: dict[str, Any] = {"project": project.pk, "question": question.name}
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
    splits = {str(split): position for position, split in enumerate(SPLITS)}
    return Items(
        tasks=np.array([row[0] for row in rows], dtype=np.int64),
        contents=np.array([row[1] for row in rows], dtype=np.str_),
        splits=np.array([splits[row[2]] for row in rows], dtype=np.int64),
        labels=np.array([-1 if row[3] is None else row[3] for row in rows], dtype=np.int64),
        confirmed=np.array([row[5] in CONFIRMED for row in rows], dtype=np.bool_),
        starts=np.cumsum(lengths),
        codes=np.array(codes, dtype=np.int64),
        total=labeled + unlabeled,
    )


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
        image = _opened(sha256) if sha256 else None
        if image is None:
            yield Picture(image=Image.new("RGB", (8, 8), "gray"), width=0, height=0, readable=False)
        else:
            yield Picture(image=image, width=int(value["width"]), height=int(value["height"]), readable=True)


def _opened(sha256: str) -> Image.Image | None:
    try:
        with default_storage.open(path_of(sha256, "original")) as file:
            image = Image.open(file)
            # JPEG can be read at an eighth of its size in a fraction of the time.
            image.draft("RGB", (512, 512))
            image.load()
            return image
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
