"""Personal data: a value replaced by a keyed hash.

The same value gives the same hash under one key, so rows of one customer can still be joined, while
nobody without the site's key can find the value by trying likely ones.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

HASH_CHARS = 32


def keyed_hash(value: Any, *, key: bytes) -> str:
    """Return the HMAC-SHA-256 of the value under the key, as 32 hexadecimal characters.

    Numbers and other JSON values are hashed by their canonical JSON text, text by itself.
    """
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:HASH_CHARS]
