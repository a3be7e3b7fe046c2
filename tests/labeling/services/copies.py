"""Groups of copies, what a check finds of them, and decisions about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labeling.models import (
    Flag,
    FlagState,
    Label,
    Project,
    QueueEntry,
    Task,
    User,
)
from labeling.reasons.decisions import Decision
from labeling.reasons.near_duplicate import NEAR_DUPLICATE, NearDuplicateEvidence
from labeling.services import flags, reviews
from labeling.services.flags import Synced
from labeling.services.reviews import Decided, Ruling
from tests import factories
from tests.quality.services import making


def copies(project: Project, *labels: str, split: str = "train") -> list[Task]:
    """Make tasks that are there several times, with these labels."""
    made = factories.tasks(project, data=[{"text": "Where is my parcel?"} for _ in labels], split=split)
    making.label(made, labels)
    return made


def finding(made: Sequence[Task], *, score: float = 0.5, **facts: Any) -> flags.Finding:
    members = tuple(task.pk for task in made)
    evidence = NearDuplicateEvidence(members=members, **facts)
    return flags.Finding(task_id=members[0], reason=NEAR_DUPLICATE, score=score, evidence=evidence)


def check(project: Project, *found: flags.Finding, **more: Any) -> Synced:
    """Do what a check does with the groups that it found."""
    return flags.sync_flags(
        project=project, question="intent", reasons=[NEAR_DUPLICATE], findings=found, actor=None, **more
    )


def flagged(made: Sequence[Task], **facts: Any) -> Flag:
    check(made[0].project, finding(made, **facts))
    return Flag.objects.get(reason=NEAR_DUPLICATE.name, state=FlagState.OPEN)


def decide(by: User, flag: Flag, decision: Decision, answer: Any = None, **more: Any) -> Decided:
    return reviews.decide(
        actor=by, project=flag.project, flag_ids=[flag.pk], ruling=Ruling(decision, answer=answer), **more
    )


def labels_of(made: Sequence[Task]) -> list[str]:
    now = dict(Label.objects.filter(task__in=made, retired_at=None).values_list("task", "value"))
    return [now[task.pk] for task in made]


def states_of(made: Sequence[Task]) -> list[str]:
    now = dict(QueueEntry.objects.filter(task__in=made).values_list("task", "state"))
    return [now[task.pk] for task in made]


def splits_of(made: Sequence[Task]) -> list[str]:
    now = dict(Task.objects.filter(pk__in=[task.pk for task in made]).values_list("pk", "split"))
    return [now[task.pk] for task in made]
