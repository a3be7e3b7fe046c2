from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from labeling.models import Event, JobRun, Membership, Project, Role, User
from labeling.selectors import activity as activity_reads
from labeling.selectors import progress as progress_reads
from labeling.services import people, projects, tasks
from labeling.templatetags.ui import job_title
from tests import factories
from tests.labeling.web.answering import answer
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

PAGES = ("", "activity/", "people/", "guideline/", "guideline/versions/")
MANAGER_PAGES = ("settings/", "guideline/edit/")


@pytest.mark.parametrize("path", PAGES + MANAGER_PAGES + ("label/",))
def test_a_page_of_another_project_is_not_there(client_for: SignIn, path: str) -> None:
    project = factories.project()
    assert client_for(factories.user()).get(f"/p/{project.slug}/{path}").status_code == 404
    manager = factories.member(project, Role.MANAGER)
    assert client_for(manager).get(f"/p/{project.slug}/{path}").status_code == 200


@pytest.mark.parametrize("path", MANAGER_PAGES)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANNOTATOR, Role.REVIEWER])
def test_only_managers_reach_what_managers_do(client_for: SignIn, path: str, role: Role) -> None:
    project = factories.project()
    assert client_for(factories.member(project, role)).get(f"/p/{project.slug}/{path}").status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_viewers_read_pages_and_get_no_button_that_changes(client_for: SignIn, path: str) -> None:
    project = factories.project()
    factories.tasks(project, 2)
    reply = client_for(factories.member(project, Role.VIEWER)).get(f"/p/{project.slug}/{path}")
    assert reply.status_code == 200
    content = reply.content.decode()
    for forbidden in ("/settings/", "/edit/", "/invite/", "/label/", "/role/"):
        assert forbidden not in content


def test_the_overview_counts_labels_people_and_pace(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 30)
    annotator = factories.member(project, name="Bob Okafor")
    answer(annotator, project, 12)
    page = client_for(factories.member(project, Role.REVIEWER)).get(f"/p/{project.slug}/")
    assert page.context["counts"] == progress_reads.Counts(total=30, labeled=12)
    assert [(label.name, label.count) for label in page.context["questions"][0].labels] == [
        ("billing", 12),
        ("delivery", 0),
        ("other", 0),
    ]
    (row,) = page.context["people"]
    assert (row.person, row.answered, row.seconds) == (annotator, 12, 2.0)
    pace = page.context["pace"]
    assert (pace.answers, pace.people, pace.remaining) == (12, 1, 18)
    assert pace.finish > timezone.now()
    content = page.content.decode()
    assert "40% of 30" in content
    assert "12 in 7 days by 1 person" in content


def test_the_overview_tells_no_finish_from_too_few_answers() -> None:
    project = factories.project()
    factories.tasks(project, 5)
    answer(factories.member(project), project, 2)
    assert progress_reads.pace(project).finish is None


def test_the_overview_needs_the_same_queries_for_few_rows_and_for_many(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 20)
    answer(factories.member(project), project, 2)
    client = client_for(project.created_by)

    def add_rows() -> None:
        for _ in range(3):
            answer(factories.member(project), project, 3)

    assert_same_queries(lambda: client.get(f"/p/{project.slug}/"), add_rows=add_rows)


def test_activity_tells_events_in_words_and_filters(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 3)
    annotator = factories.member(project, name="Bob Okafor")
    answer(annotator, project, 2)
    client = client_for(project.created_by)
    address = f"/p/{project.slug}/activity/"
    content = client.get(address).content.decode()
    assert "Bob Okafor" in content
    assert "answered" in content
    assert "created the project" in content
    lines = client.get(address, {"kind": "labeling", "person": str(annotator.pk)}).context["lines"]
    assert [line.event.verb for line in lines] == ["annotation.submitted"] * 2
    settings = client.get(address, {"kind": "settings"}).context["lines"]
    assert [line.event.verb for line in settings] == ["project.created"]
    assert "Nothing fits this filter" in client.get(address, {"kind": "flags"}).content.decode()


@pytest.mark.parametrize(("role", "answers"), [(Role.REVIEWER, 3), (Role.ANNOTATOR, 1), (Role.VIEWER, 0)])
def test_who_answered_which_task_is_told_to_reviewers(client_for: SignIn, role: Role, answers: int) -> None:
    project = factories.project()
    factories.tasks(project, 3)
    answer(factories.member(project), project, 2)
    reader = factories.member(project, role)
    if role != Role.VIEWER:
        answer(reader, project, 1)
    for page in ("", "activity/"):
        context = client_for(reader).get(f"/p/{project.slug}/{page}").context
        lines = context["first"].lines if "first" in context else context["lines"]
        told = [line.event.actor for line in lines if line.event.verb == "annotation.submitted"]
        assert len(told) == answers
        assert role == Role.REVIEWER or set(told) <= {reader}
        assert "first" in context or any(line.event.verb == "project.created" for line in lines)


def test_activity_names_the_members_it_is_about(client_for: SignIn) -> None:
    project = factories.project()
    member = factories.member(project, Role.VIEWER, name="Mila Novak")
    membership = Membership.objects.get(project=project, user=member)
    people.change_role(actor=project.created_by, member=membership, role=Role.REVIEWER)
    people.remove_member(actor=project.created_by, member=membership)
    content = client_for(project.created_by).get(f"/p/{project.slug}/activity/").content.decode()
    assert "made Mila Novak reviewer (before: viewer)" in content
    assert "removed Mila Novak (reviewer)" in content


@pytest.mark.parametrize(
    ("verb", "payload", "words"),
    [
        ("flags.synced", {"opened": 52, "updated": 0, "closed": 3}, "flags: 52 new, 3 closed"),
        ("flags.synced", {"opened": 0, "updated": 0, "closed": 0}, "flags: none"),
        ("flags.resolved", {"resolution": "accept_suggestion", "count": 7}, "took the suggested label of 7 tasks"),
        ("flag.resolved", {"resolution": "quarantine"}, "quarantined"),
    ],
)
def test_what_checks_and_reviews_did_is_told_in_words(verb: str, payload: dict[str, object], words: str) -> None:
    assert words in activity_reads.describe_event(Event(verb=verb, payload=payload)).words


def test_activity_pages_without_a_gap(client_for: SignIn) -> None:
    project = factories.project()
    for number in range(60):
        Event.objects.create(project=project, actor=project.created_by, verb="member.joined", payload={"n": number})
    client = client_for(project.created_by)
    seen: list[int] = []
    cursor = ""
    while True:
        reply = client.get(f"/p/{project.slug}/activity/", {"cursor": cursor})
        seen += [line.event.pk for line in reply.context["lines"]]
        cursor = reply.context["next_cursor"]
        if not cursor:
            break
    assert seen == list(Event.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True))


def test_activity_needs_the_same_queries_for_one_event_and_for_many(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 10)
    client = client_for(project.created_by)

    def add_rows() -> None:
        for _ in range(3):
            answer(factories.member(project), project, 2)

    assert_same_queries(
        lambda: client.get(f"/p/{project.slug}/activity/"),
        add_rows=add_rows,
    )


def test_every_verb_that_services_write_has_a_sentence() -> None:
    project = factories.project()
    event = Event(project=project, verb="something.new_happened", payload={})
    assert activity_reads.describe_event(event).words == "something new happened"
    for verb in activity_reads._SENTENCES:
        assert activity_reads.describe_event(Event(project=project, verb=verb, payload={})).words


def test_settings_change_and_say_what_is_wrong(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    address = f"/p/{project.slug}/settings/"
    others = {"max_overlap": 1, "agreement_floor": 0.5, "lease_minutes": 15}
    wrong = client.post(address, {"name": "", "description": "", "overlap": 99} | others)
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"name", "overlap"}
    right = client.post(address, {"name": "New name", "description": "Words", "overlap": 3} | others, follow=True)
    assert "The settings are saved" in right.content.decode()
    project.refresh_from_db()
    assert (project.name, project.description, project.overlap) == ("New name", "Words", 3)
    assert project.max_overlap == 3


def test_settings_say_when_one_more_is_asked_and_can_be_undone(client_for: SignIn) -> None:
    project = factories.project(name="Letters")
    client = client_for(project.created_by)
    address = f"/p/{project.slug}/settings/"
    sent = {"name": "Letters", "description": "", "overlap": 2, "max_overlap": 5}
    sent |= {"agreement_floor": 0.7, "lease_minutes": 30}
    for field, value in {"max_overlap": 1, "agreement_floor": 1.5, "lease_minutes": 0}.items():
        wrong = client.post(address, sent | {"overlap": 3, "max_overlap": 5} | {field: value} | {"max_overlap": 2})
        assert wrong.status_code == 422
        assert "At least as many as answer each task: 3." in wrong.content.decode()
        assert {field, "max_overlap"} <= set(wrong.context["form"].errors)
    page = client.post(address, sent, follow=True).content.decode()
    assert f'action="{address}undo/"' in page
    project.refresh_from_db()
    assert (project.overlap, project.max_overlap, project.agreement_floor, project.lease_seconds) == (2, 5, 0.7, 1800)
    assert "Nothing was changed" in client.post(address, sent, follow=True).content.decode()
    client.post(f"{address}undo/")
    project.refresh_from_db()
    assert (project.overlap, project.max_overlap, project.agreement_floor, project.lease_seconds) == (1, 1, 0.5, 900)
    client.post(f"{address}undo/")
    assert client_for(factories.member(project, Role.REVIEWER)).post(f"{address}undo/").status_code == 403


def test_jobs_and_demos_are_told_as_people_call_them() -> None:
    project = factories.project()

    def told(verb: str, **payload: object) -> str:
        return activity_reads.describe_event(Event(project=project, verb=verb, payload=payload)).words

    assert told("job.started", kind="quality.run") == "started a quality check"
    assert told("job.cancelled", kind="labeling.thumbnails") == "canceled making image sizes"
    assert told("demo.created", demo="digits") == "made this demo project"
    assert told("project.changed", changes={"overlap": 3}) == "changed people per task"
    assert job_title("quality.run") == "Quality check"
    assert job_title("labeling.thumbnails") == "Image sizes"


def test_archiving_can_be_undone_from_its_message(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    page = client.post(f"/p/{project.slug}/archive/", follow=True).content.decode()
    assert f'action="/p/{project.slug}/restore/"' in page
    assert Project.objects.get(pk=project.pk).archived_at is not None
    client.post(f"/p/{project.slug}/restore/")
    assert Project.objects.get(pk=project.pk).archived_at is None


def test_the_label_page_tells_the_editor_what_it_needs(client_for: SignIn) -> None:
    project = factories.project()
    factories.task(project)
    annotator = factories.member(project)
    reply = client_for(annotator).get(f"/p/{project.slug}/label/")
    config = reply.context["config"]
    assert config["schema_version"] == 1
    assert config["schema"]["questions"][0]["labels"][0]["key"] == "1"
    assert config["urls"]["claims"] == f"/api/projects/{project.slug}/claims/"
    assert "{id}" in config["urls"]["annotations"]
    assert "dcai_csrf" in reply.cookies
    assert b"dc-rail" not in reply.content


def test_viewers_and_archived_projects_have_no_label_page(client_for: SignIn) -> None:
    project = factories.project()
    assert client_for(factories.member(project, Role.VIEWER)).get(f"/p/{project.slug}/label/").status_code == 403
    projects.archive(actor=project.created_by, project=project, archived=True)
    assert client_for(project.created_by).get(f"/p/{project.slug}/label/").status_code == 403


def test_jobs_are_listed_for_reviewers_only_and_canceled_by_those_who_may(client_for: SignIn) -> None:
    project = factories.project()
    job = JobRun.objects.create(kind="import", project=project, requested_by=project.created_by)
    reviewer = client_for(factories.member(project, Role.REVIEWER))
    stranger = client_for(factories.user())
    assert f"/jobs/{job.pk}/" in reviewer.get("/jobs/").content.decode()
    assert f"/jobs/{job.pk}/" not in stranger.get("/jobs/").content.decode()
    assert stranger.get(f"/jobs/{job.pk}/").status_code == 404
    assert reviewer.post(f"/jobs/{job.pk}/cancel/").status_code == 403
    page = client_for(project.created_by).post(f"/jobs/{job.pk}/cancel/", follow=True).content.decode()
    assert "The job is canceled" in page
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_a_job_card_asks_again_only_while_the_job_is_alive(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    job = JobRun.objects.create(kind="import", project=project, state="running", done=3, total=10)
    assert "every 1s" in client.get(f"/jobs/{job.pk}/card/").content.decode()
    JobRun.objects.filter(pk=job.pk).update(state="failed", error="Row 7 has no text.")
    card = client.get(f"/jobs/{job.pk}/card/").content.decode()
    assert "every 1s" not in card
    assert "Row 7 has no text." in card


def test_the_job_list_filters_sorts_and_keeps_its_queries(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    JobRun.objects.create(kind="import", project=project, state="failed", error="No columns")
    JobRun.objects.create(kind="export", project=project, state="succeeded")
    assert [job.kind for job in client.get("/jobs/?state=failed").context["page"].rows] == ["import"]
    assert [job.kind for job in client.get("/jobs/?q=columns").context["page"].rows] == ["import"]
    assert [job.kind for job in client.get("/jobs/?sort=kind").context["page"].rows] == ["export", "import"]

    def add_rows() -> None:
        for _ in range(6):
            other = factories.project(manager=project.created_by)
            JobRun.objects.create(kind="import", project=other, requested_by=factories.user())

    assert_same_queries(lambda: client.get("/jobs/"), add_rows=add_rows)


def test_the_palette_finds_pages_projects_and_ones_own_tasks(client_for: SignIn) -> None:
    project = factories.project(name="Letters of 1890")
    (task,) = factories.tasks(project, 1)
    mine, stranger = client_for(project.created_by), client_for(factories.user())
    assert "Letters of 1890" in mine.get("/palette/?q=letters").content.decode()
    assert f"Task {task.pk}" in mine.get(f"/palette/?q={task.pk}").content.decode()
    assert f"Task {task.pk}" not in stranger.get(f"/palette/?q={task.pk}").content.decode()
    assert "Guideline" in mine.get(f"/palette/?q=guid&project={project.slug}").content.decode()
    assert "Nothing by that name" in stranger.get("/palette/?q=letters").content.decode()
    assert stranger.get(f"/palette/?q=&project={project.slug}").status_code == 200


def test_the_frame_counts_running_jobs_and_lists_projects(client_for: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcai_web.background.trouble", lambda: "")  # no worker runs beside the tests
    project = factories.project(name="Letters")
    client = client_for(project.created_by)
    assert "none running" in client.get("/jobs/indicator/").content.decode()
    JobRun.objects.create(kind="import", project=project, state="running")
    assert "1 job running" in client.get("/jobs/indicator/").content.decode()
    assert "Letters" in client.get("/switcher/").content.decode()


def test_the_overview_counts_labels_by_group_and_opens_them(client_for: SignIn) -> None:
    labels = [
        {"name": "poodle", "group": "Animal / Dog"},
        {"name": "beagle", "group": "Animal / Dog"},
        {"name": "tabby", "group": "Animal / Cat"},
        {"name": "oak"},
    ]
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "kind", "kind": "choice", "field": "text", "labels": labels}],
    }
    project = factories.project(schema=schema)
    for value, count in (("poodle", 3), ("beagle", 1), ("tabby", 2), ("oak", 4)):
        ids = [task.pk for task in factories.tasks(project, count)]
        tasks.assign_label(actor=project.created_by, project=project, task_ids=ids, question="kind", value=value)
    (question,) = progress_reads.by_label(project)
    counted = {group.path: group.count for group in question.groups}
    assert counted == {"Animal": 6, "Animal / Dog": 4, "Animal / Cat": 2}
    page = client_for(project.created_by).get(f"/p/{project.slug}/").content.decode()
    opens = re.search(r'href="([^"]*)">4</a>', page[page.index('data-group="Animal / Dog"') :])
    assert opens is not None
    found = client_for(project.created_by).get(unescape(opens.group(1))).context["found"]
    assert found.total == 4
    plain = factories.project()
    assert progress_reads.by_label(plain)[0].groups == []
