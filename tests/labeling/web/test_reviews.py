"""The review page: what a card shows, and what may be pressed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

from labeling.models import (
    Flag,
    FlagState,
    Label,
    Project,
    ReviewLease,
    Role,
    Task,
    User,
)
from labeling.reasons.ambiguous import AMBIGUOUS
from labeling.reasons.base import Reason
from labeling.reasons.decisions import Decision
from labeling.reasons.evidence import Evidence
from labeling.reasons.low_quality import LOW_QUALITY
from labeling.reasons.manual import MANUAL
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from labeling.reasons.outlier import OUTLIER
from labeling.reasons.skipped import SKIPPED
from labeling.selectors import similarity as similarity_reads
from labeling.selectors import verdicts as verdict_reads
from labeling.selectors.verdicts import Verdict
from labeling.services import annotations as saving
from labeling.services import flags, guidelines, reviews, tasks
from labeling.services.annotations import Submission
from labeling.services.reviews import Ruling
from tests import factories
from tests.labeling.web.reviewing import cards, flag_all, label
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def ann(project: Project) -> User:
    return factories.member(project, Role.REVIEWER, name="Ann Onymous")


@pytest.fixture
def client(ann: User, client_for: SignIn) -> Client:
    return client_for(ann)


def keys(page: str) -> set[str]:
    """Return the decisions that the cards offer."""
    return {part.split('"')[0] for part in page.split('data-decision="')[1:]}


def test_a_card_shows_all_that_is_needed_to_decide(project: Project, client: Client) -> None:
    made = [factories.task(project, text=f"<b>Where</b> is my bill {number}?") for number in range(4)]
    person = factories.member(project, name="Bo Berg")
    saving.submit(actor=person, task=made[0], submission=Submission({"intent": "billing"}), key="1")
    label(project, made[1:])
    entry = {"question": "intent", "label": "delivery", "definition": "About <i>parcels</i>.", "use_when": "Late."}
    guidelines.save_draft(actor=project.created_by, project=project, body="# Rules", entries=[entry])
    guidelines.publish(actor=project.created_by, project=project, change_note="first")
    saving.comment(actor=person, task=made[0], body="not <sure>")
    (flag, *_) = flag_all(made)
    page = cards(client, project, reason="label_error")
    assert page.count("<article") == 4
    first = page.split("</article>")[0]
    assert f'data-flag="{flag.pk}"' in first
    for shown in (
        "&lt;b&gt;Where&lt;/b&gt; is my bill 0?",
        "Bo Berg",
        "before any guideline",
        "the model: 90%",
        "About &lt;i&gt;parcels&lt;/i&gt;.",
        "Late.",
        "not &lt;sure&gt;",
        "is my bill 3?",
    ):
        assert shown in first, shown
    assert keys(first) == {"accept_suggestion", "keep", "relabel", "quarantine", "ambiguous"}


def test_labels_to_give_stand_under_their_groups(client_for: SignIn) -> None:
    labels = [
        {"name": "poodle", "group": "Dog"},
        {"name": "stone"},
        {"name": "cat"},
        {"name": "beagle", "group": "Dog"},
    ]
    question = {"name": "intent", "kind": "choice", "field": "text", "labels": labels}
    project = factories.project(schema={"fields": [{"name": "text", "type": "text"}], "questions": [question]})
    made = factories.tasks(project, 2)
    label(project, made, "cat")
    flag_all(made, suggested="stone")
    page = cards(client_for(project.created_by), project)
    given = page.split('aria-label="Give another label"')[1].split("</article>")[0]
    order = ('data-words="stone"', "dc-review-group", ">Dog<", 'data-words="poodle"', 'data-words="beagle"')
    assert [given.index(part) for part in order] == sorted(given.index(part) for part in order)
    assert given.count("dc-review-group") == 1


def test_cards_are_leased_and_come_after_those_that_are_there(
    project: Project, ann: User, client: Client, client_for: SignIn
) -> None:
    made = factories.tasks(project, 6)
    label(project, made)
    found = flag_all(made)
    assert cards(client, project).count("<article") == 4
    assert set(ReviewLease.objects.values_list("task", "user")) == {(task.pk, ann.pk) for task in made[:4]}
    other = client_for(factories.member(project, Role.REVIEWER))
    assert f'data-flag="{found[4].pk}"' in cards(other, project)
    assert cards(client, project, known=[flag.pk for flag in found[:4]]).count("<article") == 0
    assert cards(client, project, again=found[5].pk).count("<article") == 1


@pytest.mark.parametrize(
    ("reason", "offered", "words"),
    [
        (OUTLIER, {"keep", "quarantine", "relabel", "accept_suggestion"}, "It belongs here"),
        (NEAR_DUPLICATE, {"keep", "quarantine", "relabel"}, "Quarantine all"),
        (AMBIGUOUS, {"keep", "quarantine", "relabel", "accept_suggestion", "ambiguous"}, "Ambiguous"),
        (LOW_QUALITY, {"keep", "quarantine", "accept_suggestion"}, "Good enough"),
    ],
)
def test_the_decisions_offered_depend_on_the_reason(
    project: Project, client: Client, reason: Reason[Evidence], offered: set[str], words: str
) -> None:
    made = factories.tasks(project, 1)
    label(project, made)
    flag_all(made, reason)
    page = cards(client, project)
    assert keys(page) == offered
    assert words in page


def test_flags_that_people_raise_have_cards_too(client_for: SignIn) -> None:
    project = factories.project(overlap=2)
    Project.objects.filter(pk=project.pk).update(agreement_floor=1.0)
    project.refresh_from_db()
    one, two = factories.member(project, name="Bo Berg"), factories.member(project, name="Cy Dahl")
    split, skipped = factories.tasks(project, 2)
    for person, given in ((one, "billing"), (two, "delivery")):
        saving.submit(actor=person, task=split, submission=Submission({"intent": given}), key=f"{given}")
    flags.put_flag(task=skipped, reason=SKIPPED, actor=one, note="The guideline does not say")
    page = cards(client_for(project.created_by), project)
    assert page.count("<article") == 2
    assert "People disagree" in page
    assert "Cy Dahl" in page
    assert "The guideline does not say" in page
    assert "Leave it in the queue" in page
    assert "No label yet." in page


def test_a_dispute_without_a_label_has_nothing_to_keep(client_for: SignIn) -> None:
    project = factories.project(overlap=2, max_overlap=2)
    task = factories.task(project)
    for given in ("billing", "delivery"):
        person = factories.member(project)
        saving.submit(actor=person, task=task, submission=Submission({"intent": given}), key=given)
    page = cards(client_for(project.created_by), project)
    assert "People disagree" in page
    assert keys(page) == {"relabel", "quarantine", "ambiguous"}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["billing", "billing", "other"], "2 of 3 say “billing”: Bob, Cleo; 1 “other”: Dora."),
        (["billing", "delivery", "other"], "1 “billing”: Bob; 1 “delivery”: Cleo; 1 “other”: Dora."),
    ],
)
def test_a_conflict_says_who_says_what_and_no_bare_score(client_for: SignIn, answers: list[str], said: str) -> None:
    project = factories.project(overlap=3, max_overlap=3)
    Project.objects.filter(pk=project.pk).update(agreement_floor=0.9)
    project.refresh_from_db()
    task = factories.task(project)
    for name, given in zip(("Bob", "Cleo", "Dora"), answers, strict=True):
        person = factories.member(project, name=name)
        saving.submit(actor=person, task=task, submission=Submission({"intent": given}), key=name)
    saving.comment(actor=person, task=task, body="I took it for a joke.")
    client = client_for(project.created_by)
    tiles = client.post(f"/p/{project.slug}/review/grid/tiles/").content.decode()
    for page in (cards(client, project, again=Flag.objects.get().pk), tiles):
        assert said in page
        assert "score 0" not in page
    assert '<q class="dc-review-remark">I took it for a joke.</q>' in cards(
        client, project, again=Flag.objects.get().pk
    )


def test_flags_without_a_finding_get_their_neighbors_when_asked(
    project: Project, client: Client, client_for: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = factories.tasks(project, 4)
    label(project, made[1:3])
    flag = flags.put_flag(task=made[0], reason=MANUAL, question="intent")
    asked: list[int] = []

    def to(of: Project, task_id: int, *, most: int) -> list[int]:
        asked.append(task_id)
        return [other.pk for other in made[:0:-1]][:most]

    monkeypatch.setattr(similarity_reads, "similar_tasks", to)
    address = f"/p/{project.slug}/review/near/{flag.pk}/"
    assert address in cards(client, project)
    found = client.get(address).context["near"]
    assert [near.row.id for near in found] == [made[2].pk, made[1].pk]
    assert asked == [made[0].pk]
    assert client_for(factories.member(project)).get(address).status_code == 403
    assert client.get(f"/p/elsewhere/review/near/{flag.pk}/").status_code == 404


def test_the_model_may_suggest_where_the_flag_does_not(
    project: Project, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = factories.tasks(project, 1)
    label(project, made)
    flag = flags.put_flag(task=made[0], reason=MANUAL)

    def told(_: Project, labels: Sequence[Label]) -> dict[int, Verdict]:
        return {given.pk: Verdict(quality=0.1, predicted="other") for given in labels}

    monkeypatch.setattr(verdict_reads, "_sources", [told])
    page = cards(client, project)
    assert "The model would say" in page
    assert 'data-decision="relabel" data-answer="&quot;other&quot;" data-key="a"' in page
    ruling = Ruling(Decision.RELABEL, answer="other")
    reviews.decide(actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=ruling)
    assert Label.objects.get(task=made[0], retired_at=None).value == "other"


def test_a_label_that_changed_since_is_said(project: Project, client: Client) -> None:
    made = factories.tasks(project, 1)
    label(project, made)
    flag_all(made)
    label(project, made, "other")
    assert "The label was changed after this was flagged." in cards(client, project)


def test_what_vanished_since_it_was_found_does_not_break_a_card(project: Project, client: Client) -> None:
    made = factories.tasks(project, 3)
    label(project, made)
    evidence: dict[str, Any] = {"suggested": "gone", "distribution": [{"class": "gone", "probability": 0.5}]}
    flag_all(made, **evidence)
    made[2].delete()
    page = cards(client, project)
    assert page.count("<article") == 2
    assert "accept_suggestion" not in keys(page)


def test_as_many_queries_for_one_card_as_for_many(project: Project, client: Client) -> None:
    def more(count: int = 3) -> None:
        made = factories.tasks(project, count)
        label(project, made)
        flag_all([*Task.objects.filter(project=project).order_by("pk")])
        saving.comment(actor=project.created_by, task=made[0], body="look")

    more(2)
    one = Flag.objects.order_by("score").first()
    assert one is not None
    Flag.objects.exclude(pk=one.pk).update(state=FlagState.CLOSED)
    assert_same_queries(lambda: cards(client, project), add_rows=lambda: Flag.objects.update(state=FlagState.OPEN))


def test_copies_are_one_card_with_their_labels_and_splits(project: Project, client: Client) -> None:
    made = [
        *factories.tasks(project, 26, split="train"),
        *factories.tasks(project, 1, split="test"),
    ]
    label(project, made[:26], "billing")
    label(project, made[26:], "delivery")
    members = [task.pk for task in made]
    flag_all(made[:1], NEAR_DUPLICATE, members=members, labels_differ=True, given=None)
    page = cards(client, project)
    assert page.count("<article") == 1
    assert "27 copies" in page
    assert page.count("data-stays ") == 24
    assert "3 more" in page
    assert "Keep one, quarantine 26" in page
    assert "Give all 27:" in page
    assert {"All into training", "All into test"} <= set(re.findall(r"All into \w+", page))
    assert "All into validation" not in page
    seen = json.loads(html.unescape(re.findall(r'data-seen="([^"]*)"', page)[0]))
    assert len(seen) == 27
    marked = re.findall(r'value="(\d+)" data-stays [^>]*checked', page)
    assert marked == [str(made[0].pk)]


def test_cards_of_copies_need_no_more_queries_for_more_groups(project: Project, client: Client) -> None:
    made = factories.tasks(project, 12)
    label(project, made)
    flag_all(made[::3], NEAR_DUPLICATE, given=None)
    for flag in Flag.objects.order_by("task_id"):
        Flag.objects.filter(pk=flag.pk).update(
            evidence={"version": 2, "members": [flag.task_id, flag.task_id + 1, flag.task_id + 2]}
        )
    Flag.objects.exclude(task=made[0]).update(state=FlagState.CLOSED)
    assert_same_queries(lambda: cards(client, project), add_rows=lambda: Flag.objects.update(state=FlagState.OPEN))


def test_a_card_says_that_the_other_copies_are_gone(project: Project, client: Client) -> None:
    made = factories.tasks(project, 2)
    label(project, made)
    flag_all(made[:1], NEAR_DUPLICATE, members=[task.pk for task in made])
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[made[1].pk])
    page = cards(client, project)
    assert "The other copies are gone, in quarantine, or not known here" in page
    assert "keep_one" not in page
