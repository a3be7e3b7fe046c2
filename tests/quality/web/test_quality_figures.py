"""Figures of the quality page open the items that they count."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.models import Flag, LabelSource, Role, User
from labeling.reasons.decisions import Decision
from labeling.reasons.label_error import LABEL_ERROR
from labeling.services import guidelines, reviews
from labeling.services.reviews import Ruling
from quality.models import Run
from tests import factories
from tests.quality.services import making
from tests.quality.web.looking import checked, shown, text

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_cells_of_the_matrix_open_their_flags(client_for: SignIn) -> None:
    project = checked()
    page = shown(client_for, project, Role.REVIEWER)
    cells = {
        (cell.given, cell.suggested): (cell, href) for _, row in page.context["matrix"]["rows"] for cell, href in row
    }
    cell, review = cells["other", "billing"]
    assert cell.open == 1
    assert review == f"/p/{project.slug}/review/?reason=label_error&question=intent&given=other&suggested=billing"
    assert f'href="{review.replace("&", "&amp;")}"' in text(page)
    flag = Flag.objects.get(reason=LABEL_ERROR.name, evidence__given="other", evidence__suggested="billing")
    reply = client_for(factories.member(project, Role.REVIEWER)).get(review)
    assert reply.status_code == 200
    assert reply.context["waits"] == 1
    # Decided, it opens the item that was flagged, and the share of flags that were right is told.
    ruling = Ruling(Decision.ACCEPT)
    reviews.decide(actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=ruling)
    page = shown(client_for, project)
    cells = {
        (cell.given, cell.suggested): (cell, href) for _, row in page.context["matrix"]["rows"] for cell, href in row
    }
    cell, href = cells["other", "billing"]
    assert cell.open == 0
    opened = client_for(project.created_by).get(href)
    assert [row.id for row in opened.context["rows"]] == [flag.task_id]
    assert "people have decided 1 flag and changed 1 label (100.0%" in text(page)


def test_figures_open_their_items(client_for: SignIn) -> None:
    project = checked()
    page = shown(client_for, project, Role.REVIEWER)
    figures = {figure.name: figure for figure in page.context["figures"]}
    rows = {row["name"]: row for row in page.context["classes"]}
    health = {part.name: href for part, href, _ in page.context["health_parts"]}
    top = page.context["matrix"]["top"]
    client = client_for(factories.member(project, Role.REVIEWER))
    assert rows["other"]["labeled"] == f"/p/{project.slug}/tasks/?label.intent=is%3Aother"
    review = f"/p/{project.slug}/review/?reason=label_error&question=intent"
    assert rows["other"]["href"] == f"{review}&given=other"
    assert rows["billing"]["missed_href"] == f"{review}&suggested=billing"
    assert health["accuracy"] == review
    assert all(href.startswith(f"{review}&given=") for *_, href in top)
    assert top[0][2].open == max(cell.open for *_, cell, _ in top)
    assert "label.intent=is%3A" in figures["Imbalance"].href
    doubted = figures["Likely wrong labels"].href
    assert doubted == f"/p/{project.slug}/tasks/?flag=flagged%3Alabel_error%3Aintent"
    for href in (rows["billing"]["missed_href"], health["balance"], figures["Imbalance"].href, doubted):
        assert client.get(href).status_code == 200


def test_figures_open_what_was_decided_too(client_for: SignIn) -> None:
    project = checked()
    reviewer = factories.member(project, Role.REVIEWER)
    client = client_for(reviewer)
    found = Flag.objects.filter(project=project, reason=LABEL_ERROR.name)
    tasks = set(found.values_list("task", flat=True))
    for flag in found:
        reviews.decide(actor=reviewer, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.KEEP))
    page = client.get(f"/p/{project.slug}/quality/")
    figures = {figure.name: figure for figure in page.context["figures"]}
    for name in ("Likely wrong labels", "To review"):
        shown_there = client.get(figures[name].href)
        assert {row.id for row in shown_there.context["rows"]} == tasks
        assert "flag, open or decided: likely label error (intent)" in shown_there.content.decode()
    health = {part.name: href for part, href, _ in page.context["health_parts"]}
    assert health["accuracy"] == figures["To review"].href
    given = found.get(task=min(tasks)).evidence["given"]
    (row,) = [row for row in page.context["classes"] if row["name"] == given]
    opened = client.get(row["href"])
    assert min(tasks) in {shown_row.id for shown_row in opened.context["rows"]}
    assert f"(intent, given {given})" in opened.content.decode()
    pair = next(href for *_, cell, href in page.context["matrix"]["pairs"] if cell.given == given and cell.flagged)
    assert client.get(pair).context["rows"]
    assert "All decided: given" in page.content.decode()
    refused = client.get(f"/p/{project.slug}/tasks/", {"flag": "flagged:nonsense"})
    assert refused.status_code == 400


def test_health_opens_what_is_missing_and_says_where_nothing_is(client_for: SignIn) -> None:
    project = checked()
    empty = factories.task(project, text=" ")
    guidelines.save_draft(actor=project.created_by, project=project, body="Look twice.", entries=[])
    guidelines.publish(actor=project.created_by, project=project, change_note="First.")
    rest = list(project.tasks.order_by("pk")[:2])
    making.label(rest, ["billing"] * 2, source=LabelSource.REVIEW)
    parts = {
        part.name: (href, words)
        for part, href, words in shown(client_for, project, Role.REVIEWER).context["health_parts"]
    }
    explorer = f"/p/{project.slug}/tasks/?tasks="
    assert parts["completeness"] == (f"{explorer}{empty.pk}", "")
    assert parts["timeliness"] == (f"{explorer}{rest[0].pk},{rest[1].pk}", "")
    assert parts["validity"] == ("", "All do: the database refuses others.")
    assert parts["uniqueness"] == ("", "None does.")


def test_all_items_of_a_group_open(client_for: SignIn) -> None:
    project = checked()
    run = making.shown(project)
    tasks = list(project.tasks.order_by("pk").values_list("pk", flat=True)[:37])
    group = {"items": 37, "agreement": 0.4, "interval": [0.2, 0.6], "tasks": tasks}
    Run.objects.filter(pk=run.pk).update(summary=run.summary | {"groups": [group]})
    page = shown(client_for, project, Role.REVIEWER)
    assert "Look at all 37" in text(page)
    (row,) = page.context["groups"]
    opened = client_for(factories.member(project, Role.REVIEWER)).get(row["href"])
    assert "37 chosen tasks" in opened.content.decode()
