"""Rows as other tools write them: a `Dialect` per file, told by its keys and turned into the keys known here.

A dialect lies on top of a format: whether its rows come as JSON, JSON Lines or Parquet makes no difference to it.
"""

from __future__ import annotations

from labeling.formats.dialects.registry import DIALECTS, dialect_of, translate_items

__all__ = ["DIALECTS", "dialect_of", "translate_items"]
