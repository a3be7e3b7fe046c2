"""How many people are asked about which tasks: by share, split and filter, for new tasks and waiting ones."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.errors import Invalid
from labeling.models import JobState, OverlapRule, OverlapRules, Project, QueueEntry, Task, TaskState, User
from labeling.selectors import overlap as overlap_reads
from labeling.services import annotations as saving
from labeling.services import claims, jobs, overlap, projects
from labeling.services.adding import NewTask, add_tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.fitting import finish_fitting
from tests.invariants import invariant

pytestmark = pytest.mark.django_db


def ruled(*rules: OverlapRule, **settings: Any) -> Project:
    """Make a project with rules, which draw the same shares in every run of the tests."""
    project = factories.project(**settings)
    project.overlap_rules = OverlapRules(seed=1, rules=rules).dump()
    project.save(update_fields=("overlap_rules",))
    return project


def add(project: Project, count: int, **parts: Any) -> list[int]:
    rows = [NewTask(data={"text": f"{parts} {number}"}, **parts) for number in range(count)]
    return [added.task for added in add_tasks(actor=project.created_by, project=project, rows=rows)]


def required(project: Project) -> dict[int, int]:
    return dict(QueueEntry.objects.filter(project=project).values_list("task_id", "required"))


def change(project: Project, *rules: OverlapRule, **settings: Any) -> overlap.Fit:
    """Change rules and settings, have the waiting tasks fitted, and return what was foreseen."""
    project.refresh_from_db()
    changes = {"overlap_rules": rules, **settings}
    foreseen = overlap.foresee(project, changes)
    projects.update(actor=project.created_by, project=project, **changes)
    job = finish_fitting(project)
    assert job.result == {"more": foreseen.more, "fewer": foreseen.fewer}
    invariant(project)
    return foreseen


def answer(person: User, task_id: int, value: str = "billing") -> None:
    task = Task.objects.select_related("project").get(pk=task_id)
    saving.submit(actor=person, task=task, submission=Submission({"intent": value}), key=f"{task_id} {person.pk}")


def stands(task_id: int) -> tuple[str, int, int]:
    entry = QueueEntry.objects.get(task_id=task_id)
    return entry.state, entry.required, entry.open_slots


def test_new_tasks_ask_as_many_people_as_the_first_rule_that_fits_says() -> None:
    project = ruled(
        OverlapRule(people=4, split="test", filter="meta=country%3DDE"),
        OverlapRule(people=3, split="test"),
        OverlapRule(people=2, share=0.2),
    )
    german = add(project, 3, split="test", meta={"country": "DE"})
    test = add(project, 3, split="test")
    rest = add(project, 300)

    asked = required(project)
    assert {asked[pk] for pk in german} == {4}
    assert {asked[pk] for pk in test} == {3}
    drawn = [pk for pk in rest if asked[pk] == 2]
    assert {asked[pk] for pk in rest} == {1, 2}
    assert 30 <= len(drawn) <= 90
    assert all(overlap_reads.is_drawn(pk, share=0.2, seed=1) for pk in drawn)
    invariant(project)


def test_a_larger_share_holds_the_smaller_one_and_another_seed_draws_others() -> None:
    def drawn(share: float, seed: int) -> set[int]:
        return {pk for pk in range(2000) if overlap_reads.is_drawn(pk, share=share, seed=seed)}

    assert drawn(0.2, 1) < drawn(0.5, 1)
    assert 0.17 < len(drawn(0.2, 1)) / 2000 < 0.23
    assert drawn(0.2, 1) != drawn(0.2, 2)


def test_tasks_that_came_with_their_labels_ask_nobody() -> None:
    project = ruled(OverlapRule(people=3, filter="q=0"))
    (labeled,) = add(project, 1, labels={"intent": "billing"})
    assert stands(labeled) == (TaskState.LABELED, 0, 0)


def test_changed_rules_move_what_waits_and_leave_what_is_answered() -> None:
    project = factories.project()
    done, held, waits, other = factories.tasks(project, 4)
    ann, bob = factories.member(project), factories.member(project)
    answer(ann, done.pk)
    claims.claim_task(actor=bob, task=held)
    rule = OverlapRule(people=3, filter=f"tasks={done.pk},{held.pk},{waits.pk}")

    foreseen = change(project, rule)

    assert (foreseen.more, foreseen.fewer, foreseen.answered) == (2, 0, 1)
    assert stands(done.pk) == (TaskState.LABELED, 1, 0)
    assert stands(held.pk) == (TaskState.TODO, 3, 2)
    assert stands(waits.pk) == (TaskState.TODO, 3, 3)
    assert stands(other.pk) == (TaskState.TODO, 1, 1)

    answer(ann, held.pk)
    assert change(project).fewer == 2
    assert stands(held.pk) == (TaskState.TODO, 2, 0)  # one answer, and Bob has it open
    assert stands(waits.pk) == (TaskState.TODO, 1, 1)


def test_a_task_that_has_all_answers_under_new_settings_is_settled() -> None:
    project = factories.project(overlap=2)
    (task,) = factories.tasks(project, 1)
    answer(factories.member(project), task.pk)
    assert stands(task.pk) == (TaskState.TODO, 2, 1)
    assert change(project, overlap=1).fewer == 1
    assert stands(task.pk) == (TaskState.LABELED, 1, 0)


def test_one_more_is_asked_below_the_floor_also_under_rules_while_somebody_is_left() -> None:
    project = ruled(OverlapRule(people=2, filter="q=both"), max_overlap=4)
    people = [factories.member(project) for _ in range(3)]
    both, single = factories.task(project, text="both"), factories.task(project, text="one")
    overlap.start(actor=project.created_by, project=project)
    finish_fitting(project)
    assert (stands(both.pk)[1], stands(single.pk)[1]) == (2, 1)

    answer(people[0], both.pk, "billing")
    answer(people[1], both.pk, "delivery")
    assert stands(both.pk) == (TaskState.TODO, 3, 1)
    # Fitted again, it still asks the one more person that its answers call for.
    overlap.start(actor=project.created_by, project=project)
    assert finish_fitting(project).result == {"more": 0, "fewer": 0}
    assert stands(both.pk) == (TaskState.TODO, 3, 1)
    answer(people[2], both.pk, "other")
    assert stands(both.pk) == (TaskState.DISPUTED, 3, 0)
    invariant(project)


def test_a_canceled_change_leaves_whole_tasks_and_goes_on_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = factories.project()
    tasks = factories.tasks(project, 5)
    monkeypatch.setattr(overlap, "BATCH", 2)
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0)
    projects.update(actor=project.created_by, project=project, overlap=2)
    job = overlap_reads.fitting(project)
    assert job is not None
    fit = overlap._fit

    def cancel_then_fit(of: Project, ids: Any) -> Any:
        if tasks[2].pk in ids:
            jobs.cancel(actor=project.created_by, job=job)
        return fit(of, ids)

    monkeypatch.setattr(overlap, "_fit", cancel_then_fit)
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert sorted(required(project).values()) == [1, 1, 1, 2, 2]
    invariant(project)

    monkeypatch.setattr(overlap, "_fit", fit)
    overlap.start(actor=project.created_by, project=project)
    assert finish_fitting(project).result == {"more": 3, "fewer": 0}
    assert set(required(project).values()) == {2}


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (OverlapRule(people=3), "overlap_rules[0]"),
        (OverlapRule(people=3, split="exam"), "overlap_rules[0].split"),
        (OverlapRule(people=3, filter="colour=red"), "overlap_rules[0].filter"),
        (OverlapRule(people=3, filter="state=labeled"), "overlap_rules[0].filter"),
    ],
)
def test_rules_that_say_nothing_or_what_nobody_can_ask_for_are_refused(rule: OverlapRule, path: str) -> None:
    project = factories.project()
    with pytest.raises(Invalid) as caught:
        projects.update(actor=project.created_by, project=project, overlap_rules=[rule])
    assert [problem.path for problem in caught.value.problems] == [path]
