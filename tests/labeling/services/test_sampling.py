"""Review by sampling: a true random sample, a verdict on each answer, and what that does to the label of record."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeling.errors import Conflict, Invalid
from labeling.models import (
    Annotation,
    AnswerReview,
    AnswerVerdict,
    Event,
    FlagState,
    Label,
    LabelSource,
    Notice,
    NoticeKind,
    Project,
    ReturnState,
    Role,
    Sample,
    SamplePer,
    SampleWish,
    User,
)
from labeling.reasons.decisions import Decision
from labeling.reasons.label_error import LABEL_ERROR
from labeling.services import flags, reviews, sampling
from labeling.services.reviews import Ruling
from tests import factories
from tests.invariants import invariant
from tests.labeling.services.test_returns import answer

pytestmark = pytest.mark.django_db


def answered(project: Project, *values: str) -> User:
    """Let a person answer as many tasks as there are values."""
    person = factories.member(project)
    for task, value in zip(factories.tasks(project, len(values)), values, strict=True):
        answer(person, task, value)
    return person


def reviews_of(sample: Sample) -> list[AnswerReview]:
    return list(sample.reviews.select_related("project", "annotation", "annotator", "task").order_by("position"))


def drawn_one(value: str = "billing", **settings: Any) -> tuple[AnswerReview, User]:
    """Return a sampled answer, the only one, and a reviewer."""
    project = factories.project(**settings)
    answered(project, value)
    reviewer = factories.member(project, Role.REVIEWER)
    wish = SampleWish(per=SamplePer.PERSON, each=5)
    (review,) = reviews_of(sampling.draw(actor=reviewer, project=project, wish=wish))
    return review, reviewer


def label_of(review: AnswerReview) -> Label:
    return Label.objects.get(task=review.task, retired_at=None)


def test_a_sample_has_so_many_of_each_person_and_keeps_who_drew_it_of_how_many() -> None:
    project = factories.project()
    ann, bob = answered(project, *["billing"] * 6), answered(project, *["other"] * 2)
    sample = sampling.draw(
        actor=project.created_by, project=project, wish=SampleWish(per=SamplePer.PERSON, each=3), seed=7
    )
    drawn = reviews_of(sample)
    assert Counter(review.annotator_id for review in drawn) == {ann.pk: 3, bob.pk: 2}
    assert (sample.population, sample.seed, sample.drawn_by) == (8, 7, project.created_by)
    assert len({review.annotation_id for review in drawn}) == 5, "no answer twice"
    again = sampling.draw(
        actor=project.created_by, project=project, wish=SampleWish(per=SamplePer.PERSON, each=3), seed=7
    )
    assert [r.annotation_id for r in reviews_of(again)] == [r.annotation_id for r in drawn], "the seed gives the same"


def test_every_answer_is_as_likely_as_any_other() -> None:
    project = factories.project()
    answered(project, *["billing"] * 6)
    times: Counter[int] = Counter()
    for seed in range(120):
        wish = SampleWish(per=SamplePer.PERSON, each=2)
        sample = sampling.draw(actor=project.created_by, project=project, wish=wish, seed=seed)
        times.update(sample.reviews.values_list("annotation_id", flat=True))
    assert len(times) == 6
    assert all(8 < count < 76 for count in times.values()), times  # 40 each are expected, give or take 5


def test_a_sample_per_label_or_per_person_and_label() -> None:
    project = factories.project()
    ann = answered(project, "billing", "billing", "billing", "other")
    bob = answered(project, "billing", "billing")
    wish = SampleWish(per=SamplePer.LABEL, each=2, question="intent")
    drawn = reviews_of(sampling.draw(actor=project.created_by, project=project, wish=wish))
    assert Counter(review.labels[0] for review in drawn) == {"billing": 2, "other": 1}

    wish = SampleWish(per=SamplePer.BOTH, each=2, question="intent")
    drawn = reviews_of(sampling.draw(actor=project.created_by, project=project, wish=wish))
    strata = Counter((review.annotator_id, review.labels[0]) for review in drawn)
    assert strata == {(ann.pk, "billing"): 2, (ann.pk, "other"): 1, (bob.pk, "billing"): 2}

    wish = SampleWish(per=SamplePer.PERSON, each=9, question="intent", person=ann.pk, label="other")
    (only,) = reviews_of(sampling.draw(actor=project.created_by, project=project, wish=wish))
    assert (only.annotator, only.labels) == (ann, [])


def test_a_span_of_time_and_what_cannot_be_drawn() -> None:
    project = factories.project()
    answered(project, "billing", "other")
    today = timezone.localdate()
    old = Annotation.objects.order_by("pk")[0]
    Annotation.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=9))

    wish = SampleWish(per=SamplePer.PERSON, each=9, until=today - timedelta(days=8))
    (review,) = reviews_of(sampling.draw(actor=project.created_by, project=project, wish=wish))
    assert review.annotation_id == old.pk
    for refused, words in (
        (SampleWish(per=SamplePer.PERSON, each=0), "1 to 100"),
        (SampleWish(per=SamplePer.LABEL, each=3), "Choose the question"),
        (SampleWish(per=SamplePer.PERSON, each=3, since=today, until=today - timedelta(days=1)), "before the first"),
        (SampleWish(per=SamplePer.PERSON, each=3, until=today - timedelta(days=30)), "No submitted answer"),
    ):
        with pytest.raises(Invalid, match=words):
            sampling.draw(actor=project.created_by, project=project, wish=refused)


def test_accepting_confirms_the_label_and_closes_what_doubted_it() -> None:
    review, reviewer = drawn_one()
    flag = flags.put_flag(task=review.task, reason=LABEL_ERROR, question="intent")

    sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.ACCEPTED, version=1)

    label = label_of(review)
    assert (label.value, label.source, label.created_by) == ("billing", LabelSource.REVIEW, reviewer)
    flag.refresh_from_db()
    assert (flag.state, flag.resolution) == (FlagState.RESOLVED, Decision.KEEP)
    assert Event.objects.filter(verb="answer.accepted", task=review.task).count() == 1
    with pytest.raises(Conflict, match="already"):
        sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.ACCEPTED, version=1)

    sampling.undo_judgment(actor=reviewer, review=AnswerReview.objects.get(pk=review.pk))
    flag.refresh_from_db()
    review.refresh_from_db()
    assert label_of(review).source == LabelSource.ANNOTATION
    assert (flag.state, review.verdict, review.before) == (FlagState.OPEN, "", None)
    sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.ACCEPTED, version=1)
    invariant(review.project)


def test_accepting_leaves_a_label_of_others_and_one_that_is_not_there_yet() -> None:
    review, reviewer = drawn_one(overlap=2, max_overlap=2)
    sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.ACCEPTED, version=1)
    assert not Label.objects.filter(task=review.task).exists(), "another person is still asked"
    invariant(review.project)

    review, reviewer = drawn_one()
    flag = flags.put_flag(task=review.task, reason=LABEL_ERROR, question="intent")
    ruling = Ruling(Decision.RELABEL, answer="other")
    reviews.decide(actor=review.project.created_by, project=review.project, flag_ids=[flag.pk], ruling=ruling)
    sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.ACCEPTED, version=1)
    assert label_of(review).value == "other", "the answer was right, and the label of record is another"


def test_correcting_gives_another_label_and_tells_the_annotator_why() -> None:
    review, reviewer = drawn_one()
    with pytest.raises(Invalid, match="what the person answered"):
        sampling.judge(
            actor=reviewer, review=review, verdict=AnswerVerdict.CORRECTED, version=1, answers={"intent": "billing"}
        )
    sampling.judge(
        actor=reviewer, review=review, verdict=AnswerVerdict.CORRECTED, version=1, answers={"intent": "delivery"},
        note="A parcel is named.",
    )  # fmt: skip
    assert (label_of(review).value, label_of(review).source) == ("delivery", LabelSource.REVIEW)
    told = Notice.objects.get(user=review.annotator)
    assert (told.kind, told.note, told.actor) == (NoticeKind.CHANGED, "A parcel is named.", reviewer)

    sampling.undo_judgment(actor=reviewer, review=AnswerReview.objects.get(pk=review.pk))
    assert label_of(review).value == "billing"
    assert not Notice.objects.exists(), "what was taken back is not told"
    invariant(review.project)


def test_sending_back_from_a_sample_and_taking_that_back() -> None:
    review, reviewer = drawn_one()
    sampling.judge(
        actor=reviewer, review=review, verdict=AnswerVerdict.RETURNED, version=1, note="Look at the second sentence."
    )
    review.refresh_from_db()
    assert (review.verdict, review.back) == (AnswerVerdict.RETURNED, ReturnState.WAITING)
    sampling.undo_judgment(actor=reviewer, review=review)
    review.refresh_from_db()
    assert (review.verdict, review.back) == ("", "")
    sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.RETURNED, version=1, note="Look.")

    answer(review.annotator, review.task, "delivery")
    review.refresh_from_db()
    with pytest.raises(Conflict, match="came back already"):
        sampling.undo_judgment(actor=reviewer, review=review)


def test_an_answer_that_changed_since_it_was_seen_is_looked_at_again() -> None:
    review, reviewer = drawn_one()
    answer(review.annotator, review.task, "other")
    with pytest.raises(Conflict, match="changed this answer"):
        sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.ACCEPTED, version=1)
    sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.ACCEPTED, version=2)


def test_a_closed_sample_takes_no_verdicts_until_it_goes_on() -> None:
    review, reviewer = drawn_one()
    assert review.sample is not None
    sampling.close(actor=reviewer, sample=review.sample)
    with pytest.raises(Conflict, match="closed"):
        sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.ACCEPTED, version=1)
    sampling.close(actor=reviewer, sample=review.sample, closed=False)
    sampling.judge(actor=reviewer, review=review, verdict=AnswerVerdict.ACCEPTED, version=1)
