"""Tasks like another one: in the explorer, through the API, from a task's page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.models import Project, Role, Task, User
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import similarity as similarity_reads
from labeling.selectors.explorer import TaskFilter
from labeling.services import annotations as saving
from labeling.services.annotations import Submission
from tests import factories
from tests.quality.services import making

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def project() -> Project:
    made = factories.project()
    making.messages(made, 30)
    factories.task(made, text=making.message("billing", 0) + "!")
    factories.task(made, text="")
    making.run(made)
    return made


def ids(project: Project, sort: str, **wanted: object) -> list[int]:
    found = explorer_reads.matches(project, TaskFilter(**wanted))  # type: ignore[arg-type]  # parts of a filter
    return explorer_reads.page(found, sort=sort, cursor="", size=50).ids


def test_the_most_similar_come_first_and_other_filters_hold(project: Project) -> None:
    first, twin = project.tasks.earliest("pk"), project.tasks.get(data__text__endswith="!")
    found = ids(project, explorer_reads.BY_SIMILARITY, similar=first.pk)
    assert found == similarity_reads.similar_tasks(project, first.pk)
    assert found[0] == twin.pk
    assert first.pk not in found
    assert ids(project, "id", similar=first.pk) == sorted(found)
    labeled = ids(project, explorer_reads.BY_SIMILARITY, similar=first.pk, labels=(("intent", "is:billing"),))
    assert labeled == [pk for pk in found if Task.objects.filter(pk=pk, labels__value="billing").exists()]
    assert 1 < len(labeled) < len(found)


def test_pages_of_similar_tasks_go_on_where_the_last_one_ended(project: Project) -> None:
    wanted = explorer_reads.matches(project, TaskFilter(similar=project.tasks.earliest("pk").pk))
    one = explorer_reads.page(wanted, sort=explorer_reads.BY_SIMILARITY, cursor="", size=10)
    other = explorer_reads.page(wanted, sort=explorer_reads.BY_SIMILARITY, cursor=one.next, size=10)
    back = explorer_reads.page(wanted, sort=explorer_reads.BY_SIMILARITY, cursor=other.previous, size=10)
    assert one.ids + other.ids == list(wanted.nearest[:20])
    assert back.ids == one.ids
    assert explorer_reads.beside(wanted, sort=explorer_reads.BY_SIMILARITY, task_id=one.ids[4]) == (
        one.ids[3],
        one.ids[5],
    )


def test_from_a_tasks_page_to_similar_ones(client_for: SignIn, project: Project) -> None:
    first = project.tasks.earliest("pk")
    client = client_for(factories.member(project, Role.VIEWER))
    link = f"/p/{project.slug}/tasks/?similar={first.pk}"
    assert link in client.get(f"/p/{project.slug}/tasks/{first.pk}/").content.decode()
    page = client.get(link)
    assert page.context["asked"].sort == explorer_reads.BY_SIMILARITY
    assert [row.id for row in page.context["rows"]] == similarity_reads.similar_tasks(project, first.pk)
    assert f"similar to task {first.pk}" in page.content.decode()
    assert "Most similar first" in page.content.decode()
    assert "Most similar first" not in client.get(f"/p/{project.slug}/tasks/").content.decode()


def test_through_the_api(client_for: SignIn, project: Project) -> None:
    first = project.tasks.earliest("pk")
    client = client_for(factories.member(project, Role.VIEWER))
    found = client.get(f"/api/projects/{project.slug}/tasks/", {"similar": first.pk}).json()["results"]
    assert {each["id"] for each in found} == set(similarity_reads.similar_tasks(project, first.pk))
    assert client.get(f"/api/projects/{project.slug}/tasks/", {"similar": "x"}).status_code == 400


def test_tasks_without_vectors_and_of_other_projects_have_none(client_for: SignIn, project: Project) -> None:
    other = factories.project()
    [stranger] = factories.tasks(other)
    empty = project.tasks.get(data__text="")
    assert (
        similarity_reads.similar_tasks(project, stranger.pk) == similarity_reads.similar_tasks(other, stranger.pk) == []
    )
    assert similarity_reads.similar_tasks(project, empty.pk) == []
    client = client_for(factories.member(project, Role.VIEWER))
    assert "?similar=" not in client.get(f"/p/{project.slug}/tasks/{empty.pk}/").content.decode()
    assert client.get(f"/p/{project.slug}/tasks/", {"similar": stranger.pk}).context["rows"] == []
    assert client.get(f"/p/{project.slug}/tasks/", {"similar": "x"}).status_code == 400


def test_only_tasks_that_somebody_could_still_answer(project: Project) -> None:
    making.messages(project, 12, labeled=False, start=900)
    making.run(project)
    person = factories.member(project)
    first, *others = project.tasks.filter(labels__isnull=True).exclude(data__text="").order_by("pk")
    saving.submit(actor=person, task=others[0], submission=Submission(answers={"intent": "other"}), key="answered")
    found = similarity_reads.similar_tasks(project, first.pk, open_to=person.pk)
    assert set(found) == {task.pk for task in others[1:] if task.queue_entry.open_slots}
    assert len(similarity_reads.similar_tasks(project, first.pk)) > len(found) > 3
