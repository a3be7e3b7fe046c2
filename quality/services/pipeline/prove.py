"""Step 5: how good the fixed model is on the confirmed test split."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from django.db import connection

from labeling.errors import Invalid
from quality.services import arrays
from quality.services.pipeline import encode, predict
from quality.services.pipeline.context import digest

if TYPE_CHECKING:
    from quality.services.pipeline.context import Context

_CORRECTIONS = """
SELECT count(*) FROM labeling_label l
WHERE l.project_id = %s AND l.question = %s AND l.source IN ('review', 'bulk') AND l.id <= %s AND l.retired_at IS NULL
  AND (SELECT e.value FROM labeling_label e
       WHERE e.task_id = l.task_id AND e.question = l.question AND e.id < l.id AND e.source NOT IN ('review', 'bulk')
       ORDER BY e.id DESC LIMIT 1) <> l.value
"""


def run(context: Context) -> None:
    """Measure the fixed model, whoever made the predictions, or say why that is not possible."""
    arrays.keep_json(context.run, "gain", None)
    # Those of step 2, unless a team's model made them.
    found = None if context.pushed else predict.of(context)
    try:
        measured = context.track.measure(encode.case(context), found)
    except Invalid as error:
        context.unavailable("gain", error.message)
        return
    arrays.keep_arrays(context.run, "tested", losses=measured.losses.astype("<f4"), hits=measured.hits.astype("u1"))
    arrays.keep_json(
        context.run,
        "gain",
        {
            **asdict(measured.gain),
            "labels": measured.labels,
            "corrections": corrections(context),
            "test_fingerprint": digest(measured.truth),
        },
    )


def corrections(context: Context) -> int:
    """Return how many labels stand as reviewers changed them; what was taken back does not count."""
    with connection.cursor() as cursor:
        cursor.execute(_CORRECTIONS, [context.project.pk, context.question.name, context.run.last_label])
        return int(cursor.fetchone()[0])
