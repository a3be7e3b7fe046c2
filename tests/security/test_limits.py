"""How much can be sent at once."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from rest_framework.test import APIClient

from labeling.models import Comment, Upload, User
from tests.security.pages import address
from tests.security.rules import RULES
from tests.security.visiting import signed_in, told, undone
from tests.security.worlds import World, world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


@pytest.fixture
def place() -> World:
    return world()


def test_a_json_body_is_bounded(place: World, api_for: Callable[[User], APIClient], settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000
    client, before = api_for(place.manager), Comment.objects.count()
    where = f"/api/tasks/{place.task.pk}/comments/"
    answer = client.post(where, {"body": "x" * 3_000}, format="json")
    assert answer.status_code == 413
    assert answer.json()["status"] == 413
    assert Comment.objects.count() == before
    lying = client.generic(
        "POST", where, json.dumps({"body": "x" * 3_000}), content_type="application/json", CONTENT_LENGTH=5
    )
    assert lying.status_code == 400


def test_forms_are_bounded(place: World, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 50
    client = signed_in(place, "superuser", enforce_csrf_checks=True)
    client.get("/me/")  # with the cookie of the CSRF token the form is read to look for the token
    taken = set()
    for name in (name for name, methods in RULES.items() if "post" in methods):
        for form in ({"body": "x" * 3_000}, {f"field{n}": "" for n in range(60)}):
            with undone(client):
                answer = client.post(address(name, place.arguments), urlencode(form), content_type=FORM)
            if answer.status_code != 413:
                taken.add(name)
    assert taken == set()


FORM = "application/x-www-form-urlencoded"


def test_a_file_is_bounded_before_it_is_written(
    place: World, client_for: Callable[[User], Client], api_for: Callable[[User], APIClient], settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 1_000
    uploads = Upload.objects.count()
    content = b"text\n" + b"Hello again, and again.\n" * 100
    page = client_for(place.manager).post(
        address("project-imports", place.arguments), {"file": ContentFile(content, "rows.csv")}
    )
    assert page.status_code == 413
    sent = api_for(place.manager).post(
        f"/api/projects/{place.project.slug}/imports/", {"file": ContentFile(content, "rows.csv")}
    )
    assert sent.status_code == 413
    settings.UPLOAD_MAX_BYTES = 10
    huge = b"text\n" + b"x" * (2 * 1024 * 1024)
    announced = client_for(place.manager).post(
        address("project-imports", place.arguments), {"file": ContentFile(huge, "rows.csv")}
    )
    assert announced.status_code == 413
    assert Upload.objects.count() == uploads


def test_a_body_in_chunks_without_a_length_is_refused(place: World, api_for: Callable[[User], APIClient]) -> None:
    answer = api_for(place.manager).generic(
        "POST", "/api/tokens/", "", content_type="application/json", HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH=""
    )
    assert answer.status_code == 411


def test_json_nested_deeper_than_anything_real_is_refused(place: World, api_for: Callable[[User], APIClient]) -> None:
    client = api_for(place.manager)
    where = f"/api/projects/{place.project.slug}/schema/"
    for nested in ("[" * 100_000, '{"a":' * 50_000, '{"schema":' + "[" * 60 + "]" * 60 + "}"):
        assert client.generic("PUT", where, nested, content_type="application/json").status_code == 400


ODD_JSON = (
    "1" * 5_000, '"\\ud800"', "NaN", "1e999", "[" * 100_000, '{"fields": 1' + "0" * 5_000 + "}", "\x00", "", "null",
    '{"fields": [{"name": "text", "type": "text"}], "questions": [{"name": "a", "kind": "rating", "field": "text",'
    ' "min": -1e400, "max": 99999999999999999999}]}', '{"fields": "\\u0000", "questions": {}}',
)  # fmt: skip


def test_odd_json_in_forms_is_refused_in_words(place: World) -> None:
    client = signed_in(place, "manager")
    names = ("project-new-schema", "project-new-schema-check", "project-schema-json", "project-schema-json-check")
    for odd, name in itertools.product(ODD_JSON, names):
        page = address(name, place.arguments)
        answer = client.post(page, {"name": "New", "schema": odd, "version": "1"})
        assert answer.status_code in {200, 400, 422}, f"{name}: {odd[:40]}"
        if "get" in RULES[name]:
            assert client.get(page).status_code == 200, "what was kept of it must not break the page"


ODD = ("\x00", "x" * 5_000, "-1", "9" * 23, "is:'\"><script>²🙂\r\nX-Evil: 1")
NAMES = """
q state split source flag annotator meta label.intent sort cursor page back person kind archived role project format
quarantined next version task act scope reason name columns columns_sent view dense note question body email theme
column-0 mode rest do kept questions q0-name q0-kind q0-labels q0-title s0-title s0-label s0-more answer.intent overlap
max_overlap agreement_floor lease_minutes description entry-question entry-label entry-definition entry-use_when
entry-not_when change_note action password force axis encoder after_labels every_hours filter_by score strategy given
suggested decision choice resolution label value flags ids limit old_password new_password1 new_password2
""".split()  # noqa: SIM905 - sixty quoted words are hard to read


def test_no_page_breaks_on_odd_parameters(place: World) -> None:
    client = signed_in(place, "superuser")
    client.raise_request_exception = False
    broken = set()
    for name, odd in itertools.product(RULES, ODD):
        page, sent = address(name, place.arguments), dict.fromkeys(NAMES, odd)
        for method in RULES[name]:
            with undone(client):
                answer: Any = client.get(page, sent) if method == "get" else client.post(page, sent)
                told(answer)
            if answer.status_code >= 500 or "X-Evil" in answer.headers:
                broken.add((method, name, odd[:20]))
    assert broken == set()
