"""Predictions of a team's own model: sent as a file, taken in by a job, used instead of the fixed model's."""

from quality.services.predictions.starting import PREDICTIONS, start, switch_off

__all__ = ["PREDICTIONS", "start", "switch_off"]
