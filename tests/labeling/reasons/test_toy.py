"""The seam: a reason that lives here alone goes all the way, without a line elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.models import Flag, FlagState, Label, Project, Role, User
from labeling.reasons.registry import REASONS
from labeling.services import flags
from tests import factories
from tests.labeling.reasons.shouting import SHOUTING, ShoutingEvidence
from tests.labeling.web.reviewing import label

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setitem(REASONS, SHOUTING.name, SHOUTING)
    return factories.project()


@pytest.fixture
def client(project: Project, client_for: Callable[[User], Client]) -> Client:
    return client_for(factories.member(project, Role.REVIEWER))


def test_a_reason_of_one_object_goes_all_the_way(project: Project, client: Client) -> None:
    made = factories.tasks(project, data=[{"text": f"WHERE IS MY BILL {number}"} for number in range(3)])
    label(project, made)
    evidence = ShoutingEvidence(given="billing", suggested="other", loudness=0.9, as_loud=(made[1].pk,))

    def check() -> flags.Synced:
        found = [flags.Finding(task_id=task.pk, reason=SHOUTING, score=0.1, evidence=evidence) for task in made[::2]]
        return flags.sync_flags(project=project, question="intent", reasons=[SHOUTING], findings=found, actor=None)

    assert check().opened == 2

    # The card: its title, its sentence, what it rests on, its decisions with their keys.
    page = client.post(f"/p/{project.slug}/review/cards/", {"reason": "shouting"}).content.decode()
    assert page.count("<article") == 2
    for shown in ("Shouts at the reader", "It shouts (90%).", "BILL 1", "Let it shout", "Silence it", 'data-key="x"'):
        assert shown in page, shown
    assert 'data-decision="ambiguous"' not in page
    index = client.get(f"/p/{project.slug}/review/").context
    assert index["reasons"] == [("shouting", "Shouts at the reader", 2)]

    # The grid, the explorer, the API.
    groups = client.post(f"/p/{project.slug}/review/grid/tiles/", {"reason": "shouting"}).context["groups"]
    assert [(group.reason, len(group.tiles)) for group in groups] == [("Shouts at the reader", 2)]
    explorer = client.get(f"/p/{project.slug}/tasks/", {"flag": "shouting"})
    assert ("shouting", "Shouts at the reader") in explorer.context["reasons"]
    assert [condition["words"] for condition in explorer.context["conditions"]] == ["flag: shouts at the reader"]
    listed = client.get(f"/api/projects/{project.slug}/flags/", {"reason": "shouting"}).json()["results"]
    assert [(flag["reason"], flag["given"], flag["suggested"], flag["part"]) for flag in listed] == [
        ("shouting", "billing", "other", "")
    ] * 2

    # A decision, the next check, and the way back.
    first, second = (flag["id"] for flag in listed)
    decided = client.post(
        f"/api/flags/{first}/resolution/", {"decision": "accept_suggestion"}, content_type="application/json"
    )
    assert decided.status_code == 201, decided.content
    assert Label.objects.get(task_id=listed[0]["task"], retired_at=None).value == "other"
    history = client.get(f"/p/{project.slug}/tasks/{listed[0]['task']}/").context["history"]
    assert "was flagged about “Intent”: shouts at the reader" in [moment.words for moment in history]
    assert (check().decided, Flag.objects.get(pk=second).state) == (1, FlagState.OPEN)
    assert client.delete(f"/api/flags/{first}/resolution/").status_code == 200
    assert Flag.objects.get(pk=first).state == FlagState.OPEN
    assert Label.objects.get(task_id=listed[0]["task"], retired_at=None).value == "billing"


def test_its_rows_stay_readable_when_it_is_taken_out(
    project: Project, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = factories.task(project)
    flags.put_flag(task=task, reason=SHOUTING, question="intent", note="loud", evidence=ShoutingEvidence(loudness=1.0))
    monkeypatch.delitem(REASONS, SHOUTING.name)
    page = client.post(f"/p/{project.slug}/review/cards/").content.decode()
    assert ">Shouting<" in page.replace("\n", "").replace(" <", "<").replace("> ", ">")
    assert client.get(f"/p/{project.slug}/tasks/{task.pk}/").status_code == 200
    assert client.get(f"/p/{project.slug}/review/").context["reasons"] == [("shouting", "Shouting", 1)]
