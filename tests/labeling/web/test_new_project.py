"""New project in the browser: template, labels, own schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.kinds.templates import TEMPLATES
from labeling.models import Membership, Project, Role, SchemaVersion, User
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def client(client_for: SignIn) -> Client:
    return client_for(factories.user())


def typed(**more: Any) -> dict[str, Any]:
    return {
        "name": "Support",
        "questions": "1",
        "q0-kind": "choice",
        "q0-name": "label",
        "q0-title": "Which label fits?",
        "q0-labels": "Billing\n\n Delivery \nOther, or none",
        **more,
    }


def made() -> dict[str, Any]:
    body: dict[str, Any] = SchemaVersion.objects.get().body
    return body


def test_every_template_is_offered_and_opens(client: Client) -> None:
    page = client.get("/p/new/").content.decode()
    for template in TEMPLATES.values():
        assert template.title in page
        assert client.get(f"/p/new/{template.key}/").status_code == 200
    assert client.get("/p/new/no-such-template/").status_code == 404


def test_visitors_sign_in_first(db: None) -> None:
    assert Client().get("/p/new/").headers["Location"].startswith("/login/")
    assert not Project.objects.exists()


def test_a_project_is_made_and_leads_to_its_import(client: Client) -> None:
    answer = client.post("/p/new/text-classification/", typed())
    project = Project.objects.get()
    assert answer.headers["Location"] == f"/p/{project.slug}/imports/"
    assert Membership.objects.get(project=project).role == Role.MANAGER
    (question,) = made()["questions"]
    assert question["name"] == "label"
    assert [label["name"] for label in question["labels"]] == ["Billing", "Delivery", "Other, or none"]
    assert [label["key"] for label in question["labels"]] == ["1", "2", "3"]
    assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("labels", ["a, b,c", "a;b;c", "a\tb\tc", "a\r\nb\r\nc\r\n"])
def test_a_list_is_pasted_in_any_form(client: Client, labels: str) -> None:
    client.post("/p/new/text-classification/", typed(**{"q0-labels": labels}))
    assert [label["name"] for label in made()["questions"][0]["labels"]] == ["a", "b", "c"]


@pytest.mark.parametrize("template", list(TEMPLATES))
def test_every_template_makes_a_project_from_its_own_form(client: Client, template: str) -> None:
    draft = client.get(f"/p/new/{template}/").context["draft"]
    question = draft.questions[0]
    client.post(
        f"/p/new/{template}/",
        {
            "name": "X",
            "questions": "1",
            "q0-kind": question.kind,
            "q0-name": question.name,
            "q0-title": question.title,
            "q0-labels": question.labels or ("a\nb" if question.behavior.NAMES != "none" else ""),
        },
    )
    fitting = TEMPLATES[template].build(("a", "b") if TEMPLATES[template].label_use == "required" else ())
    assert made() == fitting.dump()


def test_colors_keys_and_groups_are_changed_and_the_others_move(client: Client) -> None:
    rows = {
        "q0-labels": "a\nb",
        "q0-row": ["a", "b"],
        "q0-color": ["#123456", "#56b4e9"],
        "q0-key": ["b", "2"],
        "q0-given": ["#e69f00|1", "#56b4e9|2"],
        "q0-group": ["", "Animal/Dog"],
    }
    client.post("/p/new/text-classification/", typed(**rows))
    one, two = made()["questions"][0]["labels"]
    assert (one["color"], one["key"]) == ("#123456", "b")
    assert (two["color"], two["key"]) == ("#56b4e9", "1")
    assert (one["group"], two["group"]) == ("", "Animal / Dog")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": " "}, "Give the project a name."),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"q0-labels": ""}, "Name at least one label."),
        ({"q0-labels": "a\nb\na"}, "“a” is in the list more than once."),
        ({"q0-kind": "rating", "q0-labels": "one"}, "at least two steps"),
        ({"q0-labels": "a\n" + "b" * 201}, "200"),
        (
            {
                "q0-labels": "a\nb",
                "q0-row": ["a", "b"],
                "q0-color": ["", ""],
                "q0-key": ["1", "1"],
                "q0-given": ["|", "|"],
            },
            "same key",
        ),
        (
            {"q0-labels": "a", "q0-row": ["a"], "q0-color": [""], "q0-key": ["z"], "q0-given": ["|"]},
            "command of the editor",
        ),
        (
            {"q0-labels": "a", "q0-row": ["a"], "q0-color": [""], "q0-key": [""], "q0-given": ["|"], "q0-group": ["/"]},
            "Expected groups with / between them",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_nothing_is_lost(
    client: Client, more: dict[str, Any], words: str
) -> None:
    answer = client.post("/p/new/text-classification/", typed(**more))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Which label fits?" in answer.content.decode()
    assert not Project.objects.exists()


def test_it_is_checked_while_it_is_typed(client: Client) -> None:
    good = client.post("/p/new/text-classification/check/", typed(), headers={"HX-Request": "true"}).content.decode()
    assert good.count('name="q0-key"') == 3
    assert "hx-swap-oob" in good
    bad = client.post("/p/new/text-classification/check/", typed(**{"q0-labels": "<i>\n<i>"})).content.decode()
    assert "“&lt;i&gt;” is in the list more than once." in bad
    assert not Project.objects.exists()


def test_what_was_typed_is_there_on_the_way_back_and_in_its_own_template_alone(client: Client) -> None:
    client.post("/p/new/text-classification/check/", typed())
    again = client.get("/p/new/text-classification/").content.decode()
    assert 'value="Support"' in again
    assert "Billing" in again
    assert "This is what you typed before" in again
    for other in set(TEMPLATES) - {"text-classification"} | {"schema"}:
        page = client.get(f"/p/new/{other}/").content.decode()
        assert 'value="Support"' not in page, other
        assert "Billing" not in page, other
        assert "This is what you typed before" not in page, other
    client.post("/p/new/text-classification/", typed())
    assert 'value="Support"' not in client.get("/p/new/text-classification/").content.decode()


def test_a_draft_is_offered_with_its_name_and_age_until_it_is_thrown_away(client: Client) -> None:
    assert "Not finished yet" not in client.get("/p/new/").content.decode()
    client.post("/p/new/text-classification/check/", typed())
    client.post("/p/new/schema/check/", {"schema": "{half", "name": "Mine"})
    page = client.get("/p/new/").content.decode()
    assert "Not finished yet" in page
    assert page.index("Mine") < page.index("Support") < page.index("just now", page.index("Support"))
    assert page.count('value="afresh"') == 2
    reply = client.post("/p/new/text-classification/", {"do": "afresh"}, follow=True)
    assert 'value="Support"' not in reply.content.decode()
    assert client.post("/p/new/schema/", {"do": "afresh"}, follow=True).context["name"] == ""
    assert "Not finished yet" not in client.get("/p/new/").content.decode()


def test_looking_at_a_template_leaves_no_draft(client: Client) -> None:
    question = client.get("/p/new/text-classification/").context["draft"].questions[0]
    seen = {"q0-title": question.title, "q0-labels": question.labels, "q0-name": question.name}
    client.post("/p/new/text-classification/", typed(name="", do="back", **seen))
    assert "Not finished yet" not in client.get("/p/new/").content.decode()


def test_questions_that_were_left_empty_do_not_come_back(client: Client) -> None:
    empty = {"questions": "2", "q1-kind": "choice", "q1-title": "", "q1-labels": "", "q1-name": ""}
    client.post("/p/new/text-classification/check/", typed(**empty))
    assert len(client.get("/p/new/text-classification/").context["draft"].questions) == 1


def test_the_first_problem_is_marked_so_that_it_gets_the_focus(client: Client) -> None:
    page = client.post("/p/new/text-classification/", typed(**{"q0-labels": ""})).content.decode()
    assert page.count('aria-invalid="true"') == 1
    assert 'aria-invalid="true"' in page[page.index('id="q0-labels"') : page.index("</textarea>")]
    assert "data-focus" not in page


def test_back_keeps_what_was_typed_just_now(client: Client) -> None:
    assert client.post("/p/new/text-classification/", typed(do="back")).headers["Location"] == "/p/new/"
    assert "Billing" in client.get("/p/new/text-classification/").content.decode()
    assert client.post("/p/new/schema/", {"schema": "{half", "do": "back"}).headers["Location"] == "/p/new/"
    assert client.get("/p/new/schema/").context["text"] == "{half"
    assert not Project.objects.exists()


def test_questions_are_added_and_removed(client: Client) -> None:
    page = client.post("/p/new/text-classification/", typed(do="add")).content.decode()
    assert 'name="q1-title"' in page
    two = typed(
        **{
            "questions": "2",
            "q1-kind": "rating",
            "q1-title": "Text",
            "q1-labels": "",
            "q1-name": "",
        }
    )
    removed = client.post("/p/new/text-classification/", {**two, "do": "remove:0"}).content.decode()
    assert 'name="q1-title"' not in removed
    assert not Project.objects.exists()
    client.post("/p/new/text-classification/", two)
    first, second = made()["questions"]
    assert first["name"] == "label"
    assert (second["name"], second["title"], second["max"]) == ("text_2", "Text", 5)


def test_an_own_schema_is_written_as_json(client: Client) -> None:
    example = client.get("/p/new/schema/").context["text"]
    answer = client.post("/p/new/schema/", {"name": "Mine", "schema": example})
    assert answer.headers["Location"] == f"/p/{Project.objects.get().slug}/imports/"
    assert [question["name"] for question in made()["questions"]] == ["topic", "quality"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1"),
        ('{"fields": [], "questions": []}', "Expected 1 to"),
        (
            '{"fields": [{"name": "t", "type": "text"}], "questions": [{"name": "q", "kind": "wish", "field": "t"}]}',
            "questions[0].kind",
        ),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_an_own_schema_that_is_wrong_is_explained_and_kept(client: Client, text: str, words: str) -> None:
    checked = client.post("/p/new/schema/check/", {"schema": text}).content.decode()
    assert words in checked
    answer = client.post("/p/new/schema/", {"name": "Mine", "schema": text})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Project.objects.exists()
