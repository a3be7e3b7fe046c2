from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings
from django.test import Client

from dcai_web.ops import logs


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged while the test runs, as JSON."""
    stream = io.StringIO()
    configuration = logs.configuration(level="INFO", form="json")
    configuration["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(configuration)
    yield stream
    logging.config.dictConfig(settings.LOGGING)


def _lines(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.parametrize("name", ["password", "new_password1", "api_key", "Authorization", "session_id", "token"])
def test_values_with_secret_names_are_hidden(name: str, written: io.StringIO) -> None:
    structlog.get_logger("test").warning("it happened", **{name: "hunter2", "color": "red"})
    (line,) = _lines(written)
    assert line[name] == "***"
    assert line["color"] == "red"
    assert line["event"] == "it happened"


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach postgresql://dcai:hunter2@db:5432/dcai",
        "cannot reach redis://:hunter2@redis:6379/0",
        "header was Authorization: Bearer hunter2",
    ],
)
def test_secrets_in_texts_are_hidden(text: str, written: io.StringIO) -> None:
    logging.getLogger("library").error(text)
    (line,) = _lines(written)
    assert "hunter2" not in str(line)
    assert "***" in str(line["event"])


def test_a_traceback_hides_secrets_too(written: io.StringIO) -> None:
    try:
        message = "postgresql://dcai:hunter2@db/dcai is down"
        raise ConnectionError(message)
    except ConnectionError:
        logging.getLogger("library").exception("it failed")
    (line,) = _lines(written)
    assert "ConnectionError" in str(line["exception"])
    assert "hunter2" not in str(line)


def test_a_person_at_a_terminal_gets_lines_without_secrets(written: io.StringIO) -> None:
    configuration = logs.configuration(level="INFO", form="console")
    configuration["handlers"]["stderr"]["stream"] = written
    logging.config.dictConfig(configuration)
    try:
        message = "postgresql://dcai:hunter2@db/dcai is down"
        raise ConnectionError(message)
    except ConnectionError:
        logging.getLogger("library").exception("it failed")
    assert "it failed" in written.getvalue()
    assert "ConnectionError" in written.getvalue()
    assert "hunter2" not in written.getvalue()


@pytest.mark.django_db
def test_a_request_is_logged_with_its_id_and_without_its_address(client: Client, written: io.StringIO) -> None:
    response = client.get("/no/such/page?token=hunter2", headers={"X-Request-ID": "abc-12345"})
    assert response["X-Request-ID"] == "abc-12345"
    (line,) = [line for line in _lines(written) if line["event"] == "request"]
    assert line["request_id"] == "abc-12345"
    assert line["method"] == "GET"
    assert line["status"] == 404
    assert "hunter2" not in str(line)


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "short", "with spaces in it", "x" * 65, "new\nline-in-it"])
def test_an_id_that_could_forge_a_log_line_is_replaced(given: str, client: Client) -> None:
    response = client.get("/no/such/page", headers={"X-Request-ID": given})
    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 32
