"""Two requests at the same instant: one wins or both do, and neither fails."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client

from labeling.models import AnnotationRevision, Flag, Membership
from labeling.services import people
from tests import factories
from tests.factories import TEXT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.test import APIClient

    from labeling.models import User

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6


def together(api_for: Callable[[User], APIClient], people: list[User], address: str, body: Any, **headers: str) -> Any:
    """Send the same request from all these people at the same instant."""
    ready = Barrier(len(people))

    def send(person: User) -> Any:
        try:
            client = api_for(person)
            ready.wait(timeout=30)
            return client.post(address, body, format="json", headers=headers)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(send, people))


def statuses(responses: Any) -> Counter[int]:
    return Counter(response.status_code for response in responses)


def test_projects_of_one_name_get_slugs_of_their_own(api_for: Callable[[User], APIClient]) -> None:
    people = [factories.user() for _ in range(AT_ONCE)]
    made = together(api_for, people, "/api/projects/", {"name": "Same", "schema": TEXT_SCHEMA})
    assert statuses(made) == {201: AT_ONCE}
    assert len({response.json()["slug"] for response in made}) == AT_ONCE


def test_a_person_accepts_once(client_for: Callable[[User], Client]) -> None:
    project, person = factories.project(), factories.user()
    _, secret = people.invite(actor=project.created_by, project=project, role="viewer")
    ready = Barrier(AT_ONCE)

    def accept(_: int) -> int:
        try:
            client = client_for(person)
            ready.wait(timeout=30)
            return client.post(f"/join/{secret}/").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = Counter(pool.map(accept, range(AT_ONCE)))
    assert answers == {302: 1, 404: AT_ONCE - 1}
    assert Membership.objects.filter(project=project, user=person).count() == 1


def test_an_account_is_made_once(client_for: Callable[[User], Client]) -> None:
    project = factories.project()
    links = [
        f"/join/{people.invite(actor=project.created_by, project=project, role='viewer')[1]}/" for _ in range(AT_ONCE)
    ]
    ready = Barrier(AT_ONCE)

    def join(link: str) -> int:
        try:
            ready.wait(timeout=30)
            sent = {"email": "new@example.org", "name": "New", "password": "brand-new-words"}
            return Client().post(link, sent).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = Counter(pool.map(join, links))
    assert answers == {302: 1, 200: AT_ONCE - 1}, "the others are told that there is an account"
    assert Membership.objects.filter(project=project, user__email="new@example.org").count() == 1


def test_a_save_that_is_sent_many_times_is_one_save(api_for: Callable[[User], APIClient]) -> None:
    project = factories.project()
    task = factories.task(project)
    people = [factories.member(project)] * AT_ONCE
    body = {"answers": {"intent": "billing"}}
    saved = together(api_for, people, f"/api/tasks/{task.pk}/annotations/", body, **{"Idempotency-Key": "k"})
    assert statuses(saved) == {201: 1, 200: AT_ONCE - 1}
    assert len({response.content for response in saved}) == 1
    assert AnnotationRevision.objects.count() == 1


def test_saves_without_a_key_do_not_overwrite_each_other(api_for: Callable[[User], APIClient]) -> None:
    project = factories.project()
    task = factories.task(project)
    people = [factories.member(project)] * AT_ONCE
    saved = together(api_for, people, f"/api/tasks/{task.pk}/annotations/", {"answers": {"intent": "billing"}})
    assert statuses(saved) == {201: 1, 409: AT_ONCE - 1}


def test_flags_for_the_same_reason_are_one_flag(api_for: Callable[[User], APIClient]) -> None:
    project = factories.project()
    task = factories.task(project)
    people = [factories.member(project) for _ in range(AT_ONCE)]
    raised = together(api_for, people, f"/api/tasks/{task.pk}/flags/", {"note": "Look."})
    assert statuses(raised) == {201: AT_ONCE}
    assert Flag.objects.filter(task=task).count() == 1
