"""The inbox and My answers: what became of a person's answers, for that person alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import Annotation, AnnotationState, Membership, Notice, Project, Role, User
from labeling.reasons.decisions import Decision
from labeling.services import annotations as saving
from labeling.services import flags, returns, reviews
from labeling.services.annotations import Submission
from labeling.services.reviews import Ruling
from tests import factories
from tests.labeling.services.test_returns import answer
from tests.query_counts import assert_same_queries

ClientFor = Callable[[User], Client]

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def reviewer(project: Project) -> User:
    return factories.member(project, Role.REVIEWER, name="Rev Iewer")


def send_back(reviewer: User, given: Annotation, note: str = "Look at the second sentence.") -> None:
    returns.send_back(actor=reviewer, annotation=given, version=given.version, note=note)


def decided(reviewer: User, given: Annotation, value: str, note: str) -> None:
    """Let a reviewer give another label than the answer."""
    flag = flags.raise_flag(actor=reviewer, task=given.task, note="Hm.", question="intent")
    ruling = Ruling(Decision.RELABEL, answer=value, note=note)
    reviews.decide(actor=reviewer, project=given.project, flag_ids=[flag.pk], ruling=ruling)


def test_the_top_bar_counts_and_the_inbox_lists_until_it_is_read(
    project: Project, reviewer: User, client_for: ClientFor
) -> None:
    ann = factories.member(project)
    client = client_for(ann)
    assert "Nothing yet" in client.get(reverse("inbox")).content.decode()
    first, second = (answer(ann, task) for task in factories.tasks(project, 2))
    send_back(reviewer, first)
    decided(reviewer, second, "delivery", "A parcel is named.")

    assert "Inbox: 2 unread" in client.get(reverse("inbox-indicator")).content.decode()
    page = client.get(reverse("inbox")).content.decode()
    assert "Look at the second sentence." in page
    assert "A parcel is named." in page
    assert f"?task={first.task_id}" in page

    client.post(reverse("inbox"), {"notice": Notice.objects.get(task=first.task).pk})
    assert "Inbox: 1 unread" in client.get(reverse("inbox-indicator")).content.decode()
    client.post(reverse("inbox"))
    assert "You have read everything" in client.get(reverse("inbox"), {"show": "unread"}).content.decode()


def test_who_left_a_project_reads_no_more_of_it(project: Project, reviewer: User, client_for: ClientFor) -> None:
    ann = factories.member(project)
    send_back(reviewer, answer(ann, factories.task(project)))
    Membership.objects.filter(user=ann).delete()
    client = client_for(ann)
    assert "nothing unread" in client.get(reverse("inbox-indicator")).content.decode()
    assert "second sentence" not in client.get(reverse("inbox")).content.decode()


def rows(client: Client, project: Project, **asked: str) -> list[Any]:
    found: list[Any] = client.get(reverse("project-my-answers", args=(project.slug,)), asked).context["rows"]
    return found


def test_my_answers_say_what_became_of_each(project: Project, reviewer: User, client_for: ClientFor) -> None:
    ann = factories.member(project)
    client = client_for(ann)
    assert rows(client, project) == []
    made = factories.tasks(project, 4)
    given = [answer(ann, task) for task in made[:3]]
    saving.submit(
        actor=ann, task=made[3], submission=Submission({}, state=AnnotationState.SKIPPED, skip_reason="unclear"),
        key="skips",
    )  # fmt: skip
    answer(factories.member(project), factories.task(project), "other")
    send_back(reviewer, given[1])
    decided(reviewer, given[2], "delivery", "A parcel is named.")

    found = {row.annotation.task_id: row for row in rows(client, project)}
    assert {pk: row.outcome for pk, row in found.items()} == {
        made[0].pk: "label", made[1].pk: "sent_back", made[2].pk: "changed", made[3].pk: "skipped",
    }  # fmt: skip
    changed = found[made[2].pk]
    assert (changed.note, changed.who, [chip.title for chip in changed.label_chips]) == (
        "A parcel is named.", "Rev Iewer", ["delivery"],
    )  # fmt: skip
    for task, outcome in zip(made, ("label", "sent_back", "changed", "skipped"), strict=True):
        assert [row.annotation.task_id for row in rows(client, project, outcome=outcome)] == [task.pk]
    assert next(row.annotation.task_id for row in rows(client, project, sort="oldest")) == made[0].pk
    assert [row.annotation.task for row in rows(client, project, q=made[2].external_id or "")] == [made[2]]


def test_an_answer_that_others_outvoted(client_for: ClientFor) -> None:
    project = factories.project(overlap=3, max_overlap=3)
    task = factories.task(project)
    ann = factories.member(project)
    answer(ann, task, "other")
    assert [row.outcome for row in rows(client_for(ann), project, outcome="open")] == ["open"]
    for person in (factories.member(project), factories.member(project)):
        answer(person, task, "billing")
    assert [row.outcome for row in rows(client_for(ann), project, outcome="other")] == ["other"]
    assert [row.who for row in rows(client_for(ann), project)] == [""], "who answered otherwise is not told"


def test_the_lists_cost_the_same_for_one_and_for_many(project: Project, reviewer: User, client_for: ClientFor) -> None:
    ann = factories.member(project)
    client = client_for(ann)

    def look() -> None:
        client.get(reverse("inbox"))
        rows(client, project)

    def more() -> None:
        for task in factories.tasks(project, 2):
            send_back(reviewer, answer(ann, task))

    more()
    assert_same_queries(look, add_rows=more)


def test_the_api_lists_and_marks_read(project: Project, reviewer: User, api_for: Callable[[User], Any]) -> None:
    ann = factories.member(project)
    given = answer(ann, factories.task(project))
    send_back(reviewer, given)
    api = api_for(ann)
    (told,) = api.get("/api/inbox/", {"unread": "true"}).json()["results"]
    assert (told["kind"], told["task"], told["note"]) == ("sent_back", given.task_id, "Look at the second sentence.")
    claimed = api.post(f"/api/projects/{project.slug}/claims/", {"count": 1}, format="json").json()["tasks"]
    assert claimed[0]["sent_back"]["by"] == "Rev Iewer"
    assert claimed[0]["annotation"]["answers"] == {"intent": "billing"}
    assert api_for(reviewer).post("/api/inbox/read/", {"notices": [told["id"]]}, format="json").json() == {"read": 0}
    assert api.post("/api/inbox/read/", {}, format="json").json() == {"read": 1}
    assert api.get("/api/inbox/", {"unread": "true"}).json()["results"] == []
