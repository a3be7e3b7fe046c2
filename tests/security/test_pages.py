"""Deny by default: every page, every method, every person. A page without a rule fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from labeling.models import User
from tests.labeling.api.test_access import RULES as API_RULES
from tests.quality.api.test_quality_api import RULES as QUALITY_API_RULES
from tests.security.pages import METHODS, PAGES, address, patterns, variables
from tests.security.rules import ADMINISTRATOR, OWN, PERSONAL, PUBLIC, RULES, SIGNED_IN
from tests.security.visiting import ALLOWED, SENT_TO_SIGN_IN, send, signed_in, told, undone
from tests.security.worlds import LADDER, World, world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
PERSONS = ("anonymous", "outsider", *LADDER)


def expected(rule: str, person: str) -> str | int:
    """Return what a rule means for a person."""
    if rule == PUBLIC:
        return ALLOWED
    if person == "anonymous":
        return SENT_TO_SIGN_IN
    if rule == SIGNED_IN:
        return ALLOWED
    if rule == ADMINISTRATOR:
        return ALLOWED if person == "superuser" else 404
    if rule == PERSONAL:
        return ALLOWED if person in LADDER and LADDER.index(person) >= LADDER.index("reviewer") else 404
    if rule == OWN or person == "outsider":
        return 404
    return ALLOWED if LADDER.index(person) >= LADDER.index(rule) else 403


def test_every_page_has_a_rule() -> None:
    missing = sorted(set(PAGES) - set(RULES))
    assert not missing, f"These pages have no rule in tests/security/rules.py, say who may use them: {missing}"


def test_every_address_of_the_api_is_in_a_walk_of_its_own() -> None:
    walked = {name for name, _ in (*API_RULES, *QUALITY_API_RULES)}
    found = patterns(get_resolver().url_patterns)
    there = {pattern.name or route for route, pattern in found if route.startswith("api/")} - {"api-add-slash"}
    assert there == walked


@pytest.mark.parametrize("person", PERSONS)
def test_a_person_may_do_what_the_rules_say_and_no_more(person: str) -> None:
    place = world()
    client = signed_in(place, person)
    wrong: dict[str, str] = {}
    for name, method in ((name, method) for name in RULES for method in METHODS):
        with undone(client):
            response = send(client, place, name, method)
            got = told(response)
        rule = RULES[name].get(method)
        wanted = [expected(rule, person)] if rule else [405, SENT_TO_SIGN_IN] if person == "anonymous" else [405]
        if got not in wanted:
            wrong[f"{method} {name}"] = f"the rule {rule!r} means {wanted} for {person}, but the answer was {got}"
    assert wrong == {}


def test_an_outsider_cannot_tell_what_exists() -> None:
    place = world()
    client = signed_in(place, "outsider")
    absent = {key: 2**40 if key.endswith("_id") else value for key, value in place.arguments.items()}
    absent |= {"slug": "no-such-project", "sha256": "0" * 64}
    wrong = {}
    for name, method in _of_projects():
        there = send(client, place, name, method)
        gone = client.generic(method.upper(), address(name, absent))
        if not (there.status_code == gone.status_code == 404 and _same(there) == _same(gone)):
            wrong[f"{method} {name}"] = (there.status_code, gone.status_code)
    assert wrong == {}


def _of_projects() -> Iterator[tuple[str, str]]:
    for name, methods in RULES.items():
        if set(methods.values()) & set(LADDER):
            yield from ((name, method) for method in methods)


def _same(response: Any) -> str:
    """Return a page without what differs from request to request."""
    text: str = response.content.decode()
    csrf = str(response.context["csrf_token"]) if response.context and "csrf_token" in response.context else "-"
    nonce = str(getattr(response.wsgi_request, "csp_nonce", None) or "-")
    for unique in (csrf, response["X-Request-ID"], nonce):
        text = text.replace(unique, "")
    return text


def test_pages_of_ones_own_show_nothing_of_projects_one_is_no_member_of() -> None:
    place = world()
    client = signed_in(place, "outsider")
    for name, methods in RULES.items():
        if SIGNED_IN not in methods.values():
            continue
        for method in methods:
            path = f"{address(name, place.arguments)}?q=&project={place.project.slug}"
            with undone(client):
                text = client.generic(method.upper(), path).content.decode()
            assert place.project.name not in text, name


def test_somebody_who_is_switched_off_is_out_at_once() -> None:
    place = world()
    client, page = signed_in(place, "manager"), address("project-overview", place.arguments)
    assert client.get(page).status_code == 200
    User.objects.filter(pk=place.manager.pk).update(is_active=False)
    assert told(client.get(page)) == SENT_TO_SIGN_IN


def test_somebody_who_is_removed_is_out_at_once() -> None:
    place = world()
    client, page = signed_in(place, "annotator"), address("project-label", place.arguments)
    assert client.get(page).status_code == 200
    place.project.memberships.filter(user=place.people["annotator"]).delete()
    assert client.get(page).status_code == 404


def test_the_walk_notices_a_page_without_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RULES, "project-task")
    with pytest.raises(AssertionError, match=r"no rule in tests/security/rules.py.*project-task"):
        test_every_page_has_a_rule()


def test_the_walk_notices_a_page_that_lets_too_many_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(RULES) - {"project-task"}:
        monkeypatch.delitem(RULES, name)
    monkeypatch.setitem(RULES, "project-task", {"get": "manager"})
    with pytest.raises(AssertionError, match=r"(?s)get project-task.*means \[403\] for viewer"):
        test_a_person_may_do_what_the_rules_say_and_no_more("viewer")


def test_the_persons_of_the_walk_are_who_they_say() -> None:
    place: World = world()
    assert set(place.people) == {"outsider", *LADDER}
    roles = dict(place.project.memberships.values_list("user_id", "role"))
    assert [roles.get(place.people[person].pk) for person in ("outsider", *LADDER)] == [None, *LADDER[:-1], None]
    assert {variable for name in RULES for variable in variables(name)} <= set(place.arguments)
    assert Client().get("/").status_code == 302
