"""The OpenAPI document and the page made from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from labeling.api.docs import groups, marked, openapi
from labeling.models import Scope
from quality.api import urls as quality_urls
from tests import factories
from tests.labeling.api.walking import ROUTES, routes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from labeling.models import User

UNDESCRIBED = {("api-schema", "get"), ("api-docs", "get")}


def test_the_document_is_valid_openapi_3_1_and_has_every_route() -> None:
    document = openapi()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == {
        ("/api/" + re.sub(r"<\w+:(\w+)>", r"{\1}", pattern), method)
        for (name, method), pattern in (ROUTES | routes_of(quality_urls.urlpatterns)).items()
        if (name, method) not in UNDESCRIBED
    }


def test_operations_have_an_id_of_their_own_a_summary_and_their_errors() -> None:
    operations = [found for methods in openapi()["paths"].values() for found in methods.values()]
    assert len({found["operationId"] for found in operations}) == len(operations)
    for found in operations:
        assert found["summary"]
        assert {"400", "401", "403", "404"} <= set(found["responses"])
        assert "application/problem+json" in found["responses"]["404"]["content"]
        assert found["security"] in [[{"bearerToken": [scope]}, {"cookieAuth": []}] for scope in Scope.values]


def test_the_save_describes_its_key_and_its_conflict() -> None:
    save = openapi()["paths"]["/api/tasks/{task_id}/annotations/"]["post"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in save["parameters"]}
    assert {"200", "201", "409"} <= set(save["responses"])


@pytest.mark.django_db
def test_the_page_shows_every_operation_and_needs_nothing_from_elsewhere(
    client: Client, client_for: Callable[[User], Client]
) -> None:
    for reader in (client, client_for(factories.user())):
        page = reader.get("/api/docs/").content.decode()
        for operations in groups().values():
            for operation in operations:
                assert f'id="{operation.identity}"' in page
        assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
        assert not re.search(r"<style|style=|<script(?![^>]*\bsrc=)", page)


@pytest.mark.django_db
def test_the_document_is_json(client: Client) -> None:
    response = client.get("/api/schema/")
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["info"]["title"] == "dcai"


def test_descriptions_are_escaped() -> None:
    assert marked("a <b> `c<d>` e") == "a &lt;b&gt; <code>c&lt;d&gt;</code> e"
