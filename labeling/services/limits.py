"""Limits on guessing: how often something may fail from one place before it has to wait.

Counted in the cache: without Redis nothing is limited and nothing fails. Addresses of people are kept as digests only.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from django.core.cache import cache

from labeling.errors import TooMany

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many within so many seconds, from the first on."""

    name: str
    most: int
    seconds: int
    message: str

    def count(self, key: str) -> None:
        """Count one more for the key; raises `TooMany` beyond the limit."""
        where = f"limit:{self.name}:{hashlib.sha256(key.encode(errors='replace')).hexdigest()}"
        if cache.add(where, 1, timeout=self.seconds):
            return
        try:
            counted = cache.incr(where)
        except ValueError:  # it ran out between the two commands
            return
        if counted > self.most:
            if counted == self.most + 1:
                logger.warning("limit reached: %s", self.name)
            raise TooMany(self.message, seconds=self.seconds)


BAD_TOKENS = Limit(
    "bad-tokens", 30, 60, "Too many requests with tokens that are not valid came from your address. Wait a minute."
)
"""By address. Only tokens that are not valid are counted, after they were looked up: a good one costs nothing here,
and is never refused because of a neighbor behind the same address. (What stops guessing is that a token has 256
random bits; the limit bounds the noise and tells the log.)"""

SIGN_IN_ATTEMPTS = Limit(
    "sign-in", 100, 900, "Too many attempts to sign in failed from your address. Wait a quarter of an hour."
)
"""By address, over all accounts; one account is locked for one address much earlier (`DCAI_LOGIN_FAILURES`)."""

CODES_OF_ACCOUNT = Limit(
    "codes", 30, 3600, "Too many codes for this account were wrong. Wait an hour, and check the clock of your device."
)
"""By account, over all addresses: who gets so far knows the password."""

RESETS_OF_ADDRESS = Limit(
    "reset-mail",
    5,
    3600,
    "A link was asked for this e-mail address several times. Use the newest mail, or wait an hour.",
)
"""By e-mail address, whether or not there is an account with it."""

RESETS_FROM_ADDRESS = Limit(
    "reset-from", 30, 3600, "Too many links for new passwords were asked for from your address. Wait an hour."
)
"""By the address of the browser."""

INVITATIONS_OF_ADDRESS = Limit(
    "invitation-mail",
    5,
    3600,
    "This address was sent several invitations within the hour. The newest is good; or wait an hour.",
)
"""By e-mail address, whoever invites."""

TAKEN_ADDRESSES = Limit(
    "taken", 10, 3600, "Too many e-mail addresses that have an account were tried from your address. Wait an hour."
)
"""By the address of the browser: whoever joins by a link is told that an address is taken, but not about many."""
