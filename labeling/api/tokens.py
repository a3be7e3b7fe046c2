"""Tokens of the API."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling.api.endpoint import Endpoint, actor, token_of
from labeling.api.openapi import filled, operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.people import TOKENS
from labeling.api.reading import Body, Moment, body, query
from labeling.models import ApiToken, Scope
from labeling.selectors import people as people_reads
from labeling.services import tokens

if TYPE_CHECKING:
    from rest_framework.request import Request


class TokenDocument(BaseModel):
    """An API token; its secret is not kept."""

    id: int
    name: str
    prefix: str
    scope: Scope = Field(description="What it is good for, within what its owner may do.")
    created_at: datetime
    expires_at: datetime | None = Field(
        description="It no longer works from then on; null: it works until it is revoked."
    )
    last_used_at: datetime | None
    revoked: bool


class TokenNewDocument(TokenDocument):
    """A new token, with the secret that is shown only now."""

    token: str


class TokenList(Listed):
    """One page of tokens."""

    results: list[TokenDocument]


class TokenNew(Body):
    """A new token; its scope is the smallest, and it ends only when it is revoked, unless you say otherwise."""

    name: str = Field(json_schema_extra=filled(100))
    scope: str = Field(Scope.READ.value, json_schema_extra={"enum": list(Scope.values)})
    expires_at: Moment | None = None


def token_document(token: ApiToken) -> dict[str, Any]:
    """Return a token without its secret."""
    return {
        "id": token.pk,
        "name": token.name,
        "prefix": token.prefix,
        "scope": token.scope,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked": token.revoked_at is not None,
    }


class Tokens(Endpoint):
    """One's own API tokens."""

    @operation("tokens_list", "List your tokens", tag=TOKENS, needs=Scope.READ, query=Page, returns={200: TokenList})
    def get(self, request: Request) -> Response:
        """Return the person's tokens, revoked ones included."""
        return listed(
            request,
            people_reads.all_tokens_of(actor(request)),
            query(request, Page),
            order="pk",
            show=lambda rows: [token_document(token) for token in rows],
        )

    @operation(
        "tokens_create",
        "Create a token",
        tag=TOKENS,
        needs=Scope.MANAGE,
        body=TokenNew,
        example={"name": "Nightly export", "scope": "read"},
        returns={201: TokenNewDocument},
        description="The secret is shown in this answer only.",
    )
    def post(self, request: Request) -> Response:
        """Make a token; with a token, none that ends later than it."""
        sent = body(request, TokenNew)
        token, secret = tokens.issue_token(
            user=actor(request), name=sent.name, scope=sent.scope, expires_at=sent.expires_at, shown=token_of(request)
        )
        return Response(token_document(token) | {"token": secret}, status=201)


class OneToken(Endpoint):
    """One of one's own tokens."""

    @operation("tokens_revoke", "Revoke a token", tag=TOKENS, needs=Scope.MANAGE, returns={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        """End the token at once."""
        tokens.revoke_token(user=actor(request), token_id=token_id)
        return Response(status=204)
