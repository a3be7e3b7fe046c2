"""Flags through the API: list, take, decide, take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from labeling.models import Flag, FlagState, Label, LabelSource, Project, QueueEntry, Role, Task, User
from labeling.reasons.conflict import CONFLICT
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.near_duplicate import NEAR_DUPLICATE, NearDuplicateEvidence
from labeling.services import flags, tasks
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], APIClient]


def labeled(project: Project, count: int, value: str = "billing") -> list[Task]:
    made = factories.tasks(project, count)
    ids = [task.pk for task in made]
    tasks.assign_label(actor=project.created_by, project=project, task_ids=ids, question="intent", value=value)
    return made


def flag_all(project: Project, made: list[Task], *, suggested: str = "delivery") -> list[Flag]:
    """Flag labels as the scan of a project does, the first the worst."""
    labels = {label.task_id: label for label in Label.objects.filter(task__in=made, retired_at=None)}
    findings = [
        flags.Finding(
            task_id=task.pk,
            reason=LABEL_ERROR,
            score=place / 100,
            note="Likely another.",
            evidence=LABEL_ERROR.evidence(label=labels[task.pk].pk, given=labels[task.pk].value, suggested=suggested),
        )
        for place, task in enumerate(made)
    ]
    flags.sync_flags(project=project, question="intent", reasons=[LABEL_ERROR], findings=findings, actor=None)
    return list(Flag.objects.filter(task__in=made, reason=LABEL_ERROR.name).order_by("score"))


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def client(project: Project, api_for: SignIn) -> APIClient:
    return api_for(factories.member(project, Role.REVIEWER))


def address(project: Project, rest: str = "") -> str:
    return f"/api/projects/{project.slug}/flags/{rest}"


def decide(client: APIClient, flag: Flag, **sent: Any) -> Any:
    key = sent.pop("key", str(uuid4()))
    return client.post(f"/api/flags/{flag.pk}/resolution/", sent, format="json", headers={"Idempotency-Key": key})


def test_flags_are_listed_worst_first_with_what_was_given_and_what_is_suggested(
    project: Project, client: APIClient
) -> None:
    made = labeled(project, 3)
    found = flag_all(project, made)
    first = client.get(address(project), {"reason": "label_error", "state": "open", "limit": "2"}).json()
    assert [row["id"] for row in first["results"]] == [flag.pk for flag in found[:2]]
    row = first["results"][0]
    assert {
        "id": found[0].pk,
        "task": made[0].pk,
        "external_id": made[0].external_id,
        "question": "intent",
        "reason": "label_error",
        "score": 0.0,
        "given": "billing",
        "suggested": "delivery",
        "state": "open",
    }.items() <= row.items()
    rest = client.get(first["next"]).json()
    assert [row["id"] for row in rest["results"]] == [found[2].pk]
    assert rest["next"] is None


def test_a_flag_without_a_finding_tells_the_label_of_record(project: Project, client: APIClient) -> None:
    (task,) = labeled(project, 1, "other")
    flags.put_flag(task=task, reason=CONFLICT, question="intent", score=0.5)
    (row,) = client.get(address(project)).json()["results"]
    assert (row["given"], row["suggested"]) == ("other", None)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"reason": "label_error"}, 3),
        ({"reason": "outlier"}, 0),
        ({"state": "resolved"}, 1),
        ({"state": "open"}, 2),
        ({"question": "intent"}, 3),
        ({"given": "billing", "state": "open"}, 2),
        ({"suggested": "delivery"}, 3),
        ({"suggested": "other"}, 0),
    ],
)
def test_flags_are_filtered(project: Project, client: APIClient, query: dict[str, str], count: int) -> None:
    found = flag_all(project, labeled(project, 3))
    assert decide(client, found[0], decision="accept_suggestion").status_code == 201
    assert len(client.get(address(project), query).json()["results"]) == count


@pytest.mark.parametrize("query", [{"reason": "nonsense"}, {"state": "nonsense"}, {"task": "x"}, {"unknown": "1"}])
def test_a_filter_that_is_none_is_refused(project: Project, client: APIClient, query: dict[str, str]) -> None:
    refused = client.get(address(project), query)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["path"] == next(iter(query))


def test_the_list_needs_the_same_queries_for_one_and_for_many(project: Project, client: APIClient) -> None:
    def more(count: int = 5) -> None:
        for task in labeled(project, count):
            flags.put_flag(task=task, reason=CONFLICT, question="intent")

    flag_all(project, labeled(project, 1))
    more(1)
    assert_same_queries(lambda: client.get(address(project)), add_rows=more)


def test_a_decision_writes_a_label_and_can_be_retried(project: Project, client: APIClient) -> None:
    (flag,) = flag_all(project, labeled(project, 1))
    done = decide(client, flag, decision="relabel", answer="other", note="read it twice", key="one")
    assert done.status_code == 201
    told = done.json()
    label = Label.objects.get(task=flag.task_id, retired_at=None)
    assert (label.value, label.source) == ("other", LabelSource.REVIEW)
    assert told["flag"]["state"] == "resolved"
    assert told["flag"]["resolution"] == "relabel"
    assert told["flag"]["resolution_note"] == "read it twice"
    assert (told["flag"]["label"], told["flags"]) == (label.pk, [flag.pk])
    again = decide(client, flag, decision="relabel", answer="other", note="read it twice", key="one")
    assert (again.status_code, again.json()) == (200, told)
    assert Label.objects.filter(task=flag.task_id).count() == 2


def test_what_was_decided_or_changed_meanwhile_is_a_problem(project: Project, client: APIClient) -> None:
    made = labeled(project, 2)
    one, two = flag_all(project, made)
    decide(client, one, decision="keep")
    late = decide(client, one, decision="accept_suggestion")
    assert (late.status_code, late.headers["Content-Type"]) == (409, "application/problem+json")
    assert late.json()["current"] == {"state": "resolved", "resolution": "keep"}
    tasks.assign_label(
        actor=project.created_by, project=project, task_ids=[made[1].pk], question="intent", value="other"
    )
    changed = decide(client, two, decision="accept_suggestion")
    assert changed.status_code == 409
    now = changed.json()["current"]["labels"]["intent"]
    assert now["value"] == "other"
    assert decide(client, two, decision="accept_suggestion", labels=[now["label"]]).status_code == 201


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"decision": "nonsense"},
        {"decision": "relabel"},
        {"decision": "relabel", "answer": "nonsense"},
        {"decision": "keep", "answer": "billing"},
        {"decision": "keep", "unknown": 1},
    ],
)
def test_decisions_that_make_no_sense_are_refused(project: Project, client: APIClient, sent: dict[str, Any]) -> None:
    (flag,) = flag_all(project, labeled(project, 1))
    refused = decide(client, flag, **sent)
    assert refused.status_code == 400
    assert refused.json()["errors"]


def test_a_decision_is_taken_back(project: Project, client: APIClient) -> None:
    (flag,) = flag_all(project, labeled(project, 1))
    decide(client, flag, decision="accept_suggestion")
    undone = client.delete(f"/api/flags/{flag.pk}/resolution/")
    label = Label.objects.get(task=flag.task_id, retired_at=None)
    assert label.value == "billing"
    now = {"labels": {"intent": label.pk}, "seen": [label.pk]}
    assert (undone.status_code, undone.json()) == (200, {"flags": [flag.pk], **now})
    # Sent again after a lost reply, it says what holds now and changes nothing.
    again = client.delete(f"/api/flags/{flag.pk}/resolution/")
    assert (again.status_code, again.json()) == (200, {"flags": [], **now})
    Flag.objects.filter(pk=flag.pk).update(state=FlagState.CLOSED)
    assert client.delete(f"/api/flags/{flag.pk}/resolution/").status_code == 409


def test_several_flags_are_decided_alike_in_one_act(project: Project, client: APIClient) -> None:
    found = flag_all(project, labeled(project, 3))
    decide(client, found[0], decision="keep")
    sent = {"flags": [flag.pk for flag in found], "decision": "accept_suggestion"}
    done = client.post(address(project, "resolutions/"), sent, format="json")
    assert done.status_code == 201
    assert done.json()["decided"] == [flag.pk for flag in found[1:]]
    assert list(done.json()["left"]) == [str(found[0].pk)]
    assert Label.objects.filter(project=project, retired_at=None, value="delivery").count() == 2


def test_flags_are_taken_kept_and_given_back(project: Project, client: APIClient, api_for: SignIn) -> None:
    found = flag_all(project, labeled(project, 3))
    other = api_for(factories.member(project, Role.REVIEWER))
    taken = client.post(address(project, "claims/"), {"count": 2}, format="json").json()
    assert [flag["id"] for flag in taken["flags"]] == [flag.pk for flag in found[:2]]
    assert taken["lease_seconds"] == project.lease_seconds
    rest = other.post(address(project, "claims/"), {"count": 5, "reason": "label_error"}, format="json").json()
    assert [flag["id"] for flag in rest["flags"]] == [found[2].pk]
    ids = [flag.pk for flag in found]
    kept = client.post(address(project, "claims/renew/"), {"flags": ids}, format="json").json()
    assert kept == {"renewed": ids[:2], "lost": ids[2:]}
    assert client.post(address(project, "claims/release/"), {}, format="json").json() == {"released": 2}


def test_copies_are_decided_together_and_taken_back_together(project: Project, client: APIClient) -> None:
    made = labeled(project, 3)
    evidence = NearDuplicateEvidence(members=tuple(task.pk for task in made))
    found = flags.Finding(task_id=made[0].pk, reason=NEAR_DUPLICATE, score=0.5, evidence=evidence)
    flags.sync_flags(project=project, question="intent", reasons=[NEAR_DUPLICATE], findings=[found], actor=None)
    (row,) = client.get(address(project), {"state": "open"}).json()["results"]
    assert row["tasks"] == [task.pk for task in made]
    flag = Flag.objects.get(pk=row["id"])
    done = decide(client, flag, decision="keep_one", answer=made[2].pk)
    assert done.status_code == 201, done.content
    assert done.json()["flag"]["resolution"] == "keep_one"
    quarantined = QueueEntry.objects.filter(state="quarantined")
    assert set(quarantined.values_list("task", flat=True)) == {made[0].pk, made[1].pk}
    back = client.delete(f"/api/flags/{flag.pk}/resolution/").json()
    assert (back["flags"], len(back["seen"])) == ([flag.pk], 3)
    assert not quarantined.exists()
    assert decide(client, flag, decision="one_split", answer="test", labels=back["seen"]).status_code == 201
    assert set(Task.objects.values_list("split", flat=True)) == {"test"}
    assert decide(client, flag, decision="one_split").status_code == 400
