"""Making tasks gold, and plain again; either is an act that can be taken back."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from labeling.models import GoldAnswer, Label, LabelSource, TaskState
from labeling.models.acts import GoldAct, GoldBefore, PlainAct, PlainBefore
from labeling.services.gold.missing import forget_misses
from labeling.services.task_acts import lock_entries, record_act, restate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from labeling.models import BulkAct, Project, QueueEntry, User

CONFIRMED = (LabelSource.REVIEW, LabelSource.BULK)
"""Sources of labels that a reviewer decided. What was imported, or answered, is not known to be right."""


@transaction.atomic
def make_gold(*, actor: User, project: Project, task_ids: Iterable[int]) -> BulkAct:
    """Keep the labels that reviewers decided as gold answers; tasks without any, or in quarantine, are left alone.

    Slots that nobody has taken are closed: from now on the task is given out as gold alone.
    """
    entries = lock_entries(project, task_ids)
    usable = [pk for pk, entry in entries.items() if entry.state != TaskState.QUARANTINED]
    confirmed: defaultdict[int, dict[str, Label]] = defaultdict(dict)
    for label in Label.objects.filter(task_id__in=usable, retired_at=None, source__in=CONFIRMED):
        confirmed[label.task_id][label.question] = label
    standing = _standing(usable)
    before = []
    for pk, labels in sorted(confirmed.items()):
        known = {question: gold.value for question, gold in standing[pk].items()}
        if known != {question: label.value for question, label in labels.items()}:
            before.append(_keep_answers(actor, entries[pk], labels, standing[pk]))
    restate(project, {done.task: entries[done.task] for done in before})
    forget_misses([done.task for done in before if done.ended])
    return record_act(GoldAct(before=before), actor=actor, project=project)


def _standing(task_ids: Collection[int]) -> defaultdict[int, dict[str, GoldAnswer]]:
    found: defaultdict[int, dict[str, GoldAnswer]] = defaultdict(dict)
    for gold in GoldAnswer.objects.filter(task_id__in=task_ids, retired_at=None):
        found[gold.task_id][gold.question] = gold
    return found


def _keep_answers(
    actor: User, entry: QueueEntry, labels: Mapping[str, Label], standing: Mapping[str, GoldAnswer]
) -> GoldBefore:
    ended = [
        gold.pk
        for question, gold in standing.items()
        if (label := labels.get(question)) is None or label.value != gold.value
    ]
    now = timezone.now()
    GoldAnswer.objects.filter(pk__in=ended).update(retired_at=now)
    made = GoldAnswer.objects.bulk_create(
        GoldAnswer(
            task_id=entry.task_id,
            project_id=entry.project_id,
            question=question,
            value=label.value,
            made_by=actor,
            made_at=now,
        )
        for question, label in sorted(labels.items())
        if question not in standing or standing[question].pk in ended
    )
    closed = entry.open_slots
    entry.required -= closed
    entry.open_slots = 0
    return GoldBefore(task=entry.task_id, made=[gold.pk for gold in made], ended=ended, closed=closed)


@transaction.atomic
def end_gold(*, actor: User, project: Project, task_ids: Iterable[int]) -> BulkAct:
    """Let tasks be gold no more: nobody is given them any longer, and what was answered to them tells of nobody."""
    entries = lock_entries(project, task_ids)
    standing = _standing(list(entries))
    before = [
        PlainBefore(task=pk, ended=sorted(gold.pk for gold in found.values())) for pk, found in sorted(standing.items())
    ]
    _end([pk for done in before for pk in done.ended])
    forget_misses(list(standing))
    return record_act(PlainAct(before=before), actor=actor, project=project)


def _end(gold_ids: Collection[int]) -> None:
    GoldAnswer.objects.filter(pk__in=gold_ids, retired_at=None).update(retired_at=timezone.now())


def _restore(gold_ids: Collection[int]) -> None:
    """Put ended gold answers back, where the question has none by now."""
    ended = GoldAnswer.objects.filter(pk__in=gold_ids, retired_at__isnull=False).order_by("pk")
    standing = _standing([gold.task_id for gold in ended])
    again = [gold.pk for gold in ended if gold.question not in standing[gold.task_id]]
    GoldAnswer.objects.filter(pk__in=again).update(retired_at=None)


def undo_gold(done: GoldAct | PlainAct, entries: Mapping[int, QueueEntry]) -> None:
    """Put back gold answers and open slots as they were; the caller works out where the tasks stand."""
    there = [before for before in done.before if before.task in entries]
    made = [before for before in there if isinstance(before, GoldBefore)]
    forget_misses([before.task for before in made])
    _end([pk for before in made for pk in before.made])
    _restore([pk for before in there for pk in before.ended])
    for before in made:
        entries[before.task].required += before.closed
        entries[before.task].open_slots += before.closed
