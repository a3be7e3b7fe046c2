"""Whatever is sent, the answer is a success or a problem that names the path: never a failure of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import override_settings

from tests import factories
from tests.labeling.api.test_access import BODIES, undone
from tests.labeling.api.walking import ROUTES, World, world

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.test import APIClient

    from labeling.models import User

pytestmark = pytest.mark.django_db

WRITES = sorted(
    (name, method) for name, method in ROUTES if method in {"post", "put", "patch"} and name != "api-imports"
)
RAW = {
    "a list": b"[]",
    "null": b"null",
    "a text": b'"x"',
    "cut off": b'{"name": ',
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "NaN": b'{"name": NaN}',
    "a number without end": b'{"name": ' + b"9" * 5000 + b"}",
    "a number too large": b'{"name": 1e999}',
    "nested beyond recursion": b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested deeply": b'{"name": ' + b"[" * 60 + b"]" * 60 + b"}",
    "a NUL in a key": b'{"a\\u0000b": 1}',
    "half a surrogate pair": b'{"name": "\\ud800"}',
}
ODD: list[Any] = [
    f"{'x' * 280}@example.org",
    None, True, 0, -1, 1.5, 2**31, 2**63, 2**70, "", " ", "a\x00b", "\ud800", "x" * 200_000, [], [None], [[]], {},
    {"": None}, {"a": {"b": "\x00"}}, [2**80], "<script>", "۳", "' OR 1=1 --",
]  # fmt: skip


def send(client: APIClient, place: World, route: tuple[str, str], content: bytes) -> Any:
    return client.generic(
        route[1].upper(),
        place.address(route[0]),
        content,  # type: ignore[arg-type]
        content_type="application/json",
    )


def assert_refused_in_words(response: Any) -> dict[str, Any]:
    assert response.status_code in {400, 403, 404, 409, 413}, response.content[:300]
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.content)
    assert problem["detail"].endswith((".", "”"))
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert all(entry["message"] for entry in problem["errors"])
    return problem


@pytest.mark.parametrize("route", WRITES, ids=" ".join)
def test_a_body_that_is_no_object_is_a_400(route: tuple[str, str], api_for: Callable[[User], APIClient]) -> None:
    place = world()
    client = api_for(place.people["manager"])
    for words, content in RAW.items():
        response = send(client, place, route, content)
        assert response.status_code == 400, words
        assert_refused_in_words(response)


@pytest.mark.parametrize("route", WRITES, ids=" ".join)
def test_a_value_of_any_other_kind_is_never_a_500(route: tuple[str, str], api_for: Callable[[User], APIClient]) -> None:
    place = world()
    client = api_for(place.people["manager"])
    good = BODIES.get(route, {})
    for key in [*good, "unknown"]:
        for value in ODD:
            with undone():
                response = send(client, place, route, json.dumps(good | {key: value}).encode())
            if response.status_code >= 300:
                assert_refused_in_words(response)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"schema": factories.TEXT_SCHEMA}, "name"),
        ({"name": 5, "schema": factories.TEXT_SCHEMA}, "name"),
        ({"name": "x", "schema": factories.TEXT_SCHEMA, "overlap": "two"}, "overlap"),
        ({"name": "x", "schema": factories.TEXT_SCHEMA, "overlap": True}, "overlap"),
        ({"name": "x", "schema": factories.TEXT_SCHEMA, "overlap": 51}, "overlap"),
        ({"name": "x", "schema": factories.TEXT_SCHEMA, "colour": 1}, "colour"),
        ({"name": "x", "schema": []}, "schema"),
        ({"name": "x", "schema": {"fields": [{"name": "text", "type": "text"}], "questions": []}}, "schema.questions"),
        (
            {
                "name": "x",
                "schema": {
                    "fields": [{"name": "text", "type": "text"}],
                    "questions": [{"name": "a", "kind": "choice", "field": "text", "labels": ["x", {"name": 3}]}],
                },
            },
            "schema.questions[0].labels[1].name",
        ),
        ({"name": "x\x00", "schema": {}}, "name"),
        ({"name": "x", "schema": {"fields": ["a\x00"]}}, "schema.fields[0]"),
    ],
)
def test_the_path_of_what_is_wrong_is_named(
    body: dict[str, Any], path: str, api_for: Callable[[User], APIClient]
) -> None:
    response = api_for(factories.user()).post("/api/projects/", body, format="json")
    assert [entry["path"] for entry in assert_refused_in_words(response)["errors"]] == [path]


def test_a_body_beyond_the_limit_is_a_413(api_for: Callable[[User], APIClient]) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        response = api_for(factories.user()).post("/api/tokens/", {"name": "x" * 200}, format="json")
    assert response.status_code == 413
    assert_refused_in_words(response)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "a b"])
def test_another_content_type_is_a_415(kind: str, api_for: Callable[[User], APIClient]) -> None:
    response = api_for(factories.user()).generic("POST", "/api/tokens/", "name=x", content_type=kind)
    assert response.status_code == 415
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", ["/api/nothing/", "/api/projects/a/b/c/", "/api/tasks/x/", "/api/tasks/-1/"])
def test_an_address_that_is_none_is_a_problem(address: str, api_for: Callable[[User], APIClient]) -> None:
    response = api_for(factories.user()).get(address)
    assert response.status_code == 404
    assert_refused_in_words(response)


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 2**64, 10**30, "9" * 5000])
def test_ids_of_any_size_are_a_404(number: int | str, api_for: Callable[[User], APIClient]) -> None:
    client = api_for(factories.user(is_superuser=True))
    for address in (f"/api/tasks/{number}/", f"/api/jobs/{number}/", f"/api/tasks/{number}/comments/"):
        assert_refused_in_words(client.get(address))
    assert_refused_in_words(client.delete(f"/api/tokens/{number}/"))


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("cursor=%00", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=W10", "cursor"),  # []
        ("cursor=WyJhIl0", "cursor"),  # ["a"]
        ("cursor=W251bGxd", "cursor"),  # [null]
        ("cursor=WzFlOTk5XQ", "cursor"),  # [1e999]
        ("cursor=" + "W1tb" * 100, "cursor"),
        ("cursor=" + "a" * 600, "cursor"),
        ("page=2", "page"),
        ("split=a%00", "split"),
        ("state=open", "state"),
        ("label=" + "x" * 300, "label"),
    ],
)
def test_a_query_that_is_none_is_a_400(query: str, path: str, api_for: Callable[[User], APIClient]) -> None:
    project = factories.project()
    response = api_for(project.created_by).get(f"/api/projects/{project.slug}/tasks/?{query}")
    assert response.status_code == 400
    assert [entry["path"] for entry in assert_refused_in_words(response)["errors"]] == [path]


def test_a_format_is_no_business_of_lists(api_for: Callable[[User], APIClient]) -> None:
    response = api_for(factories.user()).get("/api/projects/?format=json", headers={"Accept": "text/csv"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"


def test_a_missing_last_slash_keeps_method_and_body(api_for: Callable[[User], APIClient]) -> None:
    client = api_for(factories.user())
    response = client.post("/api/tokens?x=1", {"name": "a"}, format="json")
    assert response.status_code == 308
    assert response.headers["Location"] == "/api/tokens/?x=1"
    made = client.post("/api/tokens", {"name": "a"}, format="json", follow=True)
    assert made.status_code == 201
    assert_refused_in_words(client.post("/api/nothing", {}, format="json"))


def test_nothing_is_kept_by_caches(api_for: Callable[[User], APIClient]) -> None:
    client = api_for(factories.user())
    assert client.get("/api/me/").headers["Cache-Control"] == "no-store"
    assert client.get("/api/projects/none/").headers["Cache-Control"] == "no-store"


def test_a_body_in_chunks_is_refused_and_not_read_as_empty(api_for: Callable[[User], APIClient]) -> None:
    client = api_for(factories.user())
    refused = client.generic(
        "POST", "/api/tokens/", "", content_type="application/json", headers={"Transfer-Encoding": "chunked"}
    )
    assert refused.status_code == 411
    assert refused.headers["Content-Type"] == "application/problem+json"
