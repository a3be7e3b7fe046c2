"""The form of the pipeline's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from quality.scoring.options import FILTERS, SCORES, STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quality.models import QualitySettings

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


class SettingsForm(forms.Form):
    """How the check runs, and by itself when."""

    automatic = forms.BooleanField(
        label="Run by itself", required=False, help_text="After new labels and by schedule, when labeling pauses."
    )
    after_labels = forms.IntegerField(
        label="After so many new labels", min_value=1, max_value=1_000_000, help_text="Counted per question."
    )
    every_hours = forms.IntegerField(
        label="Or after so many hours",
        min_value=0,
        max_value=24 * 365,
        help_text="If any label is new since the last check. 0: never.",
    )
    encoder = forms.CharField(
        label="Encoder",
        max_length=300,
        help_text="What turns items into numbers: built-in, onnx:<file> or sentence-transformers:<folder>; files are "
        "in models/ of the data directory.",
    )
    filter_by = forms.ChoiceField(
        label="Which labels are flagged",
        choices=[(name, FILTER_WORDS[name]) for name in FILTERS],
        help_text="Where the review starts. It can go on down the ranking.",
    )
    score = forms.ChoiceField(
        label="How labels are ranked", choices=[(name, SCORE_WORDS[name]) for name in SCORES], help_text="Worst first."
    )
    strategy = forms.ChoiceField(
        label="What is labeled next",
        choices=[(name, STRATEGY_WORDS[name]) for name in STRATEGIES],
        help_text="One of ten open tasks is drawn at random all the same.",
    )

    @classmethod
    def for_settings(cls, chosen: QualitySettings, data: Mapping[str, Any] | None = None) -> SettingsForm:
        """Return the form with what holds now."""
        return cls(data, initial={name: getattr(chosen, name) for name in cls.base_fields})
