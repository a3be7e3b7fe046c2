"""What a person is told of where they stand: how much is left, exactly, and what they said about a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.models import Annotation, AnnotationState, Event, Flag, FlagState, Project, Role, Task, User
from labeling.services import annotations as saving
from labeling.services import claims, flags, returns, tasks
from labeling.services.annotations import Submission
from tests import factories

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


def standing(client: Client, project: Project) -> tuple[int, int, int]:
    told = client.get(f"/api/projects/{project.slug}/claims/").json()
    return told["left"], told["answered"], told["today"]


def say(person: User, task: Task, state: AnnotationState = AnnotationState.SUBMITTED, version: int = 0) -> Annotation:
    answers: dict[str, Any] = {} if state == AnnotationState.SKIPPED else {"intent": "billing"}
    submission = Submission(answers=answers, state=state, version=version)
    saving.submit(actor=person, task=task, submission=submission, key=f"{task.pk} {state} {version}")
    return Annotation.objects.get(task=task, annotator=person)


def test_what_is_left_is_exact_whatever_became_of_the_tasks(client_for: SignIn) -> None:
    project = factories.project(overlap=2, max_overlap=2)
    made = factories.tasks(project, 130)
    ann, bob = factories.member(project), factories.member(project)
    client = client_for(ann)
    assert standing(client, project) == (130, 0, 0)
    held = claims.claim(actor=ann, project=project, count=3).task_ids
    assert standing(client, project) == (130, 0, 0), "what one holds is left"
    say(ann, Task.objects.get(pk=held[0]))
    say(ann, made[10], AnnotationState.SKIPPED)
    say(ann, made[11], AnnotationState.DRAFT)
    assert standing(client, project) == (128, 2, 2)
    say(bob, made[20])
    assert standing(client, project) == (128, 2, 2), "a second answer is wanted"
    say(factories.member(project), made[20])
    assert standing(client, project) == (127, 2, 2)
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[made[30].pk], reason="Not ours.")
    assert standing(client, project) == (126, 2, 2)
    answer = Annotation.objects.get(task_id=held[0], annotator=ann)
    returns.send_back(actor=project.created_by, annotation=answer, version=1, note="Look again.")
    assert standing(client, project) == (127, 2, 2), "what was sent back is left"
    taken = claims.claim(actor=ann, project=project, count=200)
    assert len(taken.task_ids) + taken.remaining >= claims.MAX_CLAIM
    assert standing(client, project) == (127, 2, 2)


def shown(client: Client, task: Task) -> tuple[str | None, int]:
    document = client.get(f"/api/tasks/{task.pk}/").json()
    return document["my_flag"], document["my_comments"]


def test_a_task_tells_a_person_what_they_said_about_it_and_nothing_of_others(client_for: SignIn) -> None:
    project = factories.project()
    task = factories.task(project)
    ann, bob = factories.member(project), factories.member(project)
    flags.raise_flag(actor=ann, task=task, note="Cut off?", question="intent")
    saving.comment(actor=ann, task=task, body="Hm.")
    saving.comment(actor=bob, task=task, body="I see.")
    assert shown(client_for(ann), task) == ("Cut off?", 1)
    assert shown(client_for(bob), task) == (None, 1)


def test_a_flag_of_ones_own_is_taken_back(client_for: SignIn) -> None:
    project = factories.project()
    task = factories.task(project)
    ann = factories.member(project)
    client = client_for(ann)
    sent = client.post(f"/api/tasks/{task.pk}/flags/", {"note": "Cut off?"}, content_type="application/json")
    assert sent.status_code == 201
    for _ in range(2):
        assert client.delete(f"/api/tasks/{task.pk}/flags/").status_code == 204
    assert shown(client, task) == (None, 0)
    assert Flag.objects.get().state == FlagState.CLOSED
    assert Event.objects.filter(verb="flag.taken_back", actor=ann).count() == 1
    page = client_for(project.created_by).get(f"/p/{project.slug}/activity/").content.decode()
    assert "took back the flag on" in page


def test_a_flag_of_others_stays(client_for: SignIn) -> None:
    project = factories.project()
    task, both = factories.tasks(project, 2)
    ann, bob = factories.member(project), factories.member(project, name="Bob Builder")
    flags.raise_flag(actor=bob, task=task, note="Mine.")
    assert client_for(ann).delete(f"/api/tasks/{task.pk}/flags/").status_code == 204
    flags.raise_flag(actor=ann, task=both, note="Cut off?")
    flags.raise_flag(actor=bob, task=both, note="And blurred.")
    refused = client_for(ann).delete(f"/api/tasks/{both.pk}/flags/")
    assert refused.status_code == 409
    assert "Bob Builder flagged this task too" in refused.json()["detail"]
    assert Flag.objects.filter(state=FlagState.OPEN).count() == 2


@pytest.mark.parametrize(("kind", "most"), [("text", 20), ("image", 5)])
def test_texts_are_had_further_ahead_than_images_shared_among_those_who_label(
    client_for: SignIn, kind: str, most: int
) -> None:
    schema = {
        "fields": [{"name": "item", "type": kind}],
        "questions": [{"name": "intent", "kind": "choice", "field": "item", "labels": ["a", "b"]}],
    }
    project = factories.project(schema=schema)
    factories.task(project, item="x")
    ann, _ = factories.member(project), factories.member(project)
    factories.member(project, Role.VIEWER)
    config = client_for(ann).get(f"/p/{project.slug}/label/").context["config"]
    assert (config["prefetch"], config["most_ahead"], config["people"]) == (5, most, 2)
