"""Claims and saves under 16 clients at once, some of which die: every task exactly as often as it is wanted.

The clients are processes with connections of their own, as the web workers are. While they work, this process looks at
random instants whether every task's slots add up.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkProcess
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import (
    Annotation,
    AnnotationRevision,
    AnnotationState,
    Event,
    GoldServing,
    Label,
    Lease,
    OverlapRule,
    Project,
    QueueEntry,
    Task,
    TaskState,
    User,
)
from labeling.selectors import overlap as overlap_reads
from labeling.selectors import similarity as similarity_reads
from labeling.services import annotations as saving
from labeling.services import claims, gold, projects, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.fitting import finish_fitting
from tests.forking import fork

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800), pytest.mark.heavy]

CLIENTS = 16
SAVES = 4_500
"""So many that a run lasts long enough for two clients to die and two to come back."""
INTENTS = ("billing", "delivery", "other")
PATIENCE = 300
"""Seconds that a client waits for a task, while there is work left, until it says that something is stuck."""

_BROKEN = """
SELECT q.task_id, q.required, q.open_slots, taken.leases, taken.counted
FROM labeling_queueentry q, LATERAL (
    SELECT (SELECT count(*) FROM labeling_lease l WHERE l.task_id = q.task_id) AS leases,
           (SELECT count(*) FROM labeling_annotation a WHERE a.task_id = q.task_id AND a.counted) AS counted
) taken
WHERE q.project_id = %s AND q.open_slots + taken.leases + taken.counted <> q.required
"""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a client works; the shares are out of one."""

    seed: int
    batch: int = 10
    resent: float = 0.05
    released: float = 0.01
    skipped: float = 0.005
    reopened: float = 0.02
    together: bool = False
    """Claims what is alike, to answer it together."""
    dawdles: float = 0.0
    dawdle_seconds: float = 0.0


@dataclass(slots=True)
class Crew:
    """The clients of one run, and what was seen while they worked."""

    project: Project
    running: dict[ForkProcess, User] = field(default_factory=dict)
    gone: list[User] = field(default_factory=list)
    looks: int = 0

    def hire(self, user: User, habits: Habits) -> None:
        """Start a client that works as this person until nothing is left to do."""
        self.running[fork(_work, self.project.pk, user.pk, habits)] = user

    def kill(self, process: ForkProcess) -> User:
        """End a client without a word, wherever it is; return who it worked as."""
        process.kill()
        process.join()
        return self.running.pop(process)

    def look(self) -> None:
        """Assert that the slots of every task add up now, in one snapshot of the database."""
        with connection.cursor() as cursor:
            cursor.execute(_BROKEN, (self.project.pk,))
            assert cursor.fetchall() == []
        self.looks += 1

    def expire_what_the_gone_hold(self) -> None:
        """Let the lease time of people who will not come back pass."""
        Lease.objects.filter(user__in=self.gone).update(expires_at=timezone.now() - timedelta(seconds=1))


@contextmanager
def crew(project: Project) -> Iterator[Crew]:
    """Give a crew, of which no process is left behind when a test fails."""
    team = Crew(project)
    try:
        yield team
    finally:
        for process in list(team.running):
            if process.is_alive():
                team.kill(process)


def _work(project_id: int, user_id: int, habits: Habits) -> None:
    """Claim and answer until every task has all its answers."""
    rng = random.Random(habits.seed)
    project = Project.objects.get(pk=project_id)
    actor = User.objects.get(pk=user_id)
    until = time.monotonic() + PATIENCE
    opened = True
    while time.monotonic() < until:
        count = rng.randint(1, habits.batch)
        taken = claims.claim(actor=actor, project=project, count=count, held=opened, alike=habits.together)
        opened = rng.random() < habits.reopened
        if not taken.task_ids:
            if _nothing_left(project):
                return
            time.sleep(0.05)
            continue
        until = time.monotonic() + PATIENCE
        tasks = Task.objects.select_related("project").in_bulk(taken.task_ids)
        for pk in taken.task_ids:
            _answer(rng, actor, project, tasks[pk], habits)
    message = f"There is work left, and none of it could be claimed for {PATIENCE} seconds."
    raise TimeoutError(message)


def _nothing_left(project: Project) -> bool:
    return not (
        QueueEntry.objects.filter(project=project, open_slots__gt=0).exists()
        or Lease.objects.filter(project=project).exists()
    )


def _answer(rng: random.Random, actor: User, project: Project, task: Task, habits: Habits) -> None:
    if rng.random() < habits.dawdles:
        time.sleep(habits.dawdle_seconds)
    if rng.random() < habits.released:
        claims.release(actor=actor, project=project, task_ids=[task.pk])
        return
    if rng.random() < habits.skipped:
        submission = Submission(answers={}, state=AnnotationState.SKIPPED, skip_reason="unclear")
    else:
        # People agree most of the time, so that labels settle both with and without a conflict.
        intent = INTENTS[task.pk % 3] if rng.random() < 0.95 else rng.choice(INTENTS)
        submission = Submission(answers={"intent": intent}, lead_time_ms=rng.randint(500, 9_000))
    key = f"{actor.pk}-{task.pk}-{rng.getrandbits(64):x}"
    try:
        saved = saving.submit(actor=actor, task=task, submission=submission, key=key)
    except Conflict:
        return  # this person's other tab was faster
    if rng.random() < habits.resent:
        again = saving.submit(actor=actor, task=task, submission=submission, key=key)
        assert again.replayed
        assert again.as_dict() == saved.as_dict()


def _project(*, overlap: int, tasks: int) -> Project:
    project = factories.project(overlap=overlap)
    factories.tasks(project, tasks)
    return project


@pytest.mark.parametrize("overlap", [1, 3])
def test_sixteen_clients_answer_every_task_exactly_as_often_as_wanted(overlap: int) -> None:
    project = _project(overlap=overlap, tasks=SAVES // overlap)
    people = [factories.member(project) for _ in range(CLIENTS - 2)]
    rng = random.Random(overlap)
    with crew(project) as team:
        # The first two people have two tabs open. They give nothing back: what one tab gives back, the other may be
        # answering just then, and such an answer rightly comes too late when somebody else was faster.
        for seed, person in enumerate([*people[:2], *people]):
            team.hire(person, Habits(seed=seed, released=0 if person in people[:2] else 0.01))
        doomed = list(team.running)[-4:]
        while any(process.is_alive() for process in team.running):
            if doomed and _answered(project) > SAVES * (5 - len(doomed)) / 8:
                victim = team.kill(doomed.pop())
                if len(doomed) % 2:
                    team.gone.append(victim)
                else:
                    team.hire(victim, Habits(seed=CLIENTS + len(doomed)))
            team.expire_what_the_gone_hold()
            team.look()
            time.sleep(rng.uniform(0.05, 0.5))
        assert [process.exitcode for process in team.running] == [0] * (CLIENTS - len(team.gone))
        assert len(team.gone) == 2
        team.look()
        assert team.looks > 10
    _assert_exact(project, overlap=overlap, tasks=SAVES // overlap)


def _answered(project: Project) -> int:
    return Annotation.objects.filter(project=project, counted=True).count()


def _assert_exact(project: Project, *, overlap: int, tasks: int) -> None:
    submitted = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED)
    per_task = Counter(submitted.values_list("task_id", flat=True))
    assert Counter(per_task.values()) == {overlap: tasks}
    assert not submitted.filter(counted=False).exists()
    assert not Lease.objects.filter(project=project).exists()
    assert not QueueEntry.objects.filter(project=project).exclude(required=overlap, open_slots=0).exists()
    _assert_settled(project, tasks=tasks)
    _assert_history(project)


def _assert_settled(project: Project, *, tasks: int) -> None:
    """Assert that every task has a label, but those about which each person says something else: they are disputed."""
    said: defaultdict[int, list[str]] = defaultdict(list)
    for task, answers in Annotation.objects.filter(project=project, counted=True).values_list("task_id", "answers"):
        said[task].append(answers["intent"])
    tied = {task for task, answers in said.items() if len(answers) > 1 and len(set(answers)) == len(answers)}
    state_of = dict(QueueEntry.objects.filter(project=project).values_list("task_id", "state"))
    assert state_of == {task: TaskState.DISPUTED if task in tied else TaskState.LABELED for task in said}
    assert len(said) == tasks
    assert Label.objects.filter(project=project, retired_at=None).count() == tasks - len(tied)


def _assert_history(project: Project) -> None:
    """Assert that every save left one revision and one event, and retried ones no second."""
    revisions = AnnotationRevision.objects.filter(annotation__project=project)
    saves = revisions.exclude(state=AnnotationState.DRAFT).count()
    assert Event.objects.filter(project=project, verb__startswith="annotation.").count() == saves
    numbered = Annotation.objects.filter(project=project).annotate(saves=Count("revisions"))
    assert not numbered.exclude(saves=1, version=1).exists()


@pytest.mark.parametrize("overlap", [1, 3])
def test_leases_that_run_out_under_slow_clients_leave_every_task_with_its_answers(overlap: int) -> None:
    project = _project(overlap=overlap, tasks=120)
    Project.objects.filter(pk=project.pk).update(lease_seconds=1)
    people = [factories.member(project) for _ in range(8)]
    with crew(project) as team:
        for seed, person in enumerate(people):
            team.hire(person, Habits(seed=seed, batch=4, dawdles=0.15, dawdle_seconds=1.2))
        while any(process.is_alive() for process in team.running):
            team.look()
            time.sleep(0.1)
        assert [process.exitcode for process in team.running] == [0] * len(people)
        team.look()

    counted = Task.objects.filter(project=project).annotate(
        counted=Count("annotations", filter=Q(annotations__counted=True))
    )
    assert not counted.exclude(counted=overlap).exists()
    late = Annotation.objects.filter(project=project, counted=False, state=AnnotationState.SUBMITTED)
    assert late.exists(), "nobody was too late: the test is too slow to say anything"
    _assert_settled(project, tasks=120)


@pytest.mark.parametrize("overlap", [1, 2])
def test_people_who_claim_and_save_many_at_once_leave_every_task_with_its_answers(
    overlap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nearest(project: Project, task_id: int, most: int, open_to: int | None) -> list[int]:
        # All are like each other, as in the worst case: everybody reaches for the same ones.
        return list(project.tasks.order_by("pk").values_list("pk", flat=True)[:most])

    source = similarity_reads.Source(nearest=nearest, known=lambda *_: True)
    monkeypatch.setattr(similarity_reads, "_sources", [source])
    project = _project(overlap=overlap, tasks=600 // overlap)
    people = [factories.member(project) for _ in range(6)]
    with crew(project) as team:
        for seed, person in enumerate(people):
            team.hire(person, Habits(seed=seed, batch=50, released=0, skipped=0, together=seed != 0))
        while any(process.is_alive() for process in team.running):
            team.look()
            time.sleep(0.1)
        assert [process.exitcode for process in team.running] == [0] * len(people)
        team.look()
    _assert_exact(project, overlap=overlap, tasks=600 // overlap)


def test_overlap_that_changes_while_people_work_and_leave_keeps_every_slot_accounted_for() -> None:
    project = _project(overlap=2, tasks=150)
    people = [factories.member(project) for _ in range(6)]
    rules = [OverlapRule(people=3, share=0.3)]
    with crew(project) as team:
        for seed, person in enumerate(people):
            team.hire(person, Habits(seed=seed, batch=4))
        for change in ({"overlap": 3}, {"overlap": 1}, {"overlap_rules": rules}, {"overlap": 2}):
            projects.update(actor=project.created_by, project=project, **change)
            finish_fitting(project)
            team.look()
            if "overlap_rules" in change:
                team.gone.append(team.kill(next(iter(team.running))))
                team.expire_what_the_gone_hold()
        for seed, person in enumerate(set(people) - set(team.gone), start=len(people)):
            team.hire(person, Habits(seed=seed, released=0))  # some may have gone home before the last change
        while any(process.is_alive() for process in team.running):
            team.expire_what_the_gone_hold()
            team.look()
            time.sleep(0.1)
        assert {process.exitcode for process in team.running} == {0}
        team.look()

    project.refresh_from_db()
    entries = {entry.task_id: entry for entry in QueueEntry.objects.filter(project=project)}
    wanted = overlap_reads.people_wanted(project, entries)
    assert {wanted[pk] for pk in entries} == {2, 3}
    assert all(entry.open_slots == 0 for entry in entries.values())
    # What was labeled under an earlier setting stays as it is; what waited has as many as the last one says.
    assert {entry.state for entry in entries.values()} <= {TaskState.LABELED, TaskState.DISPUTED}
    assert any(entry.required == wanted[pk] == 3 for pk, entry in entries.items())


def test_gold_between_other_tasks_leaves_all_slots_as_they_are() -> None:
    project = _project(overlap=2, tasks=150)
    known = list(project.tasks.order_by("pk").values_list("pk", flat=True)[:20])
    who: dict[str, Any] = {"actor": project.created_by, "project": project, "task_ids": known}
    tasks.assign_label(**who, question="intent", value="billing")
    gold.make_gold(**who)
    Project.objects.filter(pk=project.pk).update(gold_share=20)
    before = list(QueueEntry.objects.filter(task__in=known).order_by("pk").values())
    people = [factories.member(project) for _ in range(6)]
    with crew(project) as team:
        for seed, person in enumerate([people[0], *people]):
            team.hire(person, Habits(seed=seed, batch=4, released=0.01 if seed > 1 else 0))
        while any(process.is_alive() for process in team.running):
            team.look()
            time.sleep(0.1)
        assert [process.exitcode for process in team.running] == [0] * len(team.running)
        team.look()
    ordinary = Task.objects.filter(project=project).exclude(pk__in=known)
    counted = ordinary.annotate(counted=Count("annotations", filter=Q(annotations__counted=True)))
    assert not counted.exclude(counted=2).exists()
    assert list(QueueEntry.objects.filter(task__in=known).order_by("pk").values()) == before
    assert not Annotation.objects.filter(task__in=known, counted=True).exists()
    answered = GoldServing.objects.filter(project=project, answered_at__isnull=False)
    assert answered.count() >= len(people) * gold.FIRST
