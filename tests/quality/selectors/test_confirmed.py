"""Which labels are confirmed: those that a reviewer decided, or that two people agreed on."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from labeling.models import Annotation, AnnotationState, LabelSource, Task
from labeling.selectors import versions as version_reads
from quality.selectors import items as item_reads
from quality.selectors.confirmed import confirmed_labels
from tests import factories
from tests.quality.services import making

pytestmark = pytest.mark.django_db


def answered(task: Task, *answers: Any, state: str = AnnotationState.SUBMITTED) -> None:
    """Give a task answers of as many people."""
    for answer in answers:
        Annotation.objects.create(
            task=task,
            project=task.project,
            annotator=factories.user(),
            state=state,
            answers={making.QUESTION: answer},
            schema_version=1,
            updated_at=timezone.now(),
        )


def is_confirmed(task: Task) -> bool:
    question = version_reads.schema(task.project_id).questions[0]
    label = task.labels.get(retired_at=None)
    return label.pk in confirmed_labels(task.project, question)


@pytest.mark.parametrize(
    ("source", "confirmed"),
    [
        (LabelSource.IMPORT, False),
        (LabelSource.MODEL, False),
        (LabelSource.ANNOTATION, False),
        (LabelSource.REVIEW, True),
        (LabelSource.BULK, True),
    ],
)
def test_a_reviewer_confirms_and_an_import_does_not(source: str, confirmed: bool) -> None:
    [task] = factories.tasks(factories.project())
    making.label([task], ["billing"], source=source)
    assert is_confirmed(task) is confirmed


@pytest.mark.parametrize(
    ("answers", "confirmed"),
    [
        (["billing"], False),
        (["billing", "billing"], True),
        (["billing", "other", "billing"], True),
        (["billing", "other", "delivery"], False),
    ],
)
def test_two_people_who_agree_confirm(answers: list[str], confirmed: bool) -> None:
    [task] = factories.tasks(factories.project())
    answered(task, *answers)
    making.label([task], ["billing"], source=LabelSource.CONSENSUS)
    assert is_confirmed(task) is confirmed


def test_a_draft_agrees_with_nobody() -> None:
    [task] = factories.tasks(factories.project())
    answered(task, "billing")
    answered(task, "billing", state=AnnotationState.DRAFT)
    making.label([task], ["billing"], source=LabelSource.CONSENSUS)
    assert not is_confirmed(task)


def test_a_consensus_that_nobody_gave_is_not_confirmed() -> None:
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "intent", "kind": "multi_choice", "field": "text", "labels": ["a", "b", "c"]}],
    }
    [task, other] = factories.tasks(factories.project(schema=schema), 2)
    # Each label by majority: a and b, which no two people said.
    answered(task, ["a", "b"], ["a", "c"], ["b"])
    answered(other, ["a", "b"], ["b", "a"], ["b"])
    making.label([task, other], [["a", "b"], ["a", "b"]], source=LabelSource.CONSENSUS)
    assert [is_confirmed(task), is_confirmed(other)] == [False, True]


def test_items_tell_confirmed_from_imported() -> None:
    project = factories.project()
    imported, alone, both = factories.tasks(project, 3, split="test")
    making.label([imported, both], ["billing", "billing"])
    making.label([alone], ["billing"], source=LabelSource.ANNOTATION)
    answered(both, "billing", "billing")
    items = item_reads.read_items(project, version_reads.schema(project.pk).questions[0])
    assert items.confirmed.tolist() == [False, False, True]
    assert items.imported.tolist() == [True, False, False]
    assert items.measured.tolist() == [True, False, True]
    again = item_reads.load(items.dump())
    assert again.measured.tolist() == items.measured.tolist()
