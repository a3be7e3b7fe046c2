"""Flags as reviewers see them: filters, counts, rows and cards."""

from labeling.selectors.reviews.cards import Card, cards, labeled_neighbors, last_acts
from labeling.selectors.reviews.filters import ORDER, SCORES, FlagFilter, matching, read, waiting
from labeling.selectors.reviews.listing import Pair, by_pair, by_reason, documents, label_ids, waits

__all__ = [
    "ORDER",
    "SCORES",
    "Card",
    "FlagFilter",
    "Pair",
    "by_pair",
    "by_reason",
    "cards",
    "documents",
    "label_ids",
    "labeled_neighbors",
    "last_acts",
    "matching",
    "read",
    "waiting",
    "waits",
]
