"""Deciding flags: one at a time with the evidence in view, or many at once; one transaction, one act, one way back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from labeling import access, locks
from labeling.errors import Conflict, DomainError, Invalid, Problem
from labeling.models import BulkAct, Flag
from labeling.models.acts import ReviewAct, load_act
from labeling.reasons.decisions import Decision
from labeling.reasons.registry import reason_named
from labeling.selectors import reviews as review_reads
from labeling.services import events, flags, notices
from labeling.services.reviews import leases
from labeling.services.reviews.locked_tasks import LockedTasks, lock_tasks
from labeling.services.reviews.ruling import (
    MAX_TASKS,
    Ruling,
    check_group,
    check_ruling,
    check_standing,
    keep_first_choice,
    ruled_answers,
    task_that_stays,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from labeling.models import Project, User


_LEAVE = frozenset({Decision.QUARANTINE, Decision.KEEP_ONE})


@dataclass(frozen=True, slots=True)
class Decided:
    """What an act decided, all flags that were closed by it, and those that it left alone, with the reason in words."""

    act: BulkAct
    flag_ids: list[int]
    closed_flags: list[int]
    left: dict[int, str] = field(default_factory=dict)
    replayed: bool = False


@transaction.atomic
def decide(
    *,
    actor: User,
    project: Project,
    flag_ids: Collection[int],
    ruling: Ruling,
    key: str = "",
    seen: Mapping[int, Sequence[int]] | None = None,
) -> Decided:
    """Decide flags alike: write the labels that the decision means, and close the flags, all in one act.

    The same `key` again is the same act: nothing is written. `seen` says, by flag, which labels of record the reviewer
    saw. One flag that was decided or whose label was changed meanwhile raises `Conflict`; of several, those are left
    alone, and only when none is left to decide there is a `Conflict`.
    """
    access.check_person(actor, "decide about flags")
    check_ruling(ruling, flag_ids, key)
    locks.lock_person(project.pk, actor.pk)
    wanted = sorted(set(flag_ids))
    if (again := _replay(actor, key, wanted, ruling)) is not None:
        return again
    answered = ruling.decision in {Decision.ACCEPT, Decision.RELABEL}
    locked = lock_tasks(project, _flagged(project, wanted), flag_ids=wanted, with_data=answered)
    act = BulkAct(project=project, actor=actor, verb=ReviewAct.VERB, key=key, count=0)
    act.save()
    decided, left = [], {}
    for pk in wanted:
        flag = locked.flags[pk]
        try:
            if flag.act_id != act.pk:
                _decide(locked, flag, ruling, actor=actor, act=act, seen=None if seen is None else seen.get(pk))
            decided.append(flag)
        except DomainError as error:
            if len(wanted) == 1:
                raise
            left[pk] = error.message
    if not decided:
        message = f"None of the {len(wanted)} flags could be decided: {next(iter(left.values()))}"
        raise Conflict(message, current={"flags": left})
    locked.store_entries(locked.rows)
    leases.drop_leases(task_ids=locked.rows)
    done = _keep(act, locked, ruling, wanted, left)
    _tell_people(locked, done, ruling, actor=actor)
    _tell(act, decided, ruling, actor=actor)
    return Decided(act=act, flag_ids=[flag.pk for flag in decided], closed_flags=done.closed_flags, left=left)


def _flagged(project: Project, wanted: Sequence[int]) -> set[int]:
    """Return the tasks that flags are about, or raise `Invalid` where these are too many for one act."""
    found = Flag.objects.filter(project=project, pk__in=wanted).only("reason", "evidence", "task_id")
    tasks = {task for flag in found for task in review_reads.flagged_tasks(flag)}
    if len(tasks) > MAX_TASKS:
        message = f"These flags are about {len(tasks):,} items; one decision may be about {MAX_TASKS:,}. Select fewer."
        raise Invalid(message, problems=(Problem("flags", message),))
    return tasks


def _replay(actor: User, key: str, wanted: list[int], ruling: Ruling) -> Decided | None:
    act = BulkAct.objects.filter(actor=actor, key=key).first() if key else None
    if act is None:
        return None
    done = load_act(act)
    if not isinstance(done, ReviewAct) or done.asked != wanted or done.decision != ruling.decision:
        message = "This Idempotency-Key was used for another decision. Use a new key for every decision."
        raise Invalid(message, problems=(Problem("Idempotency-Key", message),))
    flag_ids = [pk for pk in wanted if pk not in done.left]
    return Decided(act=act, flag_ids=flag_ids, closed_flags=done.closed_flags, left=done.left, replayed=True)


def _decide(
    locked: LockedTasks, flag: Flag, ruling: Ruling, *, actor: User, act: BulkAct, seen: Collection[int] | None
) -> None:
    tasks = locked.tasks_of(flag)
    check_standing(flag, locked.current, tasks, locked.schema, seen)
    check_group(flag, ruling, tasks)
    answers = {
        task: ruled_answers(flag, ruling, locked.tasks[task], locked.current[task], locked.schema) for task in tasks
    }
    if review_reads.hides_suggestion(act.project, flag):
        keep_first_choice(flag, ruling, answers[flag.task_id])
    for task in tasks:
        for question, value in answers[task].items():
            locked.write(locked.tasks[task], question, value, actor=actor)
        if answers[task]:
            locked.close_slots(task)
    _place(locked, flag, ruling, tasks)
    for closed in (flag, *(other for task in tasks for other in _settled_with(locked, flag, ruling, task, answers))):
        of_task = answers.get(closed.task_id, {})
        label = locked.current[closed.task_id].get(_question(closed, of_task))
        flags.close(
            flag=closed,
            actor=actor,
            resolution=ruling.decision,
            note=ruling.note if closed is flag else "",
            label=label if of_task else None,
            act=act,
        )
        locked.row(closed.task_id).flags.append(closed.pk)
    for task in tasks:
        if task != flag.task_id and task in locked.rows:
            locked.row(task).flags.append(flag.pk)


def _place(locked: LockedTasks, flag: Flag, ruling: Ruling, tasks: Sequence[int]) -> None:
    """Put tasks into quarantine or into a split, where the decision says so."""
    stays = task_that_stays(flag, ruling, tasks, locked.current) if ruling.decision == Decision.KEEP_ONE else None
    for task in tasks:
        if ruling.decision in _LEAVE and task != stays:
            locked.quarantine(task)
        elif ruling.decision == Decision.ONE_SPLIT:
            locked.move(task, ruling.answer)


def _question(flag: Flag, answers: Mapping[str, Any]) -> str:
    return flag.question or next(iter(answers), "")


def _settled_with(
    locked: LockedTasks, flag: Flag, ruling: Ruling, task: int, answers: Mapping[int, Mapping[str, Any]]
) -> list[Flag]:
    """Return the other open flags of a task that the same decision answers.

    Once the label is decided, whatever else put it in doubt is; and a skipped task that was answered waits no more.
    """
    if ruling.decision == Decision.QUARANTINE:
        return []
    answered = set(answers[task])
    about = answered | ({flag.question} if reason_named(flag.reason).is_about_label else set())
    given = answered if ruling.decision in {Decision.ACCEPT, Decision.RELABEL} else set()
    labeled = bool(given) and locked.entries[task].open_slots == 0
    return [
        other
        for other in locked.open_flags_of(task)
        if other is not flag and _answered_too(other, about, labeled=labeled)
    ]


def _answered_too(other: Flag, about: set[str], *, labeled: bool) -> bool:
    reason = reason_named(other.reason)
    return (reason.is_about_label and other.question in about) or (reason.falls_when_labeled and labeled)


def _keep(act: BulkAct, locked: LockedTasks, ruling: Ruling, wanted: list[int], left: dict[int, str]) -> ReviewAct:
    done = ReviewAct(
        decision=ruling.decision, asked=wanted, left=left, before=[row.as_entry() for row in locked.rows.values()]
    )
    columns = done.columns()
    for name, value in columns.items():
        setattr(act, name, value)
    act.save(update_fields=tuple(columns))
    return done


def _tell_people(locked: LockedTasks, done: ReviewAct, ruling: Ruling, *, actor: User) -> None:
    """Tell in their inboxes those whose answers were decided otherwise, and those who had raised the flags."""
    written = [label.new for entry in done.before for label in entry.labels]
    notices.tell_of_labels(actor=actor, label_ids=written, note=ruling.note.strip())
    notices.tell_of_flags(actor=actor, flags=[locked.flags[pk] for pk in done.closed_flags])


def _tell(act: BulkAct, decided: Sequence[Flag], ruling: Ruling, *, actor: User) -> None:
    if len(decided) > 1:
        events.record(
            verb="flags.resolved",
            project=act.project,
            actor=actor,
            act=act.pk,
            resolution=str(ruling.decision),
            flags=len(decided),
            count=act.count,
        )
        return
    (flag,) = decided
    events.record(
        verb="flag.resolved",
        project=act.project,
        actor=actor,
        task=flag.task,
        flag=flag.pk,
        reason=flag.reason,
        resolution=str(ruling.decision),
        act=act.pk,
    )
