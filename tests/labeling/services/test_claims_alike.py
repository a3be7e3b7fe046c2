"""Claims of tasks to answer together: what is alike, no more than a fair share, exact as all claims are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labeling.models import AnnotationState, Lease, QueueEntry, Role
from labeling.selectors import similarity as similarity_reads
from labeling.services import annotations as saving
from labeling.services import claims
from labeling.services.annotations import Submission
from tests import factories
from tests.invariants import invariant

if TYPE_CHECKING:
    from labeling.models import Project, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let tasks be alike whose numbers have the same rest; returns whom was asked about."""
    asked: list[int] = []

    def nearest(project: Project, task_id: int, most: int, open_to: int | None) -> list[int]:
        asked.append(task_id)
        ids = list(project.tasks.order_by("pk").values_list("pk", flat=True))
        place = ids.index(task_id)
        return [pk for at, pk in enumerate(ids) if at % 3 == place % 3 and pk != task_id][:most]

    source = similarity_reads.Source(nearest=nearest, known=lambda *_: True)
    monkeypatch.setattr(similarity_reads, "_sources", [source])
    return asked


def pks(tasks: list[Task]) -> list[int]:
    return [task.pk for task in tasks]


def test_the_next_task_comes_with_those_like_it(numbered: list[int]) -> None:
    project = factories.project()
    made = factories.tasks(project, 30)
    QueueEntry.objects.filter(task=made[4]).update(priority=1)
    person = factories.member(project)

    taken = claims.claim(actor=person, project=project, count=6, alike=True)

    assert taken.task_ids == pks([made[4], made[1], made[7], made[10], made[13], made[16]])
    assert (taken.alike_to, taken.remaining) == (made[4].pk, 24)
    assert numbered == [made[4].pk]
    invariant(project)


def test_beyond_what_is_alike_the_queue_goes_on(numbered: list[int]) -> None:
    project = factories.project()
    made = factories.tasks(project, 9)
    person = factories.member(project)
    assert claims.claim(actor=person, project=project, count=5, alike=True).task_ids == pks(
        [made[0], made[3], made[6], made[1], made[2]]
    )
    invariant(project)


def test_what_is_held_comes_first_and_says_what_the_rest_is_like(numbered: list[int]) -> None:
    project = factories.project()
    made = factories.tasks(project, 30)
    person = factories.member(project)
    held = claims.claim(actor=person, project=project, count=2).task_ids

    taken = claims.claim(actor=person, project=project, count=5, held=True, alike=True)

    assert taken.task_ids == [*held, made[3].pk, made[6].pk, made[9].pk]
    assert taken.alike_to == held[0]
    assert Lease.objects.filter(user=person).count() == 5
    invariant(project)


def test_where_nobody_can_tell_what_is_alike_they_come_in_queue_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity_reads, "_sources", [])
    project = factories.project()
    made = factories.tasks(project, 12)
    taken = claims.claim(actor=factories.member(project), project=project, count=4, alike=True)
    assert taken.task_ids == pks(made[:4])
    assert taken.alike_to is None
    invariant(project)


def test_nobody_gets_what_others_hold_or_they_have_answered_themselves(numbered: list[int]) -> None:
    project = factories.project(overlap=2)
    made = factories.tasks(project, 30)
    ann, bob, cat = (factories.member(project) for _ in range(3))
    for task in made[:6:3]:
        saving.submit(actor=ann, task=task, submission=Submission(answers={"intent": "other"}), key=f"a{task.pk}")
    for person in (bob, cat):
        claims.claim(actor=person, project=project, count=9, alike=True)

    taken = claims.claim(actor=ann, project=project, count=9, alike=True).task_ids

    assert len(taken) == 9
    assert not set(taken) & set(pks(made[:6:3]))
    invariant(project)


@pytest.mark.parametrize(("open_tasks", "others", "wanted", "given"), [
    (200, 0, 80, 50),
    (200, 3, 80, 50),
    (40, 3, 50, 10),
    (40, 0, 50, 40),
    (12, 3, 50, 5),
    (3, 3, 50, 3),
    (200, 3, 7, 7),
])  # fmt: skip
def test_a_fair_share_is_left_for_the_others(open_tasks: int, others: int, wanted: int, given: int) -> None:
    project = factories.project()
    factories.tasks(project, open_tasks)
    for _ in range(others):
        factories.member(project)
    factories.member(project, Role.REVIEWER)  # has answered nothing here, so does not label
    person = factories.member(project)

    first = claims.claim(actor=person, project=project, count=wanted, alike=True).task_ids
    more = claims.claim(actor=person, project=project, count=wanted, alike=True).task_ids

    assert len(first) == given
    assert len(more) == min(wanted, claims.MAX_ALIKE - given if open_tasks == 200 else 0)
    invariant(project)


def test_what_is_answered_and_on_its_way_does_not_count_towards_the_share() -> None:
    project = factories.project()
    factories.tasks(project, 40)
    factories.member(project)
    person = factories.member(project)
    first = claims.claim(actor=person, project=project, count=50, alike=True).task_ids
    assert len(first) == 20
    assert claims.claim(actor=person, project=project, count=50, alike=True).task_ids == []
    assert len(claims.claim(actor=person, project=project, count=50, alike=True, sending=20).task_ids) == 10
    invariant(project)


def test_what_was_taken_back_is_open_to_the_same_person_and_nothing_is_counted(numbered: list[int]) -> None:
    project = factories.project()
    factories.tasks(project, 30)
    person = factories.member(project)
    taken = claims.claim(actor=person, project=project, count=5, alike=True).task_ids
    before = dict(QueueEntry.objects.filter(project=project).values_list("task_id", "open_slots"))
    tasks = project.tasks.select_related("project").in_bulk(taken)
    for pk in taken:
        saving.submit(actor=person, task=tasks[pk], submission=Submission(answers={"intent": "other"}), key=f"do{pk}")
    for pk in taken:
        back = Submission(answers={}, state=AnnotationState.DRAFT, version=1)
        saving.submit(actor=person, task=tasks[pk], submission=back, key=f"undo{pk}")

    assert dict(QueueEntry.objects.filter(project=project).values_list("task_id", "open_slots")) == before
    assert set(Lease.objects.filter(user=person).values_list("task_id", flat=True)) == set(taken)
    assert not project.tasks.filter(labels__retired_at=None, labels__isnull=False).exists()
    held = claims.claim(actor=person, project=project, count=5, held=True, alike=True).task_ids
    assert set(held) == set(taken)
    invariant(project)
