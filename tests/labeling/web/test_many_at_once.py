"""Many at once: what the page tells its script, and where it is not offered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import Project, Role, User
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
FIELDS = [{"name": "text", "type": "text"}]


def page_of(client: Client, project: Project, query: str = "") -> str:
    return client.get(f"{reverse('project-label-many', args=(project.slug,))}{query}").content.decode()


def config(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="editor-config" type="application/json">(.*?)</script>', page)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def project_asking(*questions: dict[str, Any]) -> Project:
    project = factories.project(schema={"fields": FIELDS, "questions": list(questions)})
    factories.tasks(project, 3)
    return project


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ({"kind": "choice", "labels": ["spam", "ham"]}, ["spam", "ham"]),
        ({"kind": "rating", "min": -1, "max": 2}, [-1, 0, 1, 2]),
    ],
)
def test_each_option_says_the_answer_that_it_stands_for(
    client_for: SignIn, question: dict[str, Any], answers: list[Any]
) -> None:
    project = project_asking({"name": "asked", "field": "text", **question})
    told = config(page_of(client_for(factories.member(project)), project))
    assert [option["answer"] for option in told["options"]] == answers
    assert told["urls"]["annotations"] == "/api/tasks/{id}/annotations/"
    assert told["skip_reasons"]
    assert told["filter"] == ""


def test_the_filter_of_the_address_goes_along(client_for: SignIn) -> None:
    project = project_asking(CHOICE)
    page = page_of(client_for(factories.member(project)), project, "?q=refund&state=open")
    assert config(page)["filter"] == "q=refund&state=open"
    assert config(page)["one_by_one"] == f"/p/{project.slug}/label/?q=refund&state=open"
    assert f'href="/p/{project.slug}/label/?q=refund&amp;state=open"' in page


CHOICE = {"name": "kind", "field": "text", "kind": "choice", "labels": ["a", "b"]}


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        ([CHOICE, {**CHOICE, "name": "other"}], "2 questions are asked about each item here"),
        (
            [{"name": "topics", "field": "text", "kind": "multi_choice", "title": "Topics", "labels": ["a", "b"]}],
            "“Topics” is not answered by choosing one of its options",
        ),
        ([{"name": "note", "field": "text", "kind": "text"}], "“Note” is not answered by choosing one"),
    ],
)
def test_where_no_single_key_is_the_answer_the_page_says_why(
    client_for: SignIn, questions: list[dict[str, Any]], words: str
) -> None:
    project = project_asking(*questions)
    client = client_for(factories.member(project))
    page = page_of(client, project)
    assert words in page
    assert "data-many" not in page
    assert f'href="/p/{project.slug}/label/"' in page
    # It is not offered elsewhere either.
    many = reverse("project-label-many", args=(project.slug,))
    assert many not in client.get(f"/p/{project.slug}/").content.decode()
    assert config(client.get(f"/p/{project.slug}/label/").content.decode())["urls"]["many"] is None


def test_it_is_found_from_the_first_page_the_label_page_and_the_palette(client_for: SignIn) -> None:
    project = project_asking(CHOICE)
    client = client_for(factories.member(project))
    many = reverse("project-label-many", args=(project.slug,))
    assert f'href="{many}" data-key="m"' in client.get(f"/p/{project.slug}/").content.decode()
    assert config(client.get(f"/p/{project.slug}/label/").content.decode())["urls"]["many"] == many
    assert many in client.get("/palette/", {"q": "many", "project": project.slug}).content.decode()


def test_nothing_of_other_peoples_answers_is_told(client_for: SignIn) -> None:
    project = project_asking(CHOICE)
    page = page_of(client_for(factories.member(project)), project)
    assert "suggested" not in page
    assert (
        client_for(factories.member(project, Role.VIEWER))
        .get(reverse("project-label-many", args=(project.slug,)))
        .status_code
        == 403
    )


def test_without_data_it_says_so(client_for: SignIn) -> None:
    project = factories.project()
    assert "data-many" not in page_of(client_for(factories.member(project)), project)
