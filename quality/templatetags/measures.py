"""Filters that write measured numbers."""

from __future__ import annotations

from django import template

from quality.selectors import words
from quality.selectors.option_words import option_words

register = template.Library()

for write in (words.share, words.between, words.decimals, words.about, words.signed):
    register.filter(write.__name__, write)
register.filter("option_words", option_words)
