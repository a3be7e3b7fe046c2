"""Who is asking: a bearer token, or the session of the browser (which then needs a CSRF token)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from labeling.services import limits, tokens

if TYPE_CHECKING:
    from typing import Any

    from rest_framework.request import Request

    from labeling.models import User
    from labeling.services.tokens import ShownToken

SCHEME = "bearer"
MAX_TOKEN = 200


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer dcai_…``"""

    def authenticate(self, request: Request) -> tuple[User, ShownToken] | None:
        """Return the token's owner and the token; None without one, so that the session is asked next."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        secret = secret.strip()
        shown = tokens.shown_token(secret) if 0 < len(secret) <= MAX_TOKEN else None
        if shown is None:
            limits.BAD_TOKENS.count(request.META.get("REMOTE_ADDR", ""))
            message = "This token is not valid: it is mistyped, was revoked, has expired, or its owner left."
            raise AuthenticationFailed(message)
        return shown.user, shown

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, which makes a missing sign-in a 401."""
        return 'Bearer realm="api"'


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes it."""

    target_class = "labeling.api.authentication.BearerAuthentication"
    name = "bearerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the security scheme object."""
        return {
            "type": "http",
            "scheme": SCHEME,
            "description": "A token from your profile or `POST /api/tokens/`, of the named scope or a larger one: "
            "`read` reads and exports, `label` also answers and decides, `manage` does all that you may.",
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[Any]]:
        """Return the scope that a token needs for the operation."""
        method = getattr(auto_schema.view, auto_schema.method.lower())
        return {self.name: [str(method.scope)]}
