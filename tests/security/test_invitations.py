"""Invitations: a link is worth what its maker may still give, and nobody enters by one that was taken back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from labeling.errors import NotFound
from labeling.models import Event, Invitation, Membership, Project, Role, User
from labeling.services import people
from tests import factories

SignIn = Callable[[User], Client]
JOINING = {"email": "new@example.org", "name": "New", "password": "brand-new-words"}


def role_of(user: User, project: Project) -> str | None:
    return Membership.objects.filter(project=project, user=user).values_list("role", flat=True).first()


def link_of(maker: User, project: Project, role: str = Role.MANAGER) -> str:
    _, secret = people.invite(actor=maker, project=project, role=role)
    return f"/join/{secret}/"


def remove(manager: Client, project: Project, membership: Membership) -> None:
    manager.post(f"/p/{project.slug}/people/{membership.pk}/remove/")


def demote(manager: Client, project: Project, membership: Membership) -> None:
    manager.post(f"/p/{project.slug}/people/{membership.pk}/role/", {"role": "viewer"})


@pytest.mark.django_db
@pytest.mark.parametrize(("end", "role"), [(remove, None), (demote, Role.VIEWER)])
def test_a_former_manager_does_not_come_back_by_their_own_link(
    client_for: SignIn, end: Callable[[Client, Project, Membership], None], role: str | None
) -> None:
    project, elsewhere = factories.project(), factories.project()
    former = factories.member(project, Role.MANAGER)
    Membership.objects.create(project=elsewhere, user=former, role=Role.MANAGER)
    link, other = link_of(former, project), link_of(former, elsewhere, Role.VIEWER)
    end(client_for(project.created_by), project, Membership.objects.get(project=project, user=former))
    assert client_for(former).get(link).status_code == 404
    assert client_for(former).post(link).status_code == 404
    assert role_of(former, project) == role
    assert Client().post(link, JOINING).status_code == 404
    assert not User.objects.filter(email=JOINING["email"]).exists()
    assert Invitation.objects.get(project=project).revoked_at is not None
    assert Event.objects.filter(verb="invitation.revoked", project=project, actor=project.created_by).count() == 1
    assert Client().get(other).status_code == 200, "where they are manager still, their link is good"


@pytest.mark.django_db
def test_who_is_removed_does_not_come_back_by_a_link_to_their_address(client_for: SignIn) -> None:
    project = factories.project()
    member = factories.member(project, Role.VIEWER)
    _, secret = people.invite(actor=project.created_by, project=project, role=Role.MANAGER, email=member.email)
    remove(client_for(project.created_by), project, Membership.objects.get(project=project, user=member))
    assert client_for(member).post(f"/join/{secret}/").status_code == 404
    assert role_of(member, project) is None


@pytest.mark.django_db
def test_a_person_who_is_switched_off_in_the_administration_invites_nobody(client_for: SignIn) -> None:
    one, other = factories.project(), factories.project()
    manager = factories.member(one, Role.MANAGER)
    Membership.objects.create(project=other, user=manager, role=Role.MANAGER)
    links = [link_of(manager, one), link_of(manager, other)]
    administrator = factories.user(is_superuser=True, is_staff=True)
    change = f"/admin/labeling/user/{manager.pk}/change/"
    assert client_for(administrator).post(change, {"email": manager.email, "name": "Left"}).status_code == 302
    manager.refresh_from_db()
    assert not manager.is_active
    assert [Client().post(link, JOINING).status_code for link in links] == [404, 404]
    assert not Invitation.objects.filter(revoked_at=None).exists()
    assert Event.objects.filter(verb="invitation.revoked", actor=administrator).count() == 2


@pytest.mark.django_db
def test_a_change_of_an_account_that_takes_nothing_away_leaves_its_invitations_open(client_for: SignIn) -> None:
    project = factories.project()
    manager = project.created_by
    link = link_of(manager, project, Role.VIEWER)
    administrator = factories.user(is_superuser=True, is_staff=True)
    sent = {"email": manager.email, "name": "Renamed", "is_active": "on"}
    client_for(administrator).post(f"/admin/labeling/user/{manager.pk}/change/", sent)
    assert User.objects.get(pk=manager.pk).name == "Renamed"
    assert Client().get(link).status_code == 200


@pytest.mark.django_db
def test_a_former_site_administrator_invites_only_where_they_are_manager(client_for: SignIn) -> None:
    project = factories.project()
    former = factories.user(is_superuser=True, is_staff=True)
    link, own = link_of(former, project), link_of(former, factories.project(manager=former), Role.VIEWER)
    administrator = factories.user(is_superuser=True, is_staff=True)
    sent = {"email": former.email, "is_active": "on", "is_staff": "on"}
    client_for(administrator).post(f"/admin/labeling/user/{former.pk}/change/", sent)
    assert Client().get(link).status_code == 404
    assert Client().get(own).status_code == 200


@pytest.mark.django_db
def test_a_link_is_worth_nothing_however_its_maker_was_switched_off() -> None:
    project = factories.project()
    manager = factories.member(project, Role.MANAGER)
    link = link_of(manager, project)
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert Client().get(link).status_code == 404
    assert Client().post(link, JOINING).status_code == 404


def withdraw(invitation: Invitation) -> None:
    people.revoke_invitation(actor=invitation.created_by, invitation=invitation)


def expire(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def remove_maker(invitation: Invitation) -> None:
    maker = Membership.objects.get(project=invitation.project, user=invitation.created_by)
    people.remove_member(actor=maker.user, member=maker)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", [withdraw, expire, remove_maker])
def test_an_invitation_that_ends_while_it_is_accepted_lets_nobody_in(end: Callable[[Invitation], None]) -> None:
    project = factories.project()
    maker = factories.member(project, Role.MANAGER)
    invitation, secret = people.invite(actor=maker, project=project, role=Role.MANAGER)
    person = factories.user()
    accepting = threading.Event()

    def accept() -> None:
        try:
            accepting.set()
            people.accept(user=person, secret=secret)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Invitation.objects.select_for_update().get(pk=invitation.pk)
            accepted = pool.submit(accept)
            assert accepting.wait(30)
            wait_for_a_waiting_statement()
            end(invitation)
        with pytest.raises(NotFound):
            accepted.result(timeout=30)
    assert role_of(person, project) is None


def wait_for_a_waiting_statement() -> None:
    """Return once another connection waits for a lock."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    pytest.fail("nothing waits for the lock")
