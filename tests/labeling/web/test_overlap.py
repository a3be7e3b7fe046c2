"""The page of how many people are asked about which tasks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import Role, User
from labeling.selectors import overlap as overlap_reads
from tests import factories
from tests.fitting import finish_fitting

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def typed(*rows: dict[str, object]) -> dict[str, object]:
    sent: dict[str, object] = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": 0}
    return sent | {f"form-{at}-{name}": value for at, row in enumerate(rows) for name, value in row.items()}


def test_a_rule_is_told_before_it_is_saved_and_can_be_taken_out(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 3)
    client = client_for(project.created_by)
    address = reverse("project-overlap", args=(project.slug,))
    rule = {"people": 3, "filter": f"https://example.org/p/{project.slug}/tasks/?q=message"}

    told = client.post(address, typed({}, rule))
    assert "3 tasks would be asked of more people." in told.content.decode()
    project.refresh_from_db()
    assert overlap_reads.rules_of(project).rules == ()

    saved = client.post(address, typed({}, rule) | {"answered": "yes"}, follow=True).content.decode()
    assert 'value="q=message"' in saved
    assert "follow or cancel it under Jobs" in saved
    assert finish_fitting(project).result == {"more": 3, "fewer": 0}

    client.post(address, typed() | {"answered": "yes"})
    assert finish_fitting(project).result == {"more": 0, "fewer": 3}
    assert client.post(reverse("project-overlap-again", args=(project.slug,))).status_code == 302
    assert finish_fitting(project).result == {"more": 0, "fewer": 0}


def test_what_is_wrong_is_told_at_the_rule(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    address = reverse("project-overlap", args=(project.slug,))
    wrong = client.post(address, typed({"people": 2, "percent": 10}, {"people": 3}, {"people": 3, "filter": "x=1"}))
    assert wrong.status_code == 422
    assert [list(form.errors) for form in wrong.context["rules"]] == [[], ["people"], ["filter"]]
    assert client_for(factories.member(project, Role.REVIEWER)).get(address).status_code == 403
