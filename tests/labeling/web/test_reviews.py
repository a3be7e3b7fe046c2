"""The review page: what a card shows, what may be pressed, and many at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

from labeling.models import (
    BulkAct,
    Flag,
    FlagState,
    Label,
    Project,
    QueueEntry,
    ReviewLease,
    Role,
    Task,
    TaskState,
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
from tests.labeling.web.reviewing import flag_all, label
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


def cards(client: Client, project: Project, **sent: Any) -> str:
    answered = client.post(f"/p/{project.slug}/review/cards/", sent)
    assert answered.status_code == 200
    return answered.content.decode()


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
        "90% sure",
        "About &lt;i&gt;parcels&lt;/i&gt;.",
        "Late.",
        "not &lt;sure&gt;",
        "is my bill 3?",
    ):
        assert shown in first, shown
    assert keys(first) == {"accept_suggestion", "keep", "relabel", "quarantine", "ambiguous"}


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
        (NEAR_DUPLICATE, {"keep", "quarantine", "relabel", "accept_suggestion"}, "Quarantine this copy"),
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
        (["billing", "billing", "other"], "2 of 3 say “billing”, 1 “other”."),
        (["billing", "delivery", "other"], "1 “billing”, 1 “delivery”, 1 “other”."),
    ],
)
def test_a_conflict_says_who_says_what_and_no_bare_score(client_for: SignIn, answers: list[str], said: str) -> None:
    project = factories.project(overlap=3, max_overlap=3)
    Project.objects.filter(pk=project.pk).update(agreement_floor=0.9)
    project.refresh_from_db()
    task = factories.task(project)
    for place, given in enumerate(answers):
        person = factories.member(project)
        saving.submit(actor=person, task=task, submission=Submission({"intent": given}), key=f"{place}")
    client = client_for(project.created_by)
    tiles = client.post(f"/p/{project.slug}/review/grid/tiles/").content.decode()
    for page in (cards(client, project, again=Flag.objects.get().pk), tiles):
        assert said in page
        assert "score 0" not in page


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


def test_the_page_counts_what_waits_and_says_the_filter(project: Project, client: Client) -> None:
    made = factories.tasks(project, 3)
    label(project, made)
    flag_all(made)
    flags.put_flag(task=made[0], reason=MANUAL)
    page = client.get(
        f"/p/{project.slug}/review/",
        {"reason": "label_error", "given": "billing", "suggested": "delivery", "below": "0.5", "annotator": "1"},
    )
    assert page.context["reasons"] == []
    page = client.get(f"/p/{project.slug}/review/", {"reason": "label_error", "given": "billing", "below": "0.001"})
    assert page.status_code == 400
    page = client.get(f"/p/{project.slug}/review/", {"reason": "label_error", "given": "billing"})
    assert page.context["waits"] == 3
    assert [(reason, count) for reason, _, count in page.context["reasons"]] == [("label_error", 3), ("manual", 1)]
    assert [words for words, _ in page.context["conditions"]] == ["given: billing"]
    assert 'data-query="reason=label_error&amp;given=billing"' in page.content.decode()


def test_counts_are_one_number_and_go_down_with_each_decision(project: Project, client: Client) -> None:
    made = factories.tasks(project, 4)
    label(project, made)
    found = flag_all(made)
    query = "?reason=label_error"
    page = client.get(f"/p/{project.slug}/review/{query}")
    assert (page.context["waits"], page.context["reasons"][0][2]) == (4, 4)
    assert f'/p/{project.slug}/review/counts/{query}"' in page.content.decode()
    reviews.decide(actor=project.created_by, project=project, flag_ids=[found[0].pk], ruling=Ruling(Decision.KEEP))
    now = client.get(f"/p/{project.slug}/review/counts/{query}").content.decode()
    assert 'data-waits-now="3"' in now
    assert 'Likely label error <span class="dc-count">3</span>' in now
    assert '<span class="dc-count" id="rail-flags" hx-swap-oob="true">3</span>' in now
    # The grid decides many at once: tabs, pairs and rail come with the next screen.
    tiles = client.post(
        f"/p/{project.slug}/review/grid/tiles/{query}",
        {"reason": "label_error", "decision": "keep", "key": "k", "flag": [f"{found[1].pk}:{made_label(found[1])}"]},
    ).content.decode()
    assert 'Likely label error <span class="dc-count">2</span>' in tiles
    assert 'billing → delivery</span> <span class="dc-count">2</span>' in tiles
    assert '<span class="dc-count" id="rail-flags" hx-swap-oob="true">2</span>' in tiles


def made_label(flag: Flag) -> int:
    return flag.task.labels.get(retired_at=None).pk


def test_the_rail_and_home_lead_reviewers_to_it(project: Project, ann: User, client_for: SignIn) -> None:
    made = factories.tasks(project, 2)
    label(project, made)
    flag_all(made)
    client = client_for(ann)
    address = f"/p/{project.slug}/review/"
    assert address in client.get(f"/p/{project.slug}/").content.decode()
    home = client.get("/").content.decode()
    assert address in home
    assert "2 flags to review" in home
    annotator = client_for(factories.member(project))
    assert address not in annotator.get(f"/p/{project.slug}/").content.decode()
    assert annotator.get(address).status_code == 403


def test_the_last_decisions_are_listed_with_a_way_back(project: Project, ann: User, client: Client) -> None:
    made = factories.tasks(project, 4) + factories.tasks(project, external_id="m-5")
    label(project, made)
    found = flag_all(made)
    last = f"/p/{project.slug}/review/last/"
    assert "each with an Undo" in client.get(last).content.decode()
    for flag in found[:2]:
        reviews.decide(actor=ann, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.ACCEPT))
    many = [flag.pk for flag in found[2:]]
    act = reviews.decide(actor=ann, project=project, flag_ids=many, ruling=Ruling(Decision.KEEP)).act
    answered = client.get(last)
    assert next((done.act, done.words) for done in answered.context["last"]) == (act, "Kept as it is")
    assert f"/acts/{act.pk}/undo/" in answered.content.decode()
    assert f"/acts/{act.pk}/undo/" in client.get(f"/p/{project.slug}/activity/").content.decode()
    undone = client.post(f"/p/{project.slug}/acts/{act.pk}/undo/?back=/p/{project.slug}/review/")
    assert undone["Location"] == f"/p/{project.slug}/review/"
    assert Flag.objects.filter(state=FlagState.OPEN).count() == 3
    taken_back = client.get(last).content.decode()
    assert "taken back" in taken_back
    assert ">m-5<" in taken_back


def test_the_grid_puts_pairs_together_and_decides_them_at_once(project: Project, client: Client) -> None:
    made = factories.tasks(project, 30)
    label(project, made[:20])
    label(project, made[20:], "other")
    flag_all(made)
    address = f"/p/{project.slug}/review/grid/"
    pairs = client.get(address).context["pairs"]
    assert [(pair.given, pair.suggested, pair.count) for pair in pairs] == [
        ("billing", "delivery", 20),
        ("other", "delivery", 10),
    ]
    shown = client.post(f"{address}tiles/")
    groups = shown.context["groups"]
    assert [len(group.tiles) for group in groups] == [20, 4]
    chosen = [tile.seen for tile in groups[0].tiles]
    sent = {"decision": "accept_suggestion", "flag": chosen, "key": "one"}
    decided = client.post(f"{address}tiles/", sent)
    assert "20 flags took the suggested label." in decided.content.decode()
    assert [len(group.tiles) for group in decided.context["groups"]] == [10]
    assert Label.objects.filter(retired_at=None, value="delivery", source="review").count() == 20
    assert BulkAct.objects.filter(verb="review").count() == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"decision": "nonsense", "flag": ["1:"]},
        {"decision": "keep"},
        {"decision": "keep", "flag": ["x"]},
        {"decision": "keep", "flag": ["1:2:3"]},
        {"decision": "relabel:{", "flag": ["1:"]},
        {"decision": "keep", "flag": ["99999999999999999999:"]},
    ],
)
def test_what_makes_no_sense_in_the_grid_changes_nothing(
    project: Project, client: Client, sent: dict[str, Any]
) -> None:
    made = factories.tasks(project, 1)
    label(project, made)
    flag_all(made)
    answered = client.post(f"/p/{project.slug}/review/grid/tiles/", sent)
    assert answered.status_code == 200
    assert "dc-toast-warning" in answered.content.decode()
    assert Flag.objects.get().state == FlagState.OPEN


def test_other_labels_of_several_kinds(client_for: SignIn) -> None:
    schema: dict[str, Any] = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [
            {"name": "stars", "kind": "rating", "field": "text", "min": 1, "max": 5},
            {"name": "many", "kind": "choice", "field": "text", "labels": [f"label {n}" for n in range(300)]},
        ],
    }
    project = factories.project(schema=schema)
    task = factories.task(project)
    for question in ("stars", "many", ""):
        flags.put_flag(task=task, reason=MANUAL, question=question, note=f"about {question}")
    page = cards(client_for(project.created_by), project)
    stars, many, whole = (part for part in page.split("</article>")[:3])
    assert 'data-answer="5" data-words="5" data-key="5"' in stars
    assert 'data-mode="list"' in many
    assert many.count('data-decision="relabel"') == 10
    assert '<fieldset class="dc-field" data-question="stars" data-mode="one">' in whole


def test_keeping_on_the_tasks_page_is_a_decision_like_any_other(project: Project, client: Client) -> None:
    made = factories.tasks(project, 1)
    label(project, made)
    (flag,) = flag_all(made)
    label(project, made, "other")  # the page shows the label that is there now
    client.post(f"/flags/{flag.pk}/resolve/", {"note": "fine"})
    flag.refresh_from_db()
    assert (flag.state, flag.resolution, flag.resolution_note) == (FlagState.RESOLVED, "keep", "fine")
    page = client.get(f"/p/{project.slug}/tasks/{made[0].pk}/")
    told = [moment.words for moment in page.context["history"]]
    assert "the flag “likely label error” was closed: kept as it is" in told
    assert flag.act is not None
    assert f"/acts/{flag.act.pk}/undo/" in page.content.decode()
    reviews.undo(actor=project.created_by, act=flag.act)
    told = [moment.words for moment in client.get(f"/p/{project.slug}/tasks/{made[0].pk}/").context["history"]]
    assert "decided a flag (kept as it is), which was taken back" in told


def test_the_explorer_finds_what_was_decided_and_quarantine_can_be_left(project: Project, client: Client) -> None:
    made = factories.tasks(project, 3)
    label(project, made)
    found, name = flag_all(made), str(made[0].external_id)
    for flag, decision in zip(found, (Decision.QUARANTINE, Decision.KEEP), strict=False):
        reviews.decide(actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=Ruling(decision))

    def listed(flag: str) -> list[int]:
        page = client.get(f"/p/{project.slug}/tasks/", {"flag": flag})
        assert page.status_code == 200
        return sorted(row.id for row in page.context["rows"])

    assert listed("decided:any") == [made[0].pk, made[1].pk]
    assert listed("decided:quarantine") == [made[0].pk]
    assert listed("any") == [made[2].pk]
    api = client.get(f"/api/projects/{project.slug}/tasks/", {"flag": "decided:keep"}).json()
    assert [row["id"] for row in api["results"]] == [made[1].pk]

    def exported(**query: str) -> set[str]:
        answered: Any = client.get(f"/api/projects/{project.slug}/export/", {"format": "jsonl", **query})
        lines = b"".join(answered.streaming_content).decode().splitlines()
        return {json.loads(line)["external_id"] for line in lines}

    assert name not in exported()
    assert name in exported(quarantined="true")
    tasks.restore(actor=project.created_by, project=project, task_ids=[made[0].pk])
    assert QueueEntry.objects.get(task=made[0]).state == TaskState.LABELED
    assert name in exported()
