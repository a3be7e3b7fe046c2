"""The second factor: set up, asked for, used once, guessed in vain, demanded, lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from labeling.models import Role, User
from labeling.services import accounts, people, second_factor, tokens
from tests import factories

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

SignIn = Callable[[User], Client]


def code_of(secret: str = SECRET, *, steps: int = 0) -> str:
    """Return what an app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


@pytest.fixture(autouse=True)
def _middle_of_a_step() -> Iterator[None]:
    """Keep the clock from stepping while a test computes codes."""
    with time_machine.travel(time.time() // 30 * 30 + 10, tick=False):
        yield


@pytest.fixture
def person() -> User:
    return factories.user(password=factories.PASSWORD)


def turned_on(person: User) -> list[str]:
    codes = second_factor.turn_on_second_factor(user=person, secret=SECRET, code=code_of())
    assert len(set(codes)) == 10
    return codes


def sign_in(client: Client, person: User, **more: Any) -> Any:
    return client.post("/login/", {"username": person.email, "password": factories.PASSWORD}, **more)


def test_a_person_sets_it_up_with_password_and_first_code(person: User, client_for: SignIn) -> None:
    client = client_for(person)
    page = client.get("/me/second-factor/")
    secret = page.context["secret"]
    assert page.context["picture"].startswith("data:image/svg+xml;base64,")
    for sent in (
        {"password": "wrong", "code": code_of(secret)},
        {"password": factories.PASSWORD, "code": code_of(secret, steps=9)},
        {"password": factories.PASSWORD, "code": "1" * 20},
        {"code": code_of(secret)},
    ):
        assert client.post("/me/second-factor/", sent).status_code == 422
        assert not Authenticator.objects.exists()
    done = client.post("/me/second-factor/", {"password": factories.PASSWORD, "code": f" {code_of(secret)} "})
    codes = done.context["codes"]
    assert "no-store" in done["Cache-Control"]
    assert all(code in done.content.decode() for code in codes)
    again = client.get("/me/second-factor/").content.decode()
    assert not any(code in again for code in codes)
    assert secret not in again


def test_the_password_alone_signs_nobody_in(person: User) -> None:
    turned_on(person)
    client = Client()
    asked = sign_in(client, person, QUERY_STRING="next=/me/")
    assert asked["Location"] == "/login/code/"
    assert client.get("/me/")["Location"].startswith("/login/?")
    assert client.get("/api/me/").status_code == 401
    assert "no-store" in client.get("/login/code/")["Cache-Control"]
    before = client.session.session_key
    assert client.post("/login/code/", {"code": code_of()})["Location"] == "/me/"
    assert client.get("/me/").status_code == 200
    assert client.session.session_key != before


def test_without_the_password_no_code_is_asked_for(person: User) -> None:
    turned_on(person)
    client = Client()
    assert client.get("/login/code/")["Location"] == "/login/"
    assert client.post("/login/code/", {"code": code_of()})["Location"] == "/login/"


def test_a_code_is_good_once_even_without_the_cache(person: User) -> None:
    turned_on(person)
    first, second = Client(), Client()
    sign_in(first, person)
    sign_in(second, person)
    assert first.post("/login/code/", {"code": code_of()}).status_code == 302
    cache.clear()
    assert second.post("/login/code/", {"code": code_of()}).status_code == 200
    assert second.post("/login/code/", {"code": code_of(steps=-1)}).status_code == 200
    assert second.post("/login/code/", {"code": code_of(steps=1)}).status_code == 302


def test_a_recovery_code_is_good_once(person: User, client_for: SignIn) -> None:
    code = turned_on(person)[3]
    for status in (302, 200):
        client = Client()
        sign_in(client, person)
        assert client.post("/login/code/", {"code": f"{code[:4]} {code[4:]}"}).status_code == status
    assert "9 of 10 left" in client_for(person).get("/me/second-factor/").content.decode()


def test_codes_are_guessed_in_vain(person: User) -> None:
    turned_on(person)
    client = Client()
    sign_in(client, person)
    replies = [client.post("/login/code/", {"code": "000000"}) for _ in range(10)]
    assert replies[0].status_code == 200
    assert "not right" in replies[0].content.decode()
    assert replies[-1].status_code == 429
    assert client.post("/login/code/", {"code": code_of()}).status_code == 429
    assert sign_in(Client(), person).status_code == 429


def test_codes_of_one_account_are_limited_over_all_addresses(person: User) -> None:
    turned_on(person)
    for number in range(31):
        client = Client(REMOTE_ADDR=f"10.0.0.{number}")
        sign_in(client, person)
        reply = client.post("/login/code/", {"code": "000000"})
    assert reply.status_code == 429


def test_somebody_switched_off_meanwhile_does_not_get_in(person: User) -> None:
    turned_on(person)
    client = Client()
    sign_in(client, person)
    User.objects.update(is_active=False)
    assert client.post("/login/code/", {"code": code_of()}).status_code == 200
    assert client.get("/me/").status_code == 302


def test_the_step_between_password_and_code_does_not_wait_for_ever(person: User) -> None:
    turned_on(person)
    client = Client()
    sign_in(client, person)
    with time_machine.travel(time.time() + 1000, tick=False):
        assert client.post("/login/code/", {"code": code_of()})["Location"] == "/login/"


def test_new_recovery_codes_and_turning_it_off_need_a_code(person: User, client_for: SignIn) -> None:
    old = turned_on(person)
    client = client_for(person)
    for path in ("codes", "off"):
        assert client.post(f"/me/second-factor/{path}/", {"code": "000000"}).status_code == 422
    renewed = client.post("/me/second-factor/codes/", {"code": code_of()}).context["codes"]
    assert not set(renewed) & set(old)
    assert client.post("/me/second-factor/off/", {"code": old[0]}).status_code == 422
    assert client.post("/me/second-factor/off/", {"code": renewed[0]})["Location"] == "/me/"
    assert not Authenticator.objects.exists()
    assert sign_in(Client(), person)["Location"] == "/"


@pytest.mark.parametrize(
    ("setting", "asked"), [("", set()), ("managers", {"manager", "site"}), ("all", {"manager", "site", "annotator"})]
)
def test_the_site_demands_it_of_whom_the_setting_says(
    setting: str, asked: set[str], settings: Any, client_for: SignIn
) -> None:
    project = factories.project(manager=factories.user(password=factories.PASSWORD))
    people = {
        "manager": project.created_by,
        "annotator": factories.member(project, Role.ANNOTATOR),
        "site": factories.user(is_superuser=True, is_staff=True),
    }
    settings.SECOND_FACTOR = setting
    for name, person in people.items():
        client = client_for(person)
        if name not in asked:
            assert client.get("/").status_code == 200
            continue
        for path in ("/", "/me/", f"/p/{project.slug}/", "/site/", "/admin/"):
            assert client.get(path)["Location"] == "/me/second-factor/", path
        assert client.get("/api/me/").status_code == 403
        assert (
            client.post("/me/tokens/", {"name": "x", "scope": "manage", "days": 0})["Location"] == "/me/second-factor/"
        )
        assert client.get("/me/second-factor/").status_code == 200


def test_where_it_is_demanded_it_opens_everything_and_stays_on(person: User, settings: Any, client_for: SignIn) -> None:
    settings.SECOND_FACTOR = "all"
    client = client_for(person)
    secret = client.get("/me/second-factor/").context["secret"]
    client.post("/me/second-factor/", {"password": factories.PASSWORD, "code": code_of(secret)})
    assert client.get("/").status_code == 200
    assert client.get("/api/me/").status_code == 200
    refused = client.post("/me/second-factor/off/", {"code": code_of(secret)})
    assert refused.status_code == 422
    assert Authenticator.objects.exists()


def test_tokens_are_not_asked_for_a_code(person: User) -> None:
    _, secret = tokens.issue_token(user=person, name="script", scope="read")
    turned_on(person)
    assert Client().get("/api/me/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_whoever_runs_the_site_removes_one_that_is_lost(person: User, capsys: pytest.CaptureFixture[str]) -> None:
    turned_on(person)
    call_command("person", "remove-second-factor", person.email.upper())
    assert "without a code from now on" in capsys.readouterr().out
    assert sign_in(Client(), person)["Location"] == "/"
    with pytest.raises(CommandError):
        call_command("person", "remove-second-factor", "nobody@example.org")


def test_what_codes_are_made_of_is_shown_nowhere(person: User, client_for: SignIn, tmp_path: Any) -> None:
    turned_on(person)
    call_command("person", "export", person.email, str(tmp_path / "person.json"))
    kept = (tmp_path / "person.json").read_text(encoding="utf-8")
    assert "mfa.Authenticator" in kept
    assert SECRET not in kept
    assert not re.search(r"seed", kept)
    site = client_for(factories.user(is_superuser=True, is_staff=True))
    assert site.get("/admin/mfa/authenticator/").status_code == 404
    call_command("person", "anonymize", person.email)
    assert not Authenticator.objects.exists()


def by_mailed_link(person: User) -> None:
    accounts.set_password_by_link(user=person, password=factories.PASSWORD)


def test_a_mailed_link_does_not_get_past_it(person: User) -> None:
    people.prove_address(user=person)
    turned_on(person)
    by_mailed_link(person)
    assert sign_in(Client(), person)["Location"] == "/login/code/"


def test_one_that_was_planted_before_the_address_was_proved_locks_nobody_out(person: User) -> None:
    User.objects.update(verified_at=None)
    person.refresh_from_db()
    turned_on(person)
    by_mailed_link(person)
    assert sign_in(Client(), person)["Location"] == "/"
