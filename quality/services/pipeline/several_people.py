"""What the answers of several people to the same tasks say about labels and people; a part of step 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from labeling.errors import Invalid
from quality.scoring import several_people
from quality.selectors import votes as selector
from quality.services import arrays

if TYPE_CHECKING:
    from quality.learning.arrays import Integers
    from quality.scoring.several_people import Crowd
    from quality.selectors.votes import Votes
    from quality.services.pipeline.context import Context
    from quality.services.pipeline.predict import Predicted

ANSWERS = "votes"
"""As what the answers are kept that were there when the run began."""

KEPT = "people"
NO_MODEL = "Without predictions people are compared with each other only."


def run(context: Context, found: Predicted | None) -> None:
    """Compare people with each other and, where there are predictions, weigh them together with the model."""
    arrays.keep_json(context.run, KEPT, {"people": [], "consensus": []})
    if context.question.kind != "choice":
        context.unavailable("people", "Agreement is told for questions with one label to choose.")
        return
    kept = arrays.kept_arrays(context.run, ANSWERS)
    votes = selector.Votes(**kept).within(context.items.tasks) if kept else None
    if votes is None or not votes.tasks.size:
        return
    people, person = np.unique(votes.people, return_inverse=True)
    tasks, task = np.unique(votes.tasks, return_inverse=True)
    alike = several_people.leave_one_out(task, person, votes.classes)
    alpha, why = several_people.alpha(task, votes.classes)
    context.note(people={"tasks": int(tasks.size), "answers": int(votes.tasks.size), "alpha": alpha, "alpha_why": why})
    quality: dict[int, float] = {}
    consensus: list[list[Any]] = []
    try:
        quality, consensus = _weighed(context, votes, found)
    except Invalid as error:
        context.unavailable("people", error.message)
    names = context.question.class_names
    rows = [
        [
            int(pk),
            int(alike.answers[place]),
            int(alike.compared[place]),
            int(alike.agreed[place]),
            quality.get(int(pk)),
            names[alike.mixed_up[place]] if alike.mixed_up[place] >= 0 else "",
        ]
        for place, pk in enumerate(people.tolist())
    ]
    arrays.keep_json(context.run, KEPT, {"people": rows, "consensus": consensus})


def _weighed(context: Context, votes: Votes, found: Predicted | None) -> tuple[dict[int, float], list[list[Any]]]:
    """Return the quality of each person's answers, and the consensus on each task, as they are stored."""
    if found is None:
        raise Invalid(NO_MODEL)
    columns = _columns(votes.classes, found.classes)
    predicted = context.items.tasks[found.rows]
    known = (columns >= 0) & np.isin(votes.tasks, predicted)
    usable = selector.Votes(tasks=votes.tasks[known], people=votes.people[known], classes=columns[known])
    usable = usable.within(usable.tasks)
    if not usable.tasks.size:
        raise Invalid("No task that was predicted has answers of two people.")
    people, person = np.unique(usable.people, return_inverse=True)
    tasks, task = np.unique(usable.tasks, return_inverse=True)
    order = np.argsort(predicted)
    lines = order[np.searchsorted(predicted, tasks, sorter=order)]
    told = several_people.crowdlab(task, person, usable.classes, found.values[lines])
    return dict(zip(people.tolist(), told.people.tolist(), strict=True)), _consensus(
        context, tasks, np.bincount(task), told, found.classes
    )


def _columns(classes: Integers, known: Integers) -> Integers:
    """Return the column of each class among the predicted ones, -1 for none."""
    place = {int(position): column for column, position in enumerate(known)}
    return np.array([place.get(position, -1) for position in classes.tolist()], dtype=np.int64)


def _consensus(context: Context, tasks: Integers, answers: Integers, told: Crowd, classes: Integers) -> list[list[Any]]:
    names, single = context.question.class_names, context.items.single()
    rows = np.searchsorted(context.items.tasks, tasks)
    return [
        [
            task,
            int(answers[place]),
            names[single[rows[place]]] if single[rows[place]] >= 0 else "",
            names[int(classes[told.consensus[place]])],
            round(float(told.quality[place]), 6),
            round(float(told.agreement[place]), 6),
        ]
        for place, task in enumerate(tasks.tolist())
    ]
