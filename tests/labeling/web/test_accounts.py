from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from labeling.models import ApiToken, User
from labeling.services import tokens
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_signing_in_and_out() -> None:
    person = factories.user("anna@example.org", password=factories.PASSWORD)
    client = Client()
    wrong = client.post("/login/", {"username": person.email, "password": "wrong"})
    content = wrong.content.decode()
    assert "do not fit together" in content
    # What is typed again is marked, so that it gets the focus; the address is still there.
    (marked,) = re.findall(r'<input[^>]*aria-invalid="true"', content)
    assert 'name="password"' in marked
    assert f'value="{person.email}"' in content
    right = client.post("/login/?next=/me/", {"username": "Anna@Example.org", "password": factories.PASSWORD})
    assert right["Location"] == "/me/"
    assert client.get("/me/").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/me/").status_code == 302


def test_too_many_wrong_passwords_are_stopped() -> None:
    person = factories.user(password=factories.PASSWORD)
    client = Client()
    replies = [client.post("/login/", {"username": person.email, "password": "wrong"}) for _ in range(11)]
    assert replies[-1].status_code == 429
    last = client.post("/login/", {"username": person.email, "password": factories.PASSWORD})
    assert last.status_code == 429
    assert "Too many attempts" in last.content.decode()


def test_an_open_redirect_is_refused() -> None:
    person = factories.user(password=factories.PASSWORD)
    reply = Client().post(
        "/login/?next=https://evil.example/", {"username": person.email, "password": factories.PASSWORD}
    )
    assert reply["Location"] == "/"


@pytest.mark.parametrize("has_password", [True, False])
def test_a_password_is_set_through_a_mailed_link(*, has_password: bool) -> None:
    person = factories.user(password=factories.PASSWORD if has_password else None)
    client = Client()
    assert client.post("/password/", {"email": person.email.upper()})["Location"] == "/password/sent/"
    (sent,) = mail.outbox
    link = re.search(rf"{re.escape(settings.SITE_URL)}(/password/\S+)", str(sent.body))
    assert link is not None
    form = client.get(link.group(1), follow=True)
    address = form.redirect_chain[-1][0]
    short = client.post(address, {"new_password1": "short", "new_password2": "short"})
    assert short.context["form"].errors
    done = client.post(address, {"new_password1": "brand-new-words", "new_password2": "brand-new-words"})
    assert done["Location"] == "/password/done/"
    person.refresh_from_db()
    assert person.check_password("brand-new-words")
    assert "no longer works" in Client().get(link.group(1), follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail() -> None:
    assert Client().post("/password/", {"email": "nobody@example.org"})["Location"] == "/password/sent/"
    assert mail.outbox == []


def test_a_site_without_mail_does_not_say_that_a_link_is_on_its_way(settings: Any) -> None:
    factories.user("ann@example.org", password=factories.PASSWORD)
    asked = Client().get("/password/").content.decode()
    sent = Client().post("/password/", {"email": "ann@example.org"}, follow=True).content.decode()
    assert "This site sends no mail. Ask the person who runs it" in asked
    assert "This site sends no mail, so nothing comes to your mailbox" in sent
    assert not re.search("on its way|Look into your mail|We send a link", asked + sent)
    settings.EMAIL_HOST = "mail.example.org"
    assert "We send a link to your e-mail address" in Client().get("/password/").content.decode()
    assert "a link is on its way to it" in Client().get("/password/sent/").content.decode()


def test_a_person_changes_name_and_theme(client_for: SignIn) -> None:
    person = factories.user()
    client = client_for(person)
    client.post("/me/", {"name": "  Anna   Berg "})
    assert client.post("/me/theme/", {"theme": "dark"}).status_code == 204
    assert client.post("/me/theme/", {"theme": "pink"}).status_code == 400
    person.refresh_from_db()
    assert (person.name, person.preferences) == ("Anna Berg", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/me/").content.decode()


def test_a_new_password_keeps_this_browser_and_ends_others(client_for: SignIn) -> None:
    person = factories.user(password=factories.PASSWORD)
    here, elsewhere = client_for(person), client_for(person)
    wrong = here.post(
        "/me/password/", {"old_password": "no", "new_password1": "brand-new-words", "new_password2": "brand-new-words"}
    )
    assert wrong.status_code == 422
    assert "old_password" in wrong.context["password_form"].errors
    here.post(
        "/me/password/",
        {
            "old_password": factories.PASSWORD,
            "new_password1": "brand-new-words",
            "new_password2": "brand-new-words",
        },
    )
    assert here.get("/me/").status_code == 200
    assert elsewhere.get("/me/").status_code == 302


@pytest.mark.parametrize(("asked", "works"), [({}, True), ({"end_tokens": "on"}, False)])
def test_a_new_password_ends_tokens_where_that_is_asked_for(
    client_for: SignIn, asked: dict[str, str], *, works: bool
) -> None:
    person = factories.user(password=factories.PASSWORD)
    _, secret = tokens.issue_token(user=person, name="laptop", scope="read")
    sent = {"old_password": factories.PASSWORD, "new_password1": "brand-new-words", "new_password2": "brand-new-words"}
    assert client_for(person).post("/me/password/", sent | asked).status_code == 302
    assert (tokens.shown_token(secret) is not None) is works


def test_the_profile_tells_whose_address_is_not_confirmed_and_how_it_can_be(client_for: SignIn, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    assert "Not confirmed yet" in client_for(factories.user()).get("/me/").content.decode()
    proved = factories.user(verified_at=timezone.now())
    assert "Not confirmed yet" not in client_for(proved).get("/me/").content.decode()
    settings.EMAIL_HOST = ""
    assert "Not confirmed yet" not in client_for(factories.user()).get("/me/").content.decode()


def test_a_token_is_shown_once_and_revoked(client_for: SignIn) -> None:
    person = factories.user()
    client = client_for(person)
    made = client.post("/me/tokens/", {"name": "Nightly export", "scope": "read", "days": 90})
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert made["Cache-Control"] == "no-store"
    shown = tokens.shown_token(secret)
    assert shown is not None
    assert shown.user == person
    token = ApiToken.objects.get(user=person)
    assert token.scope == shown.scope == "read"
    assert token.expires_at is not None
    assert abs(token.expires_at - token.created_at - timedelta(days=90)) < timedelta(minutes=1)
    assert secret not in client.get("/me/").content.decode()
    stranger = client_for(factories.user())
    assert stranger.post(f"/me/tokens/{token.pk}/revoke/").status_code == 404
    client.post(f"/me/tokens/{token.pk}/revoke/")
    assert tokens.shown_token(secret) is None
    assert "Nightly export" not in client.get("/me/").context["tokens"].values_list("name", flat=True)


def test_a_token_needs_a_name(client_for: SignIn) -> None:
    reply = client_for(factories.user()).post("/me/tokens/", {"name": " "})
    assert reply.status_code == 422
    assert ApiToken.objects.count() == 0


def test_the_profile_needs_the_same_queries_for_one_token_and_for_many(client_for: SignIn) -> None:
    person = factories.user()
    client = client_for(person)
    tokens.issue_token(user=person, name="one", scope="manage")
    assert_same_queries(
        lambda: client.get("/me/"),
        add_rows=lambda: [tokens.issue_token(user=person, name=str(n), scope="manage") for n in range(5)],
    )


def test_what_a_person_types_is_shown_as_text(client_for: SignIn) -> None:
    person = factories.user(name="<script>alert(1)</script>")
    page = client_for(person).get("/me/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
