from __future__ import annotations

import time

import pytest

from labeling.selectors import progress as progress_reads
from labeling.selectors import queues as queue_reads
from labeling.services import claims
from tests import factories

pytestmark = pytest.mark.django_db


def test_what_is_cheap_is_counted_afresh_and_what_is_not_is_kept() -> None:
    calls: list[str] = []

    def cheap() -> int:
        calls.append("cheap")
        return len(calls)

    def dear() -> int:
        calls.append("dear")
        time.sleep(progress_reads.CHEAP_SECONDS + 0.02)
        return len(calls)

    assert [progress_reads.kept("cheap", cheap), progress_reads.kept("cheap", cheap)] == [1, 2]
    assert [progress_reads.kept("dear", dear), progress_reads.kept("dear", dear)] == [3, 3]


def test_counts_of_many_projects_are_each_projects_own() -> None:
    made = [factories.project() for _ in range(3)]
    for number, project in enumerate(made):
        factories.tasks(project, number + 1)
    found = progress_reads.counts([project.pk for project in made])
    assert [found[project.pk].total for project in made] == [1, 2, 3]


def test_what_waits_is_what_a_person_holds_and_could_take() -> None:
    project, other = factories.project(), factories.project()
    factories.tasks(project, 5)
    person, another = factories.member(project), factories.member(project)
    claims.claim(actor=person, project=project, count=2)
    claims.claim(actor=another, project=project, count=1)
    ids = [project.pk, other.pk]
    assert queue_reads.waiting_for(person, ids) == {project.pk: 4, other.pk: 0}
    assert queue_reads.waiting_for(another, ids) == {project.pk: 3, other.pk: 0}


@pytest.mark.parametrize(("count", "words"), [(0, ""), (7, "7"), (1000, "1,000"), (1001, "1,000+")])
def test_a_count_says_where_it_stopped(count: int, words: str) -> None:
    assert queue_reads.capped(count) == words


def test_the_last_project_is_the_one_answered_in_last() -> None:
    person = factories.user()
    assert progress_reads.last_project_of(person, [1, 2]) is None
