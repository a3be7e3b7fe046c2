"""The gain panel: what may be said of it, and what may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils.html import escape

from labeling.models import LabelSource, Project, Role, User
from quality.models import Gain
from quality.selectors import gains as gain_reads
from tests import factories
from tests.quality.services import making

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def panel(client_for: SignIn, project: Project, query: str = "") -> Any:
    return client_for(factories.member(project, Role.REVIEWER)).get(f"/p/{project.slug}/quality/gain/{query}")


def text(reply: Any) -> str:
    return " ".join(reply.content.decode().split())


def story(project: Project) -> gain_reads.Story:
    found = gain_reads.gain_story(project, making.QUESTION)
    assert found is not None
    return found


def corrected(test: int = 60, *, confirmed: int | None = None) -> Project:
    """Make a project whose six wrong labels are corrected between two checks; reviewers confirmed the test labels."""
    project = factories.project()
    labeled = making.messages(project, 45)
    tested = making.messages(project, test, split="test", start=500)[: test if confirmed is None else confirmed]
    making.label(tested, [making.LABELS[n % 3] for n in range(len(tested))], source=LabelSource.REVIEW)
    making.label(labeled[:6], ["other", "billing", "delivery"] * 2)
    making.run(project)
    making.label(labeled[:6], making.LABELS * 2, source=LabelSource.REVIEW)
    making.run(project)
    return project


def test_the_overview_asks_for_it(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 2)
    page = client_for(factories.member(project, Role.REVIEWER)).get(f"/p/{project.slug}/")
    assert f'hx-get="/p/{project.slug}/quality/gain/"' in page.content.decode()


def test_before_any_check_it_says_what_will_be_there(client_for: SignIn) -> None:
    project = factories.project()
    assert "appears here after the first check" in text(panel(client_for, project))
    making.messages(project, 12)
    making.run(project)
    assert "No item of the test split has a confirmed label" in text(panel(client_for, project))


def test_one_check_compares_with_nothing(client_for: SignIn) -> None:
    project = factories.project()
    making.messages(project, 30)
    making.messages(project, 12, split="test", start=500)
    making.run(project)
    reply = panel(client_for, project)
    assert "One check so far" in text(reply)
    assert '<svg class="dc-chart' not in reply.content.decode()
    assert "The test split has 12 items to measure on" in text(reply)


def test_labels_that_nobody_confirmed_tell_nothing(client_for: SignIn) -> None:
    project = corrected(confirmed=0)
    flagged = project.tasks.filter(split="test").order_by("pk")[0]
    making.flag(flagged)
    found = story(project)
    assert (found.last.items, found.last.confirmed, found.imported) == (60, 0, 60)
    assert found.log_loss is not None
    # On these labels the change is clear; but what are they worth?
    assert found.log_loss.high < 0
    assert found.log_loss.verdict == "open"
    reply = panel(client_for, project)
    words = text(reply)
    assert "0 confirmed, 60 imported, 1 flagged" in words
    assert "Too early to tell: review the test split first" in words
    assert "Review the 1 flagged label of the test split" in words
    assert "Better" not in words
    href = reply.context["review_test"]
    assert f'href="{escape(href)}"' in reply.content.decode()
    shown = client_for(project.created_by).get(href)
    assert shown.context["waits"] == 1
    tasks = client_for(project.created_by).get(reply.context["imported_test"])
    assert tasks.context["found"].total == 60


def test_a_verdict_rests_on_the_confirmed_labels_alone(client_for: SignIn) -> None:
    project = corrected(confirmed=24)
    found = story(project)
    assert (found.last.items, found.last.confirmed) == (60, 24)
    assert found.log_loss is not None
    assert found.log_loss.items == 24
    losses = np.frombuffer(bytes(found.last.losses or b""), dtype="<f4")
    assert found.log_loss.after == pytest.approx(losses[:24].mean(), abs=1e-6)
    words = text(panel(client_for, project))
    assert "24 confirmed, 36 imported, 0 flagged" in words
    assert "item by item on the same 24 confirmed ones" in words
    assert "review the test split first" not in words


def test_the_api_says_what_the_test_labels_are(client_for: SignIn) -> None:
    project = corrected(confirmed=0)
    reader = client_for(factories.member(project, Role.REVIEWER))
    gain = reader.get(f"/api/projects/{project.slug}/runs/").json()["results"][0]["gain"]
    assert (gain["items"], gain["confirmed"], gain["imported"], gain["flagged"]) == (60, 0, 60, 0)
    assert gain["test_labels"] == "0 confirmed, 60 imported, 0 flagged"
    assert gain["telling"] is False
    assert gain["review"] == f"/p/{project.slug}/review/?question=intent&split=test"


def test_runs_of_before_confirmed_labels_were_counted_tell_nothing(client_for: SignIn) -> None:
    project = corrected()
    Gain.objects.update(confirmed=None, flagged=None, sure=None)
    words = text(panel(client_for, project))
    assert "60, not told how many of them are confirmed" in words
    assert "Too early to tell" in words
    assert "Better" not in words


def test_corrections_show_item_by_item(client_for: SignIn) -> None:
    project = corrected()
    found = story(project)
    assert found.corrections == 6
    assert found.log_loss is not None
    assert found.log_loss.verdict == "better"
    assert found.log_loss.items == 60
    assert found.log_loss.value == pytest.approx(found.last.log_loss - found.first.log_loss, abs=1e-5)
    # Item by item the change is known far better than either value.
    assert found.log_loss.high - found.log_loss.low < found.first.log_loss_high - found.first.log_loss_low
    assert found.accuracy is not None
    assert found.accuracy.value == pytest.approx(found.last.accuracy - found.first.accuracy)
    words = text(panel(client_for, project))
    assert "Better" in words
    assert "item by item on the same 60), after 6 corrections." in words
    assert words.count('<svg class="dc-chart') == 3
    assert "style=" not in words


def test_corrections_since_the_last_check_are_named(client_for: SignIn) -> None:
    project = corrected(12)
    reviewer = factories.member(project, Role.REVIEWER, name="Rita Reviewer")
    task = project.tasks.order_by("pk")[10]
    [made] = making.label([task], ["other"], source=LabelSource.REVIEW)
    type(made).objects.filter(pk=made.pk).update(created_by=reviewer)
    words = text(panel(client_for, project))
    assert "1 correction since the last check" in words
    assert f"{task.external_id}</a>: delivery → other" in words
    assert "Rita" in words


def test_other_test_labels_are_never_compared(client_for: SignIn) -> None:
    project = corrected(30)
    making.label(list(project.tasks.filter(split="test").order_by("pk")[:1]), ["other"], source=LabelSource.REVIEW)
    making.run(project)
    found = story(project)
    assert [len(stretch) for stretch in found.stretches] == [2, 1]
    assert (found.log_loss, found.accuracy) == (None, None)
    words = text(panel(client_for, project))
    assert "The test labels have changed since the check before" in words
    assert "A dashed line: the test labels changed there" in words
    assert words.count("dc-chart-break") == 3
    assert "Better" not in words


@pytest.mark.parametrize(
    ("axis", "title"),
    [("", "labels corrected by reviewers"), ("labels", "labels learned from"), ("runs", "checks, in order"),
     ("<script>", "labels corrected by reviewers")],
)  # fmt: skip
def test_what_it_is_drawn_against(client_for: SignIn, axis: str, title: str) -> None:
    reply = panel(client_for, corrected(12), f"?x={axis}")
    assert reply.context["axis_title"] == title
    assert f"Log-loss against {title}" in text(reply)
    assert "<script>" not in text(reply)


def test_too_few_pairs_tell_nothing() -> None:
    few = gain_reads.Difference(value=-0.5, low=-0.6, high=-0.4, items=gain_reads.LEAST_PAIRS - 1, falls=True)
    assert few.verdict == "open"
    enough = gain_reads.Difference(value=-0.5, low=-0.6, high=-0.4, items=gain_reads.LEAST_PAIRS, falls=True)
    assert enough.verdict == "better"
    assert gain_reads.Difference(value=0.1, low=0.02, high=0.2, items=50, falls=True).verdict == "worse"
    assert gain_reads.Difference(value=0.1, low=0.02, high=0.2, items=50, falls=False).verdict == "better"
    assert gain_reads.Difference(value=0.1, low=-0.02, high=0.2, items=50, falls=False).verdict == "open"


def test_the_interval_of_the_difference_is_that_of_paired_items() -> None:
    project = corrected(30)
    first, last = Gain.objects.order_by("run_id")
    one, other = (np.frombuffer(bytes(gain.losses or b""), dtype="<f4") for gain in (first, last))
    assert one.mean() == pytest.approx(first.log_loss, abs=1e-5)
    changes = (other - one).astype(np.float64)
    half = 1.959964 * changes.std(ddof=1) / np.sqrt(30)
    found = story(project).log_loss
    assert found is not None
    assert (found.low, found.high) == pytest.approx((changes.mean() - half, changes.mean() + half))
    hits = np.frombuffer(bytes(last.hits or b""), dtype="u1")
    assert hits.mean() == pytest.approx(last.accuracy)


def test_runs_of_before_items_were_kept_have_no_difference() -> None:
    project = corrected(12)
    Gain.objects.filter(pk=Gain.objects.earliest("run_id").pk).update(losses=None, hits=None)
    assert (story(project).log_loss, story(project).accuracy) == (None, None)


def test_a_project_without_such_questions_says_so(client_for: SignIn) -> None:
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "stars", "kind": "rating", "field": "text"}],
    }
    assert "for questions with labels to choose from" in text(panel(client_for, factories.project(schema=schema)))
