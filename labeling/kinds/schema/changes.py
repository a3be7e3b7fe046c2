"""What differs between two versions of a schema, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NAMED = 3
"""How many labels are called by their names before the others are only counted."""

Document = Mapping[str, Any]

_NEW_PARTS = {"group": ""}
"""What labels of schemas lack that were stored before there was such a part."""


def changes(old: Document, new: Document) -> list[str]:
    """Return what was changed from one normalized schema document to another, a phrase each.

    Parameters
    ----------
    old, new : mapping
        Schemas as `Schema.dump` writes them.

    Returns
    -------
    list of str
        Such as ``added “refund” to “Intent”``; empty when nothing differs.
    """
    before, after = _by_name(old["questions"]), _by_name(new["questions"])
    fields = _by_name(old["fields"])
    told = [
        f"{'changed' if field['name'] in fields else 'added'} the field “{field['title']}”"
        for field in new["fields"]
        if field != fields.get(field["name"])
    ]
    told += [f"removed the question “{question['title']}”" for name, question in before.items() if name not in after]
    for name, question in after.items():
        if name not in before:
            told.append(f"added the question “{question['title']}”")
        else:
            told += _question(before[name], question)
    if [name for name in before if name in after] != [name for name in after if name in before]:
        told.append("put the questions in another order")
    return told


def _by_name(parts: Sequence[Document]) -> dict[str, Document]:
    return {part["name"]: part for part in parts}


def _question(old: Document, new: Document) -> list[str]:
    told = []
    title = f"“{new['title']}”"
    if old["title"] != new["title"]:
        told.append(f"renamed “{old['title']}” to {title}")
    if old["required"] != new["required"]:
        told.append(f"made {title} {'required' if new['required'] else 'optional'}")
    if old["description"] != new["description"]:
        told.append(f"changed the description of {title}")
    common = {"title", "required", "description"}
    if isinstance(new.get("labels"), list) and isinstance(old.get("labels"), list):
        told += _labels(_by_name(old["labels"]), _by_name(new["labels"]), title)
        common |= {"labels"}
    if any(old.get(key) != new.get(key) for key in {*old, *new} - common):
        told.append(f"changed the settings of {title}")
    return told


def _labels(old: Mapping[str, Document], new: Mapping[str, Document], title: str) -> list[str]:
    told = []
    if added := [name for name in new if name not in old]:
        told.append(f"added {_named(added)} to {title}")
    if removed := [name for name in old if name not in new]:
        told.append(f"removed {_named(removed)} from {title}")
    if changed := [name for name in new if name in old and {**_NEW_PARTS, **new[name]} != {**_NEW_PARTS, **old[name]}]:
        told.append(f"changed {_named(changed)} of {title}")
    if [name for name in old if name in new] != [name for name in new if name in old]:
        told.append(f"put the labels of {title} in another order")
    return told


def _named(names: Sequence[str]) -> str:
    shown = [f"“{name}”" for name in names[:NAMED]]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more:,} more label{'' if more == 1 else 's'}"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
