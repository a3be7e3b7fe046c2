"""Whatever schema changes are accepted: stored answers load, others can save, reviewers can decide."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.errors import Invalid
from labeling.models import Annotation, Flag, Label, Project, QueueEntry
from labeling.reasons.decisions import Decision
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import projects, reviews
from labeling.services.annotations import Submission
from labeling.services.reviews import Ruling
from tests import factories
from tests.labeling.kinds.strategies import STRATEGIES, asked

pytestmark = pytest.mark.django_db
keys = itertools.count()

ITEM = "What is shown"


def schema_of(drawn: Any) -> dict[str, Any]:
    return {"fields": [{"name": "shown", "type": "text"}], "questions": [drawn.question.dump()]}


def save(project: Project, task: Any, value: Any) -> None:
    submission = Submission({"asked": value})
    saving.submit(actor=factories.member(project), task=task, submission=submission, key=f"change-{next(keys)}")


@pytest.mark.parametrize("kind", STRATEGIES)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_accepted_change_shuts_anybody_out(kind: str, data: st.DataObject) -> None:
    drawn = data.draw(asked(kind))
    project = factories.project(schema=schema_of(drawn), overlap=2)
    labeled, waiting = factories.tasks(project, data=[{"shown": f"{ITEM} {next(keys)}"} for _ in range(2)])
    save(project, labeled, data.draw(drawn.raw))
    save(project, waiting, data.draw(drawn.raw))

    for _ in range(data.draw(st.integers(1, 3))):
        changed = data.draw(asked(kind))
        with suppress(Invalid):
            projects.revise_schema(actor=project.created_by, project=project, schema=schema_of(changed))
            drawn = changed
        if data.draw(st.booleans()) and QueueEntry.objects.get(task=labeled).open_slots:
            save(project, labeled, data.draw(drawn.raw))

    question = version_reads.schema(project.pk).questions[0]
    for stored in Annotation.objects.filter(task__project=project):
        assert question.dump_answer(question.load(stored.answers["asked"])) == stored.answers["asked"]
    for label in Label.objects.filter(project=project):
        question.load(label.value)
    save(project, waiting, data.draw(drawn.raw))
    for task in (labeled, waiting):
        flag = Flag.objects.create(task=task, project=project, question="asked", reason="manual", score=0.5)
        kept = Label.objects.filter(task=task, retired_at=None).exists()
        ruling = Ruling(Decision.KEEP) if kept else Ruling(Decision.RELABEL, data.draw(drawn.raw))
        reviews.decide(actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=ruling)
