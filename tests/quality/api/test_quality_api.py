"""Runs, predictions and the quality of labels over HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rest_framework.test import APIClient

from labeling.models import JobRun, Label, Project, User
from quality.api import urls
from quality.models import PushedModel, PushedPrediction
from tests import factories
from tests.labeling.api.walking import routes_of
from tests.quality.services import making
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db

JSONL = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
RULES = {
    ("api-runs", "get"): "viewer",
    ("api-runs", "post"): "reviewer",
    ("api-predictions", "get"): "viewer",
    ("api-predictions", "post"): "manager",
    ("api-predictions", "delete"): "manager",
}
LADDER = ["viewer", "annotator", "reviewer", "manager"]

Sign = Callable[[User], APIClient]


def address(project: Project, what: str, **params: Any) -> str:
    query = "&".join(f"{name}={value}" for name, value in params.items())
    return f"/api/projects/{project.slug}/{what}/?{query}"


def sent(body: bytes) -> Any:
    """Return a body as it is; the stubs of the client know texts only."""
    return body


def send(client: APIClient, project: Project, rows: list[dict[str, Any]] | bytes, **params: Any) -> Any:
    body = rows if isinstance(rows, bytes) else "\n".join(json.dumps(row) for row in rows).encode()
    asked = {"question": "intent", "model": "ours"} | params
    return client.generic("POST", address(project, "predictions", **asked), sent(body), content_type=JSONL)


def sure(task: Any, label: str = "billing", p: float = 0.9) -> dict[str, Any]:
    rest = (1 - p) / 2
    values = {name: p if name == label else rest for name in making.LABELS}
    return {"external_id": task.external_id, "probabilities": values}


def test_every_route_has_a_rule() -> None:
    assert set(routes_of(urls.urlpatterns)) == set(RULES)


@pytest.mark.parametrize(("name", "method"), sorted(RULES))
def test_a_role_may_do_what_its_rule_says_and_no_more(name: str, method: str, api_for: Sign) -> None:
    project = factories.project()
    task = factories.task(project)
    people: dict[str, User | None] = {"anonymous": None, "outsider": factories.user()}
    people |= {role: factories.member(project, role) for role in LADDER}
    for person, user in people.items():
        client = api_for(user) if user else APIClient()
        if (name, method) == ("api-runs", "post"):
            JobRun.objects.all().delete()
            response = client.post(address(project, "runs"), {"question": "intent"}, format="json")
        elif (name, method) == ("api-predictions", "post"):
            response = send(client, project, [sure(task)])
        else:
            PushedModel.objects.all().delete()
            PushedModel.objects.create(
                project=project,
                question="intent",
                name="x",
                classes=[],
                out_of_fold=True,
                created_by=project.created_by,
            )
            response = client.generic(method.upper(), address(project, name.removeprefix("api-"), question="intent"))
            if method == "get":
                response = client.get(address(project, name.removeprefix("api-")))
        if user is None:
            assert response.status_code == 401
        elif person == "outsider":
            assert response.status_code == 404
        elif LADDER.index(person) < LADDER.index(RULES[name, method]):
            assert response.status_code == 403
        else:
            assert response.status_code < 300, response.content


def test_a_run_from_start_to_result(api_for: Sign) -> None:
    project = factories.project()
    labeled = making.messages(project, 60)
    making.label(labeled[:1], ["other"])
    making.messages(project, 15, split="test", start=500)
    client = api_for(project.created_by)
    started = client.post(address(project, "runs"), {"question": "intent"}, format="json")
    assert started.status_code == 202
    again = client.post(address(project, "runs"), {"question": "intent"}, format="json")
    assert (again.status_code, again.json()["current"]) == (409, {"job": started.json()["job"]})
    [waiting] = client.get(address(project, "runs")).json()["results"]
    assert (waiting["state"], waiting["run"], waiting["summary"]) == ("queued", None, None)
    making.work(JobRun.objects.get())
    [done] = client.get(address(project, "runs")).json()["results"]
    assert (done["state"], done["progress"], done["trigger"], done["question"]) == ("succeeded", 1, "hand", "intent")
    assert done["summary"]["label_errors"]["items"] == 75
    assert done["gain"]["items"] == 15
    low, high = done["gain"]["accuracy_interval"]
    assert low <= done["gain"]["accuracy"] <= high + 1e-9

    labels = {row["task"]: row for row in client.get(address(project, "labels")).json()["results"]}
    wrong = labels[labeled[0].pk]
    assert wrong["predicted"] == "billing"
    assert wrong["quality"] < 0.5
    assert all(0 <= row["quality"] <= 1 for row in labels.values())
    # What is said of a label is not said of the one that replaces it.
    making.label(labeled[:1], ["billing"])
    newer = client.get(address(project, "labels", task=labeled[0].pk)).json()["results"][0]
    assert (newer["quality"], newer["predicted"]) == (None, "billing")


def test_labels_before_any_run_have_no_quality(api_for: Sign) -> None:
    project = factories.project()
    making.messages(project, 3)
    rows = api_for(project.created_by).get(address(project, "labels")).json()["results"]
    assert [(row["quality"], row["predicted"]) for row in rows] == [(None, None)] * 3


def test_lists_cost_the_same_for_one_row_and_many(api_for: Sign) -> None:
    project = factories.project()
    making.messages(project, 9)
    client = api_for(project.created_by)
    making.run(project)

    def more() -> None:
        making.messages(project, 9, start=100)
        making.run(project)
        making.run(project)

    assert_same_queries(
        lambda: (client.get(address(project, "labels")), client.get(address(project, "runs"))), add_rows=more
    )


def test_predictions_as_json_lines_and_as_parquet(api_for: Sign) -> None:
    project = factories.project()
    one, two = factories.tasks(project, 2)
    client = api_for(project.created_by)
    first = send(client, project, [sure(one), {"task": two.pk, "probabilities": {"other": 1}}])
    assert (first.status_code, first.json()) == (201, {"model": "ours", "question": "intent", "taken": 2})
    stored = np.frombuffer(bytes(PushedPrediction.objects.get(task=two).probabilities), "<f4")
    assert stored.tolist() == [0, 0, 1]

    out = io.BytesIO()
    table = pa.table(
        {
            "external_id": [one.external_id],
            "probabilities": pa.array([{"billing": 0.25, "delivery": 0.75}]),
        }
    )
    pq.write_table(table, out)
    url = address(project, "predictions", question="intent", model="ours", out_of_fold="false")
    second = client.generic("POST", url, sent(out.getvalue()), content_type=PARQUET)
    assert second.status_code == 201, second.content
    assert PushedPrediction.objects.count() == 2
    assert np.frombuffer(bytes(PushedPrediction.objects.get(task=one).probabilities), "<f4").tolist() == [0.25, 0.75, 0]
    [listed] = client.get(address(project, "predictions")).json()["results"]
    assert (listed["model"], listed["count"], listed["active"], listed["out_of_fold"]) == ("ours", 2, True, False)


def test_another_model_takes_over_and_can_be_switched_off(api_for: Sign) -> None:
    project = factories.project()
    task = factories.task(project)
    client = api_for(project.created_by)
    for name in ("first", "second"):
        assert send(client, project, [sure(task)], model=name).status_code == 201
    models = {row["model"]: row["active"] for row in client.get(address(project, "predictions")).json()["results"]}
    assert models == {"first": False, "second": True}
    assert client.delete(address(project, "predictions", question="intent")).status_code == 204
    assert client.delete(address(project, "predictions", question="intent")).status_code == 404
    assert not PushedModel.objects.filter(active=True).exists()


@pytest.mark.parametrize(
    ("change", "words", "row"),
    [
        ({"probabilities": {"billing": 0.5}}, "Row 2 does not sum to 1", 2),
        ({"probabilities": {"billing": 1.5, "other": -0.5}}, "Row 2 has a probability outside 0 to 1", 2),
        ({"probabilities": {"mood": 1}}, "“mood” is no label of the question", 2),
        ({"probabilities": {"billing": "much"}}, "Expected a number as the probability of “billing”", 2),
        ({"probabilities": {}}, "Expected probabilities by label", 2),
        ({"probabilities": None}, "Expected probabilities by label", 2),
        ({"external_id": "nobody"}, "There is no task “nobody” in this project", 2),
        ({"external_id": None}, "Expected either task", 2),
        ({"task": 1}, "Expected either task", 2),
        ({"mood": 1}, "“mood” is no key of a prediction", 2),
    ],
)
def test_a_wrong_row_is_said_and_nothing_is_taken(change: dict[str, Any], words: str, row: int, api_for: Sign) -> None:
    project = factories.project()
    one, two = factories.tasks(project, 2)
    response = send(api_for(project.created_by), project, [sure(one), sure(two) | change])
    assert response.status_code == 400
    problem = response.json()
    assert words in problem["detail"]
    assert problem["errors"][0]["row"] == row
    assert not PushedModel.objects.exists()


def test_what_is_no_file_of_predictions_is_said(api_for: Sign) -> None:
    project = factories.project()
    task = factories.task(project)
    client = api_for(project.created_by)
    assert "not a single row" in send(client, project, b"\n").json()["detail"]
    assert "row 2" in send(client, project, [sure(task), sure(task)]).json()["detail"]
    assert "not JSON" in send(client, project, b"{nonsense").json()["detail"]
    assert "not JSON" in send(client, project, b'{"task": 1, "probabilities": {"billing": NaN}}').json()["detail"]
    assert "no question" in send(client, project, [sure(task)], question="mood").json()["detail"]
    assert send(client, project, [sure(task)], model="").status_code == 400
    url = address(project, "predictions", question="intent", model="ours")
    damaged = client.generic("POST", url, sent(b"PAR1 and no more"), content_type=PARQUET)
    assert (damaged.status_code, "damaged" in damaged.json()["detail"]) == (400, True)
    assert client.post(url, {}, format="json").status_code == 415
    assert client.generic("POST", address(project, "predictions"), sent(b"{}"), content_type=JSONL).status_code == 400


def test_a_task_of_another_project_is_not_there(api_for: Sign) -> None:
    project = factories.project()
    stranger = factories.task(factories.project())
    rows = [{"task": stranger.pk, "probabilities": {"billing": 1}}]
    assert "There is no task" in send(api_for(project.created_by), project, rows).json()["detail"]


def test_an_unknown_question_is_refused(api_for: Sign) -> None:
    project = factories.project()
    response = api_for(project.created_by).post(address(project, "runs"), {"question": "mood"}, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == "question"
    assert not Label.objects.exists()
