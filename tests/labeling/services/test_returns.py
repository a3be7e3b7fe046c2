"""Answers that are sent back: first in the queue of their person, with slots that add up at every instant."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from labeling.errors import Conflict, Invalid
from labeling.models import (
    Annotation,
    AnnotationState,
    AnswerReview,
    Label,
    LabelSource,
    Lease,
    Membership,
    Notice,
    NoticeKind,
    Project,
    QueueEntry,
    ReturnState,
    Role,
    Task,
    User,
)
from labeling.services import annotations as saving
from labeling.services import anonymity, claims, people, returns
from labeling.services.annotations import Submission
from tests import factories
from tests.invariants import invariant

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db


def answer(person: User, task: Task, value: str = "billing", **more: Any) -> Annotation:
    """Answer as the label page does, on the version that is there."""
    task = Task.objects.select_related("project").get(pk=task.pk)
    mine = Annotation.objects.filter(task=task, annotator=person).first()
    version = mine.version if mine else 0
    submission = Submission({"intent": value}, version=version, **more)
    saving.submit(actor=person, task=task, submission=submission, key=f"{person.pk} {task.pk} {version} {value}")
    return Annotation.objects.get(task=task, annotator=person)


def sent_back(project: Project, note: str = "Look at the second sentence.") -> tuple[Annotation, AnswerReview, User]:
    """Let an annotator answer a task, and a reviewer send it back."""
    annotator = factories.member(project)
    reviewer = factories.member(project, Role.REVIEWER)
    (task,) = factories.tasks(project)
    given = answer(annotator, task)
    review = returns.send_back(actor=reviewer, annotation=given, version=given.version, note=note)
    return given, review, reviewer


def slots(task_id: int) -> tuple[int, int]:
    """Return how many answers a task requires, and how many people it still waits for."""
    entry = QueueEntry.objects.get(task_id=task_id)
    return entry.required, entry.open_slots


def test_what_is_sent_back_comes_first_and_keeps_its_slot() -> None:
    project = factories.project()
    given, _, _ = sent_back(project)
    factories.tasks(project, 3)

    taken = claims.claim(actor=given.annotator, project=project, count=2)

    assert taken.task_ids[0] == given.task_id
    assert len(taken.task_ids) == 3, "what was sent back comes beyond what was asked for"
    assert not Lease.objects.filter(task_id=given.task_id).exists(), "the answer itself holds the slot"
    assert slots(given.task_id) == (1, 0)
    other = factories.member(project)
    assert given.task_id not in claims.claim(actor=other, project=project, count=50).task_ids
    label = Label.objects.get(task_id=given.task_id, retired_at=None)
    assert label.value == "billing", "it stands until the new answer is in"
    invariant(project)


def test_the_new_answer_is_a_revision_and_the_reviewer_hears_of_it() -> None:
    project = factories.project()
    given, review, reviewer = sent_back(project)
    told = Notice.objects.get(user=given.annotator)
    assert (told.kind, told.note, told.read_at) == (NoticeKind.SENT_BACK, "Look at the second sentence.", None)

    again = answer(given.annotator, given.task, "delivery")

    review.refresh_from_db()
    told.refresh_from_db()
    assert (again.version, again.counted) == (2, True)
    assert review.back == ReturnState.ANSWERED
    assert told.read_at is not None, "answered is read"
    assert Notice.objects.get(user=reviewer).kind == NoticeKind.CAME_BACK
    assert Label.objects.get(task=given.task, retired_at=None).value == "delivery"
    assert claims.claim(actor=given.annotator, project=project, count=1).task_ids == []
    invariant(project)


def test_a_skip_brings_it_back() -> None:
    project = factories.project()
    given, review, _ = sent_back(project)
    assert claims.claim(actor=given.annotator, project=project, count=1, held=True).task_ids == [given.task_id]
    answer(given.annotator, given.task, "other", state=AnnotationState.SKIPPED)
    review.refresh_from_db()
    assert review.back == ReturnState.ANSWERED
    assert slots(given.task_id) == (1, 1)
    invariant(project)


def test_taken_back_it_no_longer_waits_and_nobody_is_told() -> None:
    project = factories.project()
    given, review, reviewer = sent_back(project)

    returns.withdraw(actor=reviewer, review=review)

    assert claims.claim(actor=given.annotator, project=project, count=5).task_ids == []
    assert not Notice.objects.exists()
    assert slots(given.task_id) == (1, 0)
    with pytest.raises(Conflict, match="does not wait any more"):
        returns.withdraw(actor=reviewer, review=review)
    invariant(project)


@pytest.mark.parametrize("way", ["removed", "made viewer", "forgotten"])
def test_when_the_person_leaves_somebody_else_is_asked(way: str) -> None:
    project = factories.project()
    given, review, _ = sent_back(project)
    member = Membership.objects.get(project=project, user=given.annotator)
    if way == "removed":
        people.remove_member(actor=project.created_by, member=member)
    elif way == "made viewer":
        people.change_role(actor=project.created_by, member=member, role=Role.VIEWER)
    else:
        anonymity.anonymize(user=given.annotator)

    review.refresh_from_db()
    assert review.back == ReturnState.FREED
    assert slots(given.task_id) == (1, 1)
    assert Label.objects.get(task=given.task, retired_at=None).value == "billing", "it stands until then"
    invariant(project)
    other = factories.member(project)
    assert claims.claim(actor=other, project=project, count=1).task_ids == [given.task_id]
    answer(other, given.task, "delivery")
    label = Label.objects.get(task=given.task, retired_at=None)
    assert (label.value, label.source) == ("delivery", LabelSource.ANNOTATION)
    invariant(project)


def test_an_answer_is_sent_back_once_as_it_was_seen_and_with_a_note() -> None:
    project = factories.project()
    given, _, reviewer = sent_back(project)
    with pytest.raises(Conflict, match="sent back already"):
        returns.send_back(actor=reviewer, annotation=given, version=1, note="Again.")
    (task,) = factories.tasks(project)
    other = answer(given.annotator, task)
    with pytest.raises(Invalid, match="Say in the note"):
        returns.send_back(actor=reviewer, annotation=other, version=1, note="  ")
    answer(given.annotator, task, "other")
    with pytest.raises(Conflict, match="changed this answer"):
        returns.send_back(actor=reviewer, annotation=other, version=1, note="Look again.")
    Membership.objects.filter(user=given.annotator).update(role=Role.VIEWER)
    with pytest.raises(Conflict, match="labels no more"):
        returns.send_back(actor=reviewer, annotation=other, version=2, note="Look again.")


_BROKEN = """
SELECT count(*) FROM labeling_queueentry q WHERE q.required <> q.open_slots
    + (SELECT count(*) FROM labeling_lease l WHERE l.task_id = q.task_id)
    + (SELECT count(*) FROM labeling_annotation a WHERE a.task_id = q.task_id AND a.counted)
"""


def annotate(rng: random.Random, project: Project, person: User) -> None:
    """Answer or begin whatever comes next."""
    for pk in claims.claim(actor=person, project=project, count=2, held=True).task_ids:
        state = rng.choice([AnnotationState.SUBMITTED, AnnotationState.SUBMITTED, AnnotationState.DRAFT])
        with suppress(Invalid):  # a draft of what was sent back
            answer(person, Task(pk=pk), rng.choice(["billing", "delivery"]), state=state)


def review_any(rng: random.Random, project: Project, reviewer: User) -> None:
    """Send any answer back, or take one back, and look whether the slots add up."""
    given = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED).order_by("?").first()
    waiting = AnswerReview.objects.filter(back=ReturnState.WAITING).order_by("?").first()
    with suppress(Conflict):  # somebody was quicker
        if waiting is not None and rng.random() < 0.3:
            returns.withdraw(actor=reviewer, review=waiting)
        elif given is not None:
            returns.send_back(actor=reviewer, annotation=given, version=given.version, note="Look again.")
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN)
        assert cursor.fetchone() == (0,)


def in_thread(
    act: Callable[[random.Random, Project, User], None], project: Project, person: User, broken: list[BaseException]
) -> threading.Thread:
    """Return a thread that does an act again and again as a person."""

    def work() -> None:
        rng = random.Random(person.pk)
        try:
            for _ in range(12):
                act(rng, project, person)
        except BaseException as error:  # noqa: BLE001 - told in the thread of the test
            broken.append(error)
        finally:
            connection.close()

    return threading.Thread(target=work)


@pytest.mark.django_db(transaction=True)
def test_slots_add_up_while_answers_are_sent_back_and_given_anew() -> None:
    project = factories.project(overlap=2, max_overlap=2)
    factories.tasks(project, 4)
    team = [factories.member(project) for _ in range(3)]
    reviewer = factories.member(project, Role.REVIEWER)
    answer(team[0], factories.task(project))
    broken: list[BaseException] = []

    workers = [in_thread(annotate, project, person, broken) for person in team]
    workers.append(in_thread(review_any, project, reviewer, broken))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert broken == []
    assert AnswerReview.objects.exists()
    invariant(project)
    people.remove_member(actor=project.created_by, member=Membership.objects.get(project=project, user=team[0]))
    assert not AnswerReview.objects.filter(annotator=team[0], back=ReturnState.WAITING).exists()
    invariant(project)


def test_a_draft_does_not_give_up_what_counts_until_it_is_answered_anew() -> None:
    project = factories.project()
    given, _, _ = sent_back(project)
    with pytest.raises(Invalid, match="counts until you answer anew"):
        answer(given.annotator, given.task, "delivery", state=AnnotationState.DRAFT)
    given.refresh_from_db()
    assert (given.state, given.counted, given.version) == (AnnotationState.SUBMITTED, True, 1)
    assert not Lease.objects.filter(task_id=given.task_id).exists(), "a claim would run out, and the answer with it"
    assert AnswerReview.objects.get().back == ReturnState.WAITING
    invariant(project)
    answer(given.annotator, given.task, "delivery")
    assert answer(given.annotator, given.task, "other", state=AnnotationState.DRAFT).state == AnnotationState.DRAFT
    invariant(project)
