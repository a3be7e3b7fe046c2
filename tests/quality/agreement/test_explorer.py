"""The explorer by what several people answered: filters, order, column, and who may ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from labeling.models import Project, Role, Task, User
from labeling.selectors import explorer as explorer_reads
from labeling.selectors.explorer import Said, Several, TaskFilter, several_named
from tests import factories
from tests.quality.agreement.crowds import answer, crowd, measured

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def found(project: Project, tasks: list[Task], several: Several) -> list[int]:
    """Return which of the tasks fit, by their place, in the usual order."""
    matches = explorer_reads.matches(project, TaskFilter(answers=str(several)))
    places = {task.pk: place for place, task in enumerate(tasks)}
    return [places[pk] for pk in explorer_reads.first_ids(matches, sort=explorer_reads.BY_AGREEMENT, most=100)]


def test_tasks_are_found_by_agreement_least_first() -> None:
    project, tasks, _ = crowd(
        "billing billing delivery other .", "billing delivery delivery other .", "other other delivery . ."
    )
    measured(project)
    assert found(project, tasks, Several("intent")) == [1, 0, 2, 3]
    assert found(project, tasks, Several("intent", differ=True)) == [1, 0]
    assert found(project, tasks, Several("intent", differ=False)) == [2, 3]
    assert found(project, tasks, Several("intent", low=0, high=0.3)) == [1]
    assert found(project, tasks, Several("intent", low=0.3, high=0.4)) == [0]
    assert found(project, tasks, Several("intent", low=0.9, high=1)) == [2, 3]
    assert found(project, tasks, Several("another")) == []


def test_tasks_are_found_by_who_said_what() -> None:
    project, tasks, (ann, bob, cleo) = crowd("billing billing delivery", "billing delivery delivery", "other other .")
    measured(project)

    def said(*said: Said) -> list[int]:
        return sorted(found(project, tasks, Several("intent", said=said)))

    assert said(Said(ann.pk, "billing"), Said(bob.pk, "delivery")) == [1]
    assert said(Said(label="billing"), Said(label="delivery")) == [1]
    assert said(Said(label="billing"), Said(label="other")) == [0, 1]
    assert said(Said(ann.pk), Said(bob.pk)) == [1]
    assert said(Said(ann.pk), Said(cleo.pk)) == [0, 1]
    assert said(Said(ann.pk, "delivery")) == [2]
    assert said(Said(label="billing"), Said(label="billing")) == [0]


def test_ratings_and_several_labels_are_found_too() -> None:
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [
            {"name": "stars", "kind": "rating", "field": "text", "min": 1, "max": 5, "required": False},
            {"name": "tags", "kind": "multi_choice", "field": "text", "labels": ["a", "b", "c"], "required": False},
        ],
    }
    project = factories.project(schema=schema, overlap=2)
    ann, bob = (factories.member(project, Role.ANNOTATOR) for _ in range(2))
    tasks = factories.tasks(project, data=[{"text": "one"}, {"text": "two"}])
    answer(ann, tasks[0], 2, question="stars")
    answer(bob, tasks[0], 5, question="stars")
    answer(ann, tasks[1], ["a", "b"], question="tags")
    answer(bob, tasks[1], ["c"], question="tags")
    assert found(project, tasks, Several("stars", said=(Said(label="2"), Said(label="5")))) == [0]
    assert found(project, tasks, Several("tags", said=(Said(ann.pk, "b"), Said(bob.pk, "c")))) == [1]
    assert found(project, tasks, Several("tags", said=(Said(label="a"), Said(label="b")))) == []


names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)


@given(
    st.builds(
        Several,
        question=names,
        differ=st.none(),
        said=st.lists(st.builds(Said, st.integers(0, 10**12), names), min_size=1, max_size=2).map(tuple),
    )
)
def test_the_word_of_a_condition_is_read_back(several: Several) -> None:
    word = str(several)
    if len(word) <= 700:
        assert several_named(word) == several


@pytest.mark.parametrize(
    "word",
    [
        "intent:what",
        "intent:between:2-3",
        "intent:between:0.5-0.2",
        "intent:between:nan-1",
        "intent:said",
        "q:said:x=y",
        "q:said:1",
        "q:said:1=a:2=b:3=c",
    ],
)
def test_other_words_are_refused_with_an_example(word: str, client_for: SignIn) -> None:
    assert several_named(word) is None
    project = factories.project()
    page = client_for(factories.member(project, Role.REVIEWER)).get(f"/p/{project.slug}/tasks/", {"answers": word})
    assert page.status_code == 400
    assert "intent:differ" in page.content.decode()


def test_the_page_has_the_column_and_says_the_condition(client_for: SignIn) -> None:
    project, tasks, (ann, bob) = crowd("billing billing", "billing delivery")
    measured(project)
    client = client_for(factories.member(project, Role.REVIEWER))
    page = client.get(f"/p/{project.slug}/tasks/", {"answers": "intent:differ"}).content.decode()
    assert "People agree" in page
    assert "intent: answers differ" in page
    assert f'name="task" value="{tasks[1].pk}"' in page
    assert f'name="task" value="{tasks[0].pk}"' not in page
    word = str(Several("intent", said=(Said(ann.pk, "billing"), Said(bob.pk, "delivery"))))
    page = client.get(f"/p/{project.slug}/tasks/", {"answers": word}).content.decode()
    assert "intent: Ann said billing and Bob said delivery" in page


def test_who_answered_what_is_for_reviewers(client_for: SignIn) -> None:
    project, _, (ann, _) = crowd("billing", "delivery")
    measured(project)
    client = client_for(ann)
    assert client.get(f"/p/{project.slug}/tasks/", {"answers": "intent:differ"}).status_code == 403
    page = client.get(f"/p/{project.slug}/tasks/").content.decode()
    assert "Several people" not in page
    assert "Agreement of people" not in page
