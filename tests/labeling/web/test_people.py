from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from labeling.models import Invitation, Membership, Project, Role, User
from labeling.selectors import people as people_reads
from labeling.services import people
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def role_of(user: User, project: Project) -> str | None:
    return Membership.objects.filter(project=project, user=user).values_list("role", flat=True).first()


def test_members_are_found_filtered_and_sorted(client_for: SignIn) -> None:
    project = factories.project(manager=factories.user("zoe@example.org"))
    factories.member(project, Role.VIEWER, email="anna@example.org")
    factories.member(project, Role.ANNOTATOR, email="mila@example.org", name="Mila Novak")
    client = client_for(project.created_by)
    address = f"/p/{project.slug}/people/"

    def emails(**asked: str) -> list[str]:
        return [member.user.email for member in client.get(address, asked).context["page"].rows]

    assert emails() == ["anna@example.org", "mila@example.org", "zoe@example.org"]
    assert emails(sort="-person") == ["zoe@example.org", "mila@example.org", "anna@example.org"]
    assert emails(sort="joined")[0] == "zoe@example.org"
    assert emails(q="novak") == ["mila@example.org"]
    assert emails(role="viewer") == ["anna@example.org"]
    assert "No member fits" in client.get(address, {"q": "nobody"}).content.decode()


def test_the_list_needs_the_same_queries_for_one_member_and_for_many(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    address = f"/p/{project.slug}/people/"

    def add_rows() -> None:
        for _ in range(6):
            factories.member(project)
            people.invite(actor=project.created_by, project=project, role="viewer")

    assert_same_queries(lambda: client.get(address), add_rows=add_rows)


def test_a_role_changes_and_the_message_undoes_it(client_for: SignIn) -> None:
    project = factories.project()
    member = factories.member(project, Role.VIEWER)
    client = client_for(project.created_by)
    membership = Membership.objects.get(project=project, user=member)
    page = client.post(f"/p/{project.slug}/people/{membership.pk}/role/", {"role": "reviewer"}, follow=True)
    assert role_of(member, project) == Role.REVIEWER
    undo = re.search(r'action="([^"]+/role/viewer/)"', page.content.decode())
    assert undo is not None
    client.post(undo.group(1))
    assert role_of(member, project) == Role.VIEWER


def test_the_last_manager_stays_and_is_told_why(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    membership = Membership.objects.get(project=project)
    for address, data in (("role", {"role": "viewer"}), ("remove", {})):
        page = client.post(f"/p/{project.slug}/people/{membership.pk}/{address}/", data, follow=True)
        assert "A project needs a manager" in page.content.decode()
    assert role_of(project.created_by, project) == Role.MANAGER


def test_a_removed_member_can_be_taken_back_from_the_message(client_for: SignIn) -> None:
    project = factories.project()
    member = factories.member(project, Role.REVIEWER)
    client = client_for(project.created_by)
    membership = Membership.objects.get(project=project, user=member)
    page = client.post(f"/p/{project.slug}/people/{membership.pk}/remove/", follow=True).content.decode()
    assert role_of(member, project) is None
    undo = re.search(r'action="([^"]+/return/[^"]+)"', page)
    assert undo is not None
    other = factories.project(manager=project.created_by)
    elsewhere = undo.group(1).replace(f"/p/{project.slug}/", f"/p/{other.slug}/")
    assert client.post(elsewhere).status_code == 404
    assert client.post(undo.group(1)[:-3] + "x/").status_code == 404
    client.post(undo.group(1))
    assert role_of(member, project) == Role.REVIEWER


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANNOTATOR, Role.REVIEWER])
def test_only_managers_change_people(client_for: SignIn, role: Role) -> None:
    project = factories.project()
    member = factories.member(project, role)
    client = client_for(member)
    membership = Membership.objects.get(project=project, user=member)
    root = f"/p/{project.slug}/people/"
    for address in ("invite/", f"{membership.pk}/role/", f"{membership.pk}/remove/", "invitations/1/revoke/"):
        assert client.post(root + address, {"role": "manager"}).status_code == 403
    assert role_of(member, project) == role


def test_a_member_of_another_project_cannot_be_changed_from_here(client_for: SignIn) -> None:
    mine, theirs = factories.project(), factories.project()
    victim = Membership.objects.get(project=theirs)
    reply = client_for(mine.created_by).post(f"/p/{mine.slug}/people/{victim.pk}/role/", {"role": "viewer"})
    assert reply.status_code == 404


def link_in(reply: object) -> str:
    found = re.search(r'value="http://testserver(/join/[^"]+)"', reply.content.decode())  # type: ignore[attr-defined]
    assert found is not None
    return found.group(1)


def test_an_invited_person_makes_an_account_and_is_in(client_for: SignIn) -> None:
    project = factories.project(name="Letters")
    reply = client_for(project.created_by).post(f"/p/{project.slug}/people/invite/", {"email": "", "role": "annotator"})
    assert reply["Cache-Control"] == "no-store"
    link = link_in(reply)
    visitor = Client()
    assert "Join Letters" in visitor.get(link).content.decode()
    weak = visitor.post(link, {"email": "new@example.org", "name": "New", "password": "short"})
    assert "password" in weak.context["form"].errors
    joined = visitor.post(link, {"email": "New@Example.org", "name": "New", "password": "a-long-enough-one"})
    assert joined["Location"] == f"/p/{project.slug}/"
    assert role_of(User.objects.get(email="new@example.org"), project) == Role.ANNOTATOR
    assert visitor.get(f"/p/{project.slug}/").status_code == 200
    assert Client().get(link).status_code == 404


def test_an_invitation_cannot_take_over_an_account(client_for: SignIn) -> None:
    project = factories.project()
    known = factories.user("known@example.org", password=factories.PASSWORD)
    factories.member(project, Role.VIEWER, email="pending@example.org")
    for email in ("known@example.org", "pending@example.org"):
        _, secret = people.invite(actor=project.created_by, project=project, role="manager")
        reply = Client().post(f"/join/{secret}/", {"email": email, "name": "X", "password": "another-long-password"})
        assert "There is an account with this e-mail address already" in reply.content.decode()
    known.refresh_from_db()
    assert known.check_password(factories.PASSWORD)
    assert not User.objects.get(email="pending@example.org").has_usable_password()


def test_somebody_signed_in_joins_by_one_press(client_for: SignIn) -> None:
    project = factories.project()
    person = factories.user()
    _, secret = people.invite(actor=project.created_by, project=project, role="reviewer")
    client_for(person).post(f"/join/{secret}/")
    assert role_of(person, project) == Role.REVIEWER


def test_an_invitation_by_mail_is_in_the_mail_alone_and_is_withdrawn(client_for: SignIn, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    project = factories.project()
    client = client_for(project.created_by)
    reply = client.post(f"/p/{project.slug}/people/invite/", {"email": "d@example.org", "role": "viewer"})
    (sent,) = mail.outbox
    link = re.search(rf"{re.escape(settings.SITE_URL)}(/join/\S+)", str(sent.body))
    assert link is not None
    assert sent.to == ["d@example.org"]
    assert "on its way to d@example.org" in reply.content.decode()
    assert "/join/" not in reply.content.decode(), "whoever invites does not see what proves the address"
    assert Client().get(link.group(1)).status_code == 200
    invitation = Invitation.objects.get(project=project)
    client.post(f"/p/{project.slug}/people/invitations/{invitation.pk}/revoke/")
    assert Client().get(link.group(1)).status_code == 404


def test_without_a_mail_server_the_page_says_so(client_for: SignIn) -> None:
    project = factories.project()
    reply = client_for(project.created_by).post(
        f"/p/{project.slug}/people/invite/", {"email": "d@example.org", "role": "viewer"}
    )
    assert "Nothing was mailed: this site has no mail server." in reply.content.decode()
    assert link_in(reply)
    assert mail.outbox == []


def test_a_mail_that_was_not_taken_is_a_link_to_pass_on(
    client_for: SignIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    settings.EMAIL_HOST = "mail.example.org"
    monkeypatch.setattr("labeling.services.mail.send_mail", refuse)
    project = factories.project()
    reply = client_for(project.created_by).post(
        f"/p/{project.slug}/people/invite/", {"email": "d@example.org", "role": "viewer"}
    )
    assert "Nothing was mailed: the mail server did not take it." in reply.content.decode()
    assert link_in(reply)
    assert Invitation.objects.get().mailed_at is None


def test_a_second_invitation_to_an_address_takes_the_place_of_the_first(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    links = [
        link_in(client.post(f"/p/{project.slug}/people/invite/", {"email": "d@example.org", "role": role}))
        for role in ("manager", "viewer")
    ]
    assert [Client().get(link).status_code for link in links] == [404, 200]


def test_the_list_tells_who_has_not_shown_that_an_address_is_theirs(client_for: SignIn, settings: Any) -> None:
    project = factories.project(manager=factories.user(verified_at=timezone.now()))
    client = client_for(project.created_by)
    settings.EMAIL_HOST = "mail.example.org"
    words = "address not confirmed"
    assert words not in client.get(f"/p/{project.slug}/people/").content.decode()
    factories.member(project)
    assert client.get(f"/p/{project.slug}/people/").content.decode().count(words) == 1
    settings.EMAIL_HOST = ""
    assert words not in client.get(f"/p/{project.slug}/people/").content.decode(), "nobody could show it"


def test_a_wrong_invitation_says_what_is_wrong(client_for: SignIn) -> None:
    project = factories.project()
    reply = client_for(project.created_by).post(
        f"/p/{project.slug}/people/invite/", {"email": "nonsense", "role": "king"}
    )
    assert reply.status_code == 422
    assert set(reply.context["form"].errors) == {"email", "role"}
    assert Invitation.objects.count() == 0


def test_open_invitations_have_a_page_of_their_own(client_for: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = people_reads.open_invitations.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "size", 4)
    project = factories.project()
    for number in range(7):
        people.invite(actor=project.created_by, project=project, role="viewer", email=f"person{number}@example.org")
    people.invite(actor=project.created_by, project=project, role="viewer", email="")
    client = client_for(project.created_by)
    people_page = client.get(f"/p/{project.slug}/people/").content.decode()
    here = f"/p/{project.slug}/people/invitations/"
    assert f'href="{here}"' in people_page
    assert "person6@example.org" in people_page
    assert "person1@example.org" not in people_page
    first = client.get(here)
    shown = [invitation.email for invitation in first.context["page"].rows]
    assert shown == ["", "person6@example.org", "person5@example.org", "person4@example.org"]
    second = client.get(here, {"cursor": first.context["page"].next_cursor})
    assert [invitation.email for invitation in second.context["page"].rows] == [
        f"person{number}@example.org" for number in (3, 2, 1, 0)
    ]
    found = client.get(here, {"q": "PERSON3"})
    assert [invitation.email for invitation in found.context["page"].rows] == ["person3@example.org"]
    assert "No open invitation for such an address" in client.get(here, {"q": "nobody"}).content.decode()
    gone = Invitation.objects.get(email="person3@example.org")
    reply = client.post(f"/p/{project.slug}/people/invitations/{gone.pk}/revoke/", {"back": "invitations"})
    assert reply["Location"] == here
    assert client.get(here, {"q": "person3"}).context["page"].rows == []
    member = client_for(factories.member(project))
    assert member.get(here).status_code == 403
    assert client_for(factories.user()).get(here).status_code == 404
