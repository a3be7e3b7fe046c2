"""Every flag reason on the pages, with evidence of any version."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.models import Flag, Project, Role, User
from labeling.reasons.base import Reason
from labeling.reasons.evidence import Evidence
from labeling.reasons.registry import REASONS
from tests import factories
from tests.labeling.reasons.stored import FULL, OLD
from tests.labeling.web.reviewing import label

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def client(project: Project, client_for: Callable[[User], Client]) -> Client:
    return client_for(factories.member(project, Role.REVIEWER))


def stored(project: Project, reason: Reason[Evidence], evidence: Any) -> Flag:
    """Return a flag of a labeled task as a row of any version, pointing at tasks of this project."""
    task, other = factories.tasks(project, 2)
    label(project, [task, other])
    for name in ("neighbors", "copies"):
        if isinstance(evidence, dict) and isinstance(evidence.get(name), list):
            evidence = evidence | {name: [part | {"task": other.pk} for part in evidence[name]]}
    return Flag.objects.create(
        task=task, project=project, question="intent", reason=reason.name, note="Look.", evidence=evidence
    )


@pytest.mark.parametrize("reason", REASONS.values(), ids=str)
def test_a_card_shows_whatever_version_wrote_its_evidence(
    project: Project, client: Client, reason: Reason[Evidence]
) -> None:
    rows = [*OLD[reason.name], FULL, {**FULL, "from_the_future": {"a": 1}}, {"given": "billing", "neighbors": 7}, []]
    for row in rows:
        flag = stored(project, reason, row)
        page = client.post(f"/p/{project.slug}/review/cards/", {"again": flag.pk}).content.decode()
        assert page.count("<article") == 1
        assert reason.title in page
        (listed,) = client.get(f"/api/projects/{project.slug}/flags/", {"task": flag.task_id}).json()["results"]
        expected = row if isinstance(row, dict) else {}
        assert listed["given"] == expected.get("given", "billing")
        assert listed["suggested"] == expected.get("suggested")


@pytest.mark.parametrize("reason", REASONS.values(), ids=str)
def test_no_two_things_on_a_card_have_the_same_key(project: Project, client: Client, reason: Reason[Evidence]) -> None:
    everywhere = [factories.tasks(project, 1, split=split)[0].pk for split in ("train", "validation", "test")]
    flag = stored(project, reason, FULL | {"members": everywhere})
    page = client.post(f"/p/{project.slug}/review/cards/", {"again": flag.pk}).content.decode()
    pressed = Counter(re.findall(r'data-key="([^"]+)"', page))
    assert {choice.key for choice in reason.choices} - pressed.keys() <= {"a"}  # where nothing is suggested
    assert [key for key, count in pressed.items() if count > 1] == []


def test_the_filter_offers_what_is_raised_and_takes_the_rest(project: Project, client: Client) -> None:
    address = f"/p/{project.slug}/tasks/"
    page = client.get(address)
    assert "older guideline" not in page.content.decode()
    assert [name for name, _ in page.context["reasons"]] == [
        "manual",
        "skipped",
        "conflict",
        "rule_missing",
        "lone_answer",
        "label_error",
        "outlier",
        "near_duplicate",
        "ambiguous",
        "low_quality",
        "gold_miss",
    ]
    asked = client.get(address, {"flag": "stale_guideline"})
    assert asked.status_code == 200
    assert ("stale_guideline", "Labeled under an older guideline") in asked.context["reasons"]
    assert client.get(f"/p/{project.slug}/review/", {"reason": "stale_guideline"}).status_code == 200
    assert client.get(address, {"flag": "nonsense"}).status_code == 400
