"""Tasks to filter by what several people answered: how far they agree, who said what, and where two people differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KeyTransform

from labeling.models import Annotation, AnnotationState, TaskAgreement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from labeling.models import Project, Task

ANYBODY = 0
DIFFER, SAME = "differ", "same"
_BETWEEN, _SAID = "between", "said"
MAX_SEVERAL = 700
MAX_SAID = 2
_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Said:
    """That somebody (`ANYBODY`, or the number of a person) gave a label; an empty label: any answer."""

    person: int = ANYBODY
    label: str = ""


@dataclass(frozen=True, slots=True)
class Several:
    """What several people answered to a question, as a word of a filter: `intent:said:12=billing:0=other`.

    Parameters
    ----------
    question
        The question's name.
    differ
        Whether two answers are not the same (True), all are (False), or either (None).
    low, high
        Agreement from `low` up to `high`, which belongs to it where it is 1; None for any.
    said
        What each of one or two people said. Two people without labels: their answers are not the same.
    """

    question: str
    differ: bool | None = None
    low: float | None = None
    high: float | None = None
    said: tuple[Said, ...] = ()

    def __str__(self) -> str:
        """Return the word; colons in names are quoted."""
        parts = [quote(self.question, safe=" ")]
        if self.differ is not None:
            parts.append(DIFFER if self.differ else SAME)
        if self.low is not None and self.high is not None:
            parts += [_BETWEEN, f"{self.low:g}-{self.high:g}"]
        if self.said:
            parts += [_SAID, *(f"{said.person}={quote(said.label, safe=' ')}" for said in self.said)]
        return ":".join(parts)

    def words(self, people: Mapping[int, str]) -> str:
        """Return the condition in words."""
        told = {None: "several answers", True: "answers differ", False: "answers are the same"}[self.differ]
        if self.low is not None and self.high is not None:
            told = f"agreement {self.low:.0%} to {self.high:.0%}"
        if self.said:
            names = [people.get(said.person, "a former member") if said.person else "somebody" for said in self.said]
            if any(said.label for said in self.said):
                given = [f"{name} said {said.label or 'anything'}" for name, said in zip(names, self.said, strict=True)]
                told = " and ".join(given)
            else:
                told = f"{' and '.join(names)} differ" if len(names) > 1 else f"{names[0]} answered"
        return f"{self.question}: {told}"

    def keep(self, tasks: QuerySet[Task], project: Project) -> QuerySet[Task]:
        """Return those of the tasks that fit."""
        if not self.said or self.differ is not None or self.low is not None:
            tasks = tasks.filter(Exists(self._measured(project)))
        return tasks.filter(self._spoken(project)) if self.said else tasks

    def _measured(self, project: Project) -> QuerySet[TaskAgreement]:
        rows = TaskAgreement.objects.filter(project=project, question=self.question, task_id=OuterRef("pk"))
        if self.differ is not None:
            rows = rows.filter(differs=self.differ)
        if self.low is not None and self.high is not None:
            last = Q(agreement__lte=1) if self.high >= 1 else Q(agreement__lt=self.high)
            rows = rows.filter(last, agreement__gte=self.low)
        return rows

    def _spoken(self, project: Project) -> Q:
        given = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED)
        first, *others = self.said
        found = self._by(given.filter(task_id=OuterRef("pk")), first)
        for said in others:
            other = self._by(given.filter(task_id=OuterRef("task_id")), said)
            other = other.exclude(annotator_id=OuterRef("annotator_id"))
            if not (first.label or said.label):
                theirs = KeyTransform(self.question, OuterRef("answers"))
                other = other.annotate(mine=KeyTransform(self.question, "answers")).exclude(mine=theirs)
            found = found.filter(Exists(other))
        return Q(Exists(found))

    def _by(self, given: QuerySet[Annotation], said: Said) -> QuerySet[Annotation]:
        given = given.filter(answers__has_key=self.question)
        if said.person:
            given = given.filter(annotator_id=said.person)
        if said.label:
            given = given.filter(_holds(self.question, said.label))
        return given


def _holds(question: str, label: str) -> Q:
    """Return the condition that an answer is a label, is a number written so, or has it among others."""
    found = Q(answers__contains={question: label}) | Q(answers__contains={question: [label]})
    digits = label.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) < _DIGITS:
        found |= Q(answers__contains={question: int(label)})
    return found


def several_named(word: str) -> Several | None:
    """Return what a word of a filter asks about several people's answers, if it is one."""
    if not word or len(word) > MAX_SEVERAL or "\x00" in unquote(word):
        return None
    question, *rest = word.split(":")
    match rest:
        case []:
            return Several(unquote(question))
        case ["differ" | "same" as how]:
            return Several(unquote(question), differ=how == DIFFER)
        case ["between", between]:
            low, high = (_share(part) for part in (between.partition("-")[::2]))
            return None if low is None or high is None or low > high else Several(unquote(question), low=low, high=high)
        case ["said", *spoken] if 1 <= len(spoken) <= MAX_SAID:
            said = [_said(part) for part in spoken]
            known = tuple(each for each in said if each is not None)
            return Several(unquote(question), said=known) if len(known) == len(said) else None
    return None


def _share(typed: str) -> float | None:
    try:
        share = float(typed)
    except ValueError:
        return None
    return share if math.isfinite(share) and 0 <= share <= 1 else None


def _said(typed: str) -> Said | None:
    person, found, label = typed.partition("=")
    if not found or not (person.isascii() and person.isdigit() and len(person) < _DIGITS):
        return None
    return Said(int(person), unquote(label))
