"""Adjudicating through the pages: what waits and in which order, without names, decided by one press, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeling.errors import Conflict
from labeling.models import (
    Adjudication,
    Annotation,
    Comment,
    Flag,
    FlagState,
    Label,
    Project,
    QueueEntry,
    Role,
    Task,
    TaskAgreement,
    TaskState,
    User,
    Verdict,
)
from labeling.reasons.decisions import Decision
from labeling.selectors import adjudications as adjudication_reads
from labeling.services import adjudicating, reviews, tasks
from labeling.services import annotations as saving
from labeling.services.adjudicating import AdjudicatorRuling
from labeling.services.reviews import Ruling
from tests import factories
from tests.quality.agreement.crowds import answer, crowd, measured
from tests.query_counts import assert_same_queries

ClientFor = Callable[[User], Client]

pytestmark = pytest.mark.django_db

B, D, X = "billing", "delivery", "other"
SEVERAL_LABELS: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {"name": "intent", "kind": "multi_choice", "field": "text", "labels": [B, D, X], "min": 0},
    ],
}


@pytest.fixture
def settled() -> tuple[Project, list[Task], list[User]]:
    """Return three people who differ on the first task, nearly agree on the second and agree on the third."""
    project, made, team = crowd(f"{B} {B} {B}", f"{D} {B} {B}", f"{X} {D} {B}")
    measured(project)
    return project, made, team


def adjudicator(client_for: ClientFor, project: Project, **extra: Any) -> Client:
    return client_for(factories.member(project, Role.REVIEWER, **extra))


def page_of(client: Client, project: Project, name: str, *args: Any, **asked: Any) -> Any:
    return client.get(reverse(name, args=(project.slug, *args)), asked, follow=True)


def decide(client: Client, project: Project, task: Task, verdict: str, **more: Any) -> Any:
    """Press a button on the page of a task."""
    page = page_of(client, project, "project-adjudicate-task", task.pk)
    sent = {"verdict": verdict, "key": page.context["key"], "seen": page.context["card"].seen, **more}
    return client.post(reverse("project-adjudicate-decide", args=(project.slug, task.pk)), sent, follow=True)


def label_of(task: Task) -> Any:
    found = Label.objects.filter(task=task, retired_at=None).first()
    return found and found.value


def state_of(task: Task) -> str:
    return QueueEntry.objects.get(task=task).state


def waiting(project: Project, **asked: str) -> list[int]:
    wanted = adjudication_reads.parse_adjudication_filter(project, asked)
    return list(adjudication_reads.undecided_tasks(project, wanted).values_list("task_id", flat=True))


def test_one_after_another_is_decided_without_names_which_are_shown_afterwards(
    client_for: ClientFor, settled: tuple[Project, list[Task], list[User]]
) -> None:
    project, (first, second, third), _ = settled
    client = adjudicator(client_for, project, name="Rae")
    listed = page_of(client, project, "project-adjudicate")
    assert [row.task_id for row in listed.context["rows"]] == [first.pk, second.pk, third.pk]
    assert listed.context["undecided"] == 3
    page = page_of(client, project, "project-adjudicate-next")
    assert page.context["card"].task == first
    html = page.content.decode()
    assert all(name not in html.split("<main")[1] for name in ("Ann", "Bob", "Cleo"))
    assert "Person 1" in html
    after = decide(client, project, first, f'label:"{D}"', note="A parcel.")
    assert after.context["card"].task == second
    assert "1 “billing”: Ann" in after.content.decode()
    assert label_of(first) == D
    assert state_of(first) == TaskState.LABELED
    assert not Flag.objects.filter(task=first, state=FlagState.OPEN).exists()
    (made,) = Adjudication.objects.all()
    assert (made.verdict, made.sided, made.answers) == ("label", "somebody", 3)
    assert waiting(project) == [second.pk, third.pk]
    decided = page_of(client, project, "project-adjudicate", state="decided")
    assert [row.task_id for row in decided.context["rows"]] == [first.pk]
    assert "Ann" in page_of(client, project, "project-adjudicate-task", first.pk).content.decode()


def test_a_decision_is_taken_back_with_its_label_flags_and_slots(
    client_for: ClientFor, settled: tuple[Project, list[Task], list[User]]
) -> None:
    project, (first, *_), _ = settled
    client = adjudicator(client_for, project)
    before = (label_of(first), state_of(first), Flag.objects.filter(task=first, state=FlagState.OPEN).count())
    assert before == (None, TaskState.DISPUTED, 1)
    decide(client, project, first, f'label:"{B}"')
    page = client.post(reverse("project-adjudicate-undo", args=(project.slug,)), follow=True)
    assert page.context["card"].task == first
    assert page.context["held"]
    assert (label_of(first), state_of(first), Flag.objects.filter(task=first, state=FlagState.OPEN).count()) == before
    assert first.pk in waiting(project)


def test_several_valid_answers_leave_no_label_no_conflict_and_stay_so_when_somebody_answers_again(
    client_for: ClientFor, settled: tuple[Project, list[Task], list[User]]
) -> None:
    project, (first, second, _), (ann, *_) = settled
    client = adjudicator(client_for, project)
    for task in (first, second):
        decide(client, project, task, "several")
        assert (label_of(task), state_of(task)) == (None, TaskState.LABELED)
    answer(ann, first, X, version=1)
    assert (label_of(first), state_of(first)) == (None, TaskState.LABELED)
    assert not Flag.objects.filter(task=first, state=FlagState.OPEN).exists()
    assert measured(project).tasks == 3
    client.post(reverse("project-adjudicate-undo", args=(project.slug,)))
    assert (label_of(second), state_of(second)) == (B, TaskState.LABELED)


def test_several_valid_labels_are_one_set_and_nothing_is_an_answer_where_the_question_takes_it(
    client_for: ClientFor,
) -> None:
    project = factories.project(schema=SEVERAL_LABELS, overlap=2)
    one, other = (factories.task(project) for _ in range(2))
    ann, bob = (factories.member(project) for _ in range(2))
    for task in (one, other):
        answer(ann, task, [B])
        answer(bob, task, [D])
    measured(project)
    client = adjudicator(client_for, project)
    decide(client, project, one, "several")
    assert label_of(one) == [B, D]
    assert page_of(client, project, "project-adjudicate-task", other.pk).context["takes_nothing"]
    decide(client, project, other, "label:[]")
    assert label_of(other) == []
    assert Adjudication.objects.get(task=other).sided == "nobody"


def test_what_nobody_could_answer_rightly_leaves_what_is_measured(
    client_for: ClientFor, settled: tuple[Project, list[Task], list[User]]
) -> None:
    project, (first, second, third), _ = settled
    client = adjudicator(client_for, project)
    decide(client, project, first, "rule_missing", note="Are parcels deliveries?")
    decide(client, project, second, "unusable")
    assert state_of(second) == TaskState.QUARANTINED
    (flag,) = Flag.objects.filter(task=first, state=FlagState.OPEN)
    assert (flag.reason, flag.question, flag.note) == ("rule_missing", "intent", "Are parcels deliveries?")
    assert Comment.objects.get(task=first).body == "Rule missing: Are parcels deliveries?"
    measured(project)
    assert [row.task_id for row in TaskAgreement.objects.all()] == [third.pk]
    for _ in range(2):
        client.post(reverse("project-adjudicate-undo", args=(project.slug,)))
    measured(project)
    assert TaskAgreement.objects.count() == 3
    assert Comment.objects.get(task=first).resolved_at is not None
    assert {flag.reason for flag in Flag.objects.filter(state=FlagState.OPEN)} == {"conflict", "lone_answer"}
    assert state_of(second) == TaskState.LABELED


def test_two_adjudicators_never_hold_the_same_task(
    client_for: ClientFor, settled: tuple[Project, list[Task], list[User]]
) -> None:
    project, (first, second, _), _ = settled
    rae, sam = (adjudicator(client_for, project) for _ in range(2))
    assert page_of(rae, project, "project-adjudicate-next").context["card"].task == first
    assert page_of(sam, project, "project-adjudicate-next").context["card"].task == second
    taken = page_of(sam, project, "project-adjudicate-task", first.pk)
    assert not taken.context["held"]
    assert "Somebody else looks at this task now" in taken.content.decode()
    assert "Take it" not in taken.content.decode()
    refused = decide(sam, project, first, f'label:"{B}"')
    assert "Somebody else looks at this task now" in refused.content.decode()
    assert not Adjudication.objects.exists()
    page_of(rae, project, "project-adjudicate-next", after=first.pk)
    assert page_of(sam, project, "project-adjudicate-task", first.pk).context["held"]


def test_what_was_changed_since_it_was_shown_is_not_decided(
    client_for: ClientFor, settled: tuple[Project, list[Task], list[User]]
) -> None:
    project, (first, *_), (ann, *_) = settled
    client = adjudicator(client_for, project)
    seen = page_of(client, project, "project-adjudicate-task", first.pk).context["card"].seen
    answer(ann, first, X, version=1)
    page = decide(client, project, first, f'label:"{B}"', seen=seen)
    assert "given or changed after this was shown" in page.content.decode()
    assert label_of(first) != B or Label.objects.get(task=first, retired_at=None).source != "review"
    assert not Adjudication.objects.exists()


def test_the_same_key_is_the_same_decision_and_a_decided_task_is_not_decided_twice(
    settled: tuple[Project, list[Task], list[User]],
) -> None:
    project, (first, *_), _ = settled
    rae = factories.member(project, Role.REVIEWER)
    asked: dict[str, Any] = {"actor": rae, "project": project, "task_id": first.pk, "question": "intent"}
    ruling = AdjudicatorRuling(Verdict.LABEL, B)
    made = adjudicating.adjudicate(**asked, ruling=ruling, key="once")
    again = adjudicating.adjudicate(**asked, ruling=ruling, key="once")
    assert (again.adjudication, again.replayed) == (made.adjudication, True)
    with pytest.raises(Conflict, match="decided already"):
        adjudicating.adjudicate(**asked, ruling=ruling, key="twice")
    tasks.undo(actor=rae, act=made.adjudication.act)
    with pytest.raises(Conflict, match="taken back already"):
        adjudicating.take_back(actor=rae, act=made.adjudication.act)


def test_what_a_reviewer_decided_waits_no_more(settled: tuple[Project, list[Task], list[User]]) -> None:
    project, (first, second, third), _ = settled
    flag = Flag.objects.get(task=first)
    rae = factories.member(project, Role.REVIEWER)
    reviews.decide(actor=rae, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.RELABEL, B))
    assert waiting(project) == [second.pk, third.pk]


def test_tasks_are_found_by_labels_people_and_agreement(settled: tuple[Project, list[Task], list[User]]) -> None:
    project, (first, second, third), (ann, bob, cleo) = settled
    assert waiting(project, one=B, other=D) == [first.pk, second.pk]
    assert waiting(project, one=D, other=X) == [first.pk]
    assert waiting(project, person=str(ann.pk), second=str(bob.pk)) == [first.pk]
    assert waiting(project, person=str(bob.pk), second=str(cleo.pk)) == [first.pk, second.pk]
    assert waiting(project, low="0.2", high="0.5") == [second.pk]
    assert waiting(project, low="nan", high="x", question="none") == [first.pk, second.pk, third.pk]


def test_rushed_is_far_below_what_the_person_mostly_takes_and_below_two_seconds(client_for: ClientFor) -> None:
    project, made, (ann, bob) = crowd(" ".join([B] * 21), " ".join([D] * 21))
    Annotation.objects.filter(annotator=ann).update(lead_time_ms=9_000)
    Annotation.objects.filter(annotator=bob).update(lead_time_ms=1_200)
    Annotation.objects.filter(annotator=ann, task=made[0]).update(lead_time_ms=900)
    client = adjudicator(client_for, project)
    card = page_of(client, project, "project-adjudicate-task", made[0].pk).context["card"]
    assert {said.seconds: said.rushed for said in card.people} == {0.9: True, 1.2: False}


def test_what_people_typed_and_why_they_skipped_stands_beside_their_answers(
    client_for: ClientFor, settled: tuple[Project, list[Task], list[User]]
) -> None:
    project, (first, *_), (ann, *_) = settled
    saving.comment(actor=ann, task=first, body="No parcel is named.")
    dan = factories.member(project)
    Annotation.objects.create(
        task=first, project=project, annotator=dan, state="skipped", skip_reason="unclear", schema_version=1,
        updated_at=first.created_at,
    )  # fmt: skip
    html = page_of(adjudicator(client_for, project), project, "project-adjudicate-task", first.pk).content.decode()
    assert "No parcel is named." in html
    assert "Skipped: The guideline does not say" in html


def test_an_adjudicator_sees_with_whom_they_side(
    client_for: ClientFor, settled: tuple[Project, list[Task], list[User]]
) -> None:
    project, (first, second, third), _ = settled
    client = adjudicator(client_for, project)
    for task, label in ((first, D), (second, B), (third, X)):
        decide(client, project, task, f'label:"{label}"')
    for page in ("project-adjudicate", "project-agreement"):
        (sides,) = page_of(client, project, page).context["sides"]
        assert (sides.labels, sides.majority, sides.somebody, sides.nobody) == (3, 1, 1, 1)


def test_the_list_asks_as_much_of_the_database_for_many_as_for_one(client_for: ClientFor) -> None:
    project, made, _ = crowd(" ".join([B] * 6), " ".join([D] * 6))
    measured(project)
    client = adjudicator(client_for, project)
    rows = TaskAgreement.objects.filter(project=project)
    address = reverse("project-adjudicate", args=(project.slug,))
    kept = list(rows)
    rows.exclude(task=made[0]).delete()
    assert_same_queries(
        lambda: client.get(address),
        add_rows=lambda: TaskAgreement.objects.bulk_create(kept, ignore_conflicts=True),
    )
