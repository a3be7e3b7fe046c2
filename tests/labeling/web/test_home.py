from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.models import JobRun, Role, User
from labeling.services import flags, projects
from tests import factories
from tests.labeling.web.answering import answer
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_home_leads_to_sign_in() -> None:
    reply = Client().get("/")
    assert reply.status_code == 302
    assert reply["Location"] == "/login/?next=/"


def test_a_fragment_for_somebody_signed_out_leads_the_whole_page_to_sign_in() -> None:
    reply = Client().get("/palette/", headers={"HX-Request": "true"})
    assert reply["HX-Redirect"] == "/login/"


def test_home_without_projects_says_how_to_start(client_for: SignIn) -> None:
    page = client_for(factories.user()).get("/").content.decode()
    assert "Your projects will be here" in page


def test_home_shows_what_waits_and_how_far_each_project_is(client_for: SignIn) -> None:
    project = factories.project(name="Letters")
    factories.tasks(project, 4)
    annotator = factories.member(project, Role.ANNOTATOR)
    answer(annotator, project)
    page = client_for(annotator).get("/").content.decode()
    assert "1 of 4 tasks labeled (25%)" in page
    assert "3 for you" in page
    assert "Continue labeling" in page
    assert "1 of 10 so far" in page


def test_home_shows_open_flags_to_reviewers_only(client_for: SignIn) -> None:
    project = factories.project()
    task = factories.task(project)
    annotator, reviewer = factories.member(project), factories.member(project, Role.REVIEWER)
    flags.raise_flag(actor=annotator, task=task, note="Look at this")
    assert "1 flag to review" in client_for(reviewer).get("/").content.decode()
    assert "to review" not in client_for(annotator).get("/").content.decode()


def test_a_viewer_is_not_offered_to_label(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 2)
    reply = client_for(factories.member(project, Role.VIEWER)).get("/")
    assert reply.context["home"].continue_with is None
    assert f"/p/{project.slug}/label/" not in reply.content.decode()


def test_home_finds_by_name_and_leaves_out_what_is_archived(client_for: SignIn) -> None:
    manager = factories.user()
    factories.project(manager=manager, name="Apples")
    pears = factories.project(manager=manager, name="Pears")
    client = client_for(manager)
    found = client.get("/?q=apple").content.decode()
    assert "Apples" in found
    assert "Pears" not in found
    projects.archive(actor=manager, project=pears, archived=True)
    assert "Pears" not in client.get("/").content.decode()
    assert "Pears" in client.get("/?archived=1").content.decode()


def test_home_pages_by_the_last_project_seen(client_for: SignIn) -> None:
    manager = factories.user()
    names = [f"Project {number:02}" for number in range(26)]
    for name in names:
        factories.project(manager=manager, name=name)
    client = client_for(manager)
    first = client.get("/")
    cursor = first.context["home"].next_cursor
    second = client.get("/", {"cursor": cursor})
    shown = [card.project.name for reply in (first, second) for card in reply.context["home"].cards]
    assert shown == names
    assert second.context["home"].next_cursor == ""


@pytest.mark.parametrize("cursor", ["nonsense", "WzEsMl0", "bnVsbA", "%00", "eyJhIjoxfQ", "////"])
def test_a_broken_cursor_starts_over(client_for: SignIn, cursor: str) -> None:
    assert client_for(factories.user()).get("/", {"cursor": cursor}).status_code == 200


def test_home_needs_the_same_queries_for_one_project_and_for_many(client_for: SignIn) -> None:
    manager = factories.user()
    factories.tasks(factories.project(manager=manager), 1)
    client = client_for(manager)

    def add_rows() -> None:
        for _ in range(5):
            factories.tasks(factories.project(manager=manager), 2)

    assert_same_queries(lambda: client.get("/"), add_rows=add_rows)


def test_home_does_not_show_projects_of_others(client_for: SignIn) -> None:
    factories.project(name="Secret plans")
    assert "Secret plans" not in client_for(factories.user()).get("/").content.decode()


@pytest.mark.parametrize(
    ("role", "steps"),
    [
        (Role.REVIEWER, ("Run the check", "Review what it found")),
        (Role.ANNOTATOR, ("Read the guideline", "See where it stands")),
    ],
)
def test_the_first_steps_lead_to_what_the_person_may_do(client_for: SignIn, role: Role, steps: tuple[str, str]) -> None:
    project = factories.project()
    factories.tasks(project, 3)
    content = client_for(factories.member(project, role)).get("/").content.decode()
    assert "Label 10 tasks" in content
    assert all(step in content for step in steps)


def test_home_says_while_data_comes_in_and_begins_with_a_project_that_has_some(client_for: SignIn) -> None:
    manager = factories.user()
    empty, filled = factories.project(manager=manager, name="A"), factories.project(manager=manager, name="B")
    assert "No data yet" in client_for(manager).get("/").content.decode()
    assert "First steps" not in client_for(manager).get("/").content.decode()
    factories.tasks(filled, 3)
    JobRun.objects.create(project=empty, kind="labeling.import")
    page = client_for(manager).get("/").content.decode()
    assert page.count("Data is being imported") == 1
    assert "No data yet" not in page
    assert f'<a href="/p/{filled.slug}/label/">Label 10 tasks</a>' in page
