"""Runs, predictions and the quality of labels over HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from labeling.models import Event, JobRun, JobState, Label, Project, Upload, User
from labeling.services import jobs
from quality.api import urls
from quality.models import PushedModel, PushedPrediction
from quality.services.predictions import rows as reading
from quality.services.predictions import taking
from tests import factories
from tests.labeling.api.walking import routes_of
from tests.quality.services import making
from tests.query_counts import assert_same_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

JSONL = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
PERSONAL = "about somebody"
RULES = {
    ("api-person-statistics", "get"): PERSONAL,
    ("api-agreement", "get"): "reviewer",
    ("api-agreement", "post"): "reviewer",
    ("api-runs", "get"): "reviewer",
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


def taken(client: APIClient, project: Project, rows: list[dict[str, Any]] | bytes, **params: Any) -> dict[str, Any]:
    """Send predictions, let the job work, and return it."""
    started = send(client, project, rows, **params)
    assert started.status_code == 202, started.content
    assert started.json()["state"] == "queued"
    return worked(client, started.json()["id"])


def worked(client: APIClient, job: int) -> dict[str, Any]:
    """Let a job work, and return it."""
    jobs.perform_job(job)
    found: dict[str, Any] = client.get(f"/api/jobs/{job}/").json()
    return found


def sure(task: Any, label: str = "billing", p: float = 0.9) -> dict[str, Any]:
    rest = (1 - p) / 2
    values = {name: p if name == label else rest for name in making.LABELS}
    return {"external_id": task.external_id, "probabilities": values}


def test_every_route_has_a_rule() -> None:
    assert set(routes_of(urls.urlpatterns)) == set(RULES)


@pytest.mark.parametrize(("name", "method"), sorted(key for key, rule in RULES.items() if rule != PERSONAL))
def test_a_role_may_do_what_its_rule_says_and_no_more(name: str, method: str, api_for: Sign) -> None:
    project = factories.project()
    task = factories.task(project)
    people: dict[str, User | None] = {"anonymous": None, "outsider": factories.user()}
    people |= {role: factories.member(project, role) for role in LADDER}
    for person, user in people.items():
        client = api_for(user) if user else APIClient()
        JobRun.objects.all().delete()
        if (name, method) == ("api-runs", "post"):
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
    first = taken(client, project, [sure(one), {"task": two.pk, "probabilities": {"other": 1}}])
    assert (first["state"], first["progress"], first["error"]) == ("succeeded", 1, None)
    assert first["result"] == {"model": "ours", "question": "intent", "taken": 2, "rejected": 0}
    assert not Upload.objects.exclude(file="").exists(), "what is taken in is no longer kept"
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
    assert second.status_code == 202, second.content
    assert worked(client, second.json()["id"])["result"]["taken"] == 1
    assert PushedPrediction.objects.count() == 2
    assert np.frombuffer(bytes(PushedPrediction.objects.get(task=one).probabilities), "<f4").tolist() == [0.25, 0.75, 0]
    [listed] = client.get(address(project, "predictions")).json()["results"]
    assert (listed["model"], listed["count"], listed["active"], listed["out_of_fold"]) == ("ours", 2, True, False)


def test_another_model_takes_over_and_can_be_switched_off(api_for: Sign) -> None:
    project = factories.project()
    task = factories.task(project)
    client = api_for(project.created_by)
    for name in ("first", "second"):
        assert taken(client, project, [sure(task)], model=name)["state"] == "succeeded"
    models = {row["model"]: row["active"] for row in client.get(address(project, "predictions")).json()["results"]}
    assert models == {"first": False, "second": True}
    assert client.delete(address(project, "predictions", question="intent")).status_code == 204
    assert client.delete(address(project, "predictions", question="intent")).status_code == 404
    assert not PushedModel.objects.filter(active=True).exists()


@pytest.mark.parametrize(
    ("change", "words", "row"),
    [
        ({"probabilities": {"billing": 0.5}}, "The row does not sum to 1", 2),
        ({"probabilities": {"billing": 1.5, "other": -0.5}}, "The row has a probability outside 0 to 1", 2),
        ({"probabilities": {"billing": 10**400}}, "The row has a probability", 2),
        ({"probabilities": {"mood": 1}}, "“mood” is no label of the question", 2),
        ({"probabilities": {"billing": "much"}}, "Expected a number as the probability of “billing”", 2),
        ({"probabilities": {}}, "Expected probabilities by label", 2),
        ({"probabilities": None}, "Expected probabilities by label", 2),
        ({"external_id": "nobody"}, "There is no task “nobody” in this project", 2),
        ({"external_id": None}, "Expected either task", 2),
        ({"task": 1}, "Expected either task", 2),
        ({"mood": 1}, "“mood” is no key of a prediction", 2),
        ({"external_id": ["a"]}, "Expected text or a number in external_id", 2),
        ({"external_id": "a\ud800"}, "The value holds characters that are no valid text", 2),
        ({"external_id": "a\x00"}, "The value holds a NUL character", 2),
        ({"probabilities": {"a\ud800\x00": 1}}, "“a?\ufffd” is no label of the question", 2),
        ({"a\ud800\x00": 1}, "“a?\ufffd” is no key of a prediction", 2),
    ],
)
def test_a_wrong_row_is_said_and_nothing_is_taken(change: dict[str, Any], words: str, row: int, api_for: Sign) -> None:
    project = factories.project()
    one, two = factories.tasks(project, 2)
    client = api_for(project.created_by)
    job = taken(client, project, [sure(one), sure(two) | change])
    assert (job["state"], job["result"]["taken"], job["result"]["rejected"]) == ("failed", 0, 1)
    assert words in job["error"]
    assert "Nothing was taken, because 1 of 2 rows could not be. Row 2: " in job["error"]
    [problem] = client.get(f"/api/jobs/{job['id']}/problems/").json()["results"]
    assert (problem["row"], words in problem["message"]) == (row, True)
    assert not PushedModel.objects.exists()
    assert not Upload.objects.exclude(file="").exists()


def test_what_is_no_file_of_predictions_is_said(api_for: Sign) -> None:
    project = factories.project()
    task = factories.task(project)
    client = api_for(project.created_by)
    assert "not a single row" in taken(client, project, b"\n")["error"]
    assert "Row 2: Row 1 is about the same task" in taken(client, project, [sure(task), sure(task)])["error"]
    assert "not JSON" in taken(client, project, b"{nonsense")["error"]
    assert "not JSON" in taken(client, project, b'{"task": 1, "probabilities": {"billing": NaN}}')["error"]
    assert "no question" in send(client, project, [sure(task)], question="mood").json()["detail"]
    assert send(client, project, [sure(task)], model="").status_code == 400
    url = address(project, "predictions", question="intent", model="ours")
    damaged = client.generic("POST", url, sent(b"PAR1 and no more"), content_type=PARQUET)
    assert "damaged" in worked(client, damaged.json()["id"])["error"]
    assert client.post(url, {}, format="json").status_code == 400
    assert client.generic("POST", url, sent(b"<x/>"), content_type="text/xml").status_code == 415
    assert client.generic("POST", address(project, "predictions"), sent(b"{}"), content_type=JSONL).status_code == 400


def test_a_task_of_another_project_is_not_there(api_for: Sign) -> None:
    project = factories.project()
    stranger = factories.task(factories.project())
    rows = [{"task": stranger.pk, "probabilities": {"billing": 1}}]
    assert "There is no task" in taken(api_for(project.created_by), project, rows)["error"]


def test_every_wrong_row_is_told(api_for: Sign) -> None:
    project = factories.project()
    client = api_for(project.created_by)
    rows = [sure(task) for task in factories.tasks(project, 6)]
    rows[1]["probabilities"] = {"billing": 0.5}
    rows[3]["probabilities"] = {"billing": 2}
    rows[4] = {"task": 1}
    job = taken(client, project, rows)
    assert "because 3 of 6 rows could not be" in job["error"]
    problems = client.get(f"/api/jobs/{job['id']}/problems/").json()["results"]
    assert [(problem["row"], problem["column"]) for problem in problems] == [
        (2, "probabilities"), (4, "probabilities"), (5, "probabilities")
    ]  # fmt: skip


def test_the_same_file_sent_again_is_the_same_job_and_another_one_waits(api_for: Sign) -> None:
    project = factories.project()
    one, two = factories.tasks(project, 2)
    client = api_for(project.created_by)
    first, again = (send(client, project, [sure(one)]) for _ in range(2))
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert Upload.objects.count() == 1
    other = send(client, project, [sure(two)])
    assert (other.status_code, other.json()["current"]) == (409, {"job": first.json()["id"]})
    assert worked(client, first.json()["id"])["result"]["taken"] == 1
    # It is over: the same file once more replaces each prediction by itself.
    assert taken(client, project, [sure(one)])["result"]["taken"] == 1
    assert PushedPrediction.objects.count() == 1


def test_a_canceled_job_takes_nothing(api_for: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    project = factories.project()
    client = api_for(project.created_by)
    started = send(client, project, [sure(factories.task(project))]).json()
    read = reading.Reader.read

    def meanwhile(reader: reading.Reader, batch: Any) -> Any:
        client.delete(f"/api/jobs/{started['id']}/")
        return read(reader, batch)

    monkeypatch.setattr(reading.Reader, "read", meanwhile)
    job = worked(client, started["id"])
    assert (job["state"], PushedModel.objects.exists()) == ("cancelled", False)
    assert not Upload.objects.exclude(file="").exists()


def test_a_job_whose_worker_died_at_the_end_takes_all_rows_once(api_for: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    project = factories.project()
    client = api_for(project.created_by)
    started = send(client, project, [sure(factories.task(project))]).json()

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(taking, "_done_with", dies)
        with pytest.raises(KeyboardInterrupt):
            jobs.perform_job(started["id"])
    assert PushedPrediction.objects.count() == 1
    JobRun.objects.filter(pk=started["id"]).update(state=JobState.QUEUED)
    assert worked(client, started["id"])["result"]["taken"] == 1
    assert Event.objects.filter(verb="predictions.pushed").count() == 1
    assert not Upload.objects.exclude(file="").exists()


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_rows_are_read(api_for: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    project = factories.project()
    client = api_for(project.created_by)
    monkeypatch.setattr(taking, "BATCH", 2)
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0)
    seen: list[tuple[int, str]] = []
    read = reading.Reader.read

    def look(reader: reading.Reader, batch: Any) -> Any:
        with ThreadPoolExecutor(max_workers=1) as another_connection:
            seen.append(another_connection.submit(told).result())
        return read(reader, batch)

    def told() -> tuple[int, str]:
        try:
            return JobRun.objects.values_list("done", "message").get()
        finally:
            connection.close()

    monkeypatch.setattr(reading.Reader, "read", look)
    assert taken(client, project, [sure(task) for task in factories.tasks(project, 5)])["result"]["taken"] == 5
    assert [message for _, message in seen] == ["", "2 rows read", "4 rows read"]
    assert [done > 0 for done, _ in seen] == [False, True, True]


def test_the_page_of_the_job_shows_what_was_wrong(api_for: Sign, client_for: Callable[[User], Client]) -> None:
    project = factories.project()
    job = taken(api_for(project.created_by), project, [{"task": 1}])
    page = client_for(project.created_by).get(f"/jobs/{job['id']}/").content.decode()
    assert "Row 1: <code>probabilities</code>: Expected probabilities by label" in page


def test_an_unknown_question_is_refused(api_for: Sign) -> None:
    project = factories.project()
    response = api_for(project.created_by).post(address(project, "runs"), {"question": "mood"}, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == "question"
    assert not Label.objects.exists()


def test_a_run_needs_no_question_where_only_one_is_asked(api_for: Sign) -> None:
    one = factories.project()
    started = api_for(one.created_by).post(address(one, "runs"), {}, format="json")
    assert started.status_code == 202
    assert JobRun.objects.get(pk=started.json()["job"]).params["question"] == "intent"
    schema = factories.TEXT_SCHEMA | {
        "questions": [
            *factories.TEXT_SCHEMA["questions"],
            {"name": "mood", "kind": "rating", "field": "text", "min": 1, "max": 5},
        ]
    }
    two = factories.project(schema=schema)
    refused = api_for(two.created_by).post(address(two, "runs"), {}, format="json")
    assert refused.status_code == 400
    assert "intent, mood" in refused.json()["detail"]
