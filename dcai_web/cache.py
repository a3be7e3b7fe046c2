"""The cache: Redis, but a lost Redis is a slow page and never an error."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class FailOpenRedisCache(RedisCache):
    """Answers as an empty cache while Redis cannot be reached."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return the cached value, or the default when there is none or Redis is gone."""
        try:
            return super().get(key, default, version)
        except RedisError as error:
            logger.warning("cache is not reachable: %s", type(error).__name__)
            return default

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        """Keep the value if Redis is there."""
        try:
            super().set(key, value, timeout, version)
        except RedisError as error:
            logger.warning("cache is not reachable: %s", type(error).__name__)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        """Keep the value unless one is there; False while Redis is gone."""
        try:
            return bool(super().add(key, value, timeout, version))
        except RedisError as error:
            logger.warning("cache is not reachable: %s", type(error).__name__)
            return False

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget the value; False while Redis is gone."""
        try:
            return bool(super().delete(key, version))
        except RedisError as error:
            logger.warning("cache is not reachable: %s", type(error).__name__)
            return False
