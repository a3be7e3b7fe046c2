"""The frame around pages: every entry of the rail and of the palette leads somewhere, for everybody who sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import Membership, Role, User
from labeling.selectors import pages, queues
from tests import factories

pytestmark = pytest.mark.django_db

ClientFor = Callable[[User], Client]


@pytest.mark.parametrize("role", Role.values)
def test_who_sees_a_page_of_a_project_in_the_list_can_open_it_and_nobody_else(client_for: ClientFor, role: str) -> None:
    project = factories.project()
    factories.tasks(project)
    client = client_for(factories.member(project, role))
    shown = pages.pages_for_role(role)

    for page in pages.OF_PROJECT:
        status = client.get(reverse(page.view, args=(project.slug,))).status_code
        assert status == (200 if page in shown else 403), (page, status)


@pytest.mark.parametrize("administrator", [True, False])
def test_who_sees_a_page_of_the_site_in_the_list_can_open_it_and_nobody_else(
    client_for: ClientFor, administrator: bool
) -> None:
    person = factories.user(is_superuser=administrator, is_staff=administrator)
    client = client_for(person)
    shown = pages.pages_of_person(person)

    for page in (*pages.OF_PERSON, *pages.OF_SITE):
        status = client.get(reverse(page.view)).status_code
        assert status == (200 if page in shown else 404), (page, status)


@pytest.mark.parametrize("role", Role.values)
def test_the_rail_and_the_palette_show_one_list(client_for: ClientFor, role: str) -> None:
    project = factories.project()
    client = client_for(factories.member(project, role))
    overview = client.get(reverse("project-overview", args=(project.slug,))).content.decode()
    rail = overview[overview.index("dc-rail") :]

    for page in pages.OF_PROJECT:
        address = f'href="{reverse(page.view, args=(project.slug,))}"'
        found = client.get(reverse("palette"), {"q": page.title, "project": project.slug}).content.decode()
        shown = page in pages.pages_for_role(role)
        assert (address in found) is shown, page
        assert not page.rail or not shown or address in rail, page


@pytest.mark.parametrize(("role", "folded"), [(Role.VIEWER, 0), (Role.MANAGER, 6)])
def test_what_has_no_place_among_the_tabs_of_a_phone_is_behind_more(
    client_for: ClientFor, role: str, folded: int
) -> None:
    project = factories.project()
    overview = client_for(factories.member(project, role)).get(reverse("project-people", args=(project.slug,)))
    page = overview.content.decode()
    assert page.count('<li class="dc-rail-folded">') == folded
    assert page.count('<summary class="dc-rail-tab" data-current>') == (1 if folded else 0)


def test_a_count_beyond_the_cap_says_so(client_for: ClientFor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "CAP", 3)
    project = factories.project()
    factories.tasks(project, 5)
    page = client_for(factories.member(project)).get(reverse("project-guideline", args=(project.slug,)))
    assert 'title="Label: more than 3"' in page.content.decode()
    assert ">3+</span>" in page.content.decode()


def test_the_palette_finds_tasks_by_external_id_and_number_where_one_is_a_member(client_for: ClientFor) -> None:
    project, other, foreign = factories.project(name="Mail"), factories.project(name="Chat"), factories.project()
    (exact,) = factories.tasks(project, external_id="message-0632")
    (longer,) = factories.tasks(project, external_id="message-06321")
    (elsewhere,) = factories.tasks(other, external_id="message-0632")
    (hidden,) = factories.tasks(foreign, external_id="message-0632")
    person = factories.member(project)
    Membership.objects.create(project=other, user=person, role=Role.VIEWER)
    client = client_for(person)

    def found(q: str, within: str = "") -> set[int]:
        page = client.get(reverse("palette"), {"q": q, "project": within}).content.decode()
        every = (exact, longer, elsewhere, hidden)
        return {task.pk for task in every if f'href="{reverse("task-by-id", args=(task.pk,))}"' in page}

    assert found("message-0632") == {exact.pk, elsewhere.pk}
    assert found("message-06", project.slug) == {exact.pk, longer.pk}
    assert found("message-06", foreign.slug) == set()
    assert found(f"#{longer.pk}") == {longer.pk}
    assert found(f"#{hidden.pk}") == set()


@pytest.mark.parametrize(("typed", "command"), [("dark", "dark"), ("log out", "sign-out"), ("shortc", "keys")])
def test_the_palette_knows_commands_which_every_page_has(client_for: ClientFor, typed: str, command: str) -> None:
    client = client_for(factories.user())
    assert f'data-press="{command}"' in client.get(reverse("palette"), {"q": typed}).content.decode()
    assert f'data-command="{command}"' in client.get(reverse("home")).content.decode()
    assert "data-press" not in client.get(reverse("palette")).content.decode(), "unasked, pages come alone"
