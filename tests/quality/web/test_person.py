"""The page of one person: what it tells, to whom, and that every figure opens what it counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from labeling.models import Annotation, AnnotationState, Membership, Project, Role, Task, User
from labeling.reasons.conflict import CONFLICT
from labeling.reasons.decisions import Decision
from labeling.services import annotations as saving
from labeling.services import flags, returns, reviews
from labeling.services.annotations import Submission
from tests import factories
from tests.quality.agreement.crowds import crowd, measured
from tests.query_counts import assert_same_queries

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

B, D, X = "billing", "delivery", "other"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def page(client: Client, project: Project, person: User, **asked: str) -> Any:
    response = client.get(f"/p/{project.slug}/people/{person.pk}/", asked)
    assert response.status_code == 200
    return response


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def save(person: User, task: Task, value: str, *, seconds: float = 0, version: int = 0) -> None:
    saving.submit(
        actor=person,
        task=task,
        submission=Submission(answers={"intent": value}, version=version, lead_time_ms=int(seconds * 1000)),
        key=f"{task.pk}-{version}",
    )


def overrule(reviewer: User, task: Task, value: str) -> None:
    flag = flags.put_flag(task=task, reason=CONFLICT, question="intent")
    ruling = reviews.Ruling(Decision.RELABEL, answer=value)
    reviews.decide(actor=reviewer, project=task.project, flag_ids=[flag.pk], ruling=ruling)


def confirm(reviewer: User, task: Task) -> None:
    flag = flags.put_flag(task=task, reason=CONFLICT, question="intent")
    reviews.decide(actor=reviewer, project=task.project, flag_ids=[flag.pk], ruling=reviews.Ruling(Decision.KEEP))


def test_the_figures_and_what_they_open(client_for: SignIn) -> None:
    project = factories.project()
    ann, rev = factories.member(project, name="Ann"), factories.member(project, Role.REVIEWER, name="Rev")
    with time_machine.travel(datetime(2026, 11, 4, 9, tzinfo=UTC), tick=False):
        old = factories.tasks(project, 3)
        for task, seconds in zip(old, (20, 30, 40), strict=True):
            save(ann, task, B, seconds=seconds)
    with time_machine.travel(NOW, tick=False):
        new = factories.tasks(project, 4)
        for task, seconds in zip(new[:3], (8, 10, 12), strict=True):
            save(ann, task, B, seconds=seconds)
        skip = Submission({}, state=AnnotationState.SKIPPED, skip_reason="unclear")
        saving.submit(actor=ann, task=new[3], submission=skip, key="skip")
        overrule(rev, old[0], D)
        confirm(rev, old[1])
        save(ann, new[0], D, seconds=9, version=1)
        returns.send_back(actor=rev, annotation=Annotation.objects.get(task=new[1]), version=1, note="Look again.")
        response = page(client_for(rev), project, ann)
        found = {figure.name: figure for figure in response.context["figures"]}
        assert {name: figure.value for name, figure in found.items()} == {
            "Answers": "6", "Skipped": "1", "Time per answer, 7 days": "10.0 s", "Overruled": "1", "Sent back": "1",
            "Corrected unasked": "1",
        }  # fmt: skip
        assert found["Time per answer, 7 days"].basis == "median; before: 30.0 s"
        assert found["Overruled"].basis == "of 2 that a reviewer decided, too few for a share"
        opened = {
            name: {row.annotation.task_id for row in client_for(rev).get(figure.href).context["rows"]}
            for name, figure in found.items()
        }
        assert opened == {
            "Answers": {task.pk for task in (*old, *new[:3])},
            "Skipped": {new[3].pk},
            "Time per answer, 7 days": {task.pk for task in new[:3]},
            "Overruled": {old[0].pk},
            "Sent back": {new[1].pk},
            "Corrected unasked": {new[0].pk},
        }
        ((skips, where),) = response.context["skips"]
        assert (skips.words, skips.count) == ("The guideline does not say", 1)
        assert [row.annotation.task_id for row in client_for(rev).get(where).context["rows"]] == [new[3].pk]


def test_volume_and_time_by_week_and_by_day_open_their_answers(client_for: SignIn) -> None:
    project = factories.project()
    ann = factories.member(project)
    for day, count in ((2, 1), (18, 2), (24, 3)):
        with time_machine.travel(datetime(2026, 11, day, 9, tzinfo=UTC), tick=False):
            for task in factories.tasks(project, count):
                save(ann, task, B, seconds=day)
    with time_machine.travel(NOW, tick=False):
        client = client_for(ann)
        response = page(client, project, ann)
        bars = response.context["bars"]
        assert [(bar.span.begins.day, bar.span.answers, bar.span.seconds) for bar in bars] == [
            (23, 3, 24), (16, 2, 18), (9, 0, None), (2, 1, 2),
        ]  # fmt: skip
        assert response.context["time_chart"] is not None
        assert len(client.get(bars[1].href).context["rows"]) == 2
        days = page(client, project, ann, by="day").context["bars"]
        told = [(bar.span.begins.day, bar.span.answers) for bar in days if bar.span.answers]
        assert told == [(24, 3), (18, 2), (2, 1)]


def test_it_is_told_to_the_person_and_to_reviewers_and_is_not_there_for_others(client_for: SignIn) -> None:
    project, _, (ann, bob, *_) = crowd(f"{B} {B}", f"{B} {D}")
    measured(project)
    reviewer = factories.member(project, Role.REVIEWER)
    stranger = factories.user()
    assert "How you are doing" in text_of(page(client_for(ann), project, ann))
    assert "for helping, not for ranking" in text_of(page(client_for(reviewer), project, ann))
    for address in ("", "answers/"):
        for who in (bob, stranger, factories.member(project, Role.VIEWER)):
            assert client_for(who).get(f"/p/{project.slug}/people/{ann.pk}/{address}").status_code == 404
        assert client_for(reviewer).get(f"/p/{project.slug}/people/{stranger.pk}/{address}").status_code == 404
    Membership.objects.filter(user=ann).delete()
    page(client_for(reviewer), project, ann)  # what somebody answered who left stays
    assert client_for(ann).get(f"/p/{project.slug}/people/{ann.pk}/").status_code == 404


def test_it_tells_agreement_and_labels_beside_the_others_and_only_reviewers_see_whose(client_for: SignIn) -> None:
    project, _, (ann, *_) = crowd(
        " ".join([D] * 8 + [X] * 4), " ".join([B] * 6 + [D] * 2 + [X] * 4), " ".join([B] * 6 + [D] * 2 + [X] * 4)
    )
    measured(project)
    reviewer = factories.member(project, Role.REVIEWER)
    response = page(client_for(reviewer), project, ann)
    (question,) = response.context["questions"]
    assert (question.beside.part.tasks, question.beside.part.agreement) == (12, pytest.approx(0.5))
    assert [(use.chip.title, use.said, use.others) for use in question.uses] == [(B, 0, 6), (D, 8, 2)]
    addresses = [question.differ_href, *(use.href for use in question.uses)]
    found = [client_for(reviewer).get(unescape(address)).context["page"].ids for address in addresses]
    assert [len(ids) for ids in found] == [6, 6, 8]
    own = page(client_for(ann), project, ann)
    assert not re.search(r"answers=|annotator=", text_of(own))
    assert "Without you alpha would be 1.00" in text_of(own)


def test_pages_with_people_lead_there(client_for: SignIn) -> None:
    project, _, (ann, bob, *_) = crowd(f"{B} {B}", f"{B} {D}")
    measured(project)
    reviewer = client_for(factories.member(project, Role.REVIEWER))
    for address in ("people/", "agreement/", f"activity/?person={ann.pk}", ""):
        found = reviewer.get(f"/p/{project.slug}/{address}").content.decode()
        assert f'href="/p/{project.slug}/people/{ann.pk}/"' in found
    own = client_for(ann).get(f"/p/{project.slug}/people/").content.decode()
    assert f"/people/{ann.pk}/" in own
    assert f"/people/{bob.pk}/" not in own


def test_nothing_is_made_up_before_the_first_answer(client_for: SignIn) -> None:
    project = factories.project()
    viewer = factories.member(project, Role.VIEWER)
    said = text_of(page(client_for(viewer), project, viewer))
    assert "You have answered nothing here" in said
    assert "no reviewer has decided yet" in said
    assert "Agreement was not measured yet" in said


def test_the_same_queries_for_one_answer_and_for_many(client_for: SignIn) -> None:
    project = factories.project()
    ann = factories.member(project)
    client = client_for(ann)
    numbers = iter(range(100))

    def more() -> None:
        for task in factories.tasks(project, 2 + next(numbers)):
            save(ann, task, B, seconds=3)

    more()
    assert_same_queries(lambda: page(client, project, ann), add_rows=more)
