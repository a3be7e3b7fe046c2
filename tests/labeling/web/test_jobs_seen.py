"""Who sees a job: reviewers of its project, and who asked for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.models import JobRun, Project, Role, User
from labeling.selectors import chrome as chrome_reads
from labeling.selectors import jobs as job_reads
from tests import factories

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def job(project: Project | None, asked_by: User) -> JobRun:
    return JobRun.objects.create(kind="quality.run", project=project, requested_by=asked_by, queue="default")


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.VIEWER, 1), (Role.ANNOTATOR, 1), (Role.REVIEWER, 2), (Role.MANAGER, 2)]
)
def test_jobs_are_seen_by_reviewers_and_by_who_asked(role: Role, sees: int, client_for: SignIn) -> None:
    project = factories.project()
    person = factories.member(project, role)
    theirs, mine = job(project, project.created_by), job(project, person)
    job(factories.project(), factories.user())
    client = client_for(person)
    seen = {theirs.pk, mine.pk} if sees == 2 else {mine.pk}
    assert {each.pk for each in job_reads.jobs(person).rows} == seen
    assert {each.pk for each in job_reads.jobs_of_project(project, person)} == seen
    assert chrome_reads.running_jobs(person) == sees
    assert client.get(f"/jobs/{theirs.pk}/").status_code == (200 if sees == 2 else 403)
    assert client.get(f"/jobs/{mine.pk}/").status_code == 200


def test_who_has_left_sees_none_of_the_project_any_more(client_for: SignIn) -> None:
    project, person = factories.project(), factories.user()
    left, site = job(project, person), job(None, person)
    assert {each.pk for each in job_reads.jobs(person).rows} == {site.pk}
    assert client_for(person).get(f"/jobs/{left.pk}/").status_code == 404
