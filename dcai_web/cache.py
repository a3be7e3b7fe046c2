"""The cache: Redis, but a lost Redis is an empty cache and never an error."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

T = TypeVar("T")

REST_SECONDS = 3.0
"""So long a Redis that did not answer is left alone: a page that asks ten things must not wait for it ten times."""

_resting: dict[str, float] = {}
"""Until when, by the address of the server; shared by all threads, which have a cache object each."""


class FailOpenRedisCache(RedisCache):
    """Answers as an empty cache while Redis cannot be reached."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._address = server

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return the cached value, or the default when there is none or Redis is gone."""
        return self._ask(lambda: super(FailOpenRedisCache, self).get(key, default, version), otherwise=default)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        """Keep the value if Redis is there."""
        self._ask(lambda: super(FailOpenRedisCache, self).set(key, value, timeout, version), otherwise=None)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        """Keep the value unless one is there; False while Redis is gone."""
        return self._ask(
            lambda: bool(super(FailOpenRedisCache, self).add(key, value, timeout, version)), otherwise=False
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget the value; False while Redis is gone."""
        return self._ask(lambda: bool(super(FailOpenRedisCache, self).delete(key, version)), otherwise=False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Add to a number; while Redis is gone nothing was counted yet."""
        return self._ask(lambda: int(super(FailOpenRedisCache, self).incr(key, delta, version)), otherwise=delta)

    def clear(self) -> None:
        """Forget everything if Redis is there."""
        self._ask(lambda: super(FailOpenRedisCache, self).clear(), otherwise=None)

    def _ask(self, ask: Callable[[], T], *, otherwise: T) -> T:
        if time.monotonic() < _resting.get(self._address, 0.0):
            return otherwise
        try:
            return ask()
        except RedisError as error:
            logger.warning("cache is not reachable: %s", type(error).__name__)
            _resting[self._address] = time.monotonic() + REST_SECONDS
            return otherwise
