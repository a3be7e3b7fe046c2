"""Projects in which reviewers decide before they see what is suggested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from labeling.models import BulkAct, Flag, FlagState, Label, Project, Role
from labeling.reasons.decisions import Decision
from labeling.services import annotations as saving
from labeling.services import projects, reviews
from labeling.services.annotations import Submission
from labeling.services.reviews import Ruling
from tests import factories
from tests.labeling.web.reviewing import cards, flag_all, label

pytestmark = pytest.mark.django_db

SignIn = Callable[..., Client]
TOLD = ("delivery", "90%", 'data-answer=""', "accept_suggestion")


@pytest.fixture
def project(db: None) -> Project:
    made = factories.project()
    projects.update(actor=made.created_by, project=made, decide_first=True)
    made.refresh_from_db()
    return made


def doubted(project: Project) -> Flag:
    """Make a task labeled billing that is flagged as delivery, in a project that asks about three labels."""
    task = factories.task(project, text="Where is my invoice?")
    label(project, [task])
    return flag_all([task])[0]


def without_buttons(page: str) -> str:
    """Return a card up to the labels that can be given: these are named there, whatever is suggested."""
    return page.partition('class="dc-review-others"')[0]


def test_nothing_of_what_is_suggested_is_on_a_card_or_in_the_api_before(
    project: Project, client_for: SignIn, api_for: Callable[..., APIClient]
) -> None:
    flag = doubted(project)
    reviewer = factories.member(project, Role.REVIEWER)
    client, api = client_for(reviewer), api_for(reviewer)
    card = without_buttons(cards(client, project))
    grid = client.post(f"/p/{project.slug}/review/grid/tiles/").content.decode()
    frame = client.get(f"/p/{project.slug}/review/grid/").content.decode()
    listed = api.get(f"/api/projects/{project.slug}/flags/").json()["results"][0]
    claimed = api.post(f"/api/projects/{project.slug}/flags/claims/", {"count": 1}, format="json").json()["flags"][0]
    assert "Decide first" in card
    for told in TOLD:
        assert told not in card
    assert "accept_suggestion" not in grid
    assert "90%" not in grid
    assert "→" not in frame
    for document in (listed, claimed):
        assert (document["suggested"], document["note"]) == (None, "")
        assert document["suggestion_hidden"] is True
        assert document["first_choice"] is None
    refused = api.post(f"/api/flags/{flag.pk}/resolution/", {"decision": "accept_suggestion"}, format="json")
    assert refused.status_code == 400
    assert "once you have decided" in refused.json()["detail"]


def test_the_first_choice_stays_when_they_change_their_mind(
    project: Project, client_for: SignIn, api_for: Callable[..., APIClient]
) -> None:
    flag = doubted(project)
    reviewer = factories.member(project, Role.REVIEWER)
    client, api = client_for(reviewer), api_for(reviewer)
    address = f"/api/flags/{flag.pk}/resolution/"
    first = {"decision": "relabel", "answer": "other"}
    decided = api.post(address, first, format="json").json()["flag"]
    assert decided["suggested"] == "delivery"
    assert decided["first_choice"] == {"decision": "relabel", "answer": "other"}
    # Now the card shows all, and what can be decided is what could be before: the label that was given.
    card = cards(client, project, again=flag.pk)
    assert "data-decide-first" not in card
    assert 'data-decision="accept_suggestion"' in card
    assert "the model: 90%" in card
    assert "Keep “billing”" in card
    assert api.delete(address).status_code == 200
    changed = api.post(address, {"decision": "accept_suggestion"}, format="json").json()["flag"]
    assert (changed["resolution"], changed["first_choice"]) == ("accept_suggestion", first)
    assert Label.objects.get(retired_at=None).value == "delivery"


def test_keeping_keeps_the_label_as_first_choice(project: Project, api_for: Callable[..., APIClient]) -> None:
    flag = doubted(project)
    api = api_for(factories.member(project, Role.REVIEWER))
    decided = api.post(f"/api/flags/{flag.pk}/resolution/", {"decision": "keep"}, format="json").json()["flag"]
    assert decided["first_choice"] == {"decision": "keep", "answer": "billing"}


def test_who_said_what_waits_too(client_for: SignIn) -> None:
    project = factories.project(overlap=2, max_overlap=2, decide_first=True)
    task = factories.task(project)
    for name, given in (("Bob", "billing"), ("Cleo", "delivery")):
        person = factories.member(project, name=name)
        saving.submit(actor=person, task=task, submission=Submission({"intent": given}), key=name)
    client = client_for(project.created_by)
    card = cards(client, project)
    assert "Who answered what" not in card
    assert "Cleo" not in card
    assert "Cleo" not in client.post(f"/p/{project.slug}/review/grid/tiles/").content.decode()


def test_the_grid_decides_first_as_well(project: Project, client_for: SignIn) -> None:
    flag = doubted(project)
    client = client_for(project.created_by)
    address = f"/p/{project.slug}/review/grid/tiles/"
    sent: dict[str, Any] = {"flag": [f"{flag.pk}:{Label.objects.get().pk}"], "key": "one", "shown": [flag.pk]}
    assert "once you have decided" in client.post(address, {"decision": "accept_suggestion", **sent}).content.decode()
    assert not BulkAct.objects.filter(verb="review").exists()
    client.post(address, {"decision": "keep", **sent})
    flag.refresh_from_db()
    assert flag.state == FlagState.RESOLVED
    assert flag.first_choice == {"decision": "keep", "answer": "billing"}


def test_a_project_that_hides_nothing_keeps_no_first_choice(client_for: SignIn) -> None:
    project = factories.project()
    flag = doubted(project)
    client = client_for(project.created_by)
    assert "the model: 90%" in cards(client, project)
    page = client.get(f"/p/{project.slug}/settings/").content.decode()
    assert "Hide what is suggested until the reviewer has decided" in page
    form = {"name": "n", "overlap": 1, "max_overlap": 1, "agreement_floor": 0.5, "lease_minutes": 15}
    client.post(f"/p/{project.slug}/settings/", {**form, "decide_first": "on"})
    assert "the model: 90%" not in cards(client, project, again=flag.pk)
    client.post(f"/p/{project.slug}/settings/", form)
    assert "the model: 90%" in cards(client, project, again=flag.pk)
    assert Flag.objects.get().first_choice is None


def test_the_page_of_a_task_does_not_say_what_is_suggested_before(project: Project, client_for: SignIn) -> None:
    flag = doubted(project)
    Flag.objects.filter(pk=flag.pk).update(note="Labeled “billing”; “delivery” is likelier.")
    client = client_for(project.created_by)
    page = f"/p/{project.slug}/tasks/{flag.task_id}/"
    said = "is likelier"
    assert said not in client.get(page).content.decode()
    reviews.decide(actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.KEEP))
    assert said in client.get(page).content.decode()


def test_flags_are_not_chosen_by_what_they_suggest(
    project: Project, client_for: SignIn, api_for: Callable[..., APIClient]
) -> None:
    doubted(project)
    client, api = client_for(project.created_by), api_for(project.created_by)
    pages = (f"/p/{project.slug}/review/", f"/p/{project.slug}/review/grid/")
    assert [client.get(page, {"suggested": "delivery"}).status_code for page in pages] == [400, 400]
    refused = api.get(f"/api/projects/{project.slug}/flags/", {"suggested": "delivery"})
    assert refused.status_code == 400
    assert "hides what is suggested" in refused.json()["detail"]
    assert 'name="suggested"' not in client.get(pages[0]).content.decode()
    projects.update(actor=project.created_by, project=project, decide_first=False)
    assert [client.get(page, {"suggested": "delivery"}).status_code for page in pages] == [200, 200]
    assert 'name="suggested"' in client.get(pages[0]).content.decode()
