"""The pages around a review: counts and filters, the last decisions, many at once, the explorer."""

from __future__ import annotations

import json
from collections.abc import Callable
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
    Role,
    TaskState,
    User,
)
from labeling.reasons.conflict import CONFLICT
from labeling.reasons.decisions import Decision
from labeling.reasons.manual import MANUAL
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from labeling.reasons.outlier import OUTLIER
from labeling.services import flags, reviews, tasks
from labeling.services.reviews import Ruling
from tests import factories
from tests.labeling.web.reviewing import cards, flag_all, label

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
    assert Label.objects.filter(retired_at=None, value="delivery", source="review").count() == 20
    assert BulkAct.objects.filter(verb="review").count() == 1
    following = client.post(f"{address}tiles/", {"next": "1"})
    assert [len(group.tiles) for group in following.context["groups"]] == [10]


def test_the_grid_has_the_order_of_the_card_and_says_so(project: Project, client: Client) -> None:
    made = factories.tasks(project, 15)
    label(project, made)
    frequent = flag_all(made[:6], OUTLIER)
    rare = flag_all(made[6:8])
    other = flag_all(made[8:10], suggested="other", given="billing")
    Flag.objects.update(state=FlagState.OPEN)  # a scan closes what it did not find again
    disputed = flags.put_flag(task=made[14], reason=CONFLICT, question="intent", score=0.9)
    address = f"/p/{project.slug}/review/grid/"
    page = client.get(address).content.decode()
    assert "Disagreements and likely label errors first" in page
    assert "Those alike stand side by side" in page
    groups = client.post(f"{address}tiles/").context["groups"]
    # The worst of the second pair stands before the second of the first, but comes with its like.
    assert [[tile.card.flag.pk for tile in group.tiles] for group in groups] == [
        [disputed.pk],
        [flag.pk for flag in rare],
        [flag.pk for flag in other],
        [flag.pk for flag in frequent],
    ]


def test_the_grid_offers_what_a_reason_does(project: Project, client: Client) -> None:
    one, two = factories.tasks(project, 2), factories.tasks(project, 2)
    label(project, [*one, *two])
    for pair in (one, two):
        flag_all(pair[:1], NEAR_DUPLICATE, members=[task.pk for task in pair], given=None, suggested=None)
    Flag.objects.update(state=FlagState.OPEN)
    address = f"/p/{project.slug}/review/grid/tiles/"
    shown = client.post(address, {"reason": NEAR_DUPLICATE.name})
    page = shown.content.decode()
    assert "Keep one of each" in page
    assert "Take the suggested" not in page
    assert 'value="one_split:&quot;test&quot;"' in page
    assert "2 copies" in page
    chosen = [tile.seen for group in shown.context["groups"] for tile in group.tiles]
    sent = {"reason": NEAR_DUPLICATE.name, "flag": chosen, "shown": list(Flag.objects.values_list("pk", flat=True))}
    decided = client.post(address, {"decision": "keep_one", "key": "one", **sent})
    assert "2 flags reduced to one copy." in decided.content.decode()
    quarantined = QueueEntry.objects.filter(state="quarantined")
    assert set(quarantined.values_list("task", flat=True)) == {one[1].pk, two[1].pk}
    act = BulkAct.objects.get(verb="review")
    client.post(address, {"undo": f"{act.pk}:{one[0].pk}", **sent})
    assert list(quarantined.values_list("task", flat=True)) == [two[1].pk]
    again = client.post(address, {"decision": 'one_split:"test"', "key": "two", **sent | {"flag": chosen[:1]}})
    assert "1 flag put into one split." in again.content.decode()


def test_a_tile_says_what_the_model_finds_probable(project: Project, client: Client) -> None:
    made = factories.tasks(project, 2)
    label(project, made)
    flag_all(
        made,
        probability=0.45,
        distribution=[{"class": "delivery", "probability": 0.45}, {"class": "billing", "probability": 0.19}],
    )
    address = f"/p/{project.slug}/review/grid/tiles/"
    assert client.post(address).content.decode().count("model: suggested 45%, given 19%") == 2
    label(project, made[:1], "other")
    page = client.post(address).content.decode()
    assert page.count("model: suggested 45%, given 19%") == 1
    assert "the label was changed since it was flagged" in page


def test_what_was_decided_in_the_grid_keeps_its_place_and_can_be_taken_back(project: Project, client: Client) -> None:
    made = factories.tasks(project, 3)
    label(project, made)
    first, second, third = flag_all(made)
    address = f"/p/{project.slug}/review/grid/tiles/"
    tiles = {tile.card.flag.pk: tile for tile in client.post(address).context["groups"][0].tiles}
    screen = {"shown": list(tiles)}
    chosen = {"flag": [tiles[first.pk].seen, tiles[second.pk].seen]}
    answered = client.post(address, {"decision": "accept_suggestion", "key": "one", **chosen, **screen})
    assert answered["HX-Reswap"] == "none"
    assert {tile.card.flag.pk: tile.decided for tile in answered.context["tiles"]} == {
        first.pk: "The suggested label was taken",
        second.pk: "The suggested label was taken",
    }
    page = answered.content.decode()
    assert f'id="tile-{first.pk}" data-row hx-swap-oob="true"' in page
    assert f'id="tile-{third.pk}"' not in page
    act = BulkAct.objects.get(verb="review")
    assert f'name="undo" value="{act.pk}" data-key="z"' in page

    # One of them, then what is left of the act.
    undone = client.post(address, {"undo": f"{act.pk}:{first.task_id}", **screen})
    assert [(tile.card.flag.pk, tile.decided) for tile in undone.context["tiles"]] == [(first.pk, "")]
    assert undone.context["last_act"] == act.pk
    undone = client.post(address, {"undo": str(act.pk), **screen})
    assert [tile.card.flag.pk for tile in undone.context["tiles"]] == [second.pk]
    assert undone.context["last_act"] is None
    assert set(Label.objects.filter(retired_at=None).values_list("value", flat=True)) == {"billing"}
    # What is on the screen is what holds now: it can be decided again.
    again = client.post(
        address, {"decision": "keep", "key": "two", "flag": [undone.context["tiles"][0].seen], **screen}
    )
    assert [tile.decided for tile in again.context["tiles"]] == ["Kept as it is"]
    assert "was taken back already" in client.post(address, {"undo": f"{act.pk}", **screen}).content.decode()
    assert "dc-toast-warning" in client.post(address, {"undo": "99999999", **screen}).content.decode()


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
