"""Statements put together from named parts.

Every part is SQL that stands in this package; what comes from people is bound as a value and never part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.formats.given import IMPORTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """One SELECT.

    Parameters
    ----------
    cells
        What each column is called, and the SQL that gives it.
    source
        The table, with its alias.
    joins
        Other tables, each with its condition.
    where
        Conditions, all of which must hold.
    group_by, order_by
        A column; empty: none.
    picked_once
        Whether a statement around this one uses the cells as they are. Else what they pick out of JSON is picked out
        again wherever it is used.
    """

    cells: Mapping[str, str]
    source: str
    joins: Sequence[str] = field(default=())
    where: Sequence[str] = field(default=())
    group_by: str = ""
    order_by: str = ""
    picked_once: bool = False

    def __str__(self) -> str:
        cells = ", ".join(f"{cell} AS {name}" for name, cell in self.cells.items())
        clauses = [
            ("SELECT", cells),
            ("FROM", " ".join((self.source, *self.joins))),
            ("WHERE", " AND ".join(self.where)),
            ("GROUP BY", self.group_by),
            ("ORDER BY", self.order_by),
            ("OFFSET", "0" if self.picked_once else ""),
        ]
        return "\n".join(f"{keyword} {clause}" for keyword, clause in clauses if clause)

    def as_table(self, alias: str) -> str:
        """Return this statement as a table of another."""
        return f"({self}) {alias}"


def left_join(table: str | Select, alias: str, *conditions: str) -> str:
    """Return the join that keeps rows for which the table has none."""
    named = table.as_table(alias) if isinstance(table, Select) else f"{table} {alias}"
    return f"LEFT JOIN {named} ON {' AND '.join(conditions)}"


def text_of(value: str) -> str:
    """Return a word of ours as SQL."""
    return "'" + value.replace("'", "''") + "'"


def person(alias: str) -> str:
    """Return the SQL of what a person is called in exports: the address, or the name in the study that was imported."""
    return f"CASE WHEN {alias}.is_imported THEN {text_of(IMPORTED)} || {alias}.name ELSE {alias}.email END"


def json_object(members: Mapping[str, str]) -> str:
    """Return the SQL of a JSON object from the names of its members to the SQL of their values."""
    return f"json_build_object({', '.join(f'{text_of(name)}, {value}' for name, value in members.items())})"


def json_list(item: str, *, order_by: str) -> str:
    """Return the SQL of a JSON list of all rows of a group."""
    return f"json_agg({item} ORDER BY {order_by})"
