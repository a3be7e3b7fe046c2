"""What the explorer can be asked for, and the rows that answer it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.search import SearchVectorField
from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Collate

from labeling.errors import Forbidden, Invalid, Problem
from labeling.models import (
    Annotation,
    AnnotationState,
    Comment,
    Flag,
    FlagState,
    Label,
    LabelSource,
    Split,
    Task,
    TaskState,
)
from labeling.reasons.decisions import Decision
from labeling.reasons.registry import REASONS
from labeling.selectors import similarity as similarity_reads
from labeling.selectors import staffing as staffing_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.explorer.flagged import flagged_named
from labeling.selectors.explorer.several import several_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.http import QueryDict

    from labeling.models import Project

STATES: dict[str, str] = {
    "todo": "To do",
    "progress": "In progress",
    "labeled": "Labeled",
    "skipped": "Skipped",
    "disputed": "Disputed",
    "quarantined": "Quarantined",
}
"""Where a task can stand, as the explorer tells it; every task stands at exactly one of them."""

STATE_FILTERS: dict[str, str] = {"open": "Not labeled yet"} | STATES | {"short": "Nobody left to ask"}
"""The states to filter by: the first takes together what still needs an answer, the last is a part of it."""

STATE_CHOICES: dict[str, dict[str, str]] = {
    "Still to be labeled": {
        "open": "Not labeled yet",
        "todo": "To do: nobody has begun",
        "progress": "In progress: begun, more answers to come",
        "skipped": "Skipped: somebody could not answer",
        "short": "Nobody left to ask",
    },
    "Done, or set aside": {
        "labeled": "Labeled",
        "disputed": "Disputed: people disagree",
        "quarantined": "Quarantined: out of everything",
    },
}
"""The same states as they are offered: in groups, each with what tells it from the others."""

_OF_OTHERS = frozenset({"labeled", "skipped", "disputed"})
"""The states that others brought a task to by what they said."""

NO_SPLIT = "none"
ANY_FLAG = "any"
DECIDED = "decided:"
DECISIONS: dict[str, str] = {f"{DECIDED}any": "any decision"} | {
    f"{DECIDED}{decision}": decision.label.lower() for decision in Decision
}
"""Flags to filter by that a reviewer has decided, by what was decided."""
COMMENT_FILTERS: dict[str, str] = {"open": "open comments", "any": "any comments"}
"""Comments to filter by: those that nobody has resolved, or all."""
HAS_LABEL, NO_LABEL, IS_LABEL, IN_GROUP = "any", "none", "is:", "in:"
LABEL_PREFIX = "label."
MAX_SEARCH = 200
MAX_CHOSEN = 200
"""Tasks that a filter can name one by one: their numbers stand in an address."""
MAX_DIGITS = 19
"""So many digits and more are no number of a row."""

# Every lexeme of what was typed, read as the index reads texts, as the beginning of a word.
_WORDS = """
SELECT string_agg('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || ''':*', ' & ')
FROM unnest(to_tsvector('simple', translate(%s, '<>&/', '    ')))
"""


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What tasks to show; empty parts ask for nothing."""

    search: str = ""
    state: str = ""
    split: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    source: str = ""
    flag: str = ""
    annotator: int = 0
    answers: str = ""
    comments: str = ""
    meta: str = ""
    similar: int = 0
    chosen: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    """Tasks that are kept from the reader, whatever is asked for; no part of an address."""

    @property
    def tells_of_others(self) -> bool:
        """Whether it says of a task what others answered, or what was found about it."""
        by_label = any(value != NO_LABEL for _, value in self.labels)
        said = self.source or self.flag or self.annotator or self.answers or self.comments
        return by_label or self.state in _OF_OTHERS or bool(said)

    @property
    def is_empty(self) -> bool:
        """Whether every task fits."""
        return self == TaskFilter()

    def params(self) -> list[tuple[str, str]]:
        """Return the filter as parameters of an address; `parse_task_filter` is the way back."""
        plain = [
            ("q", self.search),
            ("state", self.state),
            ("split", self.split),
            *((f"{LABEL_PREFIX}{question}", wanted) for question, wanted in self.labels),
            ("source", self.source),
            ("flag", self.flag),
            ("annotator", str(self.annotator or "")),
            ("answers", self.answers),
            ("comments", self.comments),
            ("meta", self.meta),
            ("similar", str(self.similar or "")),
            ("tasks", ",".join(map(str, self.chosen))),
        ]
        return [(name, value) for name, value in plain if value]


def parse_task_filter(query: QueryDict, *, reviewer: bool) -> TaskFilter:
    """Return the filter in an address; who annotated what is for reviewers."""
    problems: list[Problem] = []

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        if value and value not in known:
            problems.append(Problem(name, f"“{value[:40]}” is no {name} to filter by. Choose one from the list."))
        return value

    labels = tuple(
        (name.removeprefix(LABEL_PREFIX), value)
        for name in sorted(query)
        if name.startswith(LABEL_PREFIX) and (value := query.get(name, ""))
    )
    problems += [
        Problem(f"{LABEL_PREFIX}{question}", "Expected a label, a group of labels, any label, or no label.")
        for question, wanted in labels
        if wanted not in {HAS_LABEL, NO_LABEL} and not wanted.startswith((IS_LABEL, IN_GROUP))
    ]
    annotator, answers = query.get("annotator", ""), query.get("answers", "")
    problems += _about_people(annotator, answers, reviewer=reviewer)
    similar = query.get("similar", "")
    if similar and not _is_number(similar):
        problems.append(Problem("similar", "Expected the number of a task."))
    named = query.get("tasks", "")
    chosen = named.split(",") if named else []
    if len(chosen) > MAX_CHOSEN or not all(map(_is_number, chosen)):
        problems.append(Problem("tasks", f"Expected the numbers of at most {MAX_CHOSEN} tasks, with commas between."))
    meta = query.get("meta", "").strip()
    if meta and not all(meta.partition("=")[:2]):
        problems.append(Problem("meta", "Write metadata as key=value, such as country=DE."))
    found = TaskFilter(
        search=query.get("q", "").strip()[:MAX_SEARCH],
        state=one_of("state", STATE_FILTERS),
        split=one_of("split", (*Split.values, NO_SPLIT)),
        labels=labels,
        source=one_of("source", LabelSource.values),
        flag=one_of("flag", (*REASONS, ANY_FLAG, *DECISIONS, *_either(query.get("flag", "")))),
        annotator=int(annotator) if annotator and not problems else 0,
        answers=answers,
        comments=one_of("comments", COMMENT_FILTERS),
        meta=meta,
        similar=int(similar) if similar and not problems else 0,
        chosen=tuple(map(int, chosen)) if not problems else (),
    )
    if any("\x00" in value for _, value in found.params()):
        problems.append(Problem("q", "There is a NUL character in the filter."))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    return found


def _about_people(annotator: str, answers: str, *, reviewer: bool) -> Iterator[Problem]:
    """Yield what is wrong with the conditions about who answered what, which are for reviewers."""
    if (annotator or answers) and not reviewer:
        raise Forbidden("Who answered what is shown to reviewers. Take people and their answers out of the filter.")
    if annotator and not _is_number(annotator):
        yield Problem("annotator", "Expected the number of a person.")
    if answers and several_named(answers) is None:
        message = "Write a question, as in “intent:differ”, “intent:between:0-0.5” or “intent:said:12=billing:0=other”."
        yield Problem("answers", message)


def _either(asked: str) -> tuple[str, ...]:
    """Return what is asked for if it is flags of a reason that wait or were decided."""
    return () if flagged_named(asked) is None else (asked,)


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < MAX_DIGITS


def matching(project: Project, wanted: TaskFilter, *, nearest: Iterable[int] | None = None) -> QuerySet[Task]:
    """Return the project's tasks that fit the filter, in no order; `nearest` are those similar, if they are known."""
    tasks = _among(project, wanted, nearest=nearest)
    if wanted.search:
        tasks = _search(tasks, project, wanted.search)
    if wanted.state:
        tasks = tasks.filter(_state(project, wanted.state), queue_entry__project=project)
    if wanted.split:
        tasks = tasks.filter(split="" if wanted.split == NO_SPLIT else wanted.split)
    for question, value in wanted.labels:
        tasks = tasks.filter(_labeled(project, question, value))
    if wanted.source:
        tasks = tasks.filter(Exists(_current(project).filter(source=wanted.source)))
    if wanted.flag:
        flags = Flag.objects.filter(_flagged(wanted.flag), project=project, task_id=OuterRef("pk"))
        tasks = tasks.filter(Exists(flags))
    if wanted.meta:
        tasks = tasks.filter(_meta(wanted.meta))
    return _said(tasks, project, wanted)


def _said(tasks: QuerySet[Task], project: Project, wanted: TaskFilter) -> QuerySet[Task]:
    """Keep the tasks about which people said what is asked for."""
    if wanted.annotator:
        theirs = Annotation.objects.filter(project=project, task_id=OuterRef("pk"), annotator_id=wanted.annotator)
        tasks = tasks.filter(Exists(theirs))
    if (several := several_named(wanted.answers)) is not None:
        tasks = several.keep(tasks, project)
    if wanted.comments:
        said = Comment.objects.filter(project=project, task_id=OuterRef("pk"))
        tasks = tasks.filter(Exists(said.filter(resolved_at=None) if wanted.comments == "open" else said))
    return tasks


def _among(project: Project, wanted: TaskFilter, *, nearest: Iterable[int] | None) -> QuerySet[Task]:
    """Return the tasks that the filter names by their numbers; all of them where it names none."""
    tasks = Task.objects.filter(project=project)
    if wanted.chosen:
        tasks = tasks.filter(pk__in=wanted.chosen)
    if wanted.hidden:
        tasks = tasks.exclude(pk__in=wanted.hidden)
    if wanted.similar:
        similar = similarity_reads.similar_tasks(project, wanted.similar) if nearest is None else nearest
        tasks = tasks.filter(pk__in=list(similar))
    return tasks


def _flagged(wanted: str) -> Q:
    """Return the condition of the flags that are asked for: open ones, those with a decision, or both."""
    if (either := flagged_named(wanted)) is not None:
        return either.condition()
    kind, _, decision = wanted.partition(":")
    if decision:
        resolved = Q(state=FlagState.RESOLVED)
        return resolved if decision == "any" else resolved & Q(resolution=decision)
    still_open = Q(state=FlagState.OPEN)
    return still_open if kind == ANY_FLAG else still_open & Q(reason=kind)


def skipped() -> Exists:
    """Return the condition that somebody skipped the task."""
    return Exists(Annotation.objects.filter(task_id=OuterRef("pk"), state=AnnotationState.SKIPPED))


def _state(project: Project, state: str) -> Q:
    todo = Q(queue_entry__state=TaskState.TODO)
    # "At least" means "all" here, and lets PostgreSQL expect many such rows.
    untouched = todo & Q(queue_entry__open_slots__gte=F("queue_entry__required"))
    match state:
        case "open":
            return todo
        case "todo":
            return untouched & ~Q(skipped())
        case "skipped":
            return untouched & Q(skipped())
        case "short":
            return Q(queue_entry__in=staffing_reads.short_entries(project))
        case "progress":
            return todo & Q(queue_entry__open_slots__lt=F("queue_entry__required"))
        case _:
            return Q(queue_entry__state=state)


def _current(project: Project) -> QuerySet[Label]:
    return Label.objects.filter(project=project, task_id=OuterRef("pk"), retired_at__isnull=True)


def _labeled(project: Project, question: str, wanted: str) -> Q:
    labels = _current(project).filter(question=question)
    if wanted == NO_LABEL:
        return ~Q(Exists(labels))
    if wanted == HAS_LABEL:
        return Q(Exists(labels))
    if wanted.startswith(IN_GROUP):
        asked = version_reads.schema(project.pk).question(question)
        names = asked.names_within(wanted.removeprefix(IN_GROUP)) if asked else []
        return Q(Exists(labels.filter(classes__overlap=names)))
    return Q(Exists(labels.filter(classes__contains=[wanted.removeprefix(IS_LABEL)])))


def _meta(wanted: str) -> Q:
    """Return the condition for ``key=value``; the value may be stored as text or as a number or truth value."""
    key, _, value = (part.strip() for part in wanted.partition("="))
    condition = Q(meta__contains={key: value})
    try:
        plain: Any = json.loads(value)
    except (ValueError, RecursionError):
        return condition
    known = isinstance(plain, int) or (isinstance(plain, float) and math.isfinite(plain))
    return condition | Q(meta__contains={key: plain}) if known else condition


class _Words(Func):
    """The words of a task's texts: the expression of the index `task_by_all_words`, to the letter."""

    function = "jsonb_to_tsvector"
    template = (
        "%(function)s('simple'::regconfig, translate((%(expressions)s)::text, '<>&/', '    ')::jsonb, "
        "'[\"string\"]'::jsonb)"
    )
    output_field = SearchVectorField()


class _Match(Func):
    """Whether the words contain all that is asked for."""

    template = "%(expressions)s::tsquery"
    arg_joiner = " @@ "
    output_field = BooleanField()


def task_number(typed: str) -> int | None:
    """Return the number of a task as people type it (`3044`, `#3044`), if it is one."""
    digits = typed.removeprefix("#")
    return int(digits) if _is_number(digits) else None


def _search(tasks: QuerySet[Task], project: Project, search: str) -> QuerySet[Task]:
    """Keep the tasks with all the words, with an external id that begins with what was typed, or with that number."""
    mine = Task.objects.filter(project=project)
    named = mine.annotate(exact=Collate(F("external_id"), "C")).filter(exact__startswith=search).values_list("pk")
    number = task_number(search)
    if number and mine.filter(pk=number).exists():
        named = named.union(mine.filter(pk=number).values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, (search,))
        (words,) = cursor.fetchone()
    if not words:
        return tasks.filter(pk__in=named)
    matches = _Match(_Words(F("data")), Value(words))
    if not named.exists():
        return tasks.filter(matches)
    # A union and no "or", because each half has an index of its own.
    return tasks.filter(pk__in=mine.filter(matches).values_list("pk").union(named))
