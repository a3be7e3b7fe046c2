"""Agreement by the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from labeling.models import JobRun, Role
from quality.selectors import agreement as agreement_reads
from tests import factories
from tests.quality.agreement.crowds import QUESTION, crowd, measured

pytestmark = pytest.mark.django_db


def test_what_was_measured_is_read_by_question() -> None:
    project, _, (ann, bob) = crowd("billing delivery other billing", "billing delivery other other")
    client = APIClient()
    client.force_authenticate(factories.member(project, Role.REVIEWER))
    address = f"/api/projects/{project.slug}/agreement/"
    assert client.get(address).json() == {"questions": [], "people": []}
    measured(project)
    told = client.get(address, {"question": QUESTION}).json()
    (question,) = told["questions"]
    assert (question["question"], question["kind"], question["tasks"], question["people"]) == (QUESTION, "choice", 4, 2)
    assert question["alpha"]["value"] == pytest.approx(1 - (2 / 8) / (42 / 56))
    assert question["alpha"]["reading"] == "unreliable"
    assert question["pairs"] == [
        {"a": ann.pk, "b": bob.pk, "kappa": pytest.approx(7 / 11), "percent": 0.75, "shared": 4, "undefined": ""}
    ]
    assert [(each["one"], each["other"], each["count"]) for each in question["confusion"]] == [("billing", "other", 1)]
    assert told["people"] == [{"id": ann.pk, "name": "Ann"}, {"id": bob.pk, "name": "Bob"}]
    assert client.get(address, {"question": "another"}).json()["questions"] == []


def test_it_is_measured_when_asked_and_once_at_a_time() -> None:
    project, _, _ = crowd("billing", "other")
    client = APIClient()
    client.force_authenticate(factories.member(project, Role.REVIEWER))
    address = f"/api/projects/{project.slug}/agreement/"
    assert client.post(address).status_code == 202
    again = client.post(address)
    job = JobRun.objects.get(kind=agreement_reads.KIND)
    assert (again.status_code, again.json()["current"]) == (409, {"job": job.pk})
