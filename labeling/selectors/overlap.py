"""How many people should answer each task: by the first rule of the project that fits it, else as all its tasks."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.http import QueryDict

from labeling.models import ALIVE, JobRun, OverlapRules
from labeling.selectors import explorer as explorer_reads

if TYPE_CHECKING:
    from collections.abc import Collection

    from labeling.models import OverlapRule, Project

FIT = "labeling.overlap"
"""The job that fits waiting tasks to the settings."""


def fitting(project: Project) -> JobRun | None:
    """Return the job that fits the project's waiting tasks to its settings, if one is about to or does."""
    return JobRun.objects.filter(project=project, kind=FIT, state__in=ALIVE).order_by("-pk").first()


def rules_of(project: Project) -> OverlapRules:
    """Return a project's rules of how many people are asked."""
    return OverlapRules.load(project.overlap_rules)


def people_wanted(project: Project, task_ids: Collection[int]) -> dict[int, int]:
    """Return how many people should answer each of these tasks."""
    found = rules_of(project)
    wanted = dict.fromkeys(task_ids, project.overlap)
    left = set(task_ids)
    for rule in found.rules:
        if not left:
            break
        fitting = _fitting(project, rule, {pk for pk in left if is_drawn(pk, share=rule.share, seed=found.seed)})
        wanted |= dict.fromkeys(fitting, rule.people)
        left -= fitting
    return wanted


def is_drawn(task_id: int, *, share: float, seed: int) -> bool:
    """Whether a task belongs to a random share: the same answer for ever, and a larger share holds the smaller ones."""
    digest = hashlib.blake2b(f"{seed}:{task_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def _fitting(project: Project, rule: OverlapRule, task_ids: set[int]) -> set[int]:
    """Return those of the tasks that are of the rule's split and fit its filter."""
    if not task_ids or not (rule.split or rule.filter):
        return task_ids
    tasks = explorer_reads.matching(project, explorer_reads.parse_queue_filter(rule.filter, reviewer=True))
    if rule.split:
        split = explorer_reads.parse_task_filter(QueryDict(f"split={rule.split}"), reviewer=True)
        tasks = tasks.filter(pk__in=explorer_reads.matching(project, split))
    return set(tasks.filter(pk__in=task_ids).values_list("pk", flat=True))
