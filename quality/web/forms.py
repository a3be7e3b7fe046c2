"""The form of the pipeline's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from quality.scoring.options import FILTERS, SCORES, STRATEGIES
from quality.selectors.option_words import FILTER_WORDS, OPTION_NAMES, SCORE_WORDS, STRATEGY_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quality.models import QualitySettings


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
        label=OPTION_NAMES["encoder"],
        max_length=300,
        help_text="What turns items into numbers: built-in, onnx:<file> or sentence-transformers:<folder>; files are "
        "in models/ of the data directory.",
    )
    filter_by = forms.ChoiceField(
        label=OPTION_NAMES["filter_by"],
        choices=[(name, FILTER_WORDS[name]) for name in FILTERS],
        help_text="Where the review starts. It can go on down the ranking.",
    )
    score = forms.ChoiceField(
        label=OPTION_NAMES["score"], choices=[(name, SCORE_WORDS[name]) for name in SCORES], help_text="Worst first."
    )
    strategy = forms.ChoiceField(
        label=OPTION_NAMES["strategy"],
        choices=[(name, STRATEGY_WORDS[name]) for name in STRATEGIES],
        help_text="One of ten open tasks is drawn at random all the same.",
    )

    @classmethod
    def for_settings(cls, chosen: QualitySettings, data: Mapping[str, Any] | None = None) -> SettingsForm:
        """Return the form with what holds now."""
        return cls(data, initial={name: getattr(chosen, name) for name in cls.base_fields})
