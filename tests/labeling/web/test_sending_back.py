"""Sending an answer back from a review card, taking that back, and how the task's page tells of reviews."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import (
    Annotation,
    AnswerReview,
    AnswerVerdict,
    Project,
    ReturnState,
    Role,
    SamplePer,
    SampleWish,
    User,
)
from labeling.services import flags, returns, sampling
from tests import factories
from tests.labeling.services.test_returns import answer, sent_back

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


def send(client: Client, given: Annotation, note: str = "The second sentence?", version: int = 1) -> int:
    body = {"version": version, "note": note}
    return client.post(f"/api/annotations/{given.pk}/return/", body, content_type="application/json").status_code


def history(client: Client, project: Project, given: Annotation) -> str:
    return client.get(reverse("project-task", args=(project.slug, given.task_id))).content.decode()


def test_a_reviewer_sends_an_answer_back_and_takes_that_back(client_for: SignIn) -> None:
    project = factories.project()
    given = answer(factories.member(project, name="Ann"), factories.task(project))
    reviewer = client_for(factories.member(project, Role.REVIEWER, name="Rita"))
    assert [send(reviewer, given, note=" "), send(reviewer, given, version=2)] == [400, 409]
    assert [send(reviewer, given), send(reviewer, given)] == [201, 409]
    assert "sent the answer of Ann back, which waits for them" in history(reviewer, project, given)
    assert reviewer.delete(f"/api/annotations/{given.pk}/return/").status_code == 204
    assert reviewer.delete(f"/api/annotations/{given.pk}/return/").status_code == 409
    assert AnswerReview.objects.get().back == ReturnState.WITHDRAWN


def test_the_page_of_a_task_takes_a_return_back_for_reviewers_alone(client_for: SignIn) -> None:
    project = factories.project()
    given, review, reviewer = sent_back(project, note="Look at the end.")
    theirs = history(client_for(reviewer), project, given)
    take_back = reverse("project-answer-withdraw", args=(project.slug, review.pk))
    assert take_back in theirs
    own = history(client_for(given.annotator), project, given)
    assert "Look at the end." in own
    assert take_back not in own
    others = history(client_for(factories.member(project)), project, given)
    assert "sent the answer" not in others
    client_for(reviewer).post(take_back)
    assert "which was taken back" in history(client_for(reviewer), project, given)


def test_the_page_of_a_task_tells_who_accepted_and_who_corrected(client_for: SignIn) -> None:
    project = factories.project()
    given = answer(factories.member(project, name="Ann"), factories.task(project))
    rita = factories.member(project, Role.REVIEWER, name="Rita")
    sampling.draw(actor=rita, project=project, wish=SampleWish(per=SamplePer.PERSON, each=1))
    sampling.judge(actor=rita, review=AnswerReview.objects.get(), verdict=AnswerVerdict.ACCEPTED, version=1)
    page = history(client_for(rita), project, given)
    assert "<strong>Rita</strong>" in page
    assert "reviewed the answer of Ann and accepted it" in page


def test_a_card_offers_to_send_back_the_answers_behind_it(client_for: SignIn) -> None:
    project = factories.project(overlap=2, max_overlap=2)
    task = factories.task(project)
    people = [factories.member(project, name=name) for name in ("Ann", "Bob")]
    given = [answer(person, task) for person in people]
    flag = flags.raise_flag(actor=people[0], task=task, note="Hm.", question="intent")
    reviewer = client_for(factories.member(project, Role.REVIEWER))
    cards = reverse("project-review-cards", args=(project.slug,))
    shown = reviewer.post(cards, {"again": flag.pk}).content.decode()
    assert "data-send-back" in shown
    for one in given:
        assert f'value="{one.pk}" data-version="1"' in shown
    returns.send_back(actor=project.created_by, annotation=given[0], version=1, note="Look.")
    assert send(reviewer, given[0]) == 409
