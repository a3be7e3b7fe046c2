"""HTTP to the product under fire: one connection, opened anew after every failure."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

TIMEOUT = 15.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
PATIENCE = 240.0
"""Seconds of trying after which a client says that something is stuck."""


class StuckError(Exception):
    """The product did not answer for longer than anybody would wait."""


@dataclass(slots=True)
class Tally:
    """What all clients together met, counted."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answers: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    unclear: list[str] = field(default_factory=list)

    def answered(self, status: int, where: str, content: bytes) -> None:
        """Count an answer; keep one that no person could make anything of."""
        with self.lock:
            self.answers[status] += 1
            if status == http.client.INTERNAL_SERVER_ERROR:
                self.unclear.append(f"{where} answered 500: {content[:300]!r}")

    def failed(self, error: Exception) -> None:
        """Count a request without an answer."""
        with self.lock:
            self.failures[type(error).__name__] += 1

    def retried(self) -> None:
        """Count a repetition."""
        with self.lock:
            self.retries += 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back at last, and whether earlier tries may have reached the server."""

    status: int
    content: Any
    tries: int


class Line:
    """One person's way to the product; not to be shared between threads."""

    def __init__(self, *, port: int, secret: str, tally: Tally, rng: random.Random) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._tally = tally
        self._rng = rng
        self._connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: Any = None, *, key: str = "") -> Answer:
        """Send until it is answered by something other than "not now"; a repetition has the same key."""
        until = time.monotonic() + PATIENCE
        pause = SHORTEST_PAUSE
        tries = 0
        while time.monotonic() < until:
            tries += 1
            try:
                status, content = self.once(method, path, body, key=key)
            except (OSError, http.client.HTTPException) as error:
                self._tally.failed(error)
            else:
                if status < http.client.INTERNAL_SERVER_ERROR and status != http.client.TOO_MANY_REQUESTS:
                    return Answer(status, json.loads(content), tries)
            self._tally.retried()
            time.sleep(pause * self._rng.uniform(0.5, 1))
            pause = min(LONGEST_PAUSE, pause * 2)
        message = f"{method} {path} was not answered for {PATIENCE:.0f} s, in {tries} tries"
        raise StuckError(message)

    def once(self, method: str, path: str, body: Any = None, *, key: str = "") -> tuple[int, bytes]:
        """Send once."""
        content, kind = body if isinstance(body, tuple) else (_json(body), "application/json")
        headers = self._headers | ({"Content-Type": kind} if content is not None else {})
        headers |= {"Idempotency-Key": key} if key else {}
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
            self._connection.request(method, path, content, headers)
            reply = self._connection.getresponse()
            answer = reply.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        self._tally.answered(reply.status, f"{method} {path}", answer)
        return reply.status, answer

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _json(body: Any) -> bytes | None:
    return None if body is None else json.dumps(body).encode()
