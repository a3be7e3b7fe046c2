"""Step 5: how good the fixed model is on the test split."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from labeling.errors import Invalid
from quality.selectors.corrections import count_corrections
from quality.services import arrays
from quality.services.pipeline import encode, predict
from quality.services.pipeline.context import digest

if TYPE_CHECKING:
    from quality.services.pipeline.context import Context


def run_prove(context: Context) -> None:
    """Measure the fixed model, whoever made the predictions, or say why that is not possible."""
    arrays.keep_json(context.run, "gain", None)
    # Those of step 2, unless a team's model made them.
    found = None if context.pushed else predict.predictions_for(context)
    try:
        measured = context.track.measure(encode.case(context), found)
    except Invalid as error:
        context.unavailable("gain", error.message)
        return
    arrays.keep_arrays(
        context.run,
        "tested",
        losses=measured.losses.astype("<f4"),
        hits=measured.hits.astype("u1"),
        sure=measured.confirmed.astype("u1"),
    )
    arrays.keep_json(
        context.run,
        "gain",
        {
            **asdict(measured.gain),
            "confirmed": int(measured.confirmed.sum()),
            "labels": measured.labels,
            "corrections": count_corrections(
                context.project, context.question.name, up_to_label=context.run.last_label
            ),
            "test_fingerprint": digest(measured.truth),
        },
    )
