"""The quality page: what it says before, during and after a check, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.models import Flag, FlagState, JobRun, JobState, LabelSource, Project, Role, User
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.outlier import OUTLIER, OutlierEvidence
from labeling.reasons.registry import REASONS
from labeling.services import jobs
from quality.models import ClassPair, Run
from quality.models.documents import LookedForPart, Summary
from quality.scoring import outliers
from quality.selectors import settings as settings_reads
from quality.services import runs
from tests import factories
from tests.labeling.reasons.shouting import SHOUTING
from tests.quality.services import making
from tests.quality.web.looking import checked, shown, text
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_reviewers_and_managers_only(client_for: SignIn) -> None:
    project = factories.project()
    stranger = client_for(factories.user())
    for path in ("", "settings/", "gain/"):
        assert stranger.get(f"/p/{project.slug}/quality/{path}").status_code == 404
    assert stranger.post(f"/p/{project.slug}/quality/run/", {"question": making.QUESTION}).status_code == 404
    for role in (Role.VIEWER, Role.ANNOTATOR):
        assert shown(client_for, project, role).status_code == 403
    for role in (Role.REVIEWER, Role.MANAGER):
        assert shown(client_for, project, role).status_code == 200


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.ANNOTATOR, 403), (Role.REVIEWER, 302)])
def test_reviewers_start_a_check(client_for: SignIn, role: Role, status: int) -> None:
    project = factories.project()
    making.messages(project, 9)
    factories.task(project)
    client = client_for(factories.member(project, role))
    assert ("Run the check now" in text(client.get(f"/p/{project.slug}/quality/"))) == (status == 302)
    reply = client.post(f"/p/{project.slug}/quality/run/", {"question": making.QUESTION})
    assert reply.status_code == status
    assert JobRun.objects.filter(kind="quality.run").exists() == (status == 302)


def test_before_the_first_check_it_says_what_is_needed(client_for: SignIn) -> None:
    project = factories.project()
    factories.task(project)
    words = text(shown(client_for, project))
    assert "Label at least 3 items of each of two classes outside the test split: 6 more to go" in words
    tasks = making.messages(project, 3)
    assert "3 more to go" not in words
    making.label(tasks, ["billing", "billing", "delivery"])
    assert "3 more to go (labels now: billing: 2, delivery: 1)" in text(shown(client_for, project))
    making.messages(project, 30, start=50)
    words = text(shown(client_for, project))
    assert "more to go" not in words
    assert "starts by itself after 64 more labels, when labeling pauses; you can run it now" in words


def test_a_check_that_is_under_way_shows_its_steps(client_for: SignIn, django_capture_on_commit_callbacks: Any) -> None:
    project = factories.project()
    making.messages(project, 9)
    reviewer = factories.member(project, Role.REVIEWER)
    job = runs.start(actor=reviewer, project=project, question=making.QUESTION)
    JobRun.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING,
        done=1500,
        total=6000,
        message="Learning without fold 2 of 5",
        cursor={"done": ["encode"]},
    )
    page = client_for(reviewer).get(f"/p/{project.slug}/quality/")
    words = text(page)
    assert [(step.words, step.state) for step in page.context["steps"]][:3] == [
        ("Reading items", "done"), ("Predicting", "now"), ("Looking for issues", "later"),
    ]  # fmt: skip
    assert "25% · Learning without fold 2 of 5" in words
    assert "Run the check now" not in words
    card = f"/p/{project.slug}/quality/jobs/{job.pk}/"
    assert f'hx-get="{card}"' in words
    assert f"/jobs/{job.pk}/cancel/" in text(client_for(reviewer).get(card))
    assert f"/jobs/{job.pk}/cancel/" not in text(client_for(factories.member(project)).get(card))
    # Pressed twice, it is said and not done.
    reply = client_for(reviewer).post(f"/p/{project.slug}/quality/run/", {"question": making.QUESTION}, follow=True)
    assert "The check is running already" in text(reply)
    assert JobRun.objects.count() == 1


def test_progress_of_other_jobs_is_not_shown(client_for: SignIn) -> None:
    project, other = checked(), checked()
    job = JobRun.objects.filter(project=other).latest("pk")
    client = client_for(factories.member(project, Role.REVIEWER))
    assert client.get(f"/p/{project.slug}/quality/jobs/{job.pk}/").status_code == 404


def test_what_was_found_is_shown_with_what_it_rests_on(client_for: SignIn) -> None:
    project = checked()
    page = shown(client_for, project)
    words = text(page)
    figures = {figure.name: figure for figure in page.context["figures"]}
    waiting = Flag.objects.filter(reason=LABEL_ERROR.name, state=FlagState.OPEN).count()
    assert figures["To review"].value == str(waiting)
    assert f"this check flagged {waiting} labels" in figures["To review"].basis
    assert figures["Likely wrong labels"].basis.startswith("95%: ")
    assert "of 75 labels" in figures["Likely wrong labels"].basis
    assert "predicted each of 75 labels without having learned from it" in words
    assert "nobody has decided a flag yet" in words
    assert page.context["health"].overall is not None
    assert "No guideline has been published." in words
    assert [title for title, _ in page.context["splits"]["columns"]] == ["No split", "Test"]
    assert "the difference is too small to matter" in words


def test_a_refusal_is_said_in_words(client_for: SignIn) -> None:
    project = factories.project()
    tasks = making.messages(project, 12)
    making.label(tasks, ["billing"] * 12)
    making.run(project)
    words = text(shown(client_for, project))
    assert "No likely label errors are shown" in words
    assert "All labels are the same class" in words
    assert "Likely wrong labels" not in words
    assert "Near duplicates" in words


def with_outliers() -> Project:
    """Make a checked project in which one message has nothing in common with the others."""
    project = factories.project()
    making.messages(project, 60)
    factories.tasks(project, data=[{"text": "zebra quartz vodka jumping oxen wizard fjord glyph"}])
    making.run(project)
    return project


def test_an_outlier_says_how_far_it_is(client_for: SignIn) -> None:
    project = with_outliers()
    flag = Flag.objects.get(reason=OUTLIER.name)
    found = OutlierEvidence.load(flag.evidence)
    assert found.distance is not None
    assert found.threshold is not None
    assert found.distance > found.threshold
    client = client_for(factories.member(project, Role.REVIEWER))
    card = " ".join(text(client.post(f"/p/{project.slug}/review/cards/", {"again": flag.pk})).split())
    assert f"The 10 items nearest to it are {found.distance:.2f} away on average" in card
    assert f"beyond {found.threshold:.2f} an item counts as an outlier" in card
    figures = {figure.name: figure for figure in shown(client_for, project).context["figures"]}
    assert (figures["Outliers"].value, figures["Outliers"].basis) == ("1", "far from the items nearest to them")


def test_too_many_outliers_are_none_and_it_says_so(client_for: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outliers, "MOST", 0.01)
    page = shown(client_for, with_outliers())
    assert not Flag.objects.filter(reason=OUTLIER.name).exists()
    assert "Outliers: none shown" in text(page)
    assert "1 of 61 items (2%) lie farther from the items nearest to them" in text(page)
    assert "Outliers" not in {figure.name for figure in page.context["figures"]}


def test_a_reason_of_one_object_has_its_figure(client_for: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    project = checked()
    monkeypatch.setitem(REASONS, SHOUTING.name, SHOUTING)
    run = making.shown(project)
    looked = LookedForPart(found=3, words="3 in capital letters")
    run.summary = Summary.load(run.summary).noted(looked_for={SHOUTING.name: looked}).dump()
    run.save()
    figures = {figure.name: figure for figure in shown(client_for, project).context["figures"]}
    assert (figures["Shouting"].value, figures["Shouting"].basis) == ("0", "3 in capital letters; the check found 3")
    making.flag(project.tasks.all()[0], reason=SHOUTING)
    figures = {figure.name: figure for figure in shown(client_for, project, Role.REVIEWER).context["figures"]}
    assert (figures["Shouting"].value, figures["Shouting"].unit) == ("1", "flag")
    assert figures["Shouting"].href == f"/p/{project.slug}/review/?reason=shouting&question=intent"


@pytest.mark.parametrize("kind", ["rating", "text"])
def test_kinds_without_predictions(client_for: SignIn, kind: str) -> None:
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "intent", "kind": kind, "field": "text"}],
    }
    project = factories.project(schema=schema)
    assert shown(client_for, project).status_code == 200
    factories.tasks(project, 5)
    making.run(project)
    assert f"For a {kind} question" in text(shown(client_for, project))


def test_several_questions_have_a_tab_each(client_for: SignIn) -> None:
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [
            {"name": "intent", "kind": "choice", "field": "text", "labels": making.LABELS},
            {"name": "topics", "kind": "multi_choice", "field": "text", "labels": making.LABELS, "min": 0},
        ],
    }
    project = factories.project(schema=schema)
    tasks = making.messages(project, 60)
    making.label(tasks, [[making.LABELS[n % 3]] for n in range(60)], question="topics")
    making.run(project, "topics")
    assert "Outliers" not in text(shown(client_for, project))
    page = shown(client_for, project, query="?question=topics")
    assert page.context["question"].name == "topics"
    assert page.context["matrix"]["rows"] == []
    assert "Likely wrong labels" in text(page)
    client = client_for(factories.member(project, Role.REVIEWER))
    reply = client.post(f"/p/{project.slug}/quality/run/", {"question": "topics"})
    assert reply.headers["Location"].endswith("/quality/?question=topics")


def test_unchanged_input_is_said_and_can_be_looked_at_again(client_for: SignIn) -> None:
    project = checked()
    making.run(project)
    words = text(shown(client_for, project))
    assert "Nothing has changed since this check" in words
    assert "Input unchanged: not computed again" in words
    client = client_for(factories.member(project, Role.REVIEWER))
    client.post(f"/p/{project.slug}/quality/run/", {"question": making.QUESTION, "force": "1"})
    making.work(JobRun.objects.latest("pk"))
    assert Run.objects.count() == 2


def test_history_tells_what_started_each_and_how_it_went(client_for: SignIn) -> None:
    project = checked()
    making.messages(project, 3, start=100)
    job = runs.start(actor=project.created_by, project=project, question=making.QUESTION)
    jobs.cancel(actor=project.created_by, job=job)
    page = shown(client_for, project)
    newest, first = page.context["past"]
    assert (newest.job.state, newest.by, newest.run) == (JobState.CANCELLED, project.created_by, None)
    assert first.trigger == "By hand"
    assert first.steps[0][0] == "Reading items"
    assert "3 labels are newer and not part of it" in text(page)
    assert "Both methods agree (fewest false alarms)" in text(page)
    assert "filter_by" not in text(page)


def test_a_failed_check_leaves_the_one_before_it(client_for: SignIn) -> None:
    project = checked()
    job = JobRun.objects.create(
        kind="quality.run",
        project=project,
        state=JobState.FAILED,
        error="The worker died 3 times.",
        params={"question": making.QUESTION, "trigger": "hand"},
    )
    words = text(shown(client_for, project))
    assert "The worker died 3 times." in words
    assert f"Quote job {job.pk}" in words
    assert "What is below comes from the check before it." in words
    assert "Likely wrong labels" in words


def test_settings_are_for_managers(client_for: SignIn) -> None:
    project = factories.project()
    address = f"/p/{project.slug}/quality/settings/"
    assert client_for(factories.member(project, Role.REVIEWER)).get(address).status_code == 403
    manager = client_for(factories.member(project, Role.MANAGER))
    form = manager.get(address).context["form"]
    sent = {name: form[name].value() for name in form.fields} | {"after_labels": 7, "filter_by": "prune_by_noise_rate"}
    assert manager.post(address, sent).status_code == 302
    chosen = settings_reads.settings_for(project)
    assert (chosen.after_labels, chosen.filter_by, chosen.automatic) == (7, "prune_by_noise_rate", True)
    reply = manager.post(address, sent | {"encoder": "onnx:/etc/passwd", "after_labels": 0})
    assert reply.status_code == 422
    assert set(reply.context["form"].errors) == {"after_labels"}
    reply = manager.post(address, sent | {"encoder": "onnx:/etc/passwd"})
    assert set(reply.context["form"].errors) == {"encoder"}
    sent.pop("automatic")
    manager.post(address, sent)
    assert not settings_reads.settings_for(project).automatic


def test_as_many_queries_for_many_pairs_and_runs(client_for: SignIn) -> None:
    project = checked()
    client = client_for(factories.member(project, Role.REVIEWER))

    def more() -> None:
        making.label(list(project.tasks.order_by("pk")[3:9]), ["other", "billing", "delivery"] * 2)
        making.run(project)
        making.run(project, force=True)

    assert_same_queries(lambda: client.get(f"/p/{project.slug}/quality/"), add_rows=more)
    assert ClassPair.objects.count() > 3


def test_who_labeled_what_is_for_reviewers(client_for: SignIn) -> None:
    project = checked()
    assert "People who answered the same tasks" in text(shown(client_for, project, Role.REVIEWER))
    assert "People who answered the same tasks" not in text(shown(client_for, project, Role.ANNOTATOR))
    making.label(list(project.tasks.order_by("pk")[:1]), ["billing"], source=LabelSource.REVIEW)
