"""Labels and questions in the browser: change them, add to them, and be told what must stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.errors import Invalid
from labeling.kinds.schema.changes import changes
from labeling.models import Label, Project, Role, SchemaVersion, User
from labeling.selectors import schemas as schema_reads
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import projects
from labeling.web import schema_draft
from tests import factories
from tests.labeling.web.answering import answer
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

QUESTIONS: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}, {"name": "photo", "type": "image", "required": False}],
    "questions": [
        {"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "delivery", "other"]},
        {"name": "mood", "kind": "rating", "field": "text", "min": 1, "max": 3, "required": False},
        {"name": "words", "kind": "text", "field": "text", "required": False, "max_length": 77},
    ],
}


@pytest.fixture
def project() -> Project:
    return factories.project(schema=QUESTIONS)


def address(project: Project, more: str = "") -> str:
    return f"/p/{project.slug}/settings/schema/{more}"


def body(project: Project) -> dict[str, Any]:
    return version_reads.schema(project.pk).dump()


def number(project: Project) -> int:
    return version_reads.current(project.pk).schema


def form(project: Project, **changed: Any) -> dict[str, Any]:
    """Return what the form sends, as the page fills it in."""
    sent: dict[str, Any] = {"version": str(number(project)), "questions": "0", "kept": []}
    for place, question in enumerate(body(project)["questions"]):
        at = f"s{place}-"
        sent["kept"].append(question["name"])
        sent |= {f"{at}title": question["title"], f"{at}description": question["description"]}
        if question["required"]:
            sent[f"{at}required"] = "on"
        if isinstance(question.get("labels"), list):
            sent[f"{at}label"] = [label["name"] for label in question["labels"]]
            for part in schema_draft.PARTS:
                sent[f"{at}label-{part}"] = [label[part] for label in question["labels"]]
    return sent | changed


def names(reply: Any) -> list[str]:
    """Return the labels of the first question on a page."""
    return [label["name"] for label in reply.context["draft"].questions[0].body["labels"]]


@pytest.mark.parametrize("more", ["", "json/"])
def test_only_managers_reach_it(client_for: SignIn, project: Project, more: str) -> None:
    assert client_for(project.created_by).get(address(project, more)).status_code == 200
    assert client_for(factories.user()).get(address(project, more)).status_code == 404
    for role in (Role.VIEWER, Role.ANNOTATOR, Role.REVIEWER):
        member = client_for(factories.member(project, role))
        assert member.get(address(project, more)).status_code == 403
        assert member.post(address(project, more), form(project)).status_code == 403
        assert member.post(address(project, f"{more}check/"), form(project)).status_code == 403
    assert number(project) == 1


def test_the_form_as_it_was_sent_back_changes_nothing(client_for: SignIn, project: Project) -> None:
    page = client_for(project.created_by).post(address(project), form(project), follow=True)
    assert "Nothing was changed" in page.content.decode()
    assert number(project) == 1


def test_an_added_label_is_in_the_editor_from_the_next_version_on(client_for: SignIn, project: Project) -> None:
    client = client_for(project.created_by)
    saved = client.post(address(project), form(project, **{"s0-more": "refund\nbilling\nlost parcel"}), follow=True)
    assert "Version 2 holds from the next task on." in saved.content.decode()
    factories.task(project)
    config = client.get(f"/p/{project.slug}/label/").context["config"]
    assert config["schema_version"] == 2
    labels = config["schema"]["questions"][0]["labels"]
    assert [label["name"] for label in labels] == ["billing", "delivery", "other", "refund", "lost parcel"]
    assert [label["key"] for label in labels] == ["1", "2", "3", "4", "5"]
    assert len({label["color"] for label in labels}) == 5


def test_what_a_label_and_a_question_say_can_be_changed(client_for: SignIn, project: Project) -> None:
    changed = form(project)
    changed |= {
        "s0-title": "What is it about?",
        "s0-description": "Take the first thing asked for.",
        "s0-label-title": ["Invoices", "Delivery", "Other"],
        "s0-label-color": ["#112233", "#445566", "#778899"],
        "s0-label-key": ["b", "2", ""],
        "s0-label-group": ["Money / Owed", "", "Rest"],
        "s0-label-description": ["Money", "", ""],
        "s1-required": "on",
        "s1-step": ["bad", "", "good"],
    }
    assert client_for(project.created_by).post(address(project), changed).status_code == 302
    intent, mood, words = body(project)["questions"]
    assert (intent["title"], intent["description"]) == ("What is it about?", "Take the first thing asked for.")
    assert intent["labels"][0] == {
        "name": "billing", "title": "Invoices", "color": "#112233", "key": "b", "description": "Money",
        "group": "Money / Owed",
    }  # fmt: skip
    assert intent["labels"][2]["key"] == "1"
    assert (mood["required"], mood["labels"]) == (True, {"1": "bad", "3": "good"})
    assert words["max_length"] == 77


def test_labels_move_and_unused_ones_go_without_saving(client_for: SignIn, project: Project) -> None:
    client = client_for(project.created_by)
    assert names(client.post(address(project), form(project, do="down:0:0"))) == ["delivery", "billing", "other"]
    assert names(client.post(address(project), form(project, do="up:0:0"))) == ["billing", "delivery", "other"]
    dropped = client.post(address(project), form(project, do="drop:0:1"))
    assert names(dropped) == ["billing", "other"]
    assert "data-unsaved" in dropped.content.decode()
    appended = client.post(address(project), form(project, do="append:0", **{"s0-more": "refund"}))
    assert names(appended) == ["billing", "delivery", "other", "refund"]
    for strange in ("up:9:9", "drop:0:99", "nothing", "forget:77", "down:x:y", "remove:5"):
        assert client.post(address(project), form(project, do=strange)).status_code == 200
    assert number(project) == 1


def test_a_label_in_use_stays_and_says_why(client_for: SignIn, project: Project) -> None:
    factories.tasks(project, 3)
    answer(factories.member(project), project, 2)
    client = client_for(project.created_by)
    kept = client.post(address(project), form(project, do="drop:0:0"))
    assert names(kept) == ["billing", "delivery", "other"]
    assert "It must stay: 2 tasks have an answer or a label with it." in kept.content.decode()
    forgotten = client.post(address(project), form(project, do="forget:0"))
    assert "This question must stay: 2 tasks have an answer" in forgotten.content.decode()
    without = form(project) | {"s0-label": ["delivery"]} | {f"s0-label-{part}": [""] for part in schema_draft.PARTS}
    refused = client.post(address(project), without)
    assert refused.status_code == 400
    assert "“billing” of “intent” must stay: tasks have answers or labels with it." in refused.content.decode()
    assert number(project) == 1


@pytest.mark.parametrize(
    ("name", "given", "used", "unused"),
    [("one", "spam", "spam", "eggs"), ("some", ["spam"], "spam", "eggs"), ("scale", 4, "4", "5")],
)
def test_an_answer_that_waits_for_another_one_is_in_use_too(name: str, given: Any, used: str, unused: str) -> None:
    questions = [
        {"name": "one", "kind": "choice", "field": "text", "required": False, "labels": ["spam", "eggs"]},
        {"name": "some", "kind": "multi_choice", "field": "text", "required": False, "labels": ["spam", "eggs"]},
        {"name": "scale", "kind": "rating", "field": "text", "required": False, "min": 1, "max": 5},
    ]
    project = factories.project(schema={**factories.TEXT_SCHEMA, "questions": questions}, overlap=2)
    annotator = factories.member(project)
    sent = saving.Submission(answers={name: given})
    saving.submit(actor=annotator, task=factories.task(project), submission=sent, key="one")
    question = version_reads.schema(project.pk).question(name)
    assert question is not None
    assert not Label.objects.exists()
    assert schema_reads.labeled(project, question) == 1
    assert schema_reads.labeled(project, question, name=used) == 1
    assert schema_reads.labeled(project, question, name=unused) == 0
    without = [question for question in body(project)["questions"] if question["name"] != name]
    with pytest.raises(Invalid, match=f"“{name}” must stay"):
        projects.revise_schema(
            actor=project.created_by, project=project, schema={**body(project), "questions": without}
        )


def test_questions_come_and_go(client_for: SignIn, project: Project) -> None:
    client = client_for(project.created_by)
    asked = client.post(address(project), form(project, do="add"))
    assert 'name="q0-title"' in asked.content.decode()
    added = {"questions": "2", "q0-kind": "multi_choice", "q0-title": "Words", "q0-labels": "urgent, angry"}
    added |= {"q0-field": "photo", "q1-kind": "rating", "q1-title": "How sure?", "q1-labels": ""}
    assert client.post(address(project, "check/"), form(project, **added)).status_code == 200
    saved = client.post(address(project), form(project, **added))
    assert saved.status_code == 302
    questions = body(project)["questions"]
    assert [question["name"] for question in questions] == ["intent", "mood", "words", "words_2", "how_sure"]
    assert (questions[3]["field"], questions[4]["field"]) == ("photo", "text")
    gone = client.post(address(project), form(project, do="forget:1")).context["draft"]
    assert [question.body["name"] for question in gone.questions] == ["intent", "words", "words_2", "how_sure"]
    client.post(address(project), form(project, kept=["intent"]))
    assert [question["name"] for question in body(project)["questions"]] == ["intent"]


def test_what_is_wrong_stands_beside_its_label(client_for: SignIn, project: Project) -> None:
    client = client_for(project.created_by)
    wrong = client.post(address(project), form(project, **{"s0-label-key": ["1", "1", "z"]}))
    assert wrong.status_code == 400
    beside = wrong.context["draft"].questions[0].about_labels
    assert set(beside) == {"other"}
    assert "command of the editor" in beside["other"]
    clash = client.post(address(project), form(project, **{"s0-label-key": ["1", "1", "3"]}))
    assert clash.context["draft"].questions[0].about_labels == {"delivery": "Another label has this key."}
    assert "Another label has this key." in clash.content.decode()
    nothing = client.post(address(project), form(project, questions="1", **{"q0-kind": "choice", "q0-title": "Empty"}))
    assert "Name at least one label." in nothing.content.decode()
    assert number(project) == 1


def test_nobody_writes_over_a_newer_version(client_for: SignIn, project: Project) -> None:
    client = client_for(project.created_by)
    mine = form(project, **{"s0-more": "refund"})
    other = body(project)
    other["questions"][0]["title"] = "Other words"
    projects.revise_schema(actor=project.created_by, project=project, schema=other)
    late = client.post(address(project), mine)
    assert late.status_code == 409
    assert "Somebody else has saved version 2" in late.content.decode()
    assert "refund" in late.content.decode()
    assert number(project) == 2


def test_long_lists_grow_but_are_not_shown_one_by_one(client_for: SignIn) -> None:
    count = schema_draft.MAX_ROWS + 1
    labels = [f"label {place}" for place in range(count)]
    question = {"name": "intent", "kind": "choice", "field": "text", "labels": labels}
    project = factories.project(schema={**factories.TEXT_SCHEMA, "questions": [question]})
    client = client_for(project.created_by)
    assert "Too many to show" in client.get(address(project)).content.decode()
    sent = {"version": "1", "questions": "0", "kept": ["intent"], "s0-title": "Intent", "s0-required": "on"}
    client.post(address(project), {**sent, "s0-more": "one more"})
    assert len(body(project)["questions"][0]["labels"]) == count + 1


def test_json_is_checked_and_names_the_path(client_for: SignIn, project: Project) -> None:
    client = client_for(project.created_by)
    assert '"max_length": 77' in client.get(address(project, "json/")).context["text"]
    wrong = body(project)
    wrong["questions"][0]["labels"][1]["color"] = "blue"
    sent = {"version": "1", "schema": json.dumps(wrong)}
    assert "questions[0].labels[1].color" in client.post(address(project, "json/check/"), sent).content.decode()
    refused = client.post(address(project, "json/"), sent)
    assert refused.status_code == 400
    assert "questions[0].labels[1].color" in refused.content.decode()
    broken = client.post(address(project, "json/"), {"version": "1", "schema": "{"})
    assert "line 1" in broken.content.decode()
    fewer = {**body(project), "fields": body(project)["fields"][:1]}
    lost = client.post(address(project, "json/check/"), {"schema": json.dumps(fewer)})
    assert "The field “photo” must stay" in lost.content.decode()
    right = body(project)
    right["questions"][2]["max_length"] = 99
    saved = client.post(address(project, "json/"), {"version": "1", "schema": json.dumps(right)}, follow=True)
    assert "Version 2 holds from the next task on." in saved.content.decode()
    assert body(project)["questions"][2]["max_length"] == 99


def test_versions_are_told_in_words_with_the_same_queries(client_for: SignIn, project: Project) -> None:
    client = client_for(project.created_by)

    def add_rows() -> None:
        for place in range(25):
            document = body(project)
            document["questions"][0]["labels"].append({"name": f"label {place}"})
            projects.revise_schema(actor=factories.user(name=f"Person {place}"), project=project, schema=document)
        body(project)  # a version is read once per process

    first = client.get(address(project)).content.decode()
    assert "The first version." in first
    assert_same_queries(lambda: client.get(address(project)), add_rows=add_rows)
    page = client.get(address(project))
    assert "Added “label 24” to “Intent”." in page.content.decode()
    assert "Person 24" in page.content.decode()
    older = client.get(address(project), {"cursor": page.context["revisions"].next_cursor})
    assert [row.version.number for row in older.context["revisions"].rows] == [6, 5, 4, 3, 2, 1]
    assert older.context["revisions"].rows[0].words == "Added “label 4” to “Intent”."
    assert SchemaVersion.objects.filter(project=project).count() == 26


def test_changes_are_told_one_by_one(project: Project) -> None:
    old, new = body(project), body(project)
    assert changes(old, new) == []
    before_groups = body(project)
    for label in before_groups["questions"][0]["labels"]:
        del label["group"]
    assert changes(before_groups, new) == []
    intent, mood, words = new["questions"]
    intent["labels"] = [intent["labels"][2], intent["labels"][0]]
    intent["labels"] += [{**intent["labels"][0], "name": name} for name in "abcd"]
    mood |= {"title": "Feeling", "required": True}
    words |= {"max_length": 5, "description": "In short"}
    new["questions"] = [mood, intent, {**words, "name": "more", "title": "More"}]
    new["fields"].append({"name": "note", "type": "text", "title": "Note", "required": False})
    assert changes(old, new) == [
        "added the field “Note”",
        "removed the question “Words”",
        "renamed “Mood” to “Feeling”",
        "made “Feeling” required",
        "added “a”, “b”, “c” and 1 more label to “Intent”",
        "removed “delivery” from “Intent”",
        "put the labels of “Intent” in another order",
        "added the question “More”",
        "put the questions in another order",
    ]
    assert changes(old, {**old, "questions": [*old["questions"][:2], words]}) == [
        "changed the description of “Words”",
        "changed the settings of “Words”",
    ]


def test_a_version_is_taken_back_from_the_message(client_for: SignIn, project: Project) -> None:
    client = client_for(project.created_by)
    before = body(project)
    sent = form(project) | {"s0-more": "refund"}
    saved = client.post(address(project), sent, follow=True)
    assert "refund" in json.dumps(body(project))
    assert f'action="{address(project, "2/undo/")}"' in saved.content.decode()
    undone = client.post(address(project, "2/undo/"), follow=True)
    assert "it is what version 1 was" in undone.content.decode()
    assert number(project) == 3
    assert body(project) == before
    # A second press finds a newer version, and changes nothing.
    again = client.post(address(project, "2/undo/"), follow=True)
    assert "Somebody else has saved version 3" in again.content.decode()
    assert number(project) == 3
    assert client.post(address(project, "1/undo/")).status_code == 404
    assert client.post(address(project, "9/undo/")).status_code == 404
    assert client_for(factories.member(project, Role.REVIEWER)).post(address(project, "3/undo/")).status_code == 403


def test_a_version_that_is_in_use_cannot_be_taken_back(client_for: SignIn, project: Project) -> None:
    client = client_for(project.created_by)
    client.post(address(project), form(project) | {"s0-more": "refund"})
    person = factories.member(project)
    saving.submit(actor=person, task=factories.task(project), submission=answer_of("refund"), key="1")
    refused = client.post(address(project, "2/undo/"), follow=True)
    assert "must stay: tasks have answers or labels with it" in refused.content.decode().replace("&#x27;", "'")
    assert number(project) == 2


def answer_of(label: str) -> saving.Submission:
    return saving.Submission(answers={"intent": label})
