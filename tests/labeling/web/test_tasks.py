"""The explorer's pages: what is shown to whom, and acts on many tasks."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from labeling.models import BulkAct, JobRun, Label, Project, QueueEntry, Role, SavedFilter, Split, Task, TaskState, User
from labeling.services import annotations as saving
from labeling.services import bulk_acts, claims, jobs
from labeling.services.annotations import Submission
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def address(project: Project) -> str:
    return f"/p/{project.slug}/tasks/"


def act(client: Client, project: Project, what: str, tasks: list[Task], **more: Any) -> HttpResponse:
    data = {"act": what, "task": [task.pk for task in tasks], "back": "state=todo", **more}
    return client.post(f"{address(project)}bulk/", data)  # type: ignore[return-value]


def undo(client: Client, page: str) -> str:
    """Press Undo in the toast of the page that follows an act; return what the page says then."""
    target = re.search(r'action="(/p/[^"]+/undo/[^"]*)"', page)
    assert target
    return client.post(html.unescape(target[1]), follow=True).content.decode()


def test_tasks_are_listed_with_their_state_labels_and_text_escaped(client_for: SignIn) -> None:
    project = factories.project()
    factories.task(project, text="<script>alert(1)</script> hello")
    page = client_for(project.created_by).get(address(project)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; hello" in page
    assert "<script>alert" not in page
    assert "To do" in page


def test_a_group_of_labels_is_offered_and_named(client_for: SignIn) -> None:
    labels = [{"name": "poodle", "group": "Animal / Dog"}, {"name": "stone"}]
    question = {"name": "intent", "kind": "choice", "field": "text", "labels": labels}
    project = factories.project(schema={"fields": [{"name": "text", "type": "text"}], "questions": [question]})
    factories.task(project)
    client = client_for(project.created_by)
    plain = client.get(address(project)).content.decode()
    assert '<option value="in:Animal">Animal</option>' in plain
    assert '<option value="in:Animal / Dog">Animal / Dog</option>' in plain
    asked = client.get(address(project), {"label.intent": "in:Animal / Dog"}).content.decode()
    assert '<option value="in:Animal / Dog" selected>' in asked
    assert "Intent: one of Animal / Dog" in asked
    gone = client.get(address(project), {"label.intent": "in:Plant"}).content.decode()
    assert '<option value="in:Plant" selected>Plant</option>' in gone


def test_no_match_offers_to_clear_the_filters(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 2)
    page = client_for(project.created_by).get(address(project), {"q": "nothing of the kind"}).content.decode()
    assert "No task fits" in page
    assert f'href="{address(project)}"' in page


def test_a_filter_that_is_none_is_an_error_in_words(client_for: SignIn) -> None:
    project = factories.project()
    answer = client_for(project.created_by).get(address(project), {"state": "lost"})
    assert answer.status_code == 400
    assert "is no state to filter by" in answer.content.decode()


def test_pages_follow_each_other(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 51)
    client = client_for(project.created_by)
    first = client.get(address(project))
    assert len(first.context["rows"]) == 50
    second = client.get(address(project), {"cursor": first.context["page"].next})
    assert len(second.context["rows"]) == 1
    assert not second.context["page"].next
    assert client.get(address(project), {"cursor": second.context["page"].previous}).context["rows"][0].id == (
        first.context["rows"][0].id
    )


@pytest.mark.parametrize("view", ["table", "grid"])
def test_the_list_needs_the_same_queries_for_one_task_and_for_many(client_for: SignIn, view: str) -> None:
    project = factories.project()
    person = factories.member(project)
    client = client_for(project.created_by)
    client.post(f"{address(project)}look/", {"view": view})
    factories.tasks(project, 1, meta={"a": 1})

    def add() -> None:
        for task in factories.tasks(project, 6, meta={"a": 1}):
            saving.submit(actor=person, task=task, submission=Submission({"intent": "other"}), key=str(task.pk))

    assert_same_queries(lambda: client.get(address(project), {"sort": "queue"}), add_rows=add)


def test_a_project_is_seen_as_it_was_last_and_no_other(client_for: SignIn) -> None:
    person = factories.user()
    digits, letters = (factories.project(manager=person) for _ in range(2))
    client = client_for(person)
    client.post(f"{address(digits)}look/", {"view": "grid"})
    client.post(f"{address(digits)}look/", {"columns_sent": "1", "columns": ["meta"], "dense": "1"})

    def look(project: Project) -> tuple[str, bool, list[str]]:
        seen = client.get(address(project)).context
        return seen["view"], seen["look"].dense, seen["look"].columns

    assert look(digits) == ("grid", True, ["meta"])
    assert look(letters) == ("table", True, ["meta"])


def test_states_are_told_apart_and_one_button_finds(client_for: SignIn) -> None:
    project = factories.project()
    factories.task(project)
    manager, viewer = client_for(project.created_by), client_for(factories.member(project, Role.VIEWER))
    page = manager.get(address(project), {"tasks": "1,2", "meta": "a=1"}).content.decode()
    filters = page[page.index('id="filters"') : page.index("</form>", page.index('id="filters"'))]

    assert "To do: nobody has begun" in filters
    assert filters.count("<button") == 1
    assert '<input type="hidden" name="tasks" value="1,2">' in filters, "named tasks stay when a condition is added"
    assert "Export labels" not in page, "nothing was found"
    assert "Export labels" in manager.get(address(project)).content.decode()
    assert "Export labels" not in viewer.get(address(project)).content.decode()


def offer(client: Client, project: Project, query: str) -> str:
    """Return the words of the button that leads from a filtered list to the label page, if it is there."""
    page = client.get(f"{address(project)}?{query}").content.decode()
    found = re.search(rf'href="/p/{project.slug}/label/\?([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    if not found:
        return ""
    assert html.unescape(found[1]) == query
    return " ".join(re.sub(r"<[^>]*>", "", found[2]).split())


def test_a_filtered_list_leads_to_its_tasks_on_the_label_page(client_for: SignIn) -> None:
    project = factories.project()
    first, *_ = factories.tasks(project, data=[{"text": f"refund {number}"} for number in range(3)])
    factories.tasks(project, 2)
    annotator, other = factories.member(project), factories.member(project)
    client = client_for(annotator)

    assert offer(client, project, "q=refund") == "Label these 3 l"
    claims.claim_task(actor=annotator, task=first)
    assert offer(client, project, "q=refund") == "Label these 3 l"
    assert offer(client_for(other), project, "q=refund") == "Label 2 of these l"
    assert offer(client, project, f"tasks={first.pk}") == "Label this one l"
    assert offer(client, project, "") == "", "everything is labeled by way of the rail"


def test_only_what_a_person_may_label_from_is_offered(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 2)
    viewer, annotator, reviewer = (factories.member(project, role) for role in ("viewer", "annotator", "reviewer"))

    assert offer(client_for(viewer), project, "state=todo") == ""
    assert offer(client_for(annotator), project, "state=todo") == "Label these 2 l"
    assert offer(client_for(annotator), project, "label.intent=none") == "Label these 2 l"
    QueueEntry.objects.filter(project=project).update(state=TaskState.DISPUTED)
    assert offer(client_for(annotator), project, "state=disputed") == ""
    assert offer(client_for(reviewer), project, "state=disputed") == "Label these 2 l"


def test_an_act_on_many_tasks_becomes_a_job_that_is_followed_and_taken_back(
    client_for: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_acts, "AT_ONCE", 3)
    project = factories.project()
    tasks = factories.tasks(project, 4)
    client = client_for(factories.member(project, Role.REVIEWER))
    quarantined = QueueEntry.objects.filter(state=TaskState.QUARANTINED)

    at_once = act(client, project, "quarantine", tasks[:3])
    assert at_once["Location"].startswith(address(project))
    followed = act(client, project, "quarantine", [], scope="matching", back="sort=-id")
    job = JobRun.objects.get()
    assert followed["Location"] == f"/jobs/{job.pk}/", "a task in quarantine is one of them, and stays so"
    jobs.perform_job(job.pk)
    assert quarantined.count() == 4
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "Change of many tasks" in page
    assert f'href="{address(project)}?sort=-id"' in page
    assert f'action="/jobs/{job.pk}/undo/"' in page
    undone = client.post(f"/jobs/{job.pk}/undo/")
    jobs.perform_job(int(undone["Location"].split("/")[2]))
    assert quarantined.count() == 3
    assert "There is nothing left" in client.post(f"/jobs/{job.pk}/undo/", follow=True).content.decode()


def test_ticked_tasks_are_labeled_by_who_may_label(client_for: SignIn) -> None:
    project = factories.project()
    first, second, _ = factories.tasks(project, 3)
    client = client_for(factories.member(project, Role.ANNOTATOR))
    label = f"{address(project)}label/"

    page = client.get(address(project)).content.decode()
    assert f'formaction="{label}"' in page
    ticked = client.post(label, {"task": [first.pk, second.pk], "scope": "page"})
    fitting = client.post(label, {"task": [first.pk], "scope": "matching", "back": "state=todo&sort=-id"})
    assert ticked["Location"] == f"/p/{project.slug}/label/?tasks={first.pk}%2C{second.pk}"
    assert fitting["Location"] == f"/p/{project.slug}/label/?state=todo"
    assert "Choose at least one task" in client.post(label, {}, follow=True).content.decode()


def test_strangers_find_nothing_and_viewers_cannot_act(client_for: SignIn) -> None:
    project = factories.project()
    (task,) = factories.tasks(project, 1)
    stranger, annotator = factories.user(), factories.member(project, Role.ANNOTATOR)
    assert client_for(stranger).get(address(project)).status_code == 404
    assert act(client_for(stranger), project, "quarantine", [task]).status_code == 404
    assert act(client_for(annotator), project, "quarantine", [task]).status_code == 403
    page = client_for(annotator).get(address(project)).content.decode()
    assert 'value="quarantine"' not in page
    assert 'name="annotator"' not in page
    assert client_for(annotator).get(address(project), {"annotator": annotator.pk}).status_code == 403
    assert QueueEntry.objects.get(task=task).state == TaskState.TODO


def test_a_split_is_set_and_taken_back(client_for: SignIn) -> None:
    project = factories.project()
    one, two, three = factories.tasks(project, 3)
    client = client_for(factories.member(project, Role.REVIEWER))
    answer = act(client, project, "split:test", [one, two])
    assert answer.headers["Location"] == f"{address(project)}?state=todo"
    assert set(Task.objects.filter(split=Split.TEST)) == {one, two}
    page = client.get(answer.headers["Location"]).content.decode()
    assert "2 tasks moved to the test split." in page
    assert "Taken back for 2 tasks." in undo(client, page)
    assert not Task.objects.filter(split=Split.TEST).exists()
    assert BulkAct.objects.get().undone_at is not None
    assert three.split == ""


def test_quarantine_and_restore(client_for: SignIn) -> None:
    project = factories.project()
    tasks = factories.tasks(project, 2)
    client = client_for(project.created_by)
    act(client, project, "quarantine", tasks)
    assert set(QueueEntry.objects.values_list("state", flat=True)) == {TaskState.QUARANTINED}
    act(client, project, "restore", tasks[:1])
    assert QueueEntry.objects.get(task=tasks[0]).state == TaskState.TODO
    assert QueueEntry.objects.get(task=tasks[1]).state == TaskState.QUARANTINED


SCHEMA: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {"name": "one", "kind": "choice", "field": "text", "labels": ["a:b", "3"]},
        {"name": "many", "kind": "multi_choice", "field": "text", "labels": ["x", "y"], "min": 0},
        {"name": "score", "kind": "rating", "field": "text", "min": 1, "max": 5},
        {"name": "words", "kind": "text", "field": "text"},
    ],
}


@pytest.mark.parametrize(
    ("what", "more", "question", "value"),
    [
        ("label:one:a:b", {}, "one", "a:b"),
        ("label:one:3", {}, "one", "3"),
        ("label:score:3", {}, "score", 3),
        ("label:many", {"answer.many": ["y", "x"]}, "many", ["x", "y"]),
        ("label:many", {"answer.many": ["y"]}, "many", ["y"]),
        ("label:many", {}, "many", []),
        ("label:words", {"answer.words": "free words"}, "words", "free words"),
    ],
)
def test_every_kind_of_label_is_assigned_from_a_plain_form(
    client_for: SignIn, what: str, more: dict[str, Any], question: str, value: object
) -> None:
    project = factories.project(schema=SCHEMA)
    (task,) = factories.tasks(project, 1)
    act(client_for(project.created_by), project, what, [task], **more)
    assert Label.objects.get(task=task).question == question
    assert Label.objects.get(task=task).value == value


@pytest.mark.parametrize("what", ["", "nonsense", "split:half", "label:gone:x", "label:one:nothing", "label:words"])
def test_an_act_that_cannot_be_done_changes_nothing_and_says_why(client_for: SignIn, what: str) -> None:
    project = factories.project(schema=SCHEMA)
    (task,) = factories.tasks(project, 1)
    client = client_for(project.created_by)
    answer = act(client, project, what, [task])
    assert "dc-toast-error" in client.get(answer.headers["Location"]).content.decode()
    assert not BulkAct.objects.exists()


def test_all_that_fit_are_changed_not_only_those_on_the_page(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 60, split="train")
    other = factories.tasks(project, 1)
    client = client_for(project.created_by)
    act(client, project, "quarantine", other, scope="matching", back="split=train")
    assert QueueEntry.objects.filter(state=TaskState.QUARANTINED).count() == 60
    assert QueueEntry.objects.get(task=other[0]).state == TaskState.TODO


def test_tasks_of_another_project_are_not_changed(client_for: SignIn) -> None:
    mine, theirs = factories.project(), factories.project()
    (task,) = factories.tasks(theirs, 1)
    assert act(client_for(mine.created_by), mine, "quarantine", [task]).status_code == 404
    assert QueueEntry.objects.get(task=task).state == TaskState.TODO


def test_another_projects_act_cannot_be_undone(client_for: SignIn) -> None:
    mine, theirs = factories.project(), factories.project()
    act(client_for(theirs.created_by), theirs, "quarantine", factories.tasks(theirs, 1))
    done = BulkAct.objects.get()
    assert client_for(mine.created_by).post(f"/p/{mine.slug}/acts/{done.pk}/undo/").status_code == 404
    assert BulkAct.objects.get().undone_at is None


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "/p/other/tasks/"])
def test_undo_leads_nowhere_but_back_to_the_tasks(client_for: SignIn, back: str) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    act(client, project, "quarantine", factories.tasks(project, 1))
    answer = client.post(f"/p/{project.slug}/acts/{BulkAct.objects.get().pk}/undo/?back={back}")
    assert answer.headers["Location"] == address(project)


def test_the_look_is_remembered_per_person(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 1)
    client, other = client_for(project.created_by), client_for(factories.member(project))
    client.post(f"{address(project)}look/", {"view": "grid"})
    client.post(f"{address(project)}look/", {"columns_sent": "1", "columns": ["added", "nonsense"], "dense": "1"})
    seen = client.get(address(project)).context
    assert (seen["view"], seen["look"].dense, seen["look"].columns) == ("grid", True, ["added"])
    assert other.get(address(project)).context["view"] == "table"
    assert "dc-tiles-dense" in client.get(address(project)).content.decode()


def test_filters_are_kept_for_oneself(client_for: SignIn) -> None:
    project = factories.project()
    factories.tasks(project, 1)
    client, other = client_for(project.created_by), client_for(factories.member(project))
    client.post(f"{address(project)}filters/", {"name": " My  queue ", "back": "state=todo&cursor=x&sort=queue"})
    kept = SavedFilter.objects.get()
    assert (kept.name, kept.query) == ("My queue", "state=todo&sort=queue")
    assert "My queue" in client.get(address(project)).content.decode()
    assert "My queue" not in other.get(address(project)).content.decode()
    client.post(f"{address(project)}filters/", {"name": "My queue", "back": "state=labeled"})
    assert SavedFilter.objects.get().query == "state=labeled"
    assert other.post(f"{address(project)}filters/{kept.pk}/delete/").status_code == 404
    client.post(f"{address(project)}filters/{kept.pk}/delete/")
    assert not SavedFilter.objects.exists()


def test_a_filter_needs_a_name(client_for: SignIn) -> None:
    project = factories.project()
    answer = client_for(project.created_by).post(f"{address(project)}filters/", {"name": " ", "back": ""}, follow=True)
    assert "1 to 60 characters" in answer.content.decode()
    assert not SavedFilter.objects.exists()


def test_the_activity_page_offers_undo_to_reviewers_until_it_is_done(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    act(client, project, "quarantine", factories.tasks(project, 2))
    activity = f"/p/{project.slug}/activity/"
    assert "/undo/" not in client_for(factories.member(project)).get(activity).content.decode()
    client.get(address(project))
    page = client.get(activity).content.decode()
    assert "Taken back for 2 tasks." in undo(client, page)
    assert not QueueEntry.objects.filter(state=TaskState.QUARANTINED).exists()
    assert "/undo/" not in client.get(activity).content.decode()
