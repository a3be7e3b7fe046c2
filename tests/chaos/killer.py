"""kill -9 of the product's processes, and of no others: only what descends from the supervisor that the run started."""

from __future__ import annotations

import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.chaos.ledger import Ledger
from tests.running import Site

KINDS = ("web", "postgres", "worker", "redis")
LAST_WORDS = 0.5
"""Seconds for which what is killed may still be heard of."""
EMPTIED = 0.4
"""Share of the kills of Redis before which it loses all that it knows."""
PATIENCE = 200.0
"""Seconds that the product gets to come back from everything."""
_WORDS = {
    "web": ("granian",),
    "postgres": ("postgres", "-D"),
    "worker": ("celery", "default,imports,media"),
    "quality": ("celery", "--queues quality"),
    "redis": ("redis-server",),
}


@dataclass(slots=True)
class Killer:
    """Ends one process after the other, and notes how long it took until saves were acknowledged again."""

    site: Site
    ledger: Ledger
    rng: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    emptied: int = 0
    moments: list[tuple[str, float]] = field(default_factory=list)

    def kill(self, count: int, *, everything: int = 0, said: Callable[[str], None] = lambda _: None) -> None:
        """Kill so many times at random instants, the kinds in turn; `everything` of these are the whole product."""
        whole = set(self.rng.sample(range(count), everything)) if everything else set()
        kinds = self._kinds()
        for number in range(count):
            time.sleep(self.rng.uniform(0.2, 3.0))
            kind = "everything" if number in whole else next(kinds)
            moment = time.monotonic()
            words = self._everything() if kind == "everything" else self._one(kind)
            self.killed[kind] += 1
            self.moments.append((kind, moment))
            said(f"kill {number + 1} of {count}: {words}")
            if kind == "everything" or self.rng.random() > 0.2:
                self._await(moment, kind)
            # Otherwise the next one comes while this one is not over.
        self._await(time.monotonic(), "")

    def _kinds(self) -> Iterator[str]:
        while True:
            yield from self.rng.sample(KINDS, len(KINDS))

    def _await(self, moment: float, kind: str) -> None:
        """Wait until saves are acknowledged again, and not only those that were almost done when the process ended."""
        until = moment + PATIENCE
        while not self.ledger.acknowledged_since(moment + LAST_WORDS):
            if time.monotonic() > until:
                self.ledger.fault(
                    f"no save was acknowledged for {PATIENCE:.0f} s after a kill of {kind or 'all kinds'}"
                )
                return
            time.sleep(0.02)

    def _one(self, kind: str) -> str:
        """Kill one process of a kind: the one in charge, or one of those that work for it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, IndexError, StopIteration):
                victim = self._victim(kind)
                emptied = kind == "redis" and self.rng.random() < EMPTIED and self._empty_redis()
                words = f"{kind} ({victim.pid}: {' '.join(victim.cmdline()).strip()[-60:]})"
                victim.kill()
                return f"{words}, emptied before" if emptied else words
            time.sleep(0.05)  # it is just being started again
        self.ledger.fault(f"{kind} was not started again within {PATIENCE:.0f} s")
        return f"{kind}: not there"

    def _victim(self, kind: str) -> psutil.Process:
        name = self.rng.choice(("worker", "quality")) if kind == "worker" else kind
        chief = self.site.child(*_WORDS[name])
        if self.rng.random() < 0.6:
            return chief
        hands = chief.children(recursive=True)
        if kind == "postgres":
            hands = [hand for hand in hands if "dcai dcai" in " ".join(hand.cmdline())]
        return self.rng.choice(hands) if hands else chief

    def _empty_redis(self) -> bool:
        """Let Redis forget every message that it was to pass on."""
        try:
            with Redis.from_url(self.site.engines["REDIS_URL"], socket_timeout=2, retry=Retry(NoBackoff(), 0)) as redis:
                redis.flushall()
        except RedisError:
            return False
        self.emptied += 1
        return True

    def _everything(self) -> str:
        pids = len(self.site.everything())
        self.site.kill()
        self.site.up()
        return f"the supervisor and all {pids - 1} processes below it, started again"
