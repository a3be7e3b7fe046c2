"""Pages of lists, and the pages around them: each beside the rows that it shows, read by a bare statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from django.test import Client

from labeling.models import Role, Task, User
from labeling.selectors import paging
from labeling.selectors.explorer.pages import Position
from labeling.services import tokens
from tests.bench import stage
from tests.bench.measure import statements
from tests.bench.results import Pair, Sample

if TYPE_CHECKING:
    from labeling.models import Project

BUDGET = "p95 ≤ 300 ms"
_FOUND = """
WITH page AS MATERIALIZED (
    SELECT t.id FROM {source} WHERE t.project_id = %(project)s AND {condition} ORDER BY {order} LIMIT {size}
)
SELECT t.id, t.external_id, t.split, t.data, t.meta, q.state, q.reason FROM page
JOIN labeling_task t ON t.id = page.id JOIN labeling_queueentry q ON q.task_id = t.id
"""
_QUEUE = "q.project_id = t.project_id AND q.state {state}"
_LABEL = "EXISTS (SELECT FROM labeling_label l WHERE l.task_id = t.id AND l.project_id = t.project_id AND {condition})"
_CURRENT = "l.retired_at IS NULL"
_WORDS = (
    "jsonb_to_tsvector('simple'::regconfig, translate((t.data)::text, '<>&/', '    ')::jsonb, '[\"string\"]'::jsonb)"
    " @@ to_tsquery('simple', %(words)s)"
)
_ANSWER = (
    "EXISTS (SELECT FROM labeling_annotation a WHERE a.task_id = t.id AND a.project_id = t.project_id AND {condition})"
)
_FLAG = "EXISTS (SELECT FROM labeling_flag f WHERE f.task_id = t.id AND f.project_id = t.project_id AND {condition})"


@dataclass(frozen=True, slots=True)
class Look:
    """A page that is asked for, and the bare statement it is compared with."""

    name: str
    path: str
    floor: str
    query: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    api: bool = False
    grid: bool = False
    budget: str = ""


def _listed(
    name: str,
    path: str,
    query: dict[str, str] | None = None,
    *,
    condition: str = "true",
    order: str = "t.id",
    queued: bool = False,
    grid: bool = False,
    **values: Any,
) -> Look:
    api = path.startswith("/api/")
    source = "labeling_task t" + (" JOIN labeling_queueentry q ON q.task_id = t.id" if queued else "")
    floor = _FOUND.format(source=source, condition=condition, order=order, size=101 if api else 51)
    return Look(f"tasks, {name}", path, floor, query or {}, values, api=api, grid=grid, budget=BUDGET)


def measure(url: str, project: Project, manager: User, *, turns: int) -> list[Pair]:
    """Ask for every page so many times, and for the rows of each."""
    clients = {
        "api": Client(SERVER_NAME="127.0.0.1", headers={"authorization": f"Bearer {_secret(manager)}"}),
        "page": _signed_in(manager),
        "grid": _signed_in(_likes_a_grid(project)),
    }
    with psycopg.connect(url, autocommit=True) as bare, psycopg.ClientCursor(bare) as cursor:
        pairs = []
        for look in [*_api(project), *_explorer(project), *_around(project)]:
            client = clients["api" if look.api else "grid" if look.grid else "page"]
            pairs.append(_measured(look, project, client, cursor, turns))
        return pairs


def _measured(look: Look, project: Project, client: Client, bare: psycopg.Cursor[Any], turns: int) -> Pair:
    pair = Pair(look.name, look.budget, Sample(), Sample())
    values = {"project": project.pk, **look.values}
    for _ in range(turns):
        with statements() as sent:
            reply = pair.ours.take(lambda: client.get(look.path, look.query))
        pair.statements = sent.count
        if reply.status_code != 200:
            raise RuntimeError(look.name, reply.status_code, reply.content[:500])
        pair.floor.take(lambda: bare.execute(look.floor, values).fetchall())
    return pair


def _api(project: Project) -> list[Look]:
    path, middle = f"/api/projects/{project.slug}/tasks/", _middle(project)
    rare, common = stage.words()
    intent = stage.INTENTS[0]
    return [
        _listed("API, first page of 100", path),
        _listed(
            "API, page in the middle",
            path,
            {"cursor": paging._write(middle, middle)},
            condition="t.id > %(at)s",
            at=middle,
        ),
        _listed("API, test split", path, {"split": "test"}, condition="t.split = 'test'"),
        _listed(
            "API, to do",
            path,
            {"state": "todo"},
            condition=_QUEUE.format(state="= 'todo'"),
            order="q.task_id",
            queued=True,
        ),
        _listed(
            "API, one label",
            path,
            {"label": intent},
            condition=_LABEL.format(condition=f"{_CURRENT} AND l.classes @> %(label)s"),
            label=[intent],
        ),
        _listed("API, a rare word", path, {"q": rare}, condition=_WORDS, words=f"{rare}:*"),
        _listed("API, a common word", path, {"q": common}, condition=_WORDS, words=f"{common}:*"),
    ]


def _explorer(project: Project) -> list[Look]:
    path, middle = f"/p/{project.slug}/tasks/", _middle(project)
    rare, common = stage.words()
    intent = stage.INTENTS[0]
    by_label = _LABEL.format(condition=f"{_CURRENT} AND l.classes @> %(label)s")
    person = project.memberships.filter(role=Role.ANNOTATOR).order_by("-pk").values_list("user_id", flat=True)[0]
    waiting = "q.project_id = t.project_id AND q.open_slots > 0 AND NOT (q.state = 'quarantined')"
    todo = "q.project_id = t.project_id AND q.state = 'todo'"
    skipped = _ANSWER.format(condition="a.state = 'skipped'")
    return [
        _listed("first page of 50", path),
        _listed("first page as a grid", path, grid=True),
        _listed(
            "page in the middle", path, {"cursor": Position(0, (middle,)).write()}, condition="t.id > %(at)s", at=middle
        ),
        _listed("newest first", path, {"sort": "-id"}, order="t.id DESC"),
        _listed(
            "queue order", path, {"sort": "queue"}, condition=waiting, order="q.priority DESC, q.task_id", queued=True
        ),
        _listed("by external id", path, {"sort": "external_id"}, order="t.external_id"),
        _listed("by external id, backward", path, {"sort": "-external_id"}, order="t.external_id DESC"),
        _listed("test split", path, {"split": "test"}, condition="t.split = 'test'"),
        _listed("to do", path, {"state": "todo"}, condition=f"{todo} AND q.open_slots >= q.required", queued=True),
        _listed(
            "in progress", path, {"state": "progress"}, condition=f"{todo} AND q.open_slots < q.required", queued=True
        ),
        _listed("skipped", path, {"state": "skipped"}, condition=f"{todo} AND {skipped}", queued=True),
        _listed("labeled", path, {"state": "labeled"}, condition=_QUEUE.format(state="= 'labeled'"), queued=True),
        _listed("one label", path, {"label.intent": f"is:{intent}"}, condition=by_label, label=[intent]),
        _listed("no label", path, {"label.intent": "none"}, condition=f"NOT {_LABEL.format(condition=_CURRENT)}"),
        _listed(
            "label source",
            path,
            {"source": "annotation"},
            condition=_LABEL.format(condition=f"{_CURRENT} AND l.source = 'annotation'"),
        ),
        _listed("an open flag", path, {"flag": "any"}, condition=_FLAG.format(condition="f.state = 'open'")),
        _listed(
            "a reason to flag",
            path,
            {"flag": "outlier"},
            condition=_FLAG.format(condition="f.state = 'open' AND f.reason = 'outlier'"),
        ),
        _listed(
            "one annotator",
            path,
            {"annotator": str(person)},
            condition=_ANSWER.format(condition="a.annotator_id = %(person)s"),
            person=person,
        ),
        _listed(
            "metadata",
            path,
            {"meta": "channel=chat"},
            condition="t.meta @> %(meta)s::jsonb",
            meta='{"channel": "chat"}',
        ),
        _listed("a rare word", path, {"q": rare}, condition=_WORDS, words=f"{rare}:*"),
        # Also says how many of them wait for the person who looks.
        _listed(
            "a common word, not labeled yet",
            path,
            {"q": common, "state": "open"},
            condition=f"{todo} AND {_WORDS}",
            queued=True,
            words=f"{common}:*",
        ),
        _listed("a common word", path, {"q": common}, condition=_WORDS, words=f"{common}:*"),
        _listed(
            "a common word, queue order",
            path,
            {"q": common, "sort": "queue"},
            condition=f"{waiting} AND {_WORDS}",
            order="q.priority DESC, q.task_id",
            queued=True,
            words=f"{common}:*",
        ),
        _listed(
            "one label, test split, newest first",
            path,
            {"label.intent": f"is:{intent}", "split": "test", "sort": "-id"},
            condition=f"t.split = 'test' AND {by_label}",
            order="t.id DESC",
            label=[intent],
        ),
    ]


def _around(project: Project) -> list[Look]:
    page, middle = f"/p/{project.slug}/", _middle(project)
    states = "SELECT state, count(*) FROM labeling_queueentry WHERE project_id = %(project)s GROUP BY state"
    newest = "SELECT * FROM labeling_event WHERE project_id = %(project)s {condition} ORDER BY id DESC LIMIT 51"
    one = (
        "SELECT * FROM labeling_task t JOIN labeling_queueentry q ON q.task_id = t.id LEFT JOIN labeling_label l "
        "ON l.task_id = t.id WHERE t.project_id = %(project)s AND t.id = %(task)s"
    )
    person = project.memberships.filter(role=Role.ANNOTATOR).order_by("-pk").values_list("user_id", flat=True)[0]
    return [
        Look("task page", f"{page}tasks/{middle}/", one, values={"task": middle}),
        Look("home", "/", states),
        Look("overview", page, states),
        Look("activity", f"{page}activity/", newest.format(condition="")),
        Look(
            "activity, one person",
            f"{page}activity/",
            newest.format(condition="AND actor_id = %(person)s"),
            {"person": str(person)},
            {"person": person},
        ),
        Look(
            "activity, a rare kind",
            f"{page}activity/",
            newest.format(condition="AND verb LIKE 'import.%%'"),
            {"kind": "jobs"},
        ),
        Look("export page", f"{page}export/", states),
    ]


def _middle(project: Project) -> int:
    tasks = Task.objects.filter(project=project).order_by("pk")
    return int(tasks.values_list("pk", flat=True)[tasks.count() // 2])


def _secret(user: User) -> str:
    return tokens.issue_token(user=user, name="bench", scope="manage")[1]


def _signed_in(user: User) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _likes_a_grid(project: Project) -> User:
    user = stage.person(project, Role.MANAGER)
    user.preferences = {"tasks": {"views": {str(project.pk): "grid"}}}
    user.save()
    return user
