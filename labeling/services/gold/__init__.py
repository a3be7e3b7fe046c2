"""Gold: tasks whose answer is known, given to people beyond those who are asked about them."""

from labeling.services.gold.making import end_gold, make_gold, undo_gold
from labeling.services.gold.serving import (
    FIRST,
    Served,
    chance,
    keep_first_answer,
    serve_gold,
    served_before,
    waiting_gold,
)

__all__ = [
    "FIRST",
    "Served",
    "chance",
    "end_gold",
    "keep_first_answer",
    "make_gold",
    "serve_gold",
    "served_before",
    "undo_gold",
    "waiting_gold",
]
