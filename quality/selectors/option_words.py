"""The options of a check in words: as its settings offer them, and as a run that used them tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quality.selectors.words import share

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTION_NAMES = {
    "encoder": "Encoder",
    "filter_by": "Which labels are flagged",
    "score": "How labels are ranked",
    "strategy": "What is labeled next",
    "seed": "Seed",
    "random_share": "Drawn at random",
}
FILTER_WORDS = {
    "both": "Both methods agree (fewest false alarms)",
    "prune_by_noise_rate": "By noise rate of each pair of classes (finds more)",
    "prune_by_class": "By noise rate of each class",
    "confident_learning": "Confident learning: everything off the diagonal",
    "low_self_confidence": "Lowest probability of the given label",
}
SCORE_WORDS = {
    "self_confidence": "Probability of the given label",
    "normalized_margin": "Probability of the given label against the best other one",
}
STRATEGY_WORDS = {
    "margin": "Margin: the two most probable classes are close",
    "least_confidence": "Least confidence: no class is probable",
    "entropy": "Entropy: the probability is spread over many classes",
}
_WORDS = {"filter_by": FILTER_WORDS, "score": SCORE_WORDS, "strategy": STRATEGY_WORDS}


def option_words(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the options of a run in the words of the settings page."""
    return [
        (
            OPTION_NAMES[name],
            share(value) if name == "random_share" else _WORDS.get(name, {}).get(value, str(value)),
        )
        for name, value in options.items()
        if name in OPTION_NAMES
    ]
