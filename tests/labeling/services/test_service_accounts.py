"""Service accounts: programs with a role in one project, which are no persons."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from labeling.errors import Conflict, Forbidden, Invalid, NotFound
from labeling.models import AnnotationState, ApiToken, Membership, Project, Role, User
from labeling.reasons.decisions import Decision
from labeling.selectors import activity as activity_reads
from labeling.selectors import chrome as chrome_reads
from labeling.selectors import people as people_reads
from labeling.services import accounts, anonymity, claims, people, reviews, service_accounts, tokens
from labeling.services import annotations as saving
from labeling.services.annotations import Submission
from labeling.services.flags import raise_flag
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db


def robot_of(project: Project, role: str = Role.MANAGER, name: str = "Robot") -> Membership:
    return service_accounts.create_service_account(actor=project.created_by, project=project, name=name, role=role)


def client_of(member: Membership, scope: str = "manage") -> APIClient:
    """Return a program that shows a token of the service account."""
    _, secret = service_accounts.issue_service_token(
        actor=member.project.created_by, member=member, name="server", scope=scope
    )
    return APIClient(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def robot(project: Project) -> Membership:
    return robot_of(project)


def test_a_service_account_does_what_its_role_and_its_token_allow(project: Project, robot: Membership) -> None:
    factories.tasks(project, 2)
    here = f"/api/projects/{project.slug}"
    program = client_of(robot)
    assert program.get("/api/me/").json()["name"] == "Robot"
    assert program.get(f"{here}/export/?format=jsonl").status_code == 200
    assert program.patch(f"{here}/", {"description": "Told by a program."}, format="json").status_code == 200
    told = activity_reads.activity(project, answers_of=None).rows[0]
    assert str(told.actor) == "service account Robot"
    assert client_of(robot, "read").patch(f"{here}/", {"description": "x"}, format="json").status_code == 403
    other = factories.project()
    assert program.get(f"/api/projects/{other.slug}/").status_code == 404


def test_answers_and_decisions_are_of_people(project: Project, robot: Membership) -> None:
    task, program = factories.task(project), robot.user
    flag = raise_flag(actor=program, task=task, note="The text is empty.")
    acts: list[Any] = [
        lambda: claims.claim(actor=program, project=project, count=1),
        lambda: claims.claim_task(actor=program, task=task),
        lambda: saving.submit(actor=program, task=task, submission=Submission(answers={"intent": "other"}), key="k"),
        lambda: reviews.claim(actor=program, project=project, count=1),
        lambda: reviews.decide(
            actor=program, project=project, flag_ids=[flag.pk], ruling=reviews.Ruling(Decision.AMBIGUOUS)
        ),
    ]
    for act in acts:
        with pytest.raises(Forbidden, match="Only people"):
            act()
    assert not task.annotations.filter(state=AnnotationState.SUBMITTED).exists()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/projects/", {"name": "Its own", "schema": factories.TEXT_SCHEMA}),
        ("delete", "/api/projects/{slug}/", {"name": "{name}"}),
        ("post", "/api/tokens/", {"name": "Another"}),
        ("delete", "/api/tokens/{token}/", {}),
    ],
)
def test_what_outlives_or_leaves_the_project_is_not_for_programs(
    project: Project, robot: Membership, method: str, path: str, body: dict[str, Any]
) -> None:
    program = client_of(robot)
    values = {"slug": project.slug, "name": project.name, "token": ApiToken.objects.latest("pk").pk}
    sent = json.loads(json.dumps(body).replace("{name}", project.name))
    answer = getattr(program, method)(path.format(**values), sent, format="json")
    assert answer.status_code == 403, answer.content
    assert "Only people" in answer.json()["detail"]


def test_it_cannot_sign_in_and_gets_no_mail(project: Project, robot: Membership) -> None:
    account = robot.user
    for password in ("", "!", account.password):
        assert Client().post("/login/", {"username": account.email, "password": password}).status_code == 200
    accounts.mail_password_link(email=account.email)
    assert mail.outbox == []
    for changes in ({"password": "md5$x$y"}, {"is_staff": True}, {"is_superuser": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=account.pk).update(**changes)
    elsewhere = factories.project()
    _, secret = people.invite(actor=elsewhere.created_by, project=elsewhere, role=Role.MANAGER)
    with pytest.raises(Invalid, match="service account"):
        people.invite(actor=elsewhere.created_by, project=elsewhere, email=account.email, role=Role.MANAGER)
    with pytest.raises(Invalid, match="service account"):
        accounts.join(secret=secret, email=account.email, name="Robot", password="brand-new-words")
    with pytest.raises(NotFound):
        people.take_back_member(actor=elsewhere.created_by, project=elsewhere, user_id=account.pk, role=Role.MANAGER)


def test_it_does_not_count_among_people(project: Project, robot: Membership) -> None:
    manager = project.created_by
    assert [member.user for member in people_reads.members_of(project)] == [manager]
    assert chrome_reads.rail(user=manager, project=project).counts["people"] == "1"
    with pytest.raises(NotFound):
        people_reads.member(project, robot.pk)
    me = Membership.objects.get(user=manager, project=project)
    with pytest.raises(Conflict, match="needs a manager"):
        people.remove_member(actor=manager, member=me)
    with pytest.raises(Conflict, match="Nobody else manages"):
        anonymity.anonymize(user=manager)


def test_switched_off_its_tokens_end_and_stay_ended(project: Project, robot: Membership) -> None:
    program = client_of(robot)
    manager = project.created_by
    service_accounts.switch_service_account(actor=manager, member=robot, on=False)
    assert program.get("/api/me/").status_code == 401
    with pytest.raises(Conflict, match="switched off"):
        service_accounts.issue_service_token(actor=manager, member=robot, name="more", scope="read")
    service_accounts.switch_service_account(actor=manager, member=robot, on=True)
    assert program.get("/api/me/").status_code == 401
    assert client_of(robot).get("/api/me/").status_code == 200


def test_names_are_needed_and_used_once(project: Project, robot: Membership) -> None:
    for name in ("", " ", "x" * 101, " Robot "):
        with pytest.raises(Invalid):
            robot_of(project, name=name)
    assert robot_of(factories.project(), name="Robot").user != robot.user
    assert robot_of(project, name="Ночной экспорт").user.email.endswith("@service-account.invalid")


def test_a_manager_looks_after_it_on_the_page_of_people(project: Project, client_for: Any) -> None:
    manager: Client = client_for(project.created_by)
    page = f"/p/{project.slug}/people/"
    assert manager.post(f"{page}services/", {"name": "Nightly export", "role": "reviewer"}).status_code == 302
    member = people_reads.service_accounts_of(project).get()
    made = manager.post(f"{page}services/{member.pk}/tokens/", {"name": "server", "scope": "read", "days": 30})
    secret = made.context["secret"]
    assert made["Cache-Control"] == "no-store"
    shown = tokens.shown_token(secret)
    assert shown is not None
    assert (shown.user, shown.scope) == (member.user, "read")
    listed = manager.get(page).content.decode()
    assert "Nightly export" in listed
    assert secret not in listed
    token = ApiToken.objects.get(user=member.user)
    stranger = f"{page}services/{robot_of(project).pk}/tokens/{token.pk}/revoke/"
    assert manager.post(stranger).status_code == 404
    manager.post(f"{page}services/{member.pk}/tokens/{token.pk}/revoke/")
    assert tokens.shown_token(secret) is None
    manager.post(f"{page}services/{member.pk}/switch/", {"on": "0"})
    assert "switched off" in manager.get(page).content.decode()
    told = [
        line.words
        for line in activity_reads.lines(activity_reads.activity(project, kind="people", answers_of=None).rows)
    ]
    assert told[:2] == [
        "switched off the service account Nightly export",
        "revoked the token “server” of a service account",
    ]


def test_a_form_that_is_refused_is_shown_again(project: Project, robot: Membership, client_for: Any) -> None:
    manager: Client = client_for(project.created_by)
    page = f"/p/{project.slug}/people/services/"
    for path, sent in (("", {"name": "Robot", "role": "viewer"}), (f"{robot.pk}/tokens/", {"name": " "})):
        refused = manager.post(page + path, sent)
        assert refused.status_code == 422
        assert "data-open-now" in refused.content.decode()


def test_others_see_no_service_accounts_and_the_page_costs_the_same_for_many(project: Project, client_for: Any) -> None:
    robot_of(project)
    viewer = factories.member(project, Role.VIEWER)
    assert "Robot" not in client_for(viewer).get(f"/p/{project.slug}/people/").content.decode()

    def more() -> None:
        for number in range(3):
            client_of(robot_of(project, name=f"Robot {number}"))

    manager = client_for(project.created_by)
    assert_same_queries(lambda: manager.get(f"/p/{project.slug}/people/"), add_rows=more)
