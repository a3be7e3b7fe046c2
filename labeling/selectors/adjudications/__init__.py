"""Adjudication: what waits, in which order, what an adjudicator sees of it, and what was decided."""

from labeling.selectors.adjudications.cards import (
    LEAST_SEVERAL,
    AdjudicationCard,
    AnswerGiven,
    agreement_between,
    answers_given,
    card_for_adjudication,
    last_decision,
    seen_answers,
    side_of,
)
from labeling.selectors.adjudications.standing import (
    decided_by_people,
    left_without_label,
    outside_agreement,
    several_valid,
    sides_taken,
    standing,
)
from labeling.selectors.adjudications.waiting import (
    AdjudicationFilter,
    decided_tasks,
    following,
    free_tasks,
    parse_adjudication_filter,
    question_of,
    undecided_tasks,
)

__all__ = [
    "LEAST_SEVERAL",
    "AdjudicationCard",
    "AdjudicationFilter",
    "AnswerGiven",
    "agreement_between",
    "answers_given",
    "card_for_adjudication",
    "decided_by_people",
    "decided_tasks",
    "following",
    "free_tasks",
    "last_decision",
    "left_without_label",
    "outside_agreement",
    "parse_adjudication_filter",
    "question_of",
    "seen_answers",
    "several_valid",
    "side_of",
    "sides_taken",
    "standing",
    "undecided_tasks",
]
