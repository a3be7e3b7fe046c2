"""Everything that the site keeps about one person."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.db.models import BinaryField, Q

from labeling.models import Event, Invitation, User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model, QuerySet

SECRET = frozenset({"password", "digest", "session_hash", "data"})
"""What proves who somebody is (`data` makes the codes of a second factor): of no use to the person, and dangerous in a
file."""

SIGN_INS = (AccessAttempt, AccessLog, AccessFailureLog)


def rows(user: User) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the table and the content of every row about a person, table by table.

    Every table that refers to people is read, also one that is added later.
    """
    yield from _all(User.objects.filter(pk=user.pk))
    for model in apps.get_models():
        if model not in (Event, Invitation):
            names = [field.name for field in model._meta.concrete_fields if field.related_model is User]
            if names:
                yield from _all(model._default_manager.filter(reduce(or_, (Q(**{name: user}) for name in names))))
    yield from _all(Event.objects.filter(Q(actor=user) | about(user)))
    yield from _all(Invitation.objects.filter(Q(created_by=user) | Q(accepted_by=user) | Q(email=user.email)))
    for sign_ins in SIGN_INS:
        yield from _all(sign_ins.objects.filter(username__iexact=user.email))


def about(user: User) -> Q:
    """Return the condition of events that name a person."""
    return Q(payload__member=user.pk) | Q(payload__email=user.email)


def _all(found: QuerySet[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    model: type[Model] = found.model
    fields = [
        field.attname
        for field in model._meta.concrete_fields
        if field.name not in SECRET and not isinstance(field, BinaryField)
    ]
    for row in found.order_by("pk").values(*fields).iterator(chunk_size=2_000):
        yield model._meta.label, row
