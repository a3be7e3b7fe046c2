"""Sessions and the sign-in: nobody plants a session, nobody keeps one, nobody guesses."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from labeling.models import Role, User
from labeling.services import accounts, limits, people
from tests import factories

pytestmark = pytest.mark.django_db
SESSION = site.SESSION_COOKIE_NAME
NEW = {"new_password1": "brand-new-words", "new_password2": "brand-new-words"}


def sign_in(client: Client, person: User, password: str = factories.PASSWORD, **more: Any) -> Any:
    return client.post("/login/", {"username": person.email, "password": password}, **more)


def reset_link(person: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    return f"/password/{uid}/{default_token_generator.make_token(person)}/"


@pytest.fixture
def person() -> User:
    return factories.user(password=factories.PASSWORD)


def test_a_session_from_before_the_sign_in_is_not_carried_over(person: User) -> None:
    victim = Client()
    victim.get(f"/join/{'x' * 43}/")
    session = victim.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    victim.cookies[SESSION] = str(planted)
    sign_in(victim, person)
    assert victim.cookies[SESSION].value != planted
    attacker = Client()
    attacker.cookies[SESSION] = str(planted)
    assert attacker.get("/me/").status_code == 302


def test_joining_by_invitation_gives_a_new_session_too() -> None:
    project = factories.project()
    _, secret = people.invite(actor=project.created_by, project=project, role=Role.VIEWER)
    victim = Client()
    session = victim.session
    session["planted"] = True
    session.save()
    victim.cookies[SESSION] = str(session.session_key)
    answer = victim.post(f"/join/{secret}/", {"email": "n@example.org", "name": "N", "password": "brand-new-words"})
    assert answer.status_code == 302
    assert victim.cookies[SESSION].value != session.session_key


def test_the_csrf_token_changes_at_the_sign_in(person: User) -> None:
    client = Client()
    client.get("/login/")
    before = client.cookies[site.CSRF_COOKIE_NAME].value
    sign_in(client, person)
    assert client.cookies[site.CSRF_COOKIE_NAME].value != before


def test_sessions_end_when_the_password_is_set_by_a_mailed_link(
    person: User, client_for: Callable[[User], Client]
) -> None:
    elsewhere = client_for(person)
    assert elsewhere.get("/me/").status_code == 200
    client = Client()
    form = client.get(reset_link(person))["Location"]
    assert client.post(form, NEW)["Location"] == "/password/done/"
    assert elsewhere.get("/me/").status_code == 302


def test_a_mailed_link_works_once_and_is_not_in_the_address_of_the_form(person: User) -> None:
    link, client = reset_link(person), Client()
    token = link.rstrip("/").rpartition("/")[2]
    form = client.get(link)["Location"]
    assert token not in form
    assert client.post(form, NEW).status_code == 302
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_signing_out_ends_the_session_on_the_server(person: User) -> None:
    client = Client()
    sign_in(client, person)
    stolen = client.cookies[SESSION].value
    answer = client.post("/logout/")
    assert answer["Clear-Site-Data"] == '"cache"'
    thief = Client()
    thief.cookies[SESSION] = stolen
    assert thief.get("/me/").status_code == 302


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example/", "///evil.example", "http:evil.example", "javascript:alert(1)",
        "/\\evil.example", "\\\\evil.example", "https:/\\evil.example", "\thttps://evil.example", "http://testserver@evil.example/",
    ],
)  # fmt: skip
def test_the_sign_in_leads_nowhere_else(wanted: str, person: User) -> None:
    assert sign_in(Client(), person, QUERY_STRING=f"next={wanted}")["Location"] == "/"
    posted = Client().post("/login/", {"username": person.email, "password": factories.PASSWORD, "next": wanted})
    assert posted["Location"] == "/"
    again = Client()
    sign_in(again, person)
    assert again.get("/login/", {"next": wanted})["Location"] == "/"
    assert again.post("/logout/", {"next": wanted})["Location"] == "/login/"


def test_the_same_account_in_other_spellings_is_one_account_to_guess_at(person: User) -> None:
    spellings = [person.email, person.email.upper(), f" {person.email} ", person.email.title()]
    answers = [
        Client().post("/login/", {"username": spellings[n % 4], "password": "wrong"}).status_code
        for n in range(site.AXES_FAILURE_LIMIT + 1)
    ]
    assert answers[-1] == 429
    assert sign_in(Client(), person).status_code == 429
    other = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(other, person).status_code == 302, "somebody else's guesses do not lock a person out"


def test_many_accounts_cannot_be_tried_from_one_address(monkeypatch: pytest.MonkeyPatch, person: User) -> None:
    _lower(monkeypatch, "SIGN_IN_ATTEMPTS", 3)
    answers = [
        Client().post("/login/", {"username": f"p{n}@example.org", "password": "wrong"}).status_code for n in range(5)
    ]
    assert answers == [200, 200, 200, 429, 429]
    assert sign_in(Client(), person).status_code == 302, "who knows the password is not kept out by a neighbor"


def test_the_current_password_cannot_be_guessed_in_a_browser_that_was_left_open(
    monkeypatch: pytest.MonkeyPatch, person: User, client_for: Callable[[User], Client]
) -> None:
    _lower(monkeypatch, "SIGN_IN_ATTEMPTS", 3)
    client = client_for(person)
    answers = [client.post("/me/password/", {"old_password": f"guess {n}", **NEW}).status_code for n in range(5)]
    assert answers == [422, 422, 422, 429, 429]
    assert client.post("/me/password/", {"old_password": factories.PASSWORD, **NEW}).status_code == 302


def test_mails_with_links_are_limited_by_address_of_either_kind(monkeypatch: pytest.MonkeyPatch, person: User) -> None:
    _lower(monkeypatch, "RESETS_OF_ADDRESS", 2)
    asked: list[Any] = [Client().post("/password/", {"email": person.email.upper()}) for _ in range(4)]
    assert [answer.status_code for answer in asked] == [302, 302, 429, 429]
    assert int(asked[-1]["Retry-After"]) == limits.RESETS_OF_ADDRESS.seconds
    assert len(mail.outbox) == 2
    _lower(monkeypatch, "RESETS_FROM_ADDRESS", 1)
    statuses = [
        Client(REMOTE_ADDR="192.0.2.9").post("/password/", {"email": f"p{n}@example.org"}).status_code for n in range(3)
    ]
    assert statuses == [302, 429, 429]


def _lower(monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    limit = getattr(limits, name)
    monkeypatch.setattr(limits, name, limits.Limit(limit.name, most, limit.seconds, limit.message))


def test_an_account_cannot_be_told_from_none_at_the_sign_in(person: User) -> None:
    User.objects.filter(pk=factories.user("off@example.org", password=factories.PASSWORD).pk).update(is_active=False)
    pages = {
        _shown(Client().post("/login/", {"username": email, "password": password}), email)
        for email, password in (
            (person.email, "wrong"),
            ("nobody@example.org", "wrong"),
            ("off@example.org", "wrong"),
            ("off@example.org", factories.PASSWORD),
            (factories.user("invited@example.org").email, "wrong"),
        )
    }
    assert len(pages) == 1


def test_a_password_is_hashed_even_where_there_is_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str | None] = []
    monkeypatch.setattr(User, "set_password", lambda _, raw: hashed.append(raw))
    Client().post("/login/", {"username": "nobody@example.org", "password": "guessed-words"})
    assert hashed == ["guessed-words"]


def test_an_account_cannot_be_told_from_none_when_a_link_is_asked_for(person: User) -> None:
    answers = {
        (answer.status_code, answer["Location"])
        for answer in (
            Client().post("/password/", {"email": person.email}),
            Client().post("/password/", {"email": "nobody@example.org"}),
        )
    }
    assert answers == {(302, "/password/sent/")}
    assert [message.to for message in mail.outbox] == [[person.email]]


def test_the_mail_is_a_workers_work_so_that_its_time_tells_nothing(
    person: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    sent: list[tuple[str, ...]] = []

    class Queue:
        def apply_async(self, *, args: tuple[str, ...], queue: str) -> None:
            sent.append(args)

    monkeypatch.setattr(accounts, "current_app", SimpleNamespace(tasks={accounts.MAIL_PASSWORD_LINK: Queue()}))
    with django_assert_num_queries(0):
        Client().post("/password/", {"email": person.email})
        Client().post("/password/", {"email": "nobody@example.org"})
    assert sent == [(person.email,), ("nobody@example.org",)], "the message to the worker holds no secret"
    assert mail.outbox == []


def test_a_link_in_a_mail_is_of_this_site_whatever_the_browser_says(person: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    Client(SERVER_NAME="evil.example").post("/password/", {"email": person.email})
    (sent,) = mail.outbox
    assert "evil.example" not in str(sent.body)
    assert settings.SITE_URL in str(sent.body)


def _shown(response: Any, email: str) -> str:
    text: str = response.content.decode()
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    text = re.sub(r'(nonce|name="csrf-token" content)="[^"]+"', "", text)
    return text.replace(email, "").replace(response["X-Request-ID"], "")
