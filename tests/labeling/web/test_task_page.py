"""A task's own page: the item, its history, and who sees what of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from labeling.models import (
    AnnotationState,
    Comment,
    Flag,
    FlagState,
    Label,
    Lease,
    Membership,
    QueueEntry,
    Role,
    Task,
    User,
)
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.outlier import OUTLIER
from labeling.services import annotations as saving
from labeling.services import claims, flags, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def address(task: Task) -> str:
    return f"/p/{task.project.slug}/tasks/{task.pk}/"


def answer(person: User, task: Task, label: str, key: str, version: int = 0) -> None:
    saving.submit(actor=person, task=task, submission=Submission({"intent": label}, version=version), key=key)


def test_the_page_tells_everything_that_happened_in_order(client_for: SignIn) -> None:
    project = factories.project()
    person = factories.member(project, name="Ana Lund")
    task = factories.task(project, text="<b>Where</b> is it?")
    answer(person, task, "billing", "1")
    answer(person, task, "delivery", "2", version=1)
    saving.comment(actor=person, task=task, body="not sure about <this>")
    flags.raise_flag(actor=person, task=task, note="please look")
    tasks.set_split(actor=project.created_by, project=project, task_ids=[task.pk], split="test")
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[task.pk], reason="spam")
    answered = client_for(project.created_by).get(address(task))
    page = answered.content.decode()
    assert "&lt;b&gt;Where&lt;/b&gt; is it?" in page
    assert "not sure about &lt;this&gt;" in page
    told = [moment.words for moment in answered.context["history"]]
    assert told[:3] == ["commented", "quarantined it", "moved it to the test split"], "open comments, then the newest"
    assert told[-1] == "was added to the project"
    assert sum(words.startswith("became the label") for words in told) == 2
    assert "changed the answer (version 2)" in told
    assert [moment.current for moment in answered.context["history"] if moment.icon == "label"] == [True, False]
    assert "Out of queue" in page


def test_annotators_see_their_own_answers_only(client_for: SignIn) -> None:
    project = factories.project(overlap=2)
    one = factories.member(project, name="Ana Lund")
    two = factories.member(project, name="Bo Berg")
    task = factories.task(project)
    answer(one, task, "billing", "1")
    answer(two, task, "billing", "2")
    seen = client_for(one).get(address(task)).content.decode()
    assert "Ana Lund" in seen
    assert "Bo Berg" not in seen
    reviewed = client_for(factories.member(project, Role.REVIEWER)).get(address(task)).content.decode()
    assert "Ana Lund" in reviewed
    assert "Bo Berg" in reviewed


def test_who_skipped_or_holds_a_task_is_for_reviewers(client_for: SignIn) -> None:
    project = factories.project()
    person = factories.member(project, name="Ana Lund")
    task = factories.task(project)
    saving.submit(
        actor=person,
        task=task,
        submission=Submission({}, state=AnnotationState.SKIPPED, skip_reason="unclear"),
        key="1",
    )
    viewed = client_for(factories.member(project, Role.VIEWER)).get(address(task)).content.decode()
    assert "Ana Lund" not in viewed
    assert "was flagged" in viewed


def test_strangers_and_wrong_projects_find_nothing(client_for: SignIn) -> None:
    task, other = factories.task(factories.project()), factories.project()
    assert client_for(factories.user()).get(address(task)).status_code == 404
    assert client_for(task.project.created_by).get(f"/p/{other.slug}/tasks/{task.pk}/").status_code == 404
    both = factories.member(other)
    Membership.objects.create(project=task.project, user=both, role=Role.VIEWER)
    assert client_for(both).get(f"/p/{other.slug}/tasks/{task.pk}/").status_code == 404
    assert client_for(both).get(address(task)).status_code == 200


def test_viewers_can_neither_write_nor_decide(client_for: SignIn) -> None:
    project = factories.project()
    task = factories.task(project)
    flag = Flag.objects.create(task=task, project=project, reason=OUTLIER.name)
    viewer, annotator = client_for(factories.member(project, Role.VIEWER)), client_for(factories.member(project))
    assert viewer.post(f"/tasks/{task.pk}/comments/", {"body": "x"}).status_code == 403
    assert viewer.post(f"/tasks/{task.pk}/flags/", {"note": "x"}).status_code == 403
    assert annotator.post(f"/flags/{flag.pk}/resolve/", {"note": "x"}).status_code == 403
    assert client_for(factories.user()).post(f"/flags/{flag.pk}/resolve/").status_code == 404
    page = viewer.get(address(task)).content.decode()
    assert "Add a comment" not in page
    assert 'id="bulk"' not in page
    assert not Comment.objects.exists()


def test_a_comment_and_a_flag_are_added_and_the_list_is_kept(client_for: SignIn) -> None:
    project = factories.project()
    task = factories.task(project)
    client = client_for(factories.member(project))
    said = client.post(f"/tasks/{task.pk}/comments/", {"body": "hello", "back": "state=todo"})
    assert said.headers["Location"] == f"{address(task)}?state=todo#history"
    client.post(f"/tasks/{task.pk}/flags/", {"note": "look here", "question": "intent"})
    assert Comment.objects.get().body == "hello"
    assert Flag.objects.get().question == "intent"
    refused = client.post(f"/tasks/{task.pk}/flags/", {"note": " "}, follow=True)
    assert "Say in a few words" in refused.content.decode()


def test_a_reviewer_closes_a_flag_and_the_label_stays(client_for: SignIn) -> None:
    project = factories.project()
    task = factories.task(project)
    answer(factories.member(project), task, "billing", "1")
    flag = Flag.objects.create(task=task, project=project, reason=LABEL_ERROR.name)
    client = client_for(factories.member(project, Role.REVIEWER))
    page = client.post(f"/flags/{flag.pk}/resolve/", {"note": "it is right"}, follow=True).content.decode()
    flag.refresh_from_db()
    assert (flag.state, flag.resolution, flag.resolution_note) == (FlagState.RESOLVED, "keep", "it is right")
    assert Label.objects.get(task=task, retired_at=None).value == "billing"
    assert "it is right" in page
    again = client.post(f"/flags/{flag.pk}/resolve/", {}, follow=True).content.decode()
    assert "This flag is closed already" in again


def test_neighbors_are_those_of_the_list_it_was_opened_from(client_for: SignIn) -> None:
    project = factories.project()
    one, two, three, four = factories.tasks(project, 4, split="train")
    tasks.set_split(actor=project.created_by, project=project, task_ids=[three.pk], split="")
    client = client_for(project.created_by)
    page = client.get(address(two), {"split": "train"})
    assert (page.context["previous"], page.context["following"]) == (one.pk, four.pk)
    assert f'href="{address(four)}?split=train"' in page.content.decode()
    assert client.get(address(two)).context["following"] == three.pk


def test_the_page_needs_the_same_queries_for_a_long_history(client_for: SignIn) -> None:
    project = factories.project(overlap=9)
    task = factories.task(project)
    client = client_for(project.created_by)
    answer(factories.member(project), task, "billing", "0")
    saving.comment(actor=project.created_by, task=task, body="x")
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[task.pk])

    def add() -> None:
        for number in range(5):
            person = factories.member(project)
            answer(person, task, "billing", str(number))
            saving.comment(actor=person, task=task, body="x")
            tasks.set_split(actor=person, project=project, task_ids=[task.pk], split=["train", "test"][number % 2])

    assert_same_queries(lambda: client.get(address(task)), add_rows=add)


def test_acts_lead_back_to_the_task(client_for: SignIn) -> None:
    project = factories.project()
    task = factories.task(project)
    client = client_for(project.created_by)
    done = client.post(
        f"/p/{project.slug}/tasks/bulk/",
        {"act": "label:intent:other", "task": task.pk, "page": task.pk, "back": "state=todo"},
    )
    assert done.headers["Location"] == f"{address(task)}?state=todo"
    assert Label.objects.get().value == "other"


def test_a_task_is_picked_to_be_labeled(client_for: SignIn) -> None:
    project = factories.project()
    first, picked = factories.tasks(project, 2)
    person, other = factories.member(project, name="Ana"), factories.member(project, name="Bo")
    client = client_for(person)
    assert f'action="/tasks/{picked.pk}/label/"' in client.get(address(picked)).content.decode()
    reply = client.post(f"/tasks/{picked.pk}/label/")
    assert reply["Location"] == f"/p/{project.slug}/label/?task={picked.pk}"
    held = Lease.objects.get(task=picked)
    assert held.user == person
    assert QueueEntry.objects.get(task=picked).open_slots == 0
    # Again: it is theirs already, and stays so once.
    assert client.post(f"/tasks/{picked.pk}/label/").status_code == 302
    assert Lease.objects.filter(task=picked).count() == 1
    assert f'action="/tasks/{picked.pk}/label/"' in client.get(address(picked)).content.decode()
    # Nobody else can have it, and is told so on the task's page.
    refused = client_for(other).post(f"/tasks/{picked.pk}/label/", follow=True)
    assert refused.redirect_chain[0][0] == address(picked)
    assert "Nobody more is asked for this task now" in refused.content.decode()
    assert f'action="/tasks/{picked.pk}/label/"' not in refused.content.decode()
    assert Lease.objects.filter(user=other).count() == 0
    assert QueueEntry.objects.get(task=first).open_slots == 1


def test_a_claim_that_ran_out_can_be_picked_up(client_for: SignIn) -> None:
    project = factories.project()
    task = factories.task(project)
    claims.claim(actor=factories.member(project), project=project, count=1)
    Lease.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    person = factories.member(project)
    client = client_for(person)
    assert f'action="/tasks/{task.pk}/label/"' in client.get(address(task)).content.decode()
    client.post(f"/tasks/{task.pk}/label/")
    assert Lease.objects.get(task=task).user == person
    assert QueueEntry.objects.get(task=task).open_slots == 0


def test_what_is_answered_or_set_aside_is_not_picked_again(client_for: SignIn) -> None:
    project = factories.project(overlap=2)
    answered, aside = factories.tasks(project, 2)
    person = factories.member(project)
    answer(person, answered, "billing", "1")
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[aside.pk], reason="spam")
    client = client_for(person)
    for task in (answered, aside):
        assert f'action="/tasks/{task.pk}/label/"' not in client.get(address(task)).content.decode()
        assert client.post(f"/tasks/{task.pk}/label/")["Location"] == address(task)
    assert not Lease.objects.exists()
    viewer = client_for(factories.member(project, Role.VIEWER))
    assert viewer.post(f"/tasks/{answered.pk}/label/").status_code == 403
