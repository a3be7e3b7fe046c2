"""Accounts: joining by an invitation, and what people keep about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import User
from labeling.services import events, people

if TYPE_CHECKING:
    from labeling.models import Membership

THEMES = ("light", "dark", "auto")
MAX_NAME = 150


@transaction.atomic
def join(*, secret: str, email: str, name: str, password: str) -> Membership:
    """Make an account and accept the invitation with it. An address that has an account signs in instead."""
    email = people.clean_email(email)
    if User.objects.filter(email=email).exists():
        message = "There is an account with this e-mail address already. Sign in with it, then open the link again."
        raise Conflict(message)
    user = User(email=email, name=_clean_name(name))
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = tuple(Problem("password", text) for text in error.messages)
        raise Invalid("Choose another password.", problems=problems) from error
    user.set_password(password)
    user.save()
    events.record(verb="person.joined", project=None, actor=user, person=user.pk)
    return people.accept(user=user, secret=secret)


@transaction.atomic
def rename(*, user: User, name: str) -> None:
    """Change the name that others see; empty shows the e-mail address."""
    user.name = _clean_name(name)
    user.save(update_fields=("name",))
    events.record(verb="person.renamed", project=None, actor=user, name=user.name)


@transaction.atomic
def choose_theme(*, user: User, theme: str) -> None:
    """Remember how the person wants pages to look."""
    if theme not in THEMES:
        message = f"Expected one of {', '.join(THEMES)}."
        raise Invalid(message, problems=(Problem("theme", message),))
    kept = User.objects.select_for_update().get(pk=user.pk)
    kept.preferences = {**kept.preferences, "theme": theme}
    kept.save(update_fields=("preferences",))
    events.record(verb="person.themed", project=None, actor=user, theme=theme)


def _clean_name(raw: str) -> str:
    name = " ".join(raw.split())
    if len(name) > MAX_NAME or "\x00" in name:
        message = f"A name has at most {MAX_NAME} characters."
        raise Invalid(message, problems=(Problem("name", message),))
    return name
