"""Who is asking: a bearer token, or the session of the browser (which then needs a CSRF token)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from labeling.services import limits, people

if TYPE_CHECKING:
    from typing import Any

    from rest_framework.request import Request

    from labeling.models import User

SCHEME = "bearer"
MAX_TOKEN = 200


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer dcai_…``"""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the token's owner; None without a bearer token, so that the session is asked next."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        secret = secret.strip()
        user = people.user_of_token(secret) if 0 < len(secret) <= MAX_TOKEN else None
        if user is None:
            limits.BAD_TOKENS.count(request.META.get("REMOTE_ADDR", ""))
            raise AuthenticationFailed("This token is not valid: it is mistyped, was revoked, or its owner left.")
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, which makes a missing sign-in a 401."""
        return 'Bearer realm="api"'


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes it."""

    target_class = "labeling.api.authentication.BearerAuthentication"
    name = "bearerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the security scheme object."""
        return {"type": "http", "scheme": SCHEME, "description": "A token from your settings or `POST /api/tokens/`."}
