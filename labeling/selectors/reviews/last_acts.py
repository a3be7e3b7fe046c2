"""What a reviewer decided last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.models import BulkAct, Flag, FlagState, Task
from labeling.models.acts import ReviewAct, load_act

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from labeling.models import Project, User

LAST = 10
NAMED = 3
"""Tasks of one decision that are named."""


def last_acts(project: Project, reviewer: User) -> list[BulkAct]:
    """Return the reviewer's last decisions, newest first, with the flags they decided."""
    acts = BulkAct.objects.filter(project=project, actor=reviewer, verb=ReviewAct.VERB).order_by("-pk")
    return list(acts.prefetch_related("flags__task")[:LAST])


def last_act_about(reviewer: User, flag_ids: Collection[int]) -> int | None:
    """Return the reviewer's last act that still decides one of these flags, if there is one."""
    decided = Flag.objects.filter(pk__in=flag_ids, state=FlagState.RESOLVED, act__actor=reviewer)
    return decided.order_by("-act_id").values_list("act_id", flat=True).first()


def names(acts: Iterable[BulkAct]) -> dict[int, str]:
    """Return what to call the first tasks of decisions, those of decisions that were taken back too."""
    tasks = {pk for act in acts for pk in load_act(act).task_ids[:NAMED]}
    found = Task.objects.filter(pk__in=tasks).values_list("pk", "external_id")
    return {pk: external_id or f"task {pk}" for pk, external_id in found}
