"""What the answers of several people to the same tasks say about labels and people; a part of step 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labeling.errors import Invalid
from quality.services import arrays
from quality.services.pipeline import encode
from quality.tracks.base import Votes

if TYPE_CHECKING:
    from quality.models import Run
    from quality.services.pipeline.context import Context
    from quality.tracks.base import Predicted

ANSWERS = "votes"
"""As what the answers are kept that were there when the run began."""

KEPT = "people"
NONE = np.zeros(0, dtype=np.int64)


def compare_people(context: Context, found: Predicted | None) -> None:
    """Compare people with each other and, where there are predictions, weigh them together with the model."""
    arrays.keep_json(context.run, KEPT, {"people": [], "consensus": []})
    try:
        crowd = context.track.compare_people(encode.case(context), kept_votes(context.run), found)
    except Invalid as error:
        context.unavailable("people", error.message)
        return
    if crowd is None:
        return
    context.note(
        people={"tasks": crowd.tasks, "answers": crowd.answers, "alpha": crowd.alpha, "alpha_why": crowd.alpha_why}
    )
    if crowd.unweighed:
        context.unavailable("people", crowd.unweighed)
    arrays.keep_json(context.run, KEPT, {"people": crowd.people, "consensus": crowd.consensus})


def keep_votes(run: Run, votes: Votes) -> None:
    """Keep the answers that are there when the run begins."""
    arrays.keep_arrays(run, ANSWERS, **votes.columns())


def kept_votes(run: Run) -> Votes:
    """Return the answers that were there when the run began; none of a question whose people are not compared."""
    kept = arrays.kept_arrays(run, ANSWERS) or {"tasks": NONE, "people": NONE}
    return Votes(tasks=kept.pop("tasks"), people=kept.pop("people"), answers=kept)
