"""Signing in with a provider: a real one, which the tests start on this machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from dcai_web import env
from labeling.models import Membership, Role, User
from labeling.services import accounts, people, second_factor, service_accounts
from tests import factories
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, running_provider

pytestmark = pytest.mark.django_db
ANN = {"sub": "ann-1", "email": "ann@example.org", "email_verified": True, "name": "Ann Onymous"}
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def provider(settings: Any) -> Iterator[OidcProvider]:
    with running_provider() as started:
        settings.OIDC_ISSUER, settings.OIDC_NAME = started.issuer, "Example Org"
        app = {
            "provider_id": "organization", "name": "Example Org", "client_id": CLIENT_ID, "secret": CLIENT_SECRET,
            "settings": {"server_url": started.issuer},
        }  # fmt: skip
        kept = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": kept | {"APPS": [app]}}
        started.person = dict(ANN)
        yield started


@pytest.fixture
def ann() -> User:
    return factories.user("ann@example.org", verified_at=timezone.now())


def there(client: Client, wanted: str = "") -> str:
    """Go to the provider, sign in there, and return the address to come back to."""
    going = client.get("/login/provider/", {"next": wanted})
    assert going.status_code == 302
    parts = urlsplit(going["Location"])
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    back = connection.getresponse().headers["Location"]
    connection.close()
    assert back is not None
    return back.partition(urlsplit(back).netloc)[2]


def come_in(client: Client, wanted: str = "") -> Any:
    return client.get(there(client, wanted))


def assert_outside(answer: Any, client: Client, words: str) -> None:
    """Assert that nobody was signed in, and that the sign-in page says why."""
    assert answer["Location"] == "/login/"
    assert client.get("/me/").status_code == 302
    assert words in client.get("/login/").content.decode()


def test_a_person_whose_address_both_sides_have_proved_comes_into_their_account(
    provider: OidcProvider, ann: User
) -> None:
    client = Client()
    page = client.get("/login/?next=/me/").content.decode()
    assert "Sign in with Example Org" in page
    assert 'href="/login/provider/?next=/me/"' in page
    assert come_in(client, "/me/")["Location"] == "/me/"
    assert client.get("/api/me/").json()["id"] == ann.pk
    # From now on it is who comes that counts, and not the address.
    provider.person["email"] = "ann.new@example.org"
    again = Client()
    come_in(again)
    assert again.get("/api/me/").json()["id"] == ann.pk


@pytest.mark.parametrize("said", [False, None, "true", 1])
def test_an_address_that_the_provider_has_not_verified_opens_no_account(
    provider: OidcProvider, ann: User, said: Any
) -> None:
    provider.person["email_verified"] = said
    client = Client()
    assert_outside(come_in(client), client, "does not say that ann@example.org is yours")
    assert not SocialAccount.objects.exists()


def test_an_account_whose_address_nobody_proved_is_not_joined(provider: OidcProvider) -> None:
    planted = factories.user("ann@example.org", password=factories.PASSWORD, verified_at=None)
    client = Client()
    assert_outside(come_in(client), client, "nobody has proved yet that it is theirs")
    accounts.set_password_by_link(user=planted, password=factories.PASSWORD)
    assert come_in(client)["Location"] == "/"


def test_new_people_stay_outside_by_default(provider: OidcProvider) -> None:
    client = Client()
    assert_outside(come_in(client), client, "Ask a manager of your project to invite you")
    assert not User.objects.exists()


@pytest.mark.parametrize("verified", [True, False])
def test_new_people_come_in_where_the_site_says_so_and_into_nothing(
    provider: OidcProvider, settings: Any, *, verified: bool
) -> None:
    settings.OIDC_SIGN_UP = True
    factories.project()
    provider.person |= {"email_verified": verified, "name": " Ann\n Onymous\x00 \ud800" + "x" * 300}
    client = Client()
    assert come_in(client)["Location"] == "/"
    user = User.objects.get(email="ann@example.org")
    assert user.name.startswith("Ann Onymous ?x")
    assert (user.verified_at is not None) == verified
    assert not user.has_usable_password()
    assert not Membership.objects.filter(user=user).exists()
    assert client.get("/").status_code == 200


def test_who_was_invited_comes_in_and_joins(provider: OidcProvider) -> None:
    project = factories.project()
    _, secret = people.invite(actor=project.created_by, project=project, role=Role.VIEWER, email="ann@example.org")
    client = Client()
    assert f'href="/login/provider/?next=/join/{secret}/"' in client.get(f"/join/{secret}/").content.decode()
    assert come_in(client, f"/join/{secret}/")["Location"] == f"/join/{secret}/"
    client.post(f"/join/{secret}/")
    assert Membership.objects.get(project=project, user__email="ann@example.org").role == Role.VIEWER


def test_the_invitation_of_somebody_who_may_not_invite_lets_nobody_in(provider: OidcProvider) -> None:
    project = factories.project()
    people.invite(actor=project.created_by, project=project, role=Role.VIEWER, email="ann@example.org")
    User.objects.update(is_active=False)
    client = Client()
    assert_outside(come_in(client), client, "Ask a manager")


def test_the_second_factor_is_asked_for_too(provider: OidcProvider, ann: User) -> None:
    code = format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))
    recovery = second_factor.turn_on_second_factor(user=ann, secret=SECRET, code=code)[0]
    client = Client()
    assert come_in(client, "/me/")["Location"] == "/login/code/"
    assert client.get("/me/")["Location"].startswith("/login/")
    assert client.post("/login/code/", {"code": recovery})["Location"] == "/me/"
    assert client.get("/api/me/").json()["id"] == ann.pk


def test_accounts_that_are_off_or_of_programs_are_not_opened(provider: OidcProvider, ann: User) -> None:
    come_in(Client())
    User.objects.update(is_active=False)
    client = Client()
    assert_outside(come_in(client), client, "switched off")
    project = factories.project()
    robot = service_accounts.create_service_account(
        actor=project.created_by, project=project, name="Robot", role=Role.MANAGER
    )
    provider.person = ANN | {"sub": "robot", "email": robot.user.email}
    assert_outside(come_in(client), client, "is the address of a service account")


FAULTS: dict[str, Callable[[OidcProvider], Any]] = {
    "another issuer": lambda provider: setattr(provider, "claimed_issuer", "https://evil.example"),
    "another issuer in the token": lambda provider: provider.token_claims.update(iss="https://evil.example"),
    "another audience": lambda provider: provider.token_claims.update(aud="another"),
    "an old token": lambda provider: provider.token_claims.update(exp=1),
    "a key that is not published": lambda provider: provider.sign_with_another_key(),
    "a signature by the secret": lambda provider: setattr(provider, "algorithm", "HS256"),
    "two people": lambda provider: provider.userinfo.update(sub="boss-1", email="boss@example.org"),
    "nobody": lambda provider: provider.userinfo.update(sub=None),
    "somebody too long": lambda provider: provider.person.update(sub="x" * 192),
    "somebody who cannot be stored": lambda provider: provider.person.update(sub="ann\x00"),
    "no keys": lambda provider: provider.broken.add("/jwks"),
    "no token": lambda provider: provider.broken.add("/token"),
    "no userinfo": lambda provider: provider.broken.add("/userinfo"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_provider_that_says_something_wrong_lets_nobody_in(
    provider: OidcProvider, ann: User, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    client = Client()
    if fault != "another issuer":
        back = there(client)
        FAULTS[fault](provider)
    else:
        FAULTS[fault](provider)
        back = "/login/provider/"
    caplog.set_level(logging.INFO)
    assert_outside(client.get(back), client, "Signing in with Example Org did not work")
    assert "signing in with the provider failed" in caplog.text
    assert CLIENT_SECRET not in caplog.text
    assert not SocialAccount.objects.exists()


def test_a_provider_that_is_away_is_said_in_words(provider: OidcProvider) -> None:
    provider.broken.add("/.well-known/openid-configuration")
    client = Client()
    assert_outside(client.get("/login/provider/"), client, "did not work")


def test_who_changes_their_mind_is_back_at_the_sign_in(provider: OidcProvider) -> None:
    provider.person = {}
    client = Client()
    assert_outside(come_in(client), client, "You did not sign in with Example Org")


def test_what_was_begun_in_another_browser_or_is_over_is_not_gone_on_with(provider: OidcProvider, ann: User) -> None:
    client, other = Client(), Client()
    back = there(client)
    assert_outside(other.get(back), other, "did not work")
    assert client.get(back)["Location"] == "/"
    client.post("/logout/")
    assert_outside(client.get(back), client, "did not work")


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_leads_nowhere_else(provider: OidcProvider, ann: User, wanted: str) -> None:
    assert come_in(Client(), wanted)["Location"] == "/"


def test_a_mailed_password_ends_what_was_connected(provider: OidcProvider, ann: User) -> None:
    come_in(Client())
    assert SocialAccount.objects.filter(user=ann).exists()
    accounts.set_password_by_link(user=ann, password=factories.PASSWORD)
    assert not SocialAccount.objects.exists()


def test_without_a_provider_the_sign_in_page_knows_of_none(settings: Any) -> None:
    settings.OIDC_ISSUER = ""
    assert "/login/provider/" not in Client().get("/login/").content.decode()


def test_a_provider_is_reached_by_https_or_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for good in ("https://login.example.org/realm/", "http://127.0.0.1:9000", ""):
        monkeypatch.setenv("DCAI_OIDC_ISSUER", good)
        assert env.issuer("DCAI_OIDC_ISSUER") == good.rstrip("/")
    for bad in ("http://login.example.org", "login.example.org", "https://"):
        monkeypatch.setenv("DCAI_OIDC_ISSUER", bad)
        with pytest.raises(ImproperlyConfigured):
            env.issuer("DCAI_OIDC_ISSUER")
    with pytest.raises(ImproperlyConfigured, match="must be set, because"):
        env.needed("DCAI_OIDC_CLIENT_ID", because="DCAI_OIDC_ISSUER")
