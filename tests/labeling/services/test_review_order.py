"""The order of review: what changes most first, or as asked for; the same on cards, in the grid, the API and leases."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from labeling.models import Flag, Project, Role, User
from labeling.reasons.ambiguous import AMBIGUOUS
from labeling.reasons.base import Reason
from labeling.reasons.conflict import CONFLICT
from labeling.reasons.evidence import Evidence
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.low_quality import LOW_QUALITY
from labeling.reasons.manual import MANUAL
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from labeling.reasons.outlier import OUTLIER
from labeling.reasons.registry import REASONS
from labeling.selectors.reviews import FlagFilter
from labeling.services import flags, reviews
from tests import factories

pytestmark = pytest.mark.django_db

RAISED: list[tuple[Reason[Evidence], float]] = [
    (OUTLIER, 0.0),
    (MANUAL, 0.0),
    (LOW_QUALITY, 0.1),
    (NEAR_DUPLICATE, 0.6),
    (LABEL_ERROR, 0.3),
    (AMBIGUOUS, 0.2),
    (CONFLICT, 0.5),
    (LABEL_ERROR, 0.05),
    (NEAR_DUPLICATE, 0.08),
]
"""As they are raised, each on an item of its own; neither by worth, nor by score, nor the newest first."""

BY_WORTH = [6, 7, 4, 8, 3, 1, 5, 2, 0]
BY_SCORE = [0, 1, 7, 8, 2, 5, 4, 6, 3]
NEWEST = [8, 7, 6, 5, 4, 3, 2, 1, 0]
BY_ITEM = [0, 1, 2, 3, 4, 5, 6, 7, 8]

every_order = pytest.mark.parametrize(
    ("order", "places"), [("", BY_WORTH), ("score", BY_SCORE), ("newest", NEWEST), ("item", BY_ITEM)]
)


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def ann(project: Project) -> User:
    return factories.member(project, Role.REVIEWER)


@pytest.fixture
def raised(project: Project) -> list[int]:
    made = factories.tasks(project, len(RAISED))
    return [
        flags.put_flag(task=task, reason=reason, question="intent", score=score).pk
        for task, (reason, score) in zip(made, RAISED, strict=True)
    ]


@every_order
def test_reviewers_are_handed_flags_in_the_order_asked_for(
    project: Project, ann: User, raised: list[int], order: str, places: list[int]
) -> None:
    wanted = FlagFilter(order=order)
    first = reviews.claim(actor=ann, project=project, count=4, wanted=wanted)
    rest = reviews.claim(actor=ann, project=project, count=9, wanted=wanted, known=first)
    assert [*first, *rest] == [raised[place] for place in places]


@every_order
def test_the_api_lists_and_hands_out_flags_in_the_same_order_page_by_page(
    project: Project, ann: User, raised: list[int], client_for: Callable[[User], Client], order: str, places: list[int]
) -> None:
    client = client_for(ann)
    address, found = f"/api/projects/{project.slug}/flags/?limit=2&state=open&order={order}", []
    while address:
        page = client.get(address).json()
        found += [row["id"] for row in page["results"]]
        address = page["next"]
    assert found == [raised[place] for place in places]
    claimed = client.post(
        f"/api/projects/{project.slug}/flags/claims/", {"count": 9, "order": order}, content_type="application/json"
    )
    assert [row["id"] for row in claimed.json()["flags"]] == found


def test_equal_flags_keep_the_order_in_which_they_were_raised(project: Project, ann: User) -> None:
    raised = [flags.put_flag(task=task, reason=LABEL_ERROR, score=0.1).pk for task in factories.tasks(project, 5)]
    assert reviews.claim(actor=ann, project=project, count=5) == raised


def test_a_flag_moves_with_its_score(project: Project, ann: User) -> None:
    one, other = factories.tasks(project, 2)
    found = [flags.put_flag(task=task, reason=LABEL_ERROR, score=0.2).pk for task in (one, other)]
    flags.put_flag(task=one, reason=LABEL_ERROR, score=0.4)
    assert reviews.claim(actor=ann, project=project, count=2) == found[::-1]
    scan = [
        flags.Finding(task_id=task.pk, reason=LABEL_ERROR, score=score, evidence=LABEL_ERROR.evidence())
        for task, score in ((one, 0.1), (other, 0.3))
    ]
    flags.sync_flags(project=project, question="", reasons=[LABEL_ERROR], findings=scan, actor=None)
    assert reviews.claim(actor=ann, project=project, count=2) == found


@pytest.mark.parametrize("reason", REASONS.values(), ids=str)
def test_no_score_of_a_reason_reaches_into_the_next_turn(reason: Reason[Evidence]) -> None:
    places = [reason.place(score) for score in (-1.0, 0.0, 0.5, 1.0, 7.0)]
    assert places == sorted(places)
    assert reason.turn <= places[0] <= places[-1] < reason.turn + 1


def test_the_page_says_what_the_order_is_and_keeps_the_one_asked_for(
    project: Project, ann: User, raised: list[int], client_for: Callable[[User], Client]
) -> None:
    client = client_for(ann)
    assert "Disagreements and likely label errors first" in client.get(f"/p/{project.slug}/review/").content.decode()
    page = client.get(f"/p/{project.slug}/review/", {"order": "newest"})
    shown = page.content.decode()
    assert "What was flagged last comes first." in shown
    assert '<option value="newest" selected>Newest first</option>' in shown
    assert page.context["query"] == "order=newest"
    assert page.context["wanted"].is_empty
    cards = client.post(f"/p/{project.slug}/review/cards/", {"order": "newest"}).content.decode()
    assert [cards.index(f'data-flag="{pk}"') for pk in raised[:-5:-1]] == sorted(
        cards.index(f'data-flag="{pk}"') for pk in raised[:-5:-1]
    )
    tiles = client.post(f"/p/{project.slug}/review/grid/tiles/", {"order": "newest"})
    in_groups = [tile.card.flag.pk for group in tiles.context["groups"] for tile in group.tiles]
    assert in_groups[0] == raised[-1]
    refused = client.get(f"/p/{project.slug}/review/", {"order": "luck"})
    assert refused.status_code == 400


def test_flags_from_before_take_the_places_of_their_reasons(project: Project, ann: User, raised: list[int]) -> None:
    expected = dict(Flag.objects.values_list("pk", "place"))
    Flag.objects.update(place=8.0)
    migration = import_module("labeling.migrations.0021_places_in_review")
    with connection.schema_editor() as editor:
        migration.place_flags(apps, editor)
    assert dict(Flag.objects.values_list("pk", "place")) == expected
    assert reviews.claim(actor=ann, project=project, count=9) == [raised[place] for place in BY_WORTH]


def test_the_queue_is_read_from_an_index(project: Project, ann: User) -> None:
    both = [LABEL_ERROR, OUTLIER]
    found = [
        flags.Finding(task_id=task.pk, reason=reason, score=0.1, evidence=reason.evidence())
        for task in factories.tasks(project, 300)
        for reason in both
    ]
    flags.sync_flags(project=project, question="intent", reasons=both, findings=found, actor=None)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_flag")
        cursor.execute("SET LOCAL enable_seqscan = off")
    waiting = Flag.objects.filter(project=project, state="open").order_by("place", "id")
    assert "flag_by_place" in waiting[:4].explain()
    assert "Sort" not in waiting[:4].explain()
    assert "flag_by_reason" in waiting.filter(reason=OUTLIER.name)[:4].explain()
