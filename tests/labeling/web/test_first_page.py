"""What an annotator sees first in a project, and what pages say of a project without data."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.models import JobRun, Role, User
from labeling.services import guidelines, people, projects
from tests import factories
from tests.labeling.web.answering import answer
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

PAGES = ("", "label/", "tasks/", "quality/")


def words_of(client: Client, path: str) -> str:
    return " ".join(client.get(path, follow=True).content.decode().split())


def test_an_annotator_begins_with_what_to_do(client_for: SignIn) -> None:
    project = factories.project(name="Letters")
    projects.update(actor=project.created_by, project=project, description="Say what each letter is about.")
    guidelines.save_draft(actor=project.created_by, project=project, body="# How", entries=[])
    guidelines.publish(actor=project.created_by, project=project, change_note="The first rule")
    factories.tasks(project, 5)
    annotator = factories.member(project)
    answer(annotator, project, 2)

    words = words_of(client_for(annotator), f"/p/{project.slug}/")

    assert "Say what each letter is about." in words
    assert "billing</span></span> <kbd>1</kbd>" in words
    assert f'href="/p/{project.slug}/guideline/" data-key="g"' in words
    assert "What changed last: The first rule" in words
    assert '<span class="dc-stat-value">3</span> <span class="dc-stat-unit">tasks</span>' in words
    assert "2 of them today" in words
    assert "40%" in words
    assert f'class="btn btn-primary" href="/p/{project.slug}/label/"' in words
    assert words.count("btn-primary") == 1


def test_an_annotator_sees_their_own_pace_and_nobody_elses(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 9)
    annotator, other = factories.member(project, name="Ann Own"), factories.member(project, name="Oscar Other")
    answer(annotator, project, 2)
    answer(other, project, 4)
    client = client_for(annotator)

    first = client.get(f"/p/{project.slug}/").context["first"]
    assert (first.mine.person, first.mine.answered, first.mine.seconds) == (annotator, 2, 2.0)
    assert "Oscar Other" not in words_of(client, f"/p/{project.slug}/")
    assert "Last answer" not in words_of(client, f"/p/{project.slug}/people/")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANNOTATOR])
def test_figures_of_the_model_and_of_people_are_for_reviewers(client_for: SignIn, role: Role) -> None:
    project = factories.project()
    factories.tasks(project, 20)
    answer(factories.member(project, name="Oscar Other"), project, 12)
    reviewer, reader = factories.member(project, Role.REVIEWER), factories.member(project, role)
    told = words_of(client_for(reviewer), f"/p/{project.slug}/")
    words = words_of(client_for(reader), f"/p/{project.slug}/")
    for figure in ("Oscar Other", "12 in 7 days", "quality/gain", f"/p/{project.slug}/quality/"):
        assert figure in told
        assert figure not in words


def test_after_joining_an_annotator_reads_what_to_do(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 2)
    _, secret = people.invite(actor=project.created_by, project=project, role=Role.ANNOTATOR)
    page = client_for(factories.user()).post(f"/join/{secret}/", follow=True)
    assert "What you are asked" in page.content.decode()


def test_the_first_page_needs_the_same_queries_for_few_rows_and_for_many(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 20)
    annotator = factories.member(project)
    answer(annotator, project, 2)
    client = client_for(annotator)

    def add_rows() -> None:
        answer(annotator, project, 5)
        answer(factories.member(project), project, 3)
        factories.member(project, Role.MANAGER)

    assert_same_queries(lambda: client.get(f"/p/{project.slug}/"), add_rows=add_rows)


@pytest.mark.parametrize("path", PAGES)
def test_a_manager_of_an_empty_project_is_led_to_the_import(client_for: SignIn, path: str) -> None:
    project = factories.project()
    words = words_of(client_for(project.created_by), f"/p/{project.slug}/{path}")
    assert "This project has no data yet. Import a file" in words
    assert f'class="btn btn-primary" href="/p/{project.slug}/imports/"' in words


@pytest.mark.parametrize(
    ("role", "path"),
    [(Role.ANNOTATOR, ""), (Role.ANNOTATOR, "label/"), (Role.ANNOTATOR, "tasks/"), (Role.VIEWER, ""),
     (Role.VIEWER, "tasks/"), (Role.REVIEWER, "quality/")],
)  # fmt: skip
def test_who_may_not_import_into_an_empty_project_is_told_whom_to_ask(
    client_for: SignIn, role: Role, path: str
) -> None:
    project = factories.project(manager=factories.user(name="Mara Manager"))
    words = words_of(client_for(factories.member(project, role)), f"/p/{project.slug}/{path}")
    assert f"/p/{project.slug}/imports/" not in words
    assert "This project has no data yet. Ask <strong>Mara Manager</strong>, who manages it" in words
    assert "Import a file" not in words


def test_while_data_is_imported_the_pages_say_so(client_for: SignIn) -> None:
    project = factories.project()
    job = JobRun.objects.create(project=project, kind="labeling.import")
    words = words_of(client_for(factories.member(project)), f"/p/{project.slug}/label/")
    assert "Data is being imported" in words
    assert f'href="/jobs/{job.pk}/"' in words
