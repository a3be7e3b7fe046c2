"""What all endpoints share: strict parsing, JSON whatever `Accept` says, and signed-in people only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import is_valid_path
from django.utils.http import escape_leading_slashes
from django.views import View
from rest_framework.exceptions import APIException, NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from labeling.api.reading import StrictJSONParser
from labeling.errors import Forbidden
from labeling.models import User
from labeling.services.tokens import ShownToken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from rest_framework.parsers import BaseParser
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request

    from labeling.models import Scope


class LengthRequired(APIException):
    """The body came in pieces, without its length."""

    status_code = 411
    default_detail = "Send the body with its Content-Length, not in chunks."


class OneFormat(BaseContentNegotiation):
    """Every endpoint has one parser per content type and one renderer: there is nothing to negotiate."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the parser of the request's content type, or None (which is a 415)."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the only renderer."""
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class Endpoint(APIView):
    """One address of the API. Methods parse, authorize through `access`, call one function and render."""

    parser_classes: Sequence[type[BaseParser]] = (StrictJSONParser,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JSONRenderer,)
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated,)
    content_negotiation_class = OneFormat
    metadata_class = None
    http_method_names = ("get", "post", "put", "patch", "delete", "head")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a token whose scope is too small, and a body of unknown length, which would be read as none."""
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        super().initial(request, *args, **kwargs)
        method = getattr(self, str(request.method).lower(), None)
        token = token_of(request)
        if method is not None and token is not None:
            _check_scope(token, getattr(method, "scope", None))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let no proxy or browser keep what one person may see."""
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)


def _check_scope(token: ShownToken, needed: Scope | None) -> None:
    if needed is None:
        raise Forbidden("No token is taken here.")
    if not token.is_good_for(needed):
        raise Forbidden(f"Your token has the scope “{token.scope}”; this needs “{needed}”. Make another token for it.")


class AddSlash(View):
    """An address without its last slash: sent on with method and body, which a 301 would lose."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Redirect if there is something at the address with a slash."""
        address = f"{request.path}/"
        if not is_valid_path(address):
            raise Http404
        query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
        return HttpResponsePermanentRedirect(f"{escape_leading_slashes(address)}{query}", preserve_request=True)


def actor(request: Request) -> User:
    """Return the signed-in person."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def token_of(request: Request) -> ShownToken | None:
    """Return the token that was shown; None when a browser's session asks."""
    return request.auth if isinstance(request.auth, ShownToken) else None
