"""What a run can be told, by name: known to every process, also to those that never compute anything."""

from __future__ import annotations

from typing import Literal, get_args

Filter = Literal["both", "prune_by_noise_rate", "prune_by_class", "confident_learning", "low_self_confidence"]
Score = Literal["self_confidence", "normalized_margin"]
Strategy = Literal["margin", "least_confidence", "entropy"]

FILTERS: tuple[str, ...] = get_args(Filter)
SCORES: tuple[str, ...] = get_args(Score)
STRATEGIES: tuple[str, ...] = get_args(Strategy)
