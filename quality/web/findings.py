"""What the quality page shows of a complete run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.models import Split
from labeling.reasons.conflict import CONFLICT
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from labeling.reasons.registry import offered_reasons
from labeling.selectors import explorer as explorer_reads
from quality.models.documents import Summary
from quality.selectors import confusion as confusion_reads
from quality.selectors import flag_counts as flag_count_reads
from quality.selectors import health as health_reads
from quality.selectors import people as people_reads
from quality.selectors.words import between, share
from quality.web import addresses

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project
    from labeling.reasons.base import Reason
    from labeling.reasons.evidence import Evidence
    from labeling.selectors.explorer import Chip
    from quality.models import Run
    from quality.models.documents import LookedForPart
    from quality.scoring.health import Health, Part

MOST_CLASSES = 15
MOST_DIFFERING = 10
MOST_TOP = 8
"""Pairs that are listed beside the matrix."""
NOTICE = {"predictions": "No likely label errors are shown", "label_errors": "No likely label errors are shown"}


_WHOLE = {
    "completeness": "No item lacks one.",
    "uniqueness": "None does.",
    "validity": "All do: the database refuses others.",
    "timeliness": "All were.",
}
"""What is said of parts of the health that are 1, after what they are."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its unit, what it rests on, and the way to what is behind it."""

    name: str
    value: str
    unit: str = ""
    basis: str = ""
    href: str = ""


def findings_for(project: Project, question: Question, run: Run) -> dict[str, Any]:
    """Return all parts of the page that rest on a run."""
    summary = Summary.load(run.summary)
    chips = explorer_reads.named_labels(question)
    waiting = flag_count_reads.open_by_reason(project, question.name)
    mixed = confusion_reads.confusion_for(project, run)
    health = health_reads.health_for(project, run)
    return {
        "summary": summary,
        "errors": summary.label_errors,
        "figures": _figures(project, run, waiting, chips),
        "notices": _notices(summary),
        "decided": flag_count_reads.decided(project, question.name),
        "confusion": mixed,
        "matrix": _matrix(project, question, mixed, chips),
        "classes": _classes(project, question, summary, mixed, chips),
        "health": health,
        "health_parts": _health(project, question, run, health, waiting),
        "splits": _splits(project, question, summary, chips),
        "groups": _groups(project, summary),
        **_people(project, question, run, chips),
    }


def _notices(summary: Summary) -> list[tuple[str, str]]:
    """Return what is not shown, and why: label errors without predictions, or a reason that too much fell under."""
    titles = NOTICE | {each.name: f"{each.counted_as}: none shown" for each in offered_reasons() if each.counted_as}
    return [(title, summary.unavailable[part]) for part, title in titles.items() if part in summary.unavailable]


def _figures(project: Project, run: Run, waiting: dict[str, int], chips: dict[str, Chip]) -> list[Figure]:
    summary = Summary.load(run.summary)

    looked_for = summary.all_looked_for()
    flagged = {name: part.found for name, part in looked_for.items()}
    flagged[LABEL_ERROR.name] = summary.label_errors.flagged if summary.label_errors else 0

    def behind(reason: str) -> str:
        """Return where the flags wait, or once none does the items that they were about."""
        if waiting.get(reason):
            return addresses.flags(project, question=run.question, reason=reason)
        return addresses.flagged(project, question=run.question, reason=reason) if flagged.get(reason) else ""

    doubted = addresses.flagged(project, question=run.question, reason=LABEL_ERROR.name)
    found = [*_errors(summary, waiting, doubted if flagged[LABEL_ERROR.name] else "", behind(LABEL_ERROR.name))]
    found += [
        _counted(reason, waiting.get(reason.name, 0), looked_for.get(reason.name), behind(reason.name))
        for reason in offered_reasons()
        if reason.counted_as and (reason.name in looked_for or waiting.get(reason.name))
    ]
    if spread := summary.balance:
        present = [row for row in spread.counts if row[1]]
        ends = [f"“{_chip(chips, name).title}” ({count:,})" for name, count in present]
        basis = f"most: {ends[0]}, fewest: {ends[-1]}" if present else "no labels"
        fewest = addresses.labeled(project, question=run.question, label=present[-1][0]) if present else ""
        found.append(Figure("Imbalance", f"{spread.ratio:.1f} : 1", basis=basis, href=fewest))
    return found


def _errors(summary: Summary, waiting: dict[str, int], doubted: str, to_review: str) -> list[Figure]:
    errors = summary.label_errors
    if errors is None:
        return []
    interval = errors.interval
    basis = f"95%: {between(interval)}, " if interval else ""
    return [
        Figure("Likely wrong labels", share(errors.rate), basis=f"{basis}of {errors.items:,} labels", href=doubted),
        Figure(
            "To review",
            f"{waiting.get(LABEL_ERROR.name, 0):,}",
            unit="flag" if waiting.get(LABEL_ERROR.name) == 1 else "flags",
            basis=_of_flagged(errors.flagged, waiting.get(LABEL_ERROR.name, 0)),
            href=to_review,
        ),
    ]


def _of_flagged(flagged: int, waiting: int) -> str:
    """Say how many labels the check flagged, and why fewer wait."""
    words = f"this check flagged {flagged:,} labels"
    return f"{words}; {flagged - waiting:,} are decided, changed or in quarantine" if flagged > waiting else words


def _counted(reason: Reason[Evidence], waiting: int, looked: LookedForPart | None, href: str) -> Figure:
    more = f"; the check found {looked.found:,}" if looked and looked.found > waiting else ""
    return Figure(
        reason.counted_as,
        f"{waiting:,}",
        unit=reason.counted_in.removesuffix("s") if waiting == 1 else reason.counted_in,
        basis=((looked.words if looked else "") or reason.criterion) + more,
        href=href,
    )


def _matrix(
    project: Project, question: Question, mixed: confusion_reads.Confusion, chips: dict[str, Chip]
) -> dict[str, Any]:
    def address(cell: confusion_reads.Cell) -> str:
        if not (cell.open or cell.flagged):
            return ""
        place = addresses.flags if cell.open else addresses.flagged
        return place(
            project, question=question.name, reason=LABEL_ERROR.name, given=cell.given, suggested=cell.suggested
        )

    worst = mixed.worst
    return {
        "worst": (_chip(chips, worst.given), _chip(chips, worst.suggested)) if worst else None,
        "classes": [_chip(chips, name) for name in mixed.classes],
        "rows": [(_chip(chips, given), [(cell, address(cell)) for cell in cells]) for given, cells in mixed.rows],
        "top": [
            (_chip(chips, cell.given), _chip(chips, cell.suggested), cell, address(cell))
            for cell in sorted(mixed.pairs, key=lambda cell: -cell.open)[:MOST_TOP]
            if cell.open
        ],
        "pairs": [
            (_chip(chips, cell.given), _chip(chips, cell.suggested), cell, address(cell)) for cell in mixed.pairs[:100]
        ],
    }


def _chip(chips: dict[str, Chip], name: str) -> Chip:
    return chips.get(name) or explorer_reads.Chip(name)


def _classes(
    project: Project, question: Question, summary: Summary, mixed: confusion_reads.Confusion, chips: dict[str, Chip]
) -> list[dict[str, Any]]:
    """Return the classes, those with the largest estimated share of wrong labels first, with ways to their items."""

    def behind(**wanted: str) -> str:
        """Return where the flags of a class wait, or once none does the items that they were about."""
        pairs = [cell for cell in mixed.pairs if all(getattr(cell, name) == value for name, value in wanted.items())]
        if not any(cell.open or cell.flagged for cell in pairs):
            return ""
        place = addresses.flags if any(cell.open for cell in pairs) else addresses.flagged
        return place(project, question=question.name, reason=LABEL_ERROR.name, **wanted)

    rows = [
        {
            **row.model_dump(),
            "chip": _chip(chips, row.name),
            "rate": min(1.0, row.wrong / row.labels) if row.labels else 0.0,
            "labeled": addresses.labeled(project, question=question.name, label=row.name),
            "href": behind(given=row.name),
            "missed_href": "" if project.decide_first else behind(suggested=row.name),
        }
        for row in summary.classes
    ]
    return sorted(rows, key=lambda row: (-row["rate"], -row["wrong"], row["name"]))


def _health(
    project: Project, question: Question, run: Run, found: Health, waiting: dict[str, int]
) -> list[tuple[Part, str, str]]:
    """Return the parts of the health, each with the way to the items that it could be better by, or that none are."""
    links = _health_links(project, question, Summary.load(run.summary), waiting)
    lacking = health_reads.tasks_lacking(project, run, found)
    rows = []
    for part in found.parts:
        if tasks := lacking.get(part.name):
            more = f"The first {explorer_reads.MAX_CHOSEN} of them." if len(tasks) > explorer_reads.MAX_CHOSEN else ""
            rows.append((part, addresses.chosen(project, tasks), more))
        else:
            rows.append((part, links.get(part.name, ""), _WHOLE.get(part.name, "") if part.value == 1 else ""))
    return rows


def _health_links(project: Project, question: Question, summary: Summary, waiting: dict[str, int]) -> dict[str, str]:
    """Return, by part of the health, where the items are that it could be better by."""
    reasons = {"accuracy": LABEL_ERROR.name, "uniqueness": NEAR_DUPLICATE.name, "consistency": CONFLICT.name}
    errors, copies = summary.label_errors, summary.duplicates
    raised = {"accuracy": errors and errors.flagged, "uniqueness": copies and copies.groups}
    found = {
        part: addresses.flags(project, question=question.name, reason=reason)
        if waiting.get(reason)
        else addresses.flagged(project, question=question.name, reason=reason)
        for part, reason in reasons.items()
        if waiting.get(reason) or raised.get(part)
    }
    if summary.balance and (present := [name for name, count in summary.balance.counts if count]):
        found["balance"] = addresses.labeled(project, question=question.name, label=present[-1])
    return found


def _splits(project: Project, question: Question, summary: Summary, chips: dict[str, Chip]) -> dict[str, Any] | None:
    """Return the shares of the classes in each split, and how far apart the splits are."""
    found = summary.splits
    if not (found and summary.balance) or len(found.counts) < 2:
        return None
    names = [name for name, _ in summary.balance.counts]
    shown = [(name, found.counts[name]) for name in Split.values if name in found.counts]
    rows = [
        {
            "chip": _chip(chips, name),
            "cells": [
                {
                    "count": of_split.by_class[place],
                    "share": of_split.by_class[place] / of_split.labels,
                    "href": addresses.labeled(project, question=question.name, label=name, split=split or "none"),
                }
                for split, of_split in shown
            ],
        }
        for place, name in enumerate(names[:MOST_CLASSES])
    ]
    largest = max(of_split.by_class[place] / of_split.labels for place in range(len(rows)) for _, of_split in shown)
    return {
        "columns": [(Split(split).label if split else "No split", of_split.labels) for split, of_split in shown],
        "rows": rows,
        "largest": largest,
        "left_out": max(0, len(names) - MOST_CLASSES),
        "shifts": [
            _shift(words, value, chance)
            for words, value, chance in (
                ("Training and validation split", found.validation_shift, found.validation_chance),
                ("Test split and all other labels", found.test_shift, found.test_chance),
            )
            if value is not None
        ],
    }


def _shift(words: str, value: float, chance: float | None) -> dict[str, Any]:
    return {"words": words, "value": value, "chance": chance, "apart": chance is not None and value > chance}


def _groups(project: Project, summary: Summary) -> list[dict[str, Any]]:
    return [
        {
            **group.model_dump(),
            "named": len(group.tasks),
            "href": addresses.chosen(project, group.tasks),
        }
        for group in summary.groups[:5]
    ]


def _people(project: Project, question: Question, run: Run, chips: dict[str, Chip]) -> dict[str, Any]:
    differing = people_reads.differing(run)
    return {
        "crowd": Summary.load(run.summary).people,
        "people": [
            (row, _chip(chips, row.mixed_up), addresses.answered(project, question.name, row.mixed_up, row.person.pk))
            for row in people_reads.people_for(run)
        ],
        "differing": [
            (row, _chip(chips, row.given), _chip(chips, row.suggested), round(row.agreement * row.answers))
            for row in differing[:MOST_DIFFERING]
        ],
        "differing_total": differing.count(),
        "people_why": Summary.load(run.summary).unavailable.get("people", ""),
    }
