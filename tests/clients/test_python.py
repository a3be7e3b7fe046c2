"""The Python client against the running product."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dcai
import httpx
import pytest
from dcai import cli, transport
from pytest_django.live_server_helper import LiveServer

from labeling.models import Annotation, AnnotationRevision, Flag, Label, Project, User
from labeling.services import tokens, webhooks
from tests import factories
from tests.factories import TEXT_SCHEMA
from tests.receiving import HOST, receiving

pytestmark = pytest.mark.django_db(transaction=True)

ROWS: list[dict[str, Any]] = [
    {"text": "I was charged twice.", "external_id": "m-1", "labels": {"intent": "billing"}},
    {"text": "Where is my parcel?", "external_id": "m-2", "split": "test", "meta": {"shop": "north"}},
    {"text": "", "external_id": "m-3"},
]


@pytest.fixture
def person() -> User:
    return factories.user()


@pytest.fixture
def client(live_server: LiveServer, person: User, own_storage: Path) -> Iterator[dcai.Client]:
    """Return a client of the running product, as a person with a token for everything."""
    _, secret = tokens.issue_token(user=person, name="client", scope="manage")
    with dcai.Client(str(live_server.url), secret) as found:
        yield found


@pytest.fixture
def project(client: dcai.Client) -> dcai.Project:
    return client.create_project("Messages", TEXT_SCHEMA)


def test_from_nothing_to_labels_and_a_table(client: dcai.Client, project: dcai.Project, tmp_path: Path) -> None:
    job = project.tasks.import_rows(ROWS)
    assert (job.state, job.result["accepted"], job.result["rejected"]) == ("succeeded", 2, 1)
    assert [(problem["row"], problem["column"]) for problem in job.problems()] == [(3, "text")]
    assert [found["slug"] for found in client.projects()] == ["messages"]

    assert project.tasks.claim(5, filter="q=nowhere") == []
    (task,) = project.tasks.claim(5, filter="state=open")
    saved = project.tasks.answer(task, {"intent": "delivery"}, lead_time_ms=900)
    assert saved["version"] == 1
    assert {row["external_id"]: row["value"] for row in project.labels()} == {"m-1": "billing", "m-2": "delivery"}

    assert [row["external_id"] for row in project.tasks(state="labeled", limit=1)] == ["m-1", "m-2"]
    out = tmp_path / "out"
    out.mkdir()
    assert project.export(out / "labels.csv").read_text().count("\n") == 3
    assert [row["external_id"] for row in project.rows()] == ["m-1", "m-2"]
    assert [row["external_id"] for row in project.rows(filter="q=m-2")] == ["m-2"]
    frame = project.to_pandas()
    assert list(frame["external_id"]) == ["m-1", "m-2"]
    assert [path.name for path in out.iterdir()] == ["labels.csv"]


def test_tasks_are_added_changed_and_answered_without_a_file(project: dcai.Project) -> None:
    texts = [{"data": {"text": f"Message {number}"}, "external_id": f"m-{number}"} for number in range(1_050)]
    added = project.tasks.add(texts)
    assert [row["external_id"] for row in added] == [text["external_id"] for text in texts]
    assert {row["created"] for row in added} == {True}
    again = project.tasks.add([{**texts[0], "split": "test"}])
    assert (again[0]["id"], again[0]["created"], again[0]["differs"]) == (added[0]["id"], False, ["split"])
    changed = project.tasks.change(added[0]["id"], split="test", meta={"shop": "north"})
    assert (changed["split"], changed["meta"]) == ("test", {"shop": "north"})
    with pytest.raises(dcai.RequestFailed, match="none was added"):
        project.tasks.add([{"data": {"text": "Fine"}}, {"data": {"txt": "Not"}}])

    deleted = project.tasks.delete([added[-1]["id"]])
    assert deleted["tasks"] == 1
    assert len(list(project.tasks(state="quarantined"))) == 1
    project.tasks.undelete(deleted["act"])
    assert list(project.tasks(state="quarantined")) == []

    good = [{"task": row["id"], "answers": {"intent": "billing"}} for row in added[:250]]
    results = project.tasks.answer_many([*good, {"task": added[0]["id"], "answers": {"intent": "no such label"}}])
    assert [result["saved"] is not None for result in results] == [True] * 250 + [False]
    assert results[-1]["refused"]["status"] == 400
    assert Annotation.objects.count() == 250


def test_labels_with_other_names_are_found_and_said(project: dcai.Project, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,intent\nHello,0\nWhere is it?,delivery\n")
    looked = project.tasks.import_file(file, dry_run=True)
    assert looked.result["unknown"] == [{"question": "intent", "label": "0", "rows": 1}]
    taken = project.tasks.import_file(file, values={"intent": {"0": "billing"}})
    assert (taken.result["accepted"], taken.result["labels"]) == (2, 2)
    project.tasks.import_rows([{"text": "Bye", "intent": 1}], values={"intent": {"1": "other"}})
    assert sorted(row["value"] for row in project.labels()) == ["billing", "delivery", "other"]


def test_a_stale_save_is_refused_with_what_is_stored(project: dcai.Project) -> None:
    project.tasks.import_rows([{"text": "Hello"}])
    (task,) = project.tasks.claim()
    project.tasks.answer(task, {"intent": "billing"})
    with pytest.raises(dcai.RequestFailed) as refused:
        project.tasks.answer(task, {"intent": "delivery"})
    assert refused.value.status == 409
    assert refused.value.current["answers"] == {"intent": "billing"}
    assert refused.value.request_id
    fresh = project.tasks.get(task["id"])
    assert project.tasks.answer(fresh, {"intent": "delivery"})["version"] == 2
    assert project.tasks.skip(project.tasks.get(task["id"]), "unclear")["state"] == "skipped"


def test_flags_are_decided_and_taken_back(project: dcai.Project) -> None:
    project.tasks.import_rows(ROWS[:1])
    (task,) = project.tasks
    made = project.tasks.flag(task["id"], "Look at this", question="intent")
    (flag,) = project.flags(state="open")
    assert flag["id"] == made["id"]
    assert project.flags.decide(flag["id"], "relabel", answer="delivery")["flag"]["state"] == "resolved"
    assert Label.objects.get(retired_at=None).value == "delivery"
    project.flags.take_back(flag["id"])
    assert Flag.objects.get().state == "open"


def test_predictions_and_a_check(project: dcai.Project) -> None:
    labels = ("billing", "delivery")
    rows = [
        {"text": f"{labels[n % 2]} {n}", "external_id": str(n), "labels": {"intent": labels[n % 2]}} for n in range(12)
    ]
    project.tasks.import_rows(rows)
    wrong = {"external_id": "0", "probabilities": {"nonsense": 1.0}}
    with pytest.raises(dcai.JobFailed) as failed:
        project.push_predictions([wrong], question="intent", model="ours")
    assert [problem["row"] for problem in failed.value.job.problems()] == [1]
    right = [{"external_id": row["external_id"], "probabilities": {"billing": 0.5, "delivery": 0.5}} for row in rows]
    assert project.push_predictions(right, question="intent", model="ours").result["taken"] == 12
    assert project.check("intent").state == "succeeded"
    assert next(project.runs())["question"] == "intent"


def test_settings_and_schema_are_changed_and_a_project_goes_for_good(project: dcai.Project) -> None:
    assert project.update(agreement_floor=0.8)["agreement_floor"] == 0.8
    schema = project.schema()
    schema["questions"][0]["labels"].append("new")
    assert project.set_schema(schema)["version"] == 2
    with pytest.raises(dcai.RequestFailed, match="400"):
        project.set_schema({"fields": [], "questions": []})
    project.delete("Messages").wait()
    assert not Project.objects.exists()


def test_the_command_line_does_the_same(
    live_server: LiveServer, person: User, project: dcai.Project, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("DCAI_URL", str(live_server.url))
    monkeypatch.setenv("DCAI_TOKEN", tokens.issue_token(user=person, name="shell", scope="manage")[1])
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps({"body": row["text"]}) for row in ROWS))

    assert cli.main(["projects"]) == 0
    assert "messages\tmanager\tMessages" in capsys.readouterr().out
    assert cli.main(["import", "messages", str(file), "--map", "body=field:text"]) == 1
    told = capsys.readouterr()
    assert "2 accepted" in told.out
    assert "row 3, text" in told.err
    assert cli.main(["claim", "messages", "--count", "2", "--filter", "state=todo"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert cli.main(["export", "messages", str(tmp_path / "out.parquet")]) == 0
    assert (tmp_path / "out.parquet").stat().st_size > 100

    assert cli.main(["import", "messages", str(tmp_path / "missing.csv")]) == 1
    assert "No such file" in capsys.readouterr().err
    assert cli.main(["export", "nothing", str(tmp_path / "out.csv")]) == 1
    assert "404" in capsys.readouterr().err
    monkeypatch.delenv("DCAI_TOKEN")
    assert cli.main(["projects"]) == 1
    assert "DCAI_TOKEN" in capsys.readouterr().err


class Trouble(httpx.BaseTransport):
    """Passes requests on, after trouble of a kind: before the site has seen them, or after."""

    def __init__(self, *trouble: str) -> None:
        self.trouble = list(trouble)
        self.requests = 0
        self._real = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        kind = self.trouble.pop(0) if self.trouble else ""
        if kind == "refused":
            raise httpx.ConnectError("refused", request=request)
        if kind == "busy":
            return httpx.Response(503, headers={"Retry-After": "0"}, request=request)
        response = self._real.handle_request(request)
        if kind == "lost":
            response.read()
            raise httpx.ReadError("lost", request=request)
        return response


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_pause", lambda *_: 0)


def through(trouble: Trouble, live_server: LiveServer, person: User) -> dcai.Client:
    _, secret = tokens.issue_token(user=person, name="client", scope="manage")
    return dcai.Client(str(live_server.url), secret, transport=trouble)


@pytest.mark.usefixtures("_no_pauses")
def test_a_save_is_tried_again_until_it_is_there_and_is_there_once(
    live_server: LiveServer, person: User, project: dcai.Project
) -> None:
    project.tasks.import_rows([{"text": "Hello"}])
    (task,) = project.tasks.claim()
    trouble = Trouble("refused", "busy", "lost")
    with through(trouble, live_server, person) as client:
        saved = client.project(project.slug).tasks.answer(task, {"intent": "billing"})
    assert (saved["version"], trouble.requests) == (1, 4)
    assert (Annotation.objects.count(), AnnotationRevision.objects.count()) == (1, 1)


@pytest.mark.usefixtures("_no_pauses")
def test_what_could_be_done_twice_is_tried_again_only_when_nothing_was_done(
    live_server: LiveServer, person: User, client: dcai.Client
) -> None:
    trouble = Trouble("refused", "busy")
    with through(trouble, live_server, person) as patient:
        patient.create_project("Once", TEXT_SCHEMA)
    assert trouble.requests == 3
    trouble = Trouble("lost")
    with through(trouble, live_server, person) as patient, pytest.raises(httpx.ReadError):
        patient.create_project("Twice", TEXT_SCHEMA)
    assert trouble.requests == 1
    assert sorted(project["name"] for project in client.projects()) == ["Once", "Twice"]


@pytest.mark.usefixtures("_no_pauses")
def test_in_the_end_the_last_trouble_is_told(live_server: LiveServer, person: User) -> None:
    trouble = Trouble(*["busy"] * 9)
    with through(trouble, live_server, person) as client, pytest.raises(dcai.RequestFailed, match="503"):
        client.me()
    assert trouble.requests == 5


def test_the_token_goes_to_no_other_address_than_the_one_given() -> None:
    """A site that names another one in `next` gets the next request itself."""
    pages: Iterator[dict[str, Any]] = iter(
        [
            {"results": [{"slug": "a"}], "next": "https://evil.example/api/projects/?cursor=2"},
            {"results": [], "next": None},
        ]
    )
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json=next(pages))

    with dcai.Client("http://site.test/dcai/", "secret", transport=httpx.MockTransport(answer)) as client:
        assert [row["slug"] for row in itertools.islice(client.projects(), 5)] == ["a"]
    assert seen == ["http://site.test/dcai/api/projects/", "http://site.test/dcai/api/projects/?cursor=2"]


def test_webhooks_are_set_up_and_what_they_send_is_checked(project: dcai.Project, settings: Any) -> None:
    settings.WEBHOOK_HOSTS = [HOST]
    with receiving() as receiver:
        made = project.webhooks.create(receiver.url, ["task.created"])
        project.tasks.add([{"data": {"text": "Hello."}}])
        webhooks.deliver_webhook(made["id"])
        (request,) = receiver.requests
        headers = dict(request.headers.items())
        message = dcai.verify(made["secret"], headers, request.body)
        assert [event["type"] for event in message["events"]] == ["task.created"]
        for secret, body, tolerance in (
            ("whsec_other", request.body, 300),
            (made["secret"], b"{}", 300),
            (made["secret"], request.body, -1),
        ):
            with pytest.raises(dcai.NotSigned):
                dcai.verify(secret, headers, body, tolerance=tolerance)
        for signature in ("", "t=1", "t=x,v1=", f"v1={headers['Dcai-Signature']}", "t=1,t=2,v1=0"):
            with pytest.raises(dcai.NotSigned):
                dcai.verify(made["secret"], {"dcai-signature": signature}, request.body)

        assert [sent["state"] for sent in project.webhooks.deliveries(made["id"])] == ["delivered"]
        (sent,) = project.webhooks.deliveries(made["id"])
        assert project.webhooks.send_again(made["id"], sent["id"])["uid"] == sent["uid"]
        assert project.webhooks.ping(made["id"])["state"] == "waiting"
    assert project.webhooks.change(made["id"], on=False)["on"] is False
    project.webhooks.delete(made["id"])
    assert list(project.webhooks) == []
