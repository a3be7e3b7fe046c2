"""Projects and their schemas."""

from copy import deepcopy
from typing import Any

import pytest

from labeling.errors import Invalid
from labeling.models import Membership, QueueEntry, Role
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import claims, projects
from labeling.services.annotations import Submission
from tests import factories
from tests.fitting import finish_fitting
from tests.invariants import invariant

pytestmark = pytest.mark.django_db


def test_the_creator_manages_a_project_with_a_free_address() -> None:
    ann = factories.user()
    one = factories.project(manager=ann, name="Straße & Co")
    two = factories.project(manager=ann, name="Straße & Co")

    assert (one.slug, two.slug) == ("strae-co", "strae-co-2")
    assert Membership.objects.get(project=one).role == Role.MANAGER
    assert factories.project(name="新しい").slug.startswith("project")
    assert factories.project(name="new").slug != "new"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"overlap": 0}, "overlap"),
        ({"overlap": 51}, "overlap"),
        ({"overlap": 3, "max_overlap": 2}, "max_overlap"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"description": "\x00"}, "description"),
    ],
)
def test_settings_out_of_range_are_refused(change: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as caught:
        projects.create(actor=factories.user(), schema=factories.TEXT_SCHEMA, **{"name": "One", **change})
    assert [problem.path for problem in caught.value.problems] == [path]


def test_another_overlap_reopens_or_closes_slots_and_touches_no_answer() -> None:
    project = factories.project()
    answered, held, waiting = factories.tasks(project, 3)
    ann, bob = factories.member(project), factories.member(project)
    saving.submit(actor=ann, task=answered, submission=Submission(answers={"intent": "other"}), key="one")
    claims.claim(actor=bob, project=project, count=1)

    projects.update(actor=project.created_by, project=project, overlap=3)
    finish_fitting(project)

    slots = dict(QueueEntry.objects.values_list("task_id", "open_slots"))
    assert slots == {answered.pk: 0, held.pk: 2, waiting.pk: 3}
    invariant(project)
    project.refresh_from_db()
    assert project.max_overlap == 3
    projects.update(actor=project.created_by, project=project, overlap=1)
    finish_fitting(project)
    assert dict(QueueEntry.objects.values_list("task_id", "open_slots")) == {
        answered.pk: 0, held.pk: 0, waiting.pk: 1,
    }  # fmt: skip
    invariant(project)


def test_a_schema_grows_by_versions() -> None:
    project = factories.project()
    schema = deepcopy(factories.TEXT_SCHEMA)
    schema["questions"][0]["labels"].append("praise")

    assert projects.revise_schema(actor=project.created_by, project=project, schema=schema).number == 2
    assert projects.revise_schema(actor=project.created_by, project=project, schema=schema).number == 2
    question = version_reads.schema(project.pk).question("intent")
    assert question is not None
    assert question.class_names[-1] == "praise"
    old = version_reads.numbered(project.pk, 1).question("intent")
    assert old is not None
    assert old.class_names == ["billing", "delivery", "other"]


def test_a_label_in_use_stays_in_the_schema() -> None:
    project = factories.project()
    task = factories.task(project)
    saving.submit(
        actor=factories.member(project), task=task, submission=Submission(answers={"intent": "billing"}), key="one"
    )
    schema = deepcopy(factories.TEXT_SCHEMA)

    schema["questions"][0]["labels"] = ["delivery", "other"]
    with pytest.raises(Invalid, match="billing"):
        projects.revise_schema(actor=project.created_by, project=project, schema=schema)
    schema["questions"][0]["labels"] = ["billing", "other"]
    assert projects.revise_schema(actor=project.created_by, project=project, schema=schema).number == 2
    schema["questions"][0] = {"name": "intent", "kind": "text", "field": "text"}
    with pytest.raises(Invalid, match="must stay"):
        projects.revise_schema(actor=project.created_by, project=project, schema=schema)
