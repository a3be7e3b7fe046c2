"""Flags for answers that one person alone gave: raised with the measurement, fallen with it, not again once decided."""

from __future__ import annotations

import pytest

from labeling.models import Flag, FlagState, Role
from labeling.reasons.decisions import Decision
from labeling.reasons.lone_answer import LONE_ANSWER
from labeling.selectors import reviews as review_reads
from labeling.services import reviews
from labeling.services.reviews import Ruling
from tests import factories
from tests.quality.agreement.crowds import answer, crowd, measured

pytestmark = pytest.mark.django_db

B, D, X = "billing", "delivery", "other"


def flagged() -> list[int]:
    found = Flag.objects.filter(reason=LONE_ANSWER.name, state=FlagState.OPEN)
    return list(found.order_by("task_id").values_list("task_id", flat=True))


def test_one_of_three_is_flagged_once_and_the_flag_falls_when_nobody_is_alone() -> None:
    project, (one, *_), (ann, *_) = crowd(f"{B} {B} {B} {B}", f"{D} {B} {D} {D}", f"{D} {B} {X} .")
    for _ in range(2):
        measured(project)
        assert flagged() == [one.pk]
    flag = Flag.objects.get(reason=LONE_ANSWER.name)
    (card,) = review_reads.cards(project, [flag.pk])
    assert card.note == "2 of 3 say “delivery”: Bob, Cleo; 1 “billing”: Ann."
    answer(ann, one, D, version=1)
    measured(project)
    assert flagged() == []


def test_what_was_decided_is_not_flagged_again_until_somebody_else_stands_alone() -> None:
    project, (one,), (ann, *_) = crowd(B, D, D)
    measured(project)
    rae = factories.member(project, Role.REVIEWER)
    (flag,) = Flag.objects.filter(reason=LONE_ANSWER.name)
    reviews.decide(actor=rae, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.AMBIGUOUS))
    measured(project)
    assert flagged() == []
    answer(ann, one, X, version=1)
    measured(project)
    assert flagged() == [one.pk]
