"""Tasks and claims over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labeling.models import Lease
from labeling.services import tasks as acts
from tests import factories
from tests.query_counts import assert_same_queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.test import APIClient

    from labeling.models import Project, User

    ApiFor = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


def test_tasks_are_paged_to_the_end_without_loss_or_repetition(project: Project, api_for: ApiFor) -> None:
    made = factories.tasks(project, 7)
    client = api_for(project.created_by)
    address: str | None = f"/api/projects/{project.slug}/tasks/?limit=3"
    seen, pages = [], 0
    while address:
        page = client.get(address).json()
        seen += [task["id"] for task in page["results"]]
        address, pages = page["next"], pages + 1
    assert seen == [task.pk for task in made]
    assert pages == 3


def test_a_task_is_shown_with_its_data_and_what_holds_now(project: Project, api_for: ApiFor) -> None:
    task = factories.task(project, text="Where is my parcel?")
    assert api_for(project.created_by).get(f"/api/tasks/{task.pk}/").json() == {
        "id": task.pk,
        "external_id": task.external_id,
        "project": project.slug,
        "split": "",
        "data": {"text": "Where is my parcel?"},
        "meta": {},
        "state": "todo",
        "reason": "",
        "guideline_version": 0,
        "schema_version": 1,
        "lease_expires_at": None,
        "annotation": None,
        "sent_back": None,
        "my_flag": None,
        "my_comments": 0,
    }


def test_tasks_are_found_by_state_split_external_id_and_label(project: Project, api_for: ApiFor) -> None:
    billing, test_split, hidden, plain = factories.tasks(project, 4)
    manager = project.created_by
    acts.assign_label(actor=manager, project=project, task_ids=[billing.pk], question="intent", value="billing")
    acts.set_split(actor=manager, project=project, task_ids=[test_split.pk], split="test")
    acts.quarantine(actor=manager, project=project, task_ids=[hidden.pk])
    client = api_for(manager)

    def found(query: str) -> list[int]:
        response = client.get(f"/api/projects/{project.slug}/tasks/?{query}")
        assert response.status_code == 200, response.content
        return [task["id"] for task in response.json()["results"]]

    assert found("split=test") == [test_split.pk]
    assert found("state=quarantined") == [hidden.pk]
    assert found("label=billing") == found("question=intent") == found("label=billing&question=intent") == [billing.pk]
    assert found("label=other") == []
    assert found(f"external_id={plain.external_id}") == [plain.pk]
    assert test_split.pk not in found("split=none")
    assert found("source=bulk") == [billing.pk]
    assert set(found("state=todo")) == {test_split.pk, plain.pk}
    assert found("q=" + plain.data["text"].split()[-1]) == [plain.pk]
    assert found("flag=any") == found("meta=a=b") == []


def test_the_list_costs_the_same_for_any_number_of_tasks(project: Project, api_for: ApiFor) -> None:
    factories.tasks(project, 1)
    client = api_for(project.created_by)
    assert_same_queries(
        lambda: client.get(f"/api/projects/{project.slug}/tasks/"), add_rows=lambda: factories.tasks(project, 10)
    )


def test_a_claim_hands_out_each_task_once(project: Project, api_for: ApiFor) -> None:
    factories.tasks(project, 5)
    one, other = (api_for(factories.member(project)) for _ in range(2))
    address = f"/api/projects/{project.slug}/claims/"
    mine = one.post(address, {"count": 3}, format="json").json()
    theirs = other.post(address, {"count": 3}, format="json").json()
    assert len(mine["tasks"]) == 3
    assert mine["remaining"] == 2
    assert len(theirs["tasks"]) == 2
    assert not {task["id"] for task in mine["tasks"]} & {task["id"] for task in theirs["tasks"]}
    assert mine["lease_seconds"] == project.lease_seconds
    assert mine["tasks"][0]["lease_expires_at"]
    again = one.post(address, {"count": 5, "held": True}, format="json").json()
    assert [task["id"] for task in again["tasks"]] == [task["id"] for task in mine["tasks"]]


def test_a_claim_of_what_is_alike_leaves_the_others_their_share(project: Project, api_for: ApiFor) -> None:
    made = factories.tasks(project, 16)
    person, _ = factories.member(project), factories.member(project)
    address = f"/api/projects/{project.slug}/claims/"
    found = api_for(person).post(address, {"count": 50, "alike": True}, format="json").json()
    assert [task["id"] for task in found["tasks"]] == [task.pk for task in made[:8]]
    assert (found["remaining"], found["alike_to"]) == (8, None)
    assert api_for(person).post(address, {"count": 1}, format="json").json()["alike_to"] is None


def test_a_filter_says_what_belongs_together(project: Project, api_for: ApiFor) -> None:
    made = factories.tasks(
        project, data=[{"text": f"{'refund' if number % 2 else 'parcel'} {number}"} for number in range(24)]
    )
    person, _ = factories.member(project), factories.member(project)
    asked = {"count": 50, "alike": True, "filter": "q=refund"}
    found = api_for(person).post(f"/api/projects/{project.slug}/claims/", asked, format="json").json()
    assert [task["id"] for task in found["tasks"]] == [task.pk for task in made[1::2]]
    assert found["alike_to"] is None


@pytest.mark.parametrize(
    ("count", "status"), [(0, 400), (1, 200), (10_000, 200), (10_001, 400), ("5", 400), (1.5, 400)]
)
def test_a_claim_of_more_than_is_handed_out_at_once_gets_what_is(
    count: object, status: int, project: Project, api_for: ApiFor
) -> None:
    factories.tasks(project, 3)
    response = api_for(project.created_by).post(
        f"/api/projects/{project.slug}/claims/", {"count": count}, format="json"
    )
    assert response.status_code == status
    if status == 200:
        assert len(response.json()["tasks"]) == min(3, int(str(count)))


def test_leases_are_renewed_and_given_back(project: Project, api_for: ApiFor) -> None:
    person = factories.member(project)
    client = api_for(person)
    claims = f"/api/projects/{project.slug}/claims/"
    first, second = factories.tasks(project, 2)
    client.post(claims, {"count": 2}, format="json")
    Lease.objects.filter(task=second).delete()
    renewed = client.post(f"{claims}renew/", {"tasks": [first.pk, second.pk, 10**12]}, format="json").json()
    assert renewed == {"renewed": [first.pk], "lost": [second.pk, 10**12]}
    assert client.post(f"{claims}release/", {}, format="json").json() == {"released": [first.pk]}
    assert client.post(f"{claims}release/", {"tasks": [first.pk]}, format="json").json() == {"released": []}


def test_a_claim_costs_the_same_for_any_number_of_tasks(project: Project, api_for: ApiFor) -> None:
    client = api_for(factories.member(project))
    factories.tasks(project, 1)
    claim = {"count": 10, "held": True}
    assert_same_queries(
        lambda: client.post(f"/api/projects/{project.slug}/claims/", claim, format="json"),
        add_rows=lambda: factories.tasks(project, 8),
    )


def test_a_claim_takes_only_what_fits_its_filter(project: Project, api_for: ApiFor) -> None:
    other, wanted = factories.tasks(project, data=[{"text": "Where is my parcel?"}, {"text": "I want a refund"}])
    claims = f"/api/projects/{project.slug}/claims/"
    client = api_for(factories.member(project))

    claimed = client.post(claims, {"count": 5, "filter": "q=refund&state=open"}, format="json").json()

    assert [task["id"] for task in claimed["tasks"]] == [wanted.pk]
    assert claimed["remaining"] == 0
    named = client.post(claims, {"count": 5, "filter": f"tasks={other.pk},{wanted.pk}"}, format="json").json()
    assert [task["id"] for task in named["tasks"]] == [other.pk]


def test_a_filter_of_a_claim_is_refused_in_words(project: Project, api_for: ApiFor) -> None:
    claims = f"/api/projects/{project.slug}/claims/"
    client = api_for(factories.member(project))

    told = client.post(claims, {"filter": "flag=any"}, format="json")
    unknown = client.post(claims, {"filter": "sate=open"}, format="json")

    assert (told.status_code, unknown.status_code) == (403, 400)
    assert "for reviewers" in told.json()["detail"]
    assert "sate" in unknown.json()["detail"]
