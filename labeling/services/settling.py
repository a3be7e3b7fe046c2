"""Settle tasks anew with the answers they have: when settings change, or when nobody more is to be asked."""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from labeling.models import Annotation, Flag, FlagState, Label, Lease, Project, QueueEntry, Task, TaskState
from labeling.models.acts import Resettled, SettleAct, SettledBefore
from labeling.models.documents import JsonDocument
from labeling.reasons.conflict import CONFLICT
from labeling.selectors import adjudications as adjudication_reads
from labeling.selectors import overlap as overlap_reads
from labeling.selectors import staffing as staffing_reads
from labeling.selectors import versions as version_reads
from labeling.services import events, flags, jobs, labels
from labeling.services.labels import (
    CAME_WITH,
    CountedAnswers,
    NewLabel,
    OfRecord,
    RecordAnswer,
    Settlement,
    Slots,
)
from labeling.services.task_acts import lock_entries, record_act

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from django.db.models import QuerySet

    from labeling.models import BulkAct, JobRun, User

SETTLE = "labeling.settle"
BATCH = 500
MOST_FORESEEN = 20_000


class SettlingParams(JsonDocument):
    """The floor that agreement had to reach before."""

    floor: float


class SettlingCursor(JsonDocument):
    """The last task that was settled, and how many were changed."""

    after: int = 0
    changed: int = 0


class SettlingResult(JsonDocument):
    """How many tasks were changed."""

    changed: int


Settling: TypeAlias = jobs.RunningJob[SettlingParams, SettlingCursor]


@dataclass(frozen=True, slots=True)
class Plan:
    """What settling a task anew would do to it."""

    entry: QueueEntry
    task: Task
    slots: Slots
    settlement: Settlement
    flagged: frozenset[tuple[str, str]]

    @property
    def changes(self) -> bool:
        """Whether it would be otherwise than now."""
        entry, slots = self.entry, self.slots
        same = (entry.required, entry.open_slots, entry.state) == (slots.required, slots.open_slots, slots.state)
        return not same or bool(self.settlement.retired or self.settlement.written)


def plan_by_settings(project: Project, entries: Sequence[QueueEntry], *, floor: float) -> list[Plan]:
    """Say what the project's settings, which may not be stored yet, make of tasks with several answers.

    Left alone is what somebody has open now, what still waits for its first answers, and what a manager has asked about
    once more: tasks with open slots though their answers reached `floor`, the one that held before.
    """
    schema = version_reads.schema(project.pk)
    ids = [entry.task_id for entry in entries]
    given, wanted = _counted(ids), overlap_reads.people_wanted(project, ids)

    def waits_by_itself(entry: QueueEntry) -> bool:
        counted = given[entry.task_id]
        if len(counted) < max(2, wanted[entry.task_id]):
            return False
        return entry.open_slots == 0 or bool(labels.disagreements(schema, counted, floor=floor))

    return _plans(project, [entry for entry in entries if waits_by_itself(entry)], given, ask_more=True)


def plan_with_all_answers(project: Project, entries: Sequence[QueueEntry]) -> list[Plan]:
    """Say what follows for tasks that have the answers they require, and may not have been settled by them yet."""
    return _plans(project, entries, _counted([entry.task_id for entry in entries]), ask_more=True)


def _counted(task_ids: Sequence[int]) -> defaultdict[int, list[CountedAnswers]]:
    given: defaultdict[int, list[CountedAnswers]] = defaultdict(list)
    found = Annotation.objects.filter(task_id__in=task_ids, counted=True).order_by("pk")
    for task_id, pk, answers, guideline in found.values_list("task_id", "pk", "answers", "guideline_version"):
        given[task_id].append(CountedAnswers(pk, answers, guideline))
    return given


def settle_imported(project: Project, entries: Sequence[QueueEntry]) -> None:
    """Settle tasks whose answers an import brought or took back; to be called with the entries locked.

    Nobody more is asked because people differ; where an answer that every task needs is missing, people are asked as
    they are about a new task.
    """
    ids = [entry.task_id for entry in entries]
    given, wanted = _counted(ids), overlap_reads.people_wanted(project, ids)
    plans = list(_all_plans(project, entries, given, ask_more=False, as_placed=True))
    held = set(Lease.objects.filter(task_id__in=[plan.task.pk for plan in plans]).values_list("task_id", flat=True))
    for plan in plans:
        slots = plan.slots
        if slots.state == TaskState.TODO and not slots.open_slots and plan.task.pk not in held:
            slots.required += wanted[plan.task.pk]
            slots.open_slots = wanted[plan.task.pk]
    carry_out([plan for plan in plans if plan.changes])


def _plans(
    project: Project,
    entries: Sequence[QueueEntry],
    given: Mapping[int, list[CountedAnswers]],
    *,
    ask_more: bool,
    told: Mapping[int, Mapping[str, RecordAnswer | None]] = MappingProxyType({}),
) -> list[Plan]:
    """Return what settling tasks anew changes that have answers, and that nobody is at."""
    ids = [entry.task_id for entry in entries]
    held = set(Lease.objects.filter(task_id__in=ids).values_list("task_id", flat=True))
    free = [entry for entry in entries if given[entry.task_id] and entry.task_id not in held]
    return [plan for plan in _all_plans(project, free, given, ask_more=ask_more, told=told) if plan.changes]


def _all_plans(
    project: Project,
    entries: Sequence[QueueEntry],
    given: Mapping[int, list[CountedAnswers]],
    *,
    ask_more: bool,
    as_placed: bool = False,
    told: Mapping[int, Mapping[str, RecordAnswer | None]] = MappingProxyType({}),
) -> Iterator[Plan]:
    """Yield what settling tasks does: as if their answers were all that is wanted, or `as_placed`, by their slots."""
    version = version_reads.current(project.pk)
    schema = version_reads.by_pk(version.schema_pk)
    ids = [entry.task_id for entry in entries]
    current: defaultdict[int, dict[str, OfRecord]] = defaultdict(dict)
    for label in Label.objects.filter(task_id__in=ids, retired_at=None):
        of_record = OfRecord(label.pk, label.value, label.source, label.confidence, label.annotation_id, label.method)
        current[label.task_id][label.question] = of_record
    earlier: defaultdict[int, dict[str, NewLabel]] = defaultdict(dict)
    for label in Label.objects.filter(task_id__in=ids, retired_at__isnull=False, source__in=CAME_WITH).order_by("pk"):
        earlier[label.task_id][label.question] = _again(label)
    flagged: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    open_flags = Flag.objects.filter(task_id__in=ids, state=FlagState.OPEN)
    for task_id, reason, question in open_flags.values_list("task_id", "reason", "question"):
        flagged[task_id].add((reason, question))
    firsts = [given[entry.task_id][0].annotation_id for entry in entries if given[entry.task_id]]
    authors = dict(Annotation.objects.filter(pk__in=firsts).values_list("pk", "annotator_id"))
    tasks = Task.objects.defer("data", "meta").in_bulk(ids)
    ruled = adjudication_reads.left_without_label(ids)
    for entry in entries:
        task, counted = tasks[entry.task_id], given[entry.task_id]
        if entry.state == TaskState.QUARANTINED:
            continue
        task.project = project
        placed = (entry.required, entry.open_slots) if as_placed else (len(counted), 0)
        slots = Slots(*placed, state=entry.state)
        settlement = labels.settle(
            task=task,
            slots=slots,
            schema=schema,
            schema_version=version.schema,
            author=authors[counted[0].annotation_id] if counted else None,
            counted=counted,
            current=current[entry.task_id],
            earlier=earlier[entry.task_id],
            is_anybody_left=partial(staffing_reads.is_anybody_left, task) if ask_more else lambda: False,
            told=told.get(entry.task_id, {}),
            ruled=ruled[entry.task_id],
        )
        yield Plan(entry, task, slots, settlement, frozenset(flagged[entry.task_id]))


def _again(label: Label) -> NewLabel:
    return NewLabel(
        question=label.question,
        value=label.value,
        classes=label.classes,
        source=label.source,
        confidence=label.confidence,
        annotation_id=None,
        created_by_id=label.created_by_id,
        schema_version=label.schema_version,
        guideline_version=label.guideline_version,
        people=label.people,
    )


def carry_out(plans: Sequence[Plan]) -> list[SettledBefore]:
    """Write what plans say; to be called with the entries locked."""
    now = timezone.now()
    retired = [pk for plan in plans for pk in plan.settlement.retired]
    questions = dict(Label.objects.filter(pk__in=retired).values_list("pk", "question"))
    Label.objects.filter(pk__in=retired).update(retired_at=now)
    made = Label.objects.bulk_create(
        Label(task_id=plan.task.pk, project_id=plan.task.project_id, created_at=now, **asdict(new))
        for plan in plans
        for new in plan.settlement.written
    )
    written: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for label in made:
        written[label.task_id][label.question] = label.pk
    before = []
    for plan in plans:
        entry, slots = plan.entry, plan.slots
        new = written[entry.task_id]
        changed = [Resettled(old=pk, new=new.pop(questions[pk], None)) for pk in plan.settlement.retired]
        changed += [Resettled(old=None, new=pk) for pk in new.values()]
        before.append(
            SettledBefore(
                task=entry.task_id,
                required=entry.required,
                open_slots=entry.open_slots,
                labels=changed,
                disputed=sorted(question for reason, question in plan.flagged if reason == CONFLICT.name),
            )
        )
        entry.required, entry.open_slots, entry.state = slots.required, slots.open_slots, slots.state
        labels.mark_conflicts(task=plan.task, settlement=plan.settlement, flagged=plan.flagged)
    QueueEntry.objects.bulk_update([plan.entry for plan in plans], ("required", "open_slots", "state"))
    return before


@transaction.atomic
def settle_now(*, actor: User, project: Project, task_ids: Iterable[int]) -> BulkAct:
    """Settle tasks with the answers they have and ask nobody more; where people differ, a reviewer decides."""
    entries = lock_entries(project, task_ids)
    waiting = [entry for entry in entries.values() if entry.open_slots > 0]
    plans = _plans(project, waiting, _counted([entry.task_id for entry in waiting]), ask_more=False)
    return record_act(SettleAct(before=carry_out(plans)), actor=actor, project=project)


@transaction.atomic
def settle_by_method(
    *, actor: User, project: Project, question: str, method: str, answers: Mapping[int, RecordAnswer | None]
) -> BulkAct | None:
    """Settle one question of tasks by what a method makes of their answers; None where nothing had to change.

    Left alone is what waits for answers, what one person answered alone, and what a reviewer has decided. Answers that
    amount to nothing (None), or to something less sure than the project's agreement floor, are in dispute.
    """
    entries = lock_entries(project, answers)
    given = _counted(list(entries))
    several = [entry for pk, entry in entries.items() if entry.open_slots == 0 and len(given[pk]) > 1]
    told = {entry.task_id: {question: answers[entry.task_id]} for entry in several}
    plans = _plans(project, several, given, ask_more=False, told=told)
    if not plans:
        return None
    done = SettleAct(question=question, method=method, before=carry_out(plans))
    return record_act(done, actor=actor, project=project)


def undo_settling(done: SettleAct, entries: Mapping[int, QueueEntry]) -> list[int]:
    """Put back slots and labels where nothing newer stands; returns the tasks; the caller works out their states."""
    now = timezone.now()
    standing = set(Label.objects.filter(task_id__in=list(entries), retired_at=None).values_list("pk", flat=True))
    undone = []
    for before in done.before:
        new = [change.new for change in before.labels if change.new is not None]
        if not standing.issuperset(new):
            continue
        Label.objects.filter(pk__in=new).update(retired_at=now)
        again = list(Label.objects.filter(pk__in=[change.old for change in before.labels if change.old is not None]))
        for label in again:
            label.pk, label.retired_at, label.created_at = None, None, now
        Label.objects.bulk_create(again)
        entry = entries[before.task]
        more = max(0, before.required - entry.required)
        entry.required += more
        entry.open_slots += more
        undone.append(before.task)
    for flag in Flag.objects.filter(task_id__in=undone, reason=CONFLICT.name, state=FlagState.OPEN):
        flags.drop_flag(task=flag.task, reason=CONFLICT, question=flag.question)
    _dispute_again([before for before in done.before if before.disputed and before.task in set(undone)])
    return undone


def _dispute_again(disputed: Sequence[SettledBefore]) -> None:
    """Put back the flags of what was in dispute before, as far as people still disagree."""
    given = _counted([before.task for before in disputed])
    ruled = adjudication_reads.left_without_label(list(given))
    tasks = Task.objects.select_related("project").defer("data", "meta").in_bulk([before.task for before in disputed])
    for before in disputed:
        task, counted = tasks[before.task], given[before.task]
        schema = version_reads.schema(task.project_id)
        differ = labels.disagreements(schema, counted, floor=task.project.agreement_floor)
        again = (differ.keys() - ruled[before.task].keys()) & set(before.disputed)
        settlement = Settlement(people=len(counted), agreement={name: differ[name] for name in again})
        labels.mark_conflicts(task=task, settlement=settlement, flagged=())


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a change of settings would make of tasks with several answers."""

    asked: int = 0
    """Of these one more person would be asked."""
    disputed: int = 0
    """These would have no label until a reviewer decides."""
    labeled: int = 0
    """These would have the answers they need, and the label that follows."""
    looked_at: int = 0
    total: int = 0

    @property
    def changed(self) -> int:
        """Tasks that would be otherwise than now."""
        return self.asked + self.disputed + self.labeled


def foresee(project: Project, changes: Mapping[str, Any]) -> Foreseen:
    """Say what a change of settings would make of the first `MOST_FORESEEN` tasks with several answers."""
    new = {name: changes[name] for name in ("overlap", "max_overlap", "agreement_floor") if name in changes}
    if not new:
        return Foreseen()
    wished = copy.copy(project)
    for name, value in new.items():
        setattr(wished, name, value)
    wished.max_overlap = max(wished.max_overlap, wished.overlap)
    found = several_answers(project).order_by("task_id")
    ids = list(found.values_list("task_id", flat=True)[:MOST_FORESEEN])
    counts: Counter[str] = Counter()
    for first in range(0, len(ids), BATCH):
        entries = list(QueueEntry.objects.filter(task_id__in=ids[first : first + BATCH]).order_by("task_id"))
        for plan in plan_by_settings(wished, entries, floor=project.agreement_floor):
            counts["asked" if plan.slots.open_slots else str(plan.slots.state)] += 1
    return Foreseen(
        asked=counts["asked"],
        disputed=counts[TaskState.DISPUTED],
        labeled=counts[TaskState.LABELED],
        looked_at=len(ids),
        total=len(ids) if len(ids) < MOST_FORESEEN else found.count(),
    )


def start(*, actor: User, project: Project, floor: float) -> JobRun:
    """Settle the project's tasks with several answers anew, by its settings; `floor` is the one that held before."""
    params = SettlingParams(floor=floor)
    return jobs.start(kind=SETTLE, project=project, actor=actor, params=params, exclusive_key=f"settle:{project.pk}")


def settle_by_settings(run: Settling) -> SettlingResult:
    """Settle all tasks with several answers, batch by batch; goes on where it was stopped."""
    project = run.job.project
    if project is None:
        message = "Tasks are settled in a project."
        raise TypeError(message)
    with_several = several_answers(project).order_by("task_id")
    total = with_several.count()
    done = with_several.filter(task_id__lte=run.cursor.after).count()
    while ids := list(with_several.filter(task_id__gt=run.cursor.after).values_list("task_id", flat=True)[:BATCH]):
        run.progress(done, total, "Settling tasks with several answers")
        with transaction.atomic():
            project.refresh_from_db()
            entries = lock_entries(project, ids)
            plans = plan_by_settings(project, list(entries.values()), floor=run.params.floor)
            carry_out(plans)
            run.checkpoint(SettlingCursor(after=ids[-1], changed=run.cursor.changed + len(plans)))
        done += len(ids)
    events.record(
        verb="project.settled", project=project, actor=run.job.requested_by, count=run.cursor.changed, job=run.job.pk
    )
    return SettlingResult(changed=run.cursor.changed)


def several_answers(project: Project) -> QuerySet[Annotation, dict[str, int]]:
    """Return the tasks (`task_id`) to which several answers count."""
    counted = Annotation.objects.filter(project=project, counted=True).order_by()
    return counted.values("task_id").annotate(people=Count("pk")).filter(people__gt=1)
