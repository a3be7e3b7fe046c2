"""Webhooks: set them up, and check what they send."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dcai.errors import DcaiError
from dcai.rows import Rows

TOLERANCE_SECONDS = 300


class NotSigned(DcaiError):
    """What came was not signed with the secret, or is too old."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, tolerance: float = TOLERANCE_SECONDS) -> Any:
    """Return the message of a request from a webhook, or raise `NotSigned`.

    `body` is what came, byte for byte. A message whose time is more than `tolerance` seconds away from now is refused,
    so that nobody can send an old one again.
    """
    given = next((value for name, value in headers.items() if name.lower() == "dcai-signature"), "")
    parts = [part.partition("=") for part in given.split(",")]
    moments = [value for name, _, value in parts if name.strip() == "t"]
    if len(moments) != 1 or not (moments[0].isascii() and moments[0].isdigit()):
        raise NotSigned("There is no Dcai-Signature that says when it was made.")
    expected = hmac.new(secret.encode(), f"{moments[0]}.".encode() + body, hashlib.sha256).hexdigest()
    if not any(
        name.strip() == "v1" and hmac.compare_digest(value.encode(), expected.encode()) for name, _, value in parts
    ):
        raise NotSigned("The signature is not of this body and this secret.")
    if abs(time.time() - int(moments[0])) > tolerance:
        raise NotSigned(f"The signature is more than {tolerance:g} seconds away from now.")
    return json.loads(body)


class Webhooks(Rows):
    """The webhooks of one project. Iterate over it to list them."""

    _NAME = "webhooks"

    def create(self, url: str, types: Iterable[str]) -> dict[str, Any]:
        """Have an address told of events of these types; `secret` is in this answer only."""
        sent = {"json": {"url": url, "types": list(types)}}
        made: dict[str, Any] = self._transport.json("POST", f"{self._path}/webhooks/", body=lambda: sent)
        return made

    def change(self, webhook: int, **changes: Any) -> dict[str, Any]:
        """Change `url` or `types`, or switch it `on` (True) or off (False)."""
        changed: dict[str, Any] = self._transport.json(
            "PATCH", f"{self._path}/webhooks/{webhook}/", body=lambda: {"json": changes}, harmless=True
        )
        return changed

    def delete(self, webhook: int) -> None:
        """Tell its address nothing more."""
        self._transport.request("DELETE", f"{self._path}/webhooks/{webhook}/")

    def ping(self, webhook: int) -> dict[str, Any]:
        """Have a test sent; `deliveries` says what became of it."""
        sent: dict[str, Any] = self._transport.json(
            "POST", f"{self._path}/webhooks/{webhook}/ping/", body=lambda: {"json": {}}
        )
        return sent

    def deliveries(self, webhook: int) -> Iterator[dict[str, Any]]:
        """Yield what was sent in the last days, the newest first."""
        return self._transport.pages(f"{self._path}/webhooks/{webhook}/deliveries/", {"limit": 1000})

    def send_again(self, webhook: int, delivery: int) -> dict[str, Any]:
        """Have a delivery sent again, with the same id."""
        sent: dict[str, Any] = self._transport.json(
            "POST", f"{self._path}/webhooks/{webhook}/deliveries/{delivery}/again/", body=lambda: {"json": {}}
        )
        return sent
