"""Step 1: features of every task; the vectors are kept in the database for neighbors and for finding similar ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction

from quality.learning import encoders
from quality.learning.arrays import Features, Floats
from quality.models import EmbeddingSet
from quality.scoring import duplicates, image_quality
from quality.selectors import items as item_reads
from quality.tracks.base import Case

if TYPE_CHECKING:
    from quality.learning.arrays import Mask
    from quality.services.pipeline.context import Context

EVERY = {"texts": 1_000_000, "images": 50}
"""Items read between two words about it. Texts are read in a moment; a word too many would hide the one after it."""


def run_encode(context: Context) -> None:
    """Encode the tasks, unless vectors of the same tasks by the same encoder are there."""
    features = features_for(context)
    _keep(context, features)


def features_for(context: Context) -> Features:
    """Return the features, from memory, from the database, or made anew."""
    if context.features is None:
        context.features = _stored(context) or _made(context)
    return context.features


def case(context: Context) -> Case:
    """Return what the question's track works on; nothing is encoded before it asks for it."""
    options = context.options
    return Case(
        items=context.items,
        names=tuple(context.question.class_names),
        features=lambda: features_for(context),
        progress=context.progress,
        filter_by=options.filter_by,
        score=options.score,
        strategy=options.strategy,
        seed=options.seed,
    )


def looks(context: Context) -> list[dict[str, Any] | None]:
    """Return what the pixels of each image measure, None for those that cannot be read."""
    features_for(context)
    return context.looks or [None] * context.items.size


def fingerprint(context: Context) -> str:
    """Return what the features depend on: the encoder, the tasks' data, and which of them it learns from."""
    items = context.items
    print_of = hashlib.sha256(json.dumps(encoders.identity(context.encoder), sort_keys=True).encode())
    print_of.update(context.field.name.encode())
    print_of.update(items.tasks.tobytes())
    print_of.update("".join(items.contents.tolist()).encode())
    print_of.update(np.packbits(_fit(context)).tobytes())
    return print_of.hexdigest()


def _fit(context: Context) -> Mask:
    learn = context.items.learn
    return learn if learn.any() else np.ones_like(learn)


def _made(context: Context) -> Features:
    items, field = context.items, context.field
    if field.type == "text":
        content = _told(context, item_reads.texts(items.tasks, field.name), "texts")
        features = context.encoder.encode(content, _fit(context))
    else:
        context.looks = []
        pictures = _told(context, item_reads.pictures(items.tasks, field.name), "images")
        features = context.encoder.encode(_looked_at(pictures, context.looks), _fit(context))
    # As they are stored, so that a run that reads them back gets the same numbers.
    embedding = features.embedding.astype(np.float16).astype(np.float32)
    dense = features.matrix is features.embedding
    return Features(matrix=embedding if dense else features.matrix, embedding=embedding, light=features.light)


def _told(context: Context, content: Iterable[Any], what: str) -> Iterator[Any]:
    total = context.items.size
    for position, item in enumerate(content):
        if position % EVERY[what] == 0:
            context.progress(position, 2 * total, f"Reading {what}: {position:,} of {total:,}")
        yield item
    context.progress(total, 2 * total, f"Learning what {total:,} {what} have in common")


def _looked_at(pictures: Iterable[item_reads.Picture], found: list[dict[str, Any] | None]) -> Iterator[Any]:
    for picture in pictures:
        if picture.readable:
            seen = image_quality.look_at_image(picture.image, width=picture.width, height=picture.height)
            found.append({**asdict(seen), "hash": duplicates.perceptual_hash(picture.image)})
        else:
            found.append(None)
        yield picture.image


def _stored(context: Context) -> Features | None:
    """Return the features if all of them are the vectors that are stored already."""
    if context.encoder.name == "tfidf":
        # The classifier learns from the words, which are not stored: they are counted faster than read.
        return None
    known = EmbeddingSet.objects.filter(
        project=context.project, field=context.field.name, fingerprint=fingerprint(context)
    ).first()
    if known is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT halfvec_send(vector), look FROM quality_embedding WHERE set_id = %s ORDER BY task_id", [known.pk]
        )
        rows = cursor.fetchall()
    if len(rows) != context.items.size:
        return None
    # Sent as two 16-bit words (the dimensions, and none) before the numbers, most significant byte first.
    embedding: Floats = np.stack([np.frombuffer(row[0], dtype=">f2", offset=4) for row in rows]).astype(np.float32)
    context.looks = [json.loads(row[1]) if isinstance(row[1], str) else row[1] for row in rows]
    return Features(matrix=embedding, embedding=embedding)


@transaction.atomic
def _keep(context: Context, features: Features) -> None:
    """Store the vectors, all or none."""
    embedding = features.embedding
    made, new = EmbeddingSet.objects.get_or_create(
        project=context.project,
        field=context.field.name,
        fingerprint=fingerprint(context),
        defaults={
            "encoder": encoders.identity(context.encoder),
            "dimensions": embedding.shape[1],
            "count": embedding.shape[0],
        },
    )
    if not new:
        return
    head = np.array([embedding.shape[1], 0], dtype=">u2").tobytes()
    vectors = embedding.astype(">f2")
    seen = context.looks or [None] * context.items.size
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY quality_embedding (set_id, task_id, vector, look) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", "int8", "bytea", "bytea"])
        for row, task in enumerate(context.items.tasks.tolist()):
            look = None if seen[row] is None else b"\x01" + json.dumps(seen[row]).encode()
            copy.write_row((made.pk, task, head + vectors[row].tobytes(), look))
