"""SQL that writes a cell as Python would write it, and many times as fast.

The rules are those of `labeling.formats`; a test holds each expression against its rule, for any text.
"""

from __future__ import annotations

from labeling.formats.csv import FORMULA_LEADS, FORMULA_STARTS

_FORMULA_CODES = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
_LEADS = "".join(f"\\{ord(lead):04x}" for lead in FORMULA_LEADS)
_A_STRING, _A_DIVIDER = r'"(?:[^"\\]|\\.)*"', r"[,:]"


def without_formula(cell: str) -> str:
    """Return the text with an apostrophe in front where a spreadsheet would run it: `csv.escape`, in SQL."""
    return f"CASE WHEN {_is_formula(cell)} THEN '''' || {cell} ELSE {cell} END"


def kept_apart(cell: str) -> str:
    """Return the text as it is, told apart from one that was escaped: `csv.keep_apart`, in SQL."""
    return f"CASE WHEN left({cell}, 1) = '''' AND {_is_formula(cell)} THEN '''' || {cell} ELSE {cell} END"


def _is_formula(cell: str) -> str:
    return f"ascii(ltrim({cell}, U&'{_LEADS}')) IN ({_FORMULA_CODES})"


def compact_json(cell: str) -> str:
    r"""Return the JSON as text without the blanks that PostgreSQL puts behind commas and colons.

    A string is matched as a whole and put back (\1), so that blanks in it stay; a divider is put back alone (\2).
    """
    return rf"regexp_replace({cell}::text, '({_A_STRING})|({_A_DIVIDER}) ', '\1\2', 'g')"


def filled(cell: str) -> str:
    """Return the text, or null for an empty one."""
    return f"nullif({cell}, '')"


def bare_value(cell: str) -> str:
    """Return a string in JSON without its quotation marks, and anything else as it is written."""
    return f"({cell} #>> '{{}}')"
