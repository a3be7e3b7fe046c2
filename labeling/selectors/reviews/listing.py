"""Flags as rows: what was given, what is suggested, how many wait by reason and by pair of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from labeling.models import Flag, Label, QueueEntry, TaskState
from labeling.reasons.evidence import GIVEN, SUGGESTED
from labeling.reasons.registry import load_evidence, reason_named
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.reviews.filters import FlagFilter, waiting
from labeling.selectors.reviews.groups import flagged_tasks
from labeling.selectors.reviews.hiding import hides_suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.kinds.schema import Question
    from labeling.models import Project

MOST_PAIRS = 8
_PAIR = (f"evidence__{GIVEN}", f"evidence__{SUGGESTED}")


def documents(flags: Sequence[Flag]) -> list[dict[str, Any]]:
    """Return flags as the API shows them; one query more, whatever their number."""
    given = given_of(flags)
    return [document(flag, given.get(flag.pk)) for flag in flags]


def flags_by_id(flag_ids: Sequence[int]) -> list[Flag]:
    """Return those of these flags that there are, in this order, with what their documents need."""
    found = (
        Flag.objects.select_related("task", "resolved_by", "project")
        .defer("task__data", "task__meta")
        .in_bulk(flag_ids)
    )
    return [found[pk] for pk in flag_ids if pk in found]


def document(flag: Flag, given: Any) -> dict[str, Any]:
    """Return one flag as the API shows it."""
    hidden = hides_suggestion(flag.project, flag)
    return {
        "id": flag.pk,
        "task": flag.task_id,
        "external_id": flag.task.external_id,
        "tasks": flagged_tasks(flag),
        "question": flag.question,
        "part": flag.part,
        "reason": flag.reason,
        "score": flag.score,
        "given": given,
        "suggested": None if hidden else load_evidence(flag.reason, flag.evidence).suggested,
        "suggestion_hidden": hidden,
        "state": flag.state,
        "note": "" if hidden and flag.raised_by_id is None else flag.note,
        "created_at": flag.created_at,
        "resolution": flag.resolution,
        "resolution_note": flag.resolution_note,
        "resolved_by": flag.resolved_by.email if flag.resolved_by else None,
        "resolved_at": flag.resolved_at,
        "label": flag.label_id,
        "first_choice": flag.first_choice,
    }


def given_of(flags: Sequence[Flag]) -> dict[int, Any]:
    """Return, by flag, the label it speaks of: the one it was raised about, else the one of record now."""
    raised_about = {flag.pk: load_evidence(flag.reason, flag.evidence).given for flag in flags}
    open_tasks = {flag.task_id for flag in flags if raised_about[flag.pk] is None and flag.question}
    now = {
        (task, question): value
        for task, question, value in Label.objects.filter(task_id__in=open_tasks, retired_at__isnull=True).values_list(
            "task_id", "question", "value"
        )
    }
    return {
        flag.pk: now.get((flag.task_id, flag.question)) if raised_about[flag.pk] is None else raised_about[flag.pk]
        for flag in flags
    }


def label_ids(task_id: int) -> dict[str, int]:
    """Return the ids of a task's labels of record, by question."""
    return dict(Label.objects.filter(task_id=task_id, retired_at__isnull=True).values_list("question", "pk"))


def seen_labels(flag: Flag) -> list[int]:
    """Return the ids of the labels of record that a decision about a flag is about."""
    tasks = QueueEntry.objects.filter(task_id__in=flagged_tasks(flag)).exclude(state=TaskState.QUARANTINED)
    labels = Label.objects.filter(
        task_id__in={flag.task_id, *tasks.values_list("task_id", flat=True)}, project=flag.project_id, retired_at=None
    )
    about = labels.filter(question=flag.question) if flag.question else labels
    return list(about.order_by("task_id", "pk").values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Pair:
    """A given label, the one suggested in its place, and how many flags wait with both."""

    question: str
    given: Any
    suggested: Any
    count: int
    given_title: str
    suggested_title: str


def by_reason(project: Project, wanted: FlagFilter) -> list[tuple[str, str, int]]:
    """Return the reasons for which flags wait, in words, with how many, most first; whatever reason is asked for."""
    found = waiting(project, wanted.without("reason")).order_by().values_list("reason").annotate(count=Count("pk"))
    rows = sorted(found, key=lambda row: (-row[1], row[0]))
    return [(reason, reason_named(reason).title, count) for reason, count in rows]


def by_pair(project: Project, wanted: FlagFilter) -> list[Pair]:
    """Return the pairs of given and suggested label that wait most often."""
    found = (
        waiting(project, wanted)
        .filter(evidence__has_keys=[GIVEN, SUGGESTED])
        .order_by()
        .values_list("question", *_PAIR)
        .annotate(count=Count("pk"))
        .order_by("-count", "question", *_PAIR)
    )
    schema = version_reads.schema(project.pk)
    return [Pair(*row, *(_title(schema.question(row[0]), value) for value in row[1:3])) for row in found[:MOST_PAIRS]]


def _title(question: Question | None, value: Any) -> str:
    return ", ".join(chip.title for chip in explorer_reads.chips_of(question, value))
