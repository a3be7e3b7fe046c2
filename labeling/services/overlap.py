"""How many people are asked about each task, by the project's rules: new tasks, and waiting ones when rules change.

At every instant a task requires as many people as have answered it, hold it, or are still to be asked: of a waiting
task only the last number changes, and it is never asked of fewer people than have answered or hold it.
"""

from __future__ import annotations

import copy
import secrets
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import transaction
from django.db.models import Exists, OuterRef

from labeling.errors import DomainError, Invalid, Problem
from labeling.models import Annotation, GoldAnswer, Lease, OverlapRules, Project, QueueEntry, Split, TaskState
from labeling.models.documents import JsonDocument
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import overlap as overlap_reads
from labeling.selectors.overlap import FIT
from labeling.services import events, jobs, settling

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from django.db.models import QuerySet

    from labeling.models import JobRun, OverlapRule, User

BATCH = 1_000
MOST_FORESEEN = 20_000
MAX_RULES = 20
SETTINGS = frozenset({"overlap", "overlap_rules"})
"""The settings of a project that say how many people are asked."""


class FittingCursor(JsonDocument):
    """The last task that was looked at, and how many are asked of more people and of fewer."""

    after: int = 0
    more: int = 0
    fewer: int = 0


class FittingResult(JsonDocument):
    """How many tasks are asked of more people than before, and of fewer."""

    more: int
    fewer: int


Fitting: TypeAlias = jobs.RunningJob[JsonDocument, FittingCursor]


@dataclass(frozen=True, slots=True)
class Fit:
    """What settings make of the people whom tasks ask."""

    more: int = 0
    """These tasks are asked of more people."""
    fewer: int = 0
    """These are asked of fewer."""
    answered: int = 0
    """About these the settings say another number; they stay as they are, for people have answered them already."""
    looked_at: int = 0
    total: int = 0

    @property
    def changed(self) -> int:
        """Tasks about which the settings say something else than now."""
        return self.more + self.fewer + self.answered


def changed_rules(project: Project, rules: Sequence[OverlapRule]) -> dict[str, Any]:
    """Return what the project stores for these rules, which go on drawing the shares that were drawn."""
    _check_rules(rules)
    held = overlap_reads.rules_of(project)
    if tuple(rules) == held.rules:
        return dict(project.overlap_rules)
    return OverlapRules(seed=held.seed or secrets.randbelow(2**31 - 1) + 1, rules=tuple(rules)).dump()


def _check_rules(rules: Sequence[OverlapRule]) -> None:
    problems = [problem for at, rule in enumerate(rules) for problem in _problems(f"overlap_rules[{at}]", rule)]
    if len(rules) > MAX_RULES:
        problems.append(Problem("overlap_rules", f"A project has at most {MAX_RULES} rules."))
    if problems:
        raise Invalid(problems[0].message, problems=problems)


def _problems(path: str, rule: OverlapRule) -> Iterator[Problem]:
    if rule.split not in {*Split.values, explorer_reads.NO_SPLIT}:
        yield Problem(f"{path}.split", "Expected train, validation, test, or none.")
    if rule.share == 1 and not rule.split and not rule.filter:
        yield Problem(path, "Say which tasks: a share below all of them, a split, or a filter.")
    try:
        wanted = explorer_reads.parse_queue_filter(rule.filter, reviewer=True)
    except DomainError as error:
        yield Problem(f"{path}.filter", error.message)
        return
    if wanted.state or wanted.similar:
        message = "A rule asks what a task is, not where it stands or what it is like: take that out of the filter."
        yield Problem(f"{path}.filter", message)


def fit_new_tasks(*, project: Project, task_ids: Collection[int]) -> None:
    """Ask as many people about new tasks, which ask as many as any task of the project, as the rules say."""
    if not overlap_reads.rules_of(project).rules:
        return
    wanted = overlap_reads.people_wanted(project, task_ids)
    _store({pk: (people, people) for pk, people in wanted.items() if people != project.overlap})


def _store(slots: Mapping[int, tuple[int, int]]) -> None:
    """Write required people and open slots of tasks: a statement for each two numbers, of which there are few."""
    alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for pk, numbers in slots.items():
        alike[numbers].append(pk)
    for (required, open_slots), ids in alike.items():
        QueueEntry.objects.filter(task_id__in=ids).update(required=required, open_slots=open_slots)


@dataclass(frozen=True, slots=True)
class _Refit:
    """Waiting tasks, changed but not stored yet, what they were before, and how those with all answers settle."""

    before: dict[int, tuple[int, int]]
    entries: Sequence[QueueEntry]
    plans: list[settling.Plan]

    def slots(self) -> dict[int, tuple[int, int]]:
        """Return the numbers of required people and open slots that are to be stored, of tasks where they are new."""
        now = {entry.task_id: (entry.required, entry.open_slots) for entry in self.entries}
        return {pk: numbers for pk, numbers in now.items() if numbers != self.before[pk]}

    def count(self) -> Counter[str]:
        """Count tasks that are asked of more people than before, and of fewer, after all is settled."""
        required = {entry.task_id: entry.required for entry in self.entries}
        required |= {plan.entry.task_id: plan.slots.required for plan in self.plans}
        counts: Counter[str] = Counter()
        for pk, (before, _) in self.before.items():
            counts["more"] += required[pk] > before
            counts["fewer"] += required[pk] < before
        return counts


def _refit(project: Project, entries: Sequence[QueueEntry]) -> _Refit:
    """Change waiting tasks to what the settings say; who lowers the number settles those that have their answers."""
    ids = [entry.task_id for entry in entries]
    wanted = overlap_reads.people_wanted(project, ids)
    answered = Counter(Annotation.objects.filter(task_id__in=ids, counted=True).values_list("task_id", flat=True))
    held = Counter(Lease.objects.filter(task_id__in=ids).values_list("task_id", flat=True))
    before = {entry.task_id: (entry.required, entry.open_slots) for entry in entries}
    for entry in entries:
        taken = answered[entry.task_id] + held[entry.task_id]
        entry.required = max(wanted[entry.task_id], taken)
        entry.open_slots = entry.required - taken
    full = [entry for entry in entries if answered[entry.task_id] == entry.required]
    plans = settling.plan_with_all_answers(project, full)
    settled = {plan.entry.task_id: plan.slots for plan in plans}
    # A task that lacks what these answers do not tell goes on asking whom it asks.
    stuck = set()
    for entry in full:
        slots = settled.get(entry.task_id, entry)
        if slots.state == TaskState.TODO and slots.open_slots == 0:
            entry.required, entry.open_slots = before[entry.task_id]
            stuck.add(entry.task_id)
    return _Refit(before, entries, [plan for plan in plans if plan.entry.task_id not in stuck])


def foresee(project: Project, changes: Mapping[str, Any]) -> Fit:
    """Say what a change of settings would make of the first `MOST_FORESEEN` tasks that people are asked about."""
    new = {name: changes[name] for name in SETTINGS if name in changes}
    if not new:
        return Fit()
    if "overlap_rules" in new:
        new["overlap_rules"] = changed_rules(project, new["overlap_rules"])
    wished = copy.copy(project)
    for name, value in new.items():
        setattr(wished, name, value)
    wished.max_overlap = max(wished.max_overlap, wished.overlap, changes.get("max_overlap", 1))
    if all(getattr(project, name) == getattr(wished, name) for name in SETTINGS):
        return Fit()
    asked = _asking(project).exclude(state=TaskState.QUARANTINED)
    ids = list(asked.order_by("task_id").values_list("task_id", flat=True)[:MOST_FORESEEN])
    counts: Counter[str] = Counter()
    for first in range(0, len(ids), BATCH):
        entries = list(QueueEntry.objects.filter(task_id__in=ids[first : first + BATCH]).order_by("task_id"))
        counts += _foresee(project, wished, entries)
    total = len(ids) if len(ids) < MOST_FORESEEN else asked.count()
    return Fit(counts["more"], counts["fewer"], counts["answered"], looked_at=len(ids), total=total)


def _foresee(project: Project, wished: Project, entries: Sequence[QueueEntry]) -> Counter[str]:
    ids = [entry.task_id for entry in entries]
    now, then = overlap_reads.people_wanted(project, ids), overlap_reads.people_wanted(wished, ids)
    refit = _refit(wished, [entry for entry in entries if entry.state == TaskState.TODO])
    counts = refit.count()
    required = {entry.task_id: entry.required for entry in entries}
    moved = {pk for pk in refit.before if required[pk] != refit.before[pk][0]}
    counts["answered"] = sum(now[pk] != then[pk] and pk not in moved and required[pk] != then[pk] for pk in ids)
    return counts


def start(*, actor: User, project: Project) -> JobRun:
    """Have the project's waiting tasks asked of as many people as its settings say by then."""
    return jobs.start(kind=FIT, project=project, actor=actor)


def fit_waiting_tasks(run: Fitting) -> FittingResult:
    """Fit all waiting tasks, batch by batch; goes on where it was stopped, and canceled it leaves whole tasks."""
    if run.job.project is None:
        message = "Tasks are asked about in a project."
        raise TypeError(message)
    waiting = _waiting(run.job.project)
    total = waiting.count()
    done = waiting.filter(task_id__lte=run.cursor.after).count()
    ids = waiting.order_by("task_id").values_list("task_id", flat=True)
    while batch := list(ids.filter(task_id__gt=run.cursor.after)[:BATCH]):
        run.progress(done, total, "Counting anew how many people are asked")
        with transaction.atomic():
            project = locked_settings(run.job.project.pk)
            counts = _fit(project, batch)
            reached = FittingCursor(
                after=batch[-1], more=run.cursor.more + counts["more"], fewer=run.cursor.fewer + counts["fewer"]
            )
            run.checkpoint(reached)
        done += len(batch)
    result = FittingResult(more=run.cursor.more, fewer=run.cursor.fewer)
    events.record(
        verb="project.fitted",
        project=run.job.project,
        actor=run.job.requested_by,
        job=run.job.pk,
        more=result.more,
        fewer=result.fewer,
    )
    return result


def locked_settings(project_id: int) -> Project:
    """Return the project as it is now, whose settings nobody changes until the transaction ends; claims go on."""
    return Project.objects.select_for_update(no_key=True).get(pk=project_id)


def _asking(project: Project) -> QuerySet[QueueEntry]:
    """Return the entries of tasks that ask people; gold is given beside the queue, which asks nobody about it."""
    gold = GoldAnswer.objects.filter(task_id=OuterRef("task_id"), retired_at=None)
    return QueueEntry.objects.filter(~Exists(gold), project=project, required__gt=0)


def _waiting(project: Project) -> QuerySet[QueueEntry]:
    return _asking(project).filter(state=TaskState.TODO)


def _fit(project: Project, task_ids: Sequence[int]) -> Counter[str]:
    locked = _waiting(project).filter(task_id__in=task_ids).select_for_update().order_by("task_id")
    # Answers and leases are counted by later statements, and so after every save and claim that was in flight.
    refit = _refit(project, list(locked))
    counts = refit.count()
    _store(refit.slots())
    settling.carry_out(refit.plans)
    return counts
