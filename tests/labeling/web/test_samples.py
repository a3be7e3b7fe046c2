"""Review by sampling, through the pages: draw, review one after another, see the figures, close, undo."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import AnswerReview, AnswerVerdict, Label, Project, ReturnState, Role, Sample, User
from labeling.services import sampling
from tests import factories
from tests.labeling.services.test_returns import answer
from tests.query_counts import assert_same_queries

ClientFor = Callable[[User], Client]

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def annotator(project: Project) -> User:
    """Return a person with three answers."""
    person = factories.member(project, name="Ann Otator")
    for task in factories.tasks(project, 3):
        answer(person, task)
    return person


@pytest.fixture
def reviewer(client_for: ClientFor, project: Project, annotator: User) -> Client:
    return client_for(factories.member(project, Role.REVIEWER))


def drawn(client: Client, project: Project, **more: object) -> Sample:
    """Draw a sample on the page."""
    response = client.post(reverse("project-samples", args=(project.slug,)), {"per": "person", "each": 3, **more})
    sample = Sample.objects.latest("pk")
    assert response.headers["Location"] == reverse("project-sample-next", args=(project.slug, sample.pk))
    return sample


def judged(client: Client, project: Project, sample: Sample, verdict: str, **more: object) -> AnswerReview:
    """Give the next answer of a sample a verdict, as its card does."""
    page = client.get(reverse("project-sample-next", args=(project.slug, sample.pk)))
    review: AnswerReview = page.context["review"]
    values = {"verdict": verdict, "version": review.annotation.version, **more}
    client.post(reverse("project-answer-judge", args=(project.slug, review.pk)), values)
    review.refresh_from_db()
    return review


def text_of(client: Client, name: str, *args: object) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_three_answers_are_reviewed_and_the_figures_say_how_sure_they_are(reviewer: Client, project: Project) -> None:
    assert "No sample was drawn yet" in text_of(reviewer, "project-samples", project.slug)
    sample = drawn(reviewer, project)
    card = text_of(reviewer, "project-sample-next", project.slug, sample.pk)
    assert "Accepting confirms the final label" in card

    assert judged(reviewer, project, sample, "accepted").verdict == AnswerVerdict.ACCEPTED
    corrected = judged(reviewer, project, sample, "corrected:delivery", note="A parcel is named.")
    assert Label.objects.get(task=corrected.task, retired_at=None).value == "delivery"
    assert judged(reviewer, project, sample, "returned", note="Look again.").back == ReturnState.WAITING

    page = text_of(reviewer, "project-sample", project.slug, sample.pk)
    assert "33% (6% to 79%)" in page
    assert "waits for Ann Otator" in page
    done = reviewer.get(reverse("project-sample-next", args=(project.slug, sample.pk)))
    assert done.headers["Location"] == reverse("project-sample", args=(project.slug, sample.pk))
    only = reviewer.get(reverse("project-sample", args=(project.slug, sample.pk)), {"verdict": "corrected"})
    assert [review.pk for review in only.context["page"].rows] == [corrected.pk]


def test_undo_brings_the_last_answer_back(reviewer: Client, project: Project) -> None:
    sample = drawn(reviewer, project)
    review = judged(reviewer, project, sample, "corrected:delivery")
    reviewer.post(reverse("project-sample-undo", args=(project.slug, sample.pk)))
    page = reviewer.get(reverse("project-sample-next", args=(project.slug, sample.pk)))
    assert page.context["review"] == review
    assert Label.objects.get(task=review.task, retired_at=None).value == "billing"


def test_sending_back_needs_a_note(reviewer: Client, project: Project) -> None:
    sample = drawn(reviewer, project)
    assert judged(reviewer, project, sample, "returned").verdict == ""
    assert "Say in the note" in text_of(reviewer, "project-sample-next", project.slug, sample.pk)


def test_a_sample_is_closed_and_continued(reviewer: Client, project: Project) -> None:
    sample = drawn(reviewer, project)
    close = reverse("project-sample-close", args=(project.slug, sample.pk))
    reviewer.post(close)
    assert "Continue it" in text_of(reviewer, "project-sample", project.slug, sample.pk)
    assert "Closed" in text_of(reviewer, "project-samples", project.slug)
    reviewer.post(close, {"closed": "0"})
    assert "Review the next of 3" in text_of(reviewer, "project-sample", project.slug, sample.pk)


def test_what_cannot_be_drawn_is_said_at_its_field(reviewer: Client, project: Project) -> None:
    values = {"per": "label", "each": 500, "question": "intent"}
    page = reviewer.post(reverse("project-samples", args=(project.slug,)), values)
    assert page.context["form"].errors["each"]
    assert not Sample.objects.exists()


def test_several_questions_are_corrected_in_a_form(client_for: ClientFor) -> None:
    project = factories.project(
        schema={
            "fields": [{"name": "text", "type": "text"}],
            "questions": [
                {"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "delivery"]},
                {"name": "mood", "kind": "rating", "field": "text", "min": 1, "max": 5, "required": False},
            ],
        }
    )
    answer(factories.member(project), factories.task(project))
    client = client_for(factories.member(project, Role.REVIEWER))
    sample = drawn(client, project)
    review = judged(client, project, sample, "corrected", **{"answer-intent": "delivery", "answer-mood": "4"})
    assert {label.question: label.value for label in Label.objects.filter(task=review.task, retired_at=None)} == {
        "intent": "delivery",
        "mood": 4,
    }


def test_the_lists_cost_the_same_for_one_and_for_many(reviewer: Client, project: Project, annotator: User) -> None:
    sample = drawn(reviewer, project, each=1)

    def look() -> None:
        text_of(reviewer, "project-samples", project.slug)
        text_of(reviewer, "project-sample", project.slug, sample.pk)

    def more() -> None:
        other = drawn(reviewer, project)
        sampling.judge(
            actor=project.created_by, review=other.reviews.select_related("project")[0],
            verdict=AnswerVerdict.ACCEPTED, version=1,
        )  # fmt: skip
        other.reviews.filter(annotation__in=sample.reviews.values("annotation")).delete()
        other.reviews.update(sample=sample)

    assert_same_queries(look, add_rows=more)
