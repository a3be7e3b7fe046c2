"""How a person likes to work: the look of pages, the keys of the label page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from labeling import access
from labeling.errors import Invalid, Problem
from labeling.models import User
from labeling.models.preferences import THEMES, USUAL_KEYS, ExplorerLook, Preferences, View, is_key
from labeling.services import events

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labeling.models import Project

MAX_VIEWS = 100
"""Projects of which it is remembered how a person looks at their tasks."""


@transaction.atomic
def choose_theme(*, user: User, theme: str) -> None:
    """Remember how the person wants pages to look."""
    if theme not in THEMES:
        message = f"Expected one of {', '.join(THEMES)}."
        raise Invalid(message, problems=(Problem("theme", message),))
    _keep(_locked(user), theme=theme)
    events.record(verb="person.themed", project=None, actor=user, theme=theme)


@transaction.atomic
def choose_look(*, user: User, **choices: Any) -> None:
    """Remember how the person wants the explorer to look everywhere: density, hidden columns."""
    person = _locked(user)
    look = Preferences.load(person.preferences).tasks or ExplorerLook()
    _keep(person, tasks=look.model_copy(update=choices))
    events.record(verb="person.explorer", project=None, actor=user, **choices)


@transaction.atomic
def choose_view(*, user: User, project: Project, view: View) -> None:
    """Remember whether the person sees this project's tasks as a table or a grid; of the latest projects alone."""
    person = _locked(user)
    look = Preferences.load(person.preferences).tasks or ExplorerLook()
    others = [(key, kept) for key, kept in look.views.items() if key != str(project.pk)]
    views = {**dict(others[1 - MAX_VIEWS :]), str(project.pk): view}
    _keep(person, tasks=look.model_copy(update={"views": views}))
    events.record(verb="person.explorer", project=None, actor=user, view=view)


@transaction.atomic
def choose_ways(*, user: User, goes_on: bool | None = None, keys: Mapping[str, str] | None = None) -> None:
    """Remember how the person works on the label page; what is None stays as it is.

    Parameters
    ----------
    goes_on
        Whether a key that is a whole answer goes on, where a project leaves that to its people.
    keys
        The keys of actions; those that are not named get their usual one.
    """
    access.check_person(user, "answer tasks")
    person = _locked(user)
    if goes_on is not None:
        _keep(person, goes_on=goes_on)
        events.record(verb="person.goes_on", project=None, actor=user, goes_on=goes_on)
    if keys is not None:
        if problems := tuple(_wrong_keys(keys)):
            raise Invalid(problems[0].message, problems=problems)
        chosen = {action: key for action, key in keys.items() if key != USUAL_KEYS[action]}
        _keep(person, keys=chosen or None)
        events.record(verb="person.keys", project=None, actor=user, keys=chosen)
    user.preferences = person.preferences


def _wrong_keys(keys: Mapping[str, str]) -> Iterator[Problem]:
    unknown = [action for action in keys if action not in USUAL_KEYS]
    for action in unknown:
        yield Problem(f"keys.{action}", f"There is no such action. Expected one of {', '.join(USUAL_KEYS)}.")
    if unknown:
        return
    for action, key in keys.items():
        if not is_key(key):
            yield Problem(f"keys.{action}", "An action cannot have this key: digits answer, / finds, Tab and Esc walk.")
    held: dict[str, str] = {}
    for action, key in (USUAL_KEYS | dict(keys)).items():
        if (other := held.setdefault(key, action)) != action:
            yield Problem(f"keys.{action}", f"Two actions have the key {key}: {other} and {action}.")


def _locked(user: User) -> User:
    """Return the person as they are now: another request may have written a choice since `user` was read."""
    return User.objects.select_for_update().get(pk=user.pk)


def _keep(person: User, **choices: Any) -> Preferences:
    preferences = Preferences.load(person.preferences).model_copy(update=choices)
    person.preferences = preferences.dump()
    person.save(update_fields=("preferences",))
    return preferences
