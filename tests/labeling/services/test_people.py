"""Roles, invitations and tokens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.errors import Conflict, Invalid, NotFound
from labeling.models import ApiToken, Invitation, Lease, Membership, Role, User
from labeling.services import claims, people, tokens
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("email", "role"), [("nonsense", "viewer"), ("a@example.org", "owner"), ("a@b", "viewer")])
def test_nonsense_is_refused(email: str, role: str) -> None:
    project = factories.project()
    with pytest.raises(Invalid):
        people.invite(actor=project.created_by, project=project, email=email, role=role)
    assert not Invitation.objects.exists()


def test_the_last_manager_stays() -> None:
    project = factories.project()
    manager = Membership.objects.get(project=project)

    with pytest.raises(Conflict, match="needs a manager"):
        people.change_role(actor=manager.user, member=manager, role=Role.VIEWER)
    with pytest.raises(Conflict, match="needs a manager"):
        people.remove_member(actor=manager.user, member=manager)

    factories.member(project, Role.MANAGER)
    people.remove_member(actor=manager.user, member=manager)
    assert not Membership.objects.filter(pk=manager.pk).exists()


def test_leaving_gives_held_tasks_back() -> None:
    project = factories.project()
    factories.tasks(project, 2)
    ann = factories.member(project)
    claims.claim(actor=ann, project=project, count=2)

    people.remove_member(actor=project.created_by, member=Membership.objects.get(user=ann))

    assert not Lease.objects.exists()
    assert len(claims.claim(actor=factories.member(project), project=project, count=2).task_ids) == 2


def test_an_invitation_works_once() -> None:
    project = factories.project()
    _, secret = people.invite(actor=project.created_by, project=project, role="annotator")
    ann, bob = factories.user(), factories.user()

    assert people.accept(user=ann, secret=secret).role == "annotator"
    with pytest.raises(NotFound):
        people.accept(user=bob, secret=secret)


def test_an_invitation_to_an_address_is_for_that_person() -> None:
    project = factories.project()
    _, secret = people.invite(actor=project.created_by, project=project, role="viewer", email="ann@example.org")

    with pytest.raises(Invalid, match=r"ann@example\.org"):
        people.accept(user=factories.user(), secret=secret)
    assert people.accept(user=factories.user("ann@example.org"), secret=secret).role == "viewer"


def test_an_invitation_never_lowers_a_role_and_ends() -> None:
    project = factories.project()
    reviewer = factories.member(project, Role.REVIEWER)
    _, secret = people.invite(actor=project.created_by, project=project, role="viewer")
    assert people.accept(user=reviewer, secret=secret).role == Role.REVIEWER

    invitation, secret = people.invite(actor=project.created_by, project=project, role="viewer")
    people.revoke_invitation(actor=project.created_by, invitation=invitation)
    with pytest.raises(NotFound):
        people.invitation_of(secret)

    _, secret = people.invite(actor=project.created_by, project=project, role="viewer")
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        people.invitation_of(secret)


def test_a_token_stands_for_its_person_until_it_is_revoked() -> None:
    ann = factories.user()
    token, secret = tokens.issue_token(user=ann, name="laptop", scope="manage")

    assert secret not in str(ApiToken.objects.values())
    shown = tokens.shown_token(secret)
    assert shown is not None
    assert shown.user == ann
    assert ApiToken.objects.get().last_used_at is not None
    with pytest.raises(NotFound):
        tokens.revoke_token(user=factories.user(), token_id=token.pk)
    tokens.revoke_token(user=ann, token_id=token.pk)
    assert tokens.shown_token(secret) is None


def test_a_token_of_a_disabled_person_is_worth_nothing() -> None:
    ann = factories.user()
    _, secret = tokens.issue_token(user=ann, name="laptop", scope="manage")
    User.objects.update(is_active=False)

    assert tokens.shown_token(secret) is None
