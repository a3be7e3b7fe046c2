"""E-mail addresses: one that was only typed opens nothing, and nobody is told which have an account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.models import Event, Invitation, Membership, Project, Role, User
from labeling.services import limits, people, tokens
from labeling.services.invitations import invite_person
from tests import factories
from tests.security.worlds import imported

pytestmark = pytest.mark.django_db
BOSS = "boss@company.test"
JOINING = {"email": BOSS, "name": "The boss", "password": "the-boss-s-own-words"}
NEW = {"new_password1": "brand-new-words", "new_password2": "brand-new-words"}
ApiFor = Callable[[User], APIClient]
SignIn = Callable[[User], Client]


@pytest.fixture
def mails(settings: Any) -> None:
    """Give the site a mail server."""
    settings.EMAIL_HOST = "mail.example.org"


def mailed_link(kind: str) -> str:
    """Return the path of the link in the newest mail."""
    found = re.search(rf"http://[^/\s]+(/{kind}/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def open_link(project: Project, role: str = Role.MANAGER) -> str:
    return f"/join/{people.invite(actor=project.created_by, project=project, role=role)[1]}/"


def bearer(secret: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def intruder() -> tuple[Client, str]:
    """Join a project of one's own with somebody else's address; return the browser and a token."""
    browser = Client()
    joined = browser.post(open_link(factories.project()), JOINING | {"password": "the-intruders-words"})
    assert joined.status_code == 302
    return browser, browser.post("/me/tokens/", {"name": "kept", "scope": "manage", "days": 90}).context["secret"]


@pytest.mark.usefixtures("mails")
def test_an_address_that_was_only_typed_gets_nothing_and_its_owner_gets_the_account(
    intruder: tuple[Client, str], api_for: ApiFor
) -> None:
    browser, token = intruder
    alpha = factories.project(name="Alpha")
    manager = api_for(alpha.created_by)
    added = manager.post(f"/api/projects/{alpha.slug}/members/", {"email": BOSS, "role": "manager"}, format="json")
    assert added.status_code == 202
    assert (added.json()["mailed"], added.json()["url"]) == (True, None)
    assert not Membership.objects.filter(project=alpha, user__email=BOSS).exists()
    assert bearer(token).get(f"/api/projects/{alpha.slug}/").status_code == 404
    assert mail.outbox[-1].to == [BOSS]

    owner = Client()
    assert owner.post(mailed_link("join"), JOINING)["Location"] == "/p/alpha/"
    account = User.objects.get(email=BOSS)
    assert (account.name, account.verified_at is not None) == ("The boss", True)
    assert account.check_password(JOINING["password"])
    assert owner.get("/p/alpha/").status_code == 200
    assert bearer(token).get("/api/me/").status_code == 401
    assert browser.get("/me/")["Location"].startswith("/login/")


def test_a_password_set_by_a_mailed_link_ends_tokens_and_sessions_and_proves_the_address(
    intruder: tuple[Client, str],
) -> None:
    browser, token = intruder
    assert bearer(token).get("/api/me/").status_code == 200
    owner = Client()
    owner.post("/password/", {"email": BOSS})
    form = owner.get(mailed_link("password"))["Location"]
    assert "your API tokens stop working" in owner.get(form).content.decode()
    assert owner.post(form, NEW)["Location"] == "/password/done/"
    assert bearer(token).get("/api/me/").status_code == 401
    assert browser.get("/me/")["Location"].startswith("/login/")
    account = User.objects.get(email=BOSS)
    assert account.verified_at is not None
    assert account.check_password(NEW["new_password1"])
    verbs = set(Event.objects.filter(actor=account).values_list("verb", flat=True))
    assert {"person.password_reset", "person.proved", "token.all_revoked"} <= verbs


@pytest.mark.parametrize("host", ["mail.example.org", ""])
def test_inviting_and_being_invited_tell_nothing_about_accounts(
    host: str, settings: Any, api_for: ApiFor, client_for: SignIn
) -> None:
    settings.EMAIL_HOST = host
    factories.user("proved@example.org", name="Proved", password=factories.PASSWORD, verified_at=timezone.now())
    factories.user("typed@example.org", name="Typed", password=factories.PASSWORD)
    User.objects.filter(pk=factories.user("off@example.org").pk).update(is_active=False)
    project = factories.project()
    api, browser = api_for(project.created_by), client_for(project.created_by)
    told = set()
    for email in ("proved@example.org", "typed@example.org", "off@example.org", "nobody@example.org"):
        added = api.post(f"/api/projects/{project.slug}/members/", {"email": email, "role": "viewer"}, format="json")
        page = browser.post(f"/p/{project.slug}/people/invite/", {"email": email, "role": "viewer"}).content.decode()
        path = mailed_link("join") if host else re.findall(r'value="http://testserver(/join/[^"]+)"', page)[0]
        (listed,) = api.get(f"/api/projects/{project.slug}/invitations/").json()["results"]
        shown = Client().get(path).content.decode()
        notice = page[page.index('<section class="dc-notice') : page.index("</section>")]
        texts = (str(added.status_code), json.dumps(added.json()), json.dumps(listed), notice, shown)
        told.add(tuple(without_what_differs(text, email, path) for text in texts))
        people.revoke_invitation(actor=project.created_by, invitation=Invitation.objects.latest("pk"))
    assert len(told) == 1
    assert not Membership.objects.filter(project=project).exclude(user=project.created_by).exists()


def without_what_differs(text: str, email: str, path: str) -> str:
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|(?:nonce|csrf-token" content)="[^"]+"', "", text)
    text = re.sub(r'"(?:id|created_at|expires_at)": (?:\d+|"[^"]+")|http://testserver/join/[\w-]+/', "", text)
    return text.replace(path, "").replace(email, "")


def test_a_link_that_was_handed_over_proves_nothing() -> None:
    project = factories.project()
    offer = invite_person(
        actor=project.created_by, project=project, role="viewer", email=BOSS, seen_at="http://testserver"
    )
    assert Client().post(offer.link, JOINING).status_code == 302
    assert User.objects.get(email=BOSS).verified_at is None


@pytest.mark.usefixtures("mails")
def test_who_is_signed_in_and_follows_a_mailed_invitation_has_shown_that_the_address_is_theirs(
    client_for: SignIn,
) -> None:
    person, project = factories.user(BOSS), factories.project()
    _, token = tokens.issue_token(user=person, name="laptop", scope="read")
    invite_person(actor=project.created_by, project=project, role="viewer", email=BOSS, seen_at="")
    client = client_for(person)
    assert client.post(mailed_link("join")).status_code == 302
    assert User.objects.get(email=BOSS).verified_at is not None
    assert client.get("/me/").status_code == 200, "it was their account all along"
    assert bearer(token).get("/api/me/").json()["verified"] is True


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize(
    "account",
    [{"verified_at": timezone.now()}, {"is_superuser": True}, {"is_staff": True}, {"is_active": False}],
)
def test_no_invitation_takes_over_an_account_that_is_somebodys(account: dict[str, Any]) -> None:
    factories.user(BOSS, password=factories.PASSWORD, **account)
    project = factories.project()
    invite_person(actor=project.created_by, project=project, role="viewer", email=BOSS, seen_at="")
    answer = Client().post(mailed_link("join"), JOINING)
    assert "There is an account with this e-mail address already" in answer.content.decode()
    assert User.objects.get(email=BOSS).check_password(factories.PASSWORD)
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.usefixtures("mails")
def test_a_mailed_invitation_makes_an_account_for_its_own_address_only() -> None:
    factories.user("other@example.org", password=factories.PASSWORD)
    project = factories.project()
    invite_person(actor=project.created_by, project=project, role="viewer", email=BOSS, seen_at="")
    Client().post(mailed_link("join"), JOINING | {"email": "other@example.org"})
    assert User.objects.get(email="other@example.org").check_password(factories.PASSWORD)
    assert Membership.objects.get(project=project, role="viewer").user.email == BOSS


@pytest.mark.usefixtures("own_storage")
def test_an_address_that_a_file_names_can_still_join_by_a_link() -> None:
    theirs = factories.project()
    said = {"author": BOSS, "body": "Hm.", "created_at": "2026-05-04T12:00:00Z"}
    row = {"text": "Hello.", "dcai": {"version": 1, "comments": [said]}}
    imported(theirs, json.dumps(row).encode(), "rows.jsonl")
    planted = User.objects.get(email=BOSS)
    project = factories.project()
    answer = Client().post(open_link(project, Role.VIEWER), JOINING)
    assert answer["Location"] == f"/p/{project.slug}/"
    assert User.objects.get(pk=planted.pk).check_password(JOINING["password"])
    assert [member.project for member in planted.memberships.all()] == [project]


@pytest.mark.parametrize("given", ["membership", "token"])
def test_an_address_that_was_given_something_is_not_had_by_a_link_that_anybody_may_hold(given: str) -> None:
    planted = factories.user(BOSS)
    if given == "membership":
        Membership.objects.create(project=factories.project(), user=planted, role=Role.MANAGER)
    else:
        tokens.issue_token(user=planted, name="program", scope="read")
    answer = Client().post(open_link(factories.project()), JOINING)
    assert "There is an account with this e-mail address already" in answer.content.decode()
    assert not User.objects.get(pk=planted.pk).has_usable_password()


@pytest.mark.usefixtures("mails")
def test_links_are_of_this_site_whatever_the_browser_says(settings: Any, client_for: SignIn, api_for: ApiFor) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_URL = settings.SITE_URL_GIVEN = "https://label.example.org"
    project = factories.project()
    root, elsewhere = f"/p/{project.slug}/people/invite/", {"Host": "evil.example:6666"}
    page = client_for(project.created_by).post(root, {"role": "viewer"}, headers=elsewhere).content.decode()
    client_for(project.created_by).post(root, {"role": "viewer", "email": BOSS}, headers=elsewhere)
    api = api_for(project.created_by)
    made = api.post(f"/api/projects/{project.slug}/invitations/", {"role": "viewer"}, format="json", headers=elsewhere)
    for text in (page, str(mail.outbox[-1].body), made.json()["url"]):
        assert "https://label.example.org/join/" in text
        assert "evil.example" not in text


def test_without_an_address_of_its_own_the_site_is_where_its_manager_sees_it(client_for: SignIn) -> None:
    project = factories.project()
    page = client_for(project.created_by).post(f"/p/{project.slug}/people/invite/", {"role": "viewer"})
    assert "http://testserver/join/" in page.content.decode()


def test_whom_administrators_made_they_vouch_for(client_for: SignIn) -> None:
    administrator = client_for(User.objects.create_superuser("root@example.org", factories.PASSWORD))
    assert User.objects.get(email="root@example.org").verified_at is not None
    sent = {"email": BOSS, "usable_password": "true", "password1": "given-by-hand", "password2": "given-by-hand"}
    assert administrator.post("/admin/labeling/user/add/", sent).status_code == 302
    assert User.objects.get(email=BOSS).verified_at is not None


def test_a_password_that_an_administrator_gives_ends_what_the_old_one_opened(
    intruder: tuple[Client, str], client_for: SignIn
) -> None:
    browser, token = intruder
    account = User.objects.get(email=BOSS)
    administrator = client_for(factories.user(is_superuser=True, is_staff=True))
    sent = {"usable_password": "true", "password1": "given-by-hand", "password2": "given-by-hand"}
    assert administrator.post(f"/admin/labeling/user/{account.pk}/password/", sent).status_code == 302
    account.refresh_from_db()
    assert account.check_password("given-by-hand")
    assert account.verified_at is not None
    assert bearer(token).get("/api/me/").status_code == 401
    assert browser.get("/me/")["Location"].startswith("/login/")


def test_addresses_cannot_be_tried_at_the_door_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TAKEN_ADDRESSES", limits.Limit("taken", 2, 3600, "Wait."))
    link = open_link(factories.project())
    for number in range(4):
        factories.user(f"taken-{number}@example.org", password=factories.PASSWORD)
    answers = [
        Client().post(link, JOINING | {"email": f"taken-{number}@example.org"}).status_code for number in range(4)
    ]
    assert answers == [200, 200, 429, 429]
    assert Client().post(link, JOINING).status_code == 302, "who joins with an address of their own is not held up"


@pytest.mark.usefixtures("mails")
def test_a_mailbox_is_not_flooded_with_invitations(monkeypatch: pytest.MonkeyPatch, api_for: ApiFor) -> None:
    limit = limits.INVITATIONS_OF_ADDRESS
    monkeypatch.setattr(limits, "INVITATIONS_OF_ADDRESS", limits.Limit(limit.name, 2, limit.seconds, limit.message))
    projects = [factories.project() for _ in range(4)]
    answers = [
        api_for(project.created_by)
        .post(f"/api/projects/{project.slug}/members/", {"email": BOSS.upper(), "role": "viewer"}, format="json")
        .status_code
        for project in projects
    ]
    assert answers == [202, 202, 429, 429]
    assert len(mail.outbox) == 2


def test_what_was_there_before_is_looked_through_when_the_site_is_upgraded() -> None:
    steps = import_module("labeling.migrations.0014_what_operators_vouched_for")
    administrator, person = factories.user(is_superuser=True, is_staff=True), factories.user()
    project = factories.project()
    former = factories.member(project, Role.MANAGER)
    void, _ = people.invite(actor=former, project=project, role="manager")
    Membership.objects.filter(user=former).update(role=Role.VIEWER)
    good = [
        people.invite(actor=maker, project=project, role="viewer")[0] for maker in (project.created_by, administrator)
    ]
    steps.vouch_for_administrators(apps, None)
    steps.withdraw_void_invitations(apps, None)
    assert set(User.objects.exclude(verified_at=None)) == {administrator}
    assert person.verified_at is None
    assert set(Invitation.objects.exclude(revoked_at=None)) == {void}
    assert set(Invitation.objects.filter(revoked_at=None)) == set(good)
