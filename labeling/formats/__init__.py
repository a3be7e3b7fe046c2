"""Import and export formats: pure, one file each.

Each module says everything about its format in a `Format` (see `base`), and `registry` lists them. `sniff` tells what a
file is, `read` yields its rows as `Row` or `RowProblem`, and every writer is a generator of bytes. No function here
holds more than a bounded piece of a file in memory.
"""

from __future__ import annotations

from labeling.formats.rows import FormatError, Item, Row, RowProblem, SourceInfo
from labeling.formats.sniff import read_source, sniff

__all__ = ["FormatError", "Item", "Row", "RowProblem", "SourceInfo", "read_source", "sniff"]
