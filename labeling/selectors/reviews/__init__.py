"""Flags as reviewers see them: filters, counts, rows and cards."""

from labeling.selectors.reviews.cards import Card, cards, labeled_neighbors
from labeling.selectors.reviews.filters import ORDERS, SCORES, FlagFilter, matching, parse_flag_filter, waiting
from labeling.selectors.reviews.groups import flagged_tasks, flags_about, task_to_keep
from labeling.selectors.reviews.hiding import hides_suggestion
from labeling.selectors.reviews.last_acts import NAMED, last_act_about, last_acts, names
from labeling.selectors.reviews.listing import Pair, by_pair, by_reason, documents, flags_by_id, label_ids, seen_labels

__all__ = [
    "NAMED",
    "ORDERS",
    "SCORES",
    "Card",
    "FlagFilter",
    "Pair",
    "by_pair",
    "by_reason",
    "cards",
    "documents",
    "flagged_tasks",
    "flags_about",
    "flags_by_id",
    "hides_suggestion",
    "label_ids",
    "labeled_neighbors",
    "last_act_about",
    "last_acts",
    "matching",
    "names",
    "parse_flag_filter",
    "seen_labels",
    "task_to_keep",
    "waiting",
]
