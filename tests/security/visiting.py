"""Doing what people do, and taking it back: one world serves many requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.test import Client

from tests import sessions
from tests.security.pages import address
from tests.security.rules import body
from tests.security.worlds import World

ALLOWED, SENT_TO_SIGN_IN = "allowed", "sent to sign in"


def signed_in(place: World, person: str, **options: Any) -> Client:
    """Return the browser of a person of a world; of nobody, if it is “anonymous”."""
    client = Client(**options)
    if person != "anonymous":
        sessions.signed_in(client, place.people[person])
    return client


@contextmanager
def undone(client: Client) -> Iterator[None]:
    """Take back what happens inside: in the database, in the cache and in the browser."""
    cookies = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies
    cache.clear()


def send(client: Client, place: World, name: str, method: str, **more: Any) -> Any:
    """Do on a page what those do who may."""
    if method == "post":
        return client.post(address(name, place.arguments), body(name, place), **more)
    return client.generic(method.upper(), address(name, place.arguments), **more)


def told(response: Any) -> str | int:
    """Return what an answer means; the files that it sends are read."""
    status: int = response.status_code
    if response.streaming:
        b"".join(response.streaming_content)
    if status == 302 and response["Location"].startswith("/login/?"):
        return SENT_TO_SIGN_IN
    return ALLOWED if status < 400 else status
