"""Sessions of people, made without signing in."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from labeling.models import User

AnyClient = TypeVar("AnyClient", bound=Client)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def signed_in(client: AnyClient, user: User) -> AnyClient:
    """Give a client the session of a person, and return it.

    A session and nothing else: `force_login` also tells whoever listens to sign-ins, which takes longer than most
    requests. How people sign in has tests of its own.
    """
    session = SessionStore()
    session.update(
        {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: BACKEND, HASH_SESSION_KEY: user.get_session_auth_hash()}
    )
    session.save(must_create=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client
