"""What the tests of the review pages share: labeled tasks, and flags on them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from labeling.models import (
    Flag,
    Label,
    Project,
    Task,
)
from labeling.reasons.base import Reason
from labeling.reasons.evidence import Evidence
from labeling.reasons.label_error import LABEL_ERROR
from labeling.services import flags, tasks


def label(project: Project, made: list[Task], value: Any = "billing", question: str = "intent") -> None:
    ids = [task.pk for task in made]
    tasks.assign_label(actor=project.created_by, project=project, task_ids=ids, question=question, value=value)


def flag_all(made: list[Task], reason: Reason[Evidence] = LABEL_ERROR, **more: Any) -> list[Flag]:
    """Flag labeled tasks as the scan of a project does, the first the worst."""
    labels = {found.task_id: found for found in Label.objects.filter(task__in=made, retired_at=None)}
    findings = [
        flags.Finding(
            task_id=task.pk,
            reason=reason,
            score=place / 1000,
            note="Likely “delivery” (90%) rather than “billing”.",
            evidence=reason.evidence.load(
                {
                    "label": labels[task.pk].pk,
                    "given": labels[task.pk].value,
                    "suggested": "delivery",
                    "probability": 0.9,
                    "distribution": [
                        {"class": "delivery", "probability": 0.9},
                        {"class": "billing", "probability": 0.1},
                    ],
                    "neighbors": [
                        {"task": other.pk, "label": "billing", "distance": 0.25} for other in made if other != task
                    ][:6],
                }
                | more
            ),
        )
        for place, task in enumerate(made)
    ]
    flags.sync_flags(project=made[0].project, question="intent", reasons=[reason], findings=findings, actor=None)
    return list(Flag.objects.filter(task__in=made, reason=reason.name).order_by("score"))


def cards(client: Client, project: Project, **sent: Any) -> str:
    """Return what the page is given when it asks for cards."""
    answered = client.post(f"/p/{project.slug}/review/cards/", sent)
    assert answered.status_code == 200
    return answered.content.decode()
