"""Advisory locks: none stands for two things, and they are taken in one order."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from labeling import locks
from labeling.locks import Space
from labeling.models import Role
from labeling.reasons.decisions import Decision
from labeling.services import annotations as saving
from labeling.services import claims, demo, flags, reviews
from labeling.services.annotations import Submission
from labeling.services.reviews import Ruling
from tests import factories

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]


def keys() -> set[tuple[int, int, int]]:
    """Return the keys of the advisory locks that this connection holds."""
    with connection.cursor() as cursor:
        # The last column is 1 for keys of one number, and 2 for keys of two.
        cursor.execute(
            "SELECT classid, objid, objsubid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        return set(cursor.fetchall())


def test_no_two_locks_share_a_key() -> None:
    for number in range(1, 50):
        locks.lock_import(number)
        locks.lock_person(number, number + 1)
        locks.lock_person(number + 1, number)
    locks.lock_slugs()
    locks.lock_demos()
    with locks.upgrading(), locks.backing_up() as mine:
        assert mine
        assert len(keys()) == 49 + 2 * 49 + 4
    assert len(keys()) == 49 + 2 * 49 + 2
    assert set(locks.KEYS) == set(Space)


def test_who_is_waited_for_waits_for_half_a_minute_at_most() -> None:
    project = factories.project()
    (task,) = factories.tasks(project)
    ann = factories.member(project)

    def patience() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return str(cursor.fetchone()[0])

    def reset() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0")

    reset()
    locks.lock_import(project.pk)
    locks.lock_demos()
    assert patience() == "0"  # jobs, and commands of whoever runs the site
    claims.claim(actor=ann, project=project, count=1)
    assert patience() == locks.PATIENCE
    reset()
    saving.submit(actor=ann, task=task, submission=Submission(answers={"intent": "billing"}), key="locks")
    assert patience() == locks.PATIENCE
    reset()
    locks.lock_slugs()
    assert patience() == locks.PATIENCE


def taken(statements: list[dict[str, str]]) -> Iterator[Space]:
    """Return which locks statements take, in order."""
    for statement in statements:
        for call in re.findall(r"advisory_(?:xact_)?lock\((.*)", statement["sql"]):
            if "'dcai." in call:
                name = re.findall(r"'dcai\.([a-z.]+)'", call)[0]
                yield {"demo": Space.DEMO, "project.slug": Space.SLUG, "import": Space.IMPORT}[name]
            else:
                yield Space.PERSON if "," in call else Space.UPGRADE


@pytest.mark.timeout(120)
def test_whoever_takes_several_takes_them_in_the_order_that_is_written_down() -> None:
    manager = factories.user(is_superuser=True)
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        demo.create(actor=manager, key="support_messages")
    order = list(taken(captured.captured_queries))

    assert {Space.DEMO, Space.SLUG, Space.IMPORT} <= set(order)
    assert order == sorted(order)


def test_a_decision_locks_the_person_before_any_row() -> None:
    project = factories.project()
    (task,) = factories.tasks(project)
    reviewer = factories.member(project, Role.REVIEWER)
    flag = flags.raise_flag(actor=reviewer, task=task, note="Look at it.")

    with CaptureQueriesContext(connection) as captured:
        reviews.decide(actor=reviewer, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.KEEP))
    statements = [query["sql"] for query in captured.captured_queries]
    person = next(at for at, sql in enumerate(statements) if "pg_advisory" in sql)
    rows = next(at for at, sql in enumerate(statements) if "FOR UPDATE" in sql)

    assert person < rows


def test_no_other_file_takes_an_advisory_lock() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for app in ("dcai_web", "labeling", "quality")
        for path in (ROOT / app).rglob("*.py")
        if "advisory" in path.read_text(encoding="utf-8") and "pg_" in path.read_text(encoding="utf-8")
    ]
    assert found == ["labeling/locks.py"]
