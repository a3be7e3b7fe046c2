from __future__ import annotations

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.test import Client

from dcai_web.apps import FrameConfig
from labeling.models import User


@pytest.mark.django_db
def test_the_tests_run_on_postgresql_18_with_vectors() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        assert cursor.fetchone() == (18,)
        cursor.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'")
        assert cursor.fetchone() == (1,)
    assert User.objects.count() == 0


def test_the_tests_have_a_redis() -> None:
    cache.set("answer", 42)
    assert cache.get("answer") == 42


def test_browsers_find_an_icon_without_being_told_where(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(".svg")


def test_the_frame_starts_with_its_own_configuration() -> None:
    assert isinstance(apps.get_app_config("dcai_web"), FrameConfig)
