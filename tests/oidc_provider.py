"""A small OpenID Connect provider on this machine: discovery, keys, authorization code with PKCE, token, userinfo."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "dcai", "a-secret-of-the-test"


class OidcProvider:
    """Who signs in there is `person`; what it says wrongly is set by the tests."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.person: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.token_claims: dict[str, Any] = {}
        self.claimed_issuer = issuer
        self.algorithm = "RS256"
        self.broken: set[str] = set()
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._published = self._key
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, dict[str, Any]] = {}

    def sign_with_another_key(self) -> None:
        """Sign with a key that is not published."""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], bearer: str) -> tuple[int, Any]:
        """Return the status, and the JSON or (with 302) the address."""
        if path in self.broken:
            return 500, {"error": "server_error"}
        match path:
            case "/.well-known/openid-configuration":
                return 200, self._discovery()
            case "/jwks":
                key = json.loads(RSAAlgorithm.to_jwk(self._published.public_key()))
                return 200, {"keys": [key | {"kid": "one", "alg": "RS256", "use": "sig"}]}
            case "/authorize":
                return self._authorize(query)
            case "/token":
                return self._token(form)
            case "/userinfo":
                return (200, self._tokens[bearer]) if bearer in self._tokens else (401, {})
        return 404, {}

    def _discovery(self) -> dict[str, Any]:
        places = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "userinfo_endpoint": "userinfo",
            "jwks_uri": "jwks",
        }
        return {
            "issuer": self.claimed_issuer,
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **{name: f"{self.issuer}/{path}" for name, path in places.items()},
        }

    def _authorize(self, query: dict[str, str]) -> tuple[int, Any]:
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert set(query["scope"].split()) == {"openid", "profile", "email"}
        back = {"state": query["state"]}
        if not self.person:
            return 302, f"{query['redirect_uri']}?{urlencode(back | {'error': 'access_denied'})}"
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return 302, f"{query['redirect_uri']}?{urlencode(back | {'code': code})}"

    def _token(self, form: dict[str, str]) -> tuple[int, Any]:
        asked = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        right = asked is not None and (form["client_id"], form["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
        if not asked or not right or challenge.decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.claimed_issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60, **self.person}
        key: Any = self._key if self.algorithm != "HS256" else CLIENT_SECRET * 2
        token = jwt.encode(claims | self.token_claims, key, algorithm=self.algorithm, headers={"kid": "one"})
        access = secrets.token_urlsafe(16)
        self._tokens[access] = self.person | self.userinfo
        return 200, {"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": token}


@contextmanager
def running_provider() -> Iterator[OidcProvider]:
    """Run a provider on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            form = _flat(self.rfile.read(length).decode())
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, content = provider.answer(parts.path, _flat(parts.query), form, bearer)
            body = b"" if status == 302 else json.dumps(content).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", content)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = OidcProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
