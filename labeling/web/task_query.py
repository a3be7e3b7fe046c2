"""What an address of the explorer asks for, and the same in words; the label page takes such a filter as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict

from labeling.models import LabelSource, Split
from labeling.reasons.registry import reason_named
from labeling.selectors import explorer as explorer_reads

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.kinds.schema import Schema


@dataclass(frozen=True, slots=True)
class ExplorerRequest:
    """What an address of the explorer asks for."""

    wanted: explorer_reads.TaskFilter
    sort: str
    cursor: str

    @classmethod
    def from_query(cls, query: QueryDict, *, reviewer: bool) -> ExplorerRequest:
        """Read an address; an unknown order is the usual one."""
        sort = query.get("sort", "")
        wanted = explorer_reads.parse_task_filter(query, reviewer=reviewer)
        return cls(
            wanted=wanted,
            sort=sort if sort in sorts_for(wanted) else _usual_sort(wanted),
            cursor=query.get("cursor", "")[:1000],
        )

    @property
    def query(self) -> str:
        """The filter and the order as parameters, without the place in the list."""
        sort = [("sort", self.sort)] if self.sort != _usual_sort(self.wanted) else []
        return urlencode(self.wanted.params() + sort)

    @property
    def filter_query(self) -> str:
        """The filter alone as parameters."""
        return urlencode(self.wanted.params())

    def without(self, name: str) -> str:
        """Return the parameters with one condition taken out."""
        return urlencode([(key, value) for key, value in QueryDict(self.query).items() if key != name])

    def conditions(self, schema: Schema, people: dict[int, str]) -> list[dict[str, str]]:
        """Return each condition in words, with the address that takes it out."""
        spoken = condition_words(self.wanted, schema, people)
        return [{"words": words, "without": self.without(name)} for name, words in spoken]


def sorts_for(wanted: explorer_reads.TaskFilter) -> dict[str, str]:
    """Return the orders that fit a filter, with what they are called."""
    special = {}
    if wanted.similar:
        special[explorer_reads.BY_SIMILARITY] = "Most similar first"
    if wanted.answers:
        special[explorer_reads.BY_AGREEMENT] = "Least agreement first"
    return special | explorer_reads.SORTS


def _usual_sort(wanted: explorer_reads.TaskFilter) -> str:
    if wanted.answers and not wanted.similar:
        return explorer_reads.BY_AGREEMENT
    return explorer_reads.BY_SIMILARITY if wanted.similar else explorer_reads.DEFAULT_SORT


def condition_words(wanted: explorer_reads.TaskFilter, schema: Schema, people: dict[int, str]) -> list[tuple[str, str]]:
    """Return the name of each condition and what it says; `people` are those that may be named in one."""
    titles = {question.name: question.title for question in schema.questions}
    words: dict[str, Callable[[str], str]] = {
        "q": lambda value: f"contains “{value}”",
        "state": lambda value: explorer_reads.STATE_FILTERS[value].lower(),
        "split": lambda value: "no split" if value == "none" else f"{Split(value).label} split",
        "source": lambda value: f"label from {LabelSource(value).label.lower()}",
        "flag": _flag_words,
        "annotator": lambda value: f"annotated by {people.get(int(value), 'a former member')}",
        "answers": lambda value: _several_words(value, people),
        "comments": lambda value: explorer_reads.COMMENT_FILTERS[value],
        "meta": lambda value: value,
        "similar": lambda value: f"similar to task {value}",
        "tasks": lambda value: f"{value.count(',') + 1} chosen task{'s' if ',' in value else ''}",
    }
    found = []
    for name, value in wanted.params():
        if name.startswith("label."):
            title = titles.get(name.removeprefix("label."), name)
            found.append((name, f"{title}: {_label_words(value)}"))
        else:
            found.append((name, words[name](value)))
    return found


def _label_words(wanted: str) -> str:
    how, _, which = wanted.partition(":")
    return {"any": "any label", "none": "no label", "in": f"one of {which}"}.get(how, which)


def _several_words(wanted: str, people: dict[int, str]) -> str:
    several = explorer_reads.several_named(wanted)
    return several.words(people) if several is not None else wanted


def _flag_words(wanted: str) -> str:
    if (either := explorer_reads.flagged_named(wanted)) is not None:
        return either.words
    if wanted in explorer_reads.DECISIONS:
        return f"flag decided: {explorer_reads.DECISIONS[wanted]}"
    return "any open flag" if wanted == "any" else f"flag: {reason_named(wanted).title.lower()}"
