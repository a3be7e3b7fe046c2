"""Review by sampling: draw people's answers at random, and say of each whether it is right."""

from labeling.services.sampling.drawing import MAX_ANSWERS, MAX_EACH, close, draw
from labeling.services.sampling.judging import judge, undo_judgment

__all__ = ["MAX_ANSWERS", "MAX_EACH", "close", "draw", "judge", "undo_judgment"]
