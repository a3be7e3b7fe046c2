"""What the agreement page says: every sentence for every state of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from labeling.scoring.intervals import wilson
from labeling.selectors import explorer as explorer_reads
from labeling.selectors.explorer import Chip, Said, Several
from quality.models import ConsensusMethod
from quality.scoring.agreement.readings import LEAST_ITEMS_TOLD, reading
from quality.selectors.words import share
from quality.web import addresses, charts
from quality.web.findings import Figure

if TYPE_CHECKING:
    from labeling.models import Project, User
    from quality.models.agreement import AlphaPart, ConfusionPart, NeededPart, PairPart
    from quality.selectors.agreement import Report

MOST_PAIRS = 8
MOST_LABELS = 15
MOST_PEOPLE = 12
MOST_SIDES = 6
SHADES = 5
FEW_TASKS = 30
"""With fewer shared tasks two people's kappa says next to nothing."""
READINGS = {
    "reliable": "reliable: most conclusions that rest on these labels will hold",
    "tentative": "tentative: good enough to go on, not to rely on",
    "unreliable": "not to be relied on: settle the rules before you label more",
}
SHORT = {"reliable": "reliable", "tentative": "tentative", "unreliable": "not to be relied on"}
LEAST_CONFUSED = 5
"""On fewer tasks nobody can tell whether it is the rule or a person."""
ABOUT = {
    ConsensusMethod.RULE: "What most people say, each counting the same; ratings by their median.",
    ConsensusMethod.DAWID_SKENE: "People count for as much as their answers fit those of the others, label by label.",
    ConsensusMethod.CROWDLAB: "People and the model of the last check count for as much as they fit each other.",
}
FORMER = "a former member"


@dataclass(frozen=True, slots=True)
class Bar:
    """Tasks whose agreement is in a range: how many, how long the bar is, and where they are."""

    words: str
    tasks: int
    width: float
    href: str


@dataclass(frozen=True, slots=True)
class MixedUp:
    """Two labels that people give to the same tasks."""

    one: Chip
    other: Chip | None
    tasks: int
    sides: list[tuple[str, int, int]]
    sides_more: int
    verdict: str
    href: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a matrix: what it says, how dark it is, what a pointer on it reads, and where it leads."""

    words: str = ""
    shade: int = 0
    about: str = ""
    href: str = ""
    same: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows with a cell for each column."""

    columns: list[Any]
    rows: list[tuple[Any, list[Cell]]]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all parts of the page are about."""

    project: Project
    report: Report
    people: dict[int, User]

    def name(self, person: int) -> str:
        """Return what to call somebody."""
        return str(self.people.get(person, FORMER))

    def tasks(self, **asked: Any) -> str:
        """Return where the tasks are that several people answered so."""
        return addresses.several(self.project, Several(self.report.question.name, **asked))


def told_of(project: Project, report: Report, people: dict[int, User]) -> dict[str, Any]:
    """Return all parts of the page that rest on a report."""
    sheet, told = Sheet(project, report, people), report.document
    chips = explorer_reads.named_labels(report.question)
    return {
        "trust": trust_words(told.alpha),
        "figures": _figures(sheet),
        "differ_href": sheet.tasks(differ=True),
        "bars": _bars(sheet),
        "mixed_up": [_mixed_up(sheet, chips, pair) for pair in told.confusion[:MOST_PAIRS]],
        "mixed_up_more": max(0, len(told.confusion) - MOST_PAIRS),
        "label_matrix": _label_matrix(sheet, chips),
        "label_rows": _label_rows(sheet, chips),
        "people_matrix": _people_matrix(sheet),
        "use_matrix": _use_matrix(sheet, chips),
        "person_rows": _person_rows(sheet),
        "week_chart": _week_chart(sheet),
        "week_measure": {"title": "alpha"},
        "alpha_tasks": told.alpha.tasks,
        "needed": _needed(told.needed),
        "methods": _methods(sheet),
    }


def _figures(sheet: Sheet) -> list[Figure]:
    told = sheet.report.document
    alpha, low, high = told.alpha.value, told.alpha.low, told.alpha.high
    between = f"95% interval {low:.2f} to {high:.2f}" if low is not None and high is not None else "no interval"
    kappa = "answers are equal or not" if told.fleiss is not None else f"not defined: {told.fleiss_undefined}"
    people = f"{told.answers:,} answers of {told.people} people"
    return [
        Figure("Krippendorff's alpha", "—" if alpha is None else f"{alpha:.2f}", basis=between),
        Figure("With several answers", f"{told.tasks:,}", "tasks", people, sheet.tasks()),
        Figure(
            "Answers differ", f"{told.differ:,}", "tasks", f"{told.differ / told.tasks:.0%} of these",
            sheet.tasks(differ=True) if told.differ else "",
        ),
        Figure("Two answers are the same", share(told.percent), basis="chance is not taken out"),
        Figure("Fleiss' kappa", "—" if told.fleiss is None else f"{told.fleiss:.2f}", basis=kappa),
    ]  # fmt: skip


def trust_words(alpha: AlphaPart) -> str:
    """Return how an alpha is to be read, with its interval where that leaves it open."""
    if alpha.value is None:
        return f"Not defined: {alpha.undefined}"
    words = f"That is {READINGS[reading(alpha.value)]}."
    if alpha.low is not None and alpha.high is not None:
        low, high = reading(alpha.low), reading(alpha.high)
        if low != high:
            words += f" It may be anything from {SHORT[low]} to {SHORT[high]}: more tasks with several answers tell."
    elif alpha.tasks < LEAST_ITEMS_TOLD:
        words += (
            f" It rests on {alpha.tasks} task{'s' if alpha.tasks != 1 else ''} only, too few to say how sure it is."
        )
    return words


def _bars(sheet: Sheet) -> list[Bar]:
    bars = sheet.report.document.histogram
    most = max((bar.tasks for bar in bars), default=0)
    return [
        Bar(
            words=f"{bar.low:.0%} to {bar.high:.0%}",
            tasks=bar.tasks,
            width=100 * bar.tasks / most if most else 0,
            href=sheet.tasks(low=bar.low, high=bar.high) if bar.tasks else "",
        )
        for bar in bars
    ]


def _mixed_up(sheet: Sheet, chips: dict[str, Chip], pair: ConfusionPart) -> MixedUp:
    return MixedUp(
        one=chips.get(pair.one, Chip(pair.one)),
        other=chips.get(pair.other, Chip(pair.other)) if pair.other else None,
        tasks=pair.tasks,
        sides=[(sheet.name(side.person), side.one, side.other) for side in pair.sides[:MOST_SIDES]],
        sides_more=max(0, len(pair.sides) - MOST_SIDES),
        verdict=verdict_words(sheet, pair),
        href=_said_both(sheet, pair),
    )


def _said_both(sheet: Sheet, pair: ConfusionPart) -> str:
    if not pair.other:
        return sheet.tasks(said=(Said(label=pair.one), Said()))
    return sheet.tasks(said=(Said(label=pair.one), Said(label=pair.other)))


def verdict_words(sheet: Sheet, pair: ConfusionPart) -> str:
    """Return whether it is the rule or a person, as far as the tasks tell."""
    if pair.person is not None:
        name = sheet.name(pair.person)
        return f"{name} stands alone against the others on most of them: rather the person than the rule."
    if pair.tasks < LEAST_CONFUSED:
        return "Too few to tell whether it is the rule or a person."
    if len(pair.sides) < 3:
        return "Two people only: whether it is the rule or one of them cannot be told."
    return "No one person stands alone: rather the rule than a person."


def _label_matrix(sheet: Sheet, chips: dict[str, Chip]) -> Matrix | None:
    """Return how many tasks got two labels from different people."""
    pairs = [pair for pair in sheet.report.document.confusion if pair.other]
    counts: dict[str, int] = {}
    for pair in pairs:
        for label in (pair.one, pair.other):
            counts[label] = counts.get(label, 0) + pair.tasks
    labels = sorted(counts, key=lambda label: (-counts[label], label))[:MOST_LABELS]
    if len(labels) < 3:
        return None
    most = max(pair.tasks for pair in pairs)
    by_pair = {frozenset((pair.one, pair.other)): pair for pair in pairs}

    def cell(one: str, other: str) -> Cell:
        pair = by_pair.get(frozenset((one, other)))
        if one == other or pair is None:
            return Cell(same=one == other)
        about = f"{pair.tasks} task{'s' if pair.tasks != 1 else ''}: one said {one}, another {other}"
        return Cell(f"{pair.tasks:,}", _shade(pair.tasks, most), about, _said_both(sheet, pair))

    named = [chips.get(label, Chip(label)) for label in labels]
    rows = [(chip, [cell(one, other) for other in labels]) for chip, one in zip(named, labels, strict=True)]
    return Matrix(named, rows, left_out=len(counts) - len(labels))


def _shade(value: float, most: float) -> int:
    return max(1, min(SHADES, round(SHADES * value / most))) if value and most else 0


def _label_rows(sheet: Sheet, chips: dict[str, Chip]) -> list[dict[str, Any]]:
    """Return each label against the rest, the least agreed on first; what is not defined comes last."""
    rows = sorted(
        sheet.report.document.labels,
        key=lambda row: (row.alpha.value is None, row.alpha.value or 0, row.label),
    )
    return [
        {
            "chip": chips.get(row.label, Chip(row.label)),
            "alpha": row.alpha,
            "said": row.said,
            "href": sheet.tasks(said=(Said(label=row.label),)),
        }
        for row in rows
    ]


def _people_matrix(sheet: Sheet) -> Matrix | None:
    """Return kappa of every two people above the diagonal, and on how many tasks it rests below."""
    told = sheet.report.document
    ids = [person.person for person in sorted(told.persons, key=lambda each: -each.tasks)][:MOST_PEOPLE]
    if len(ids) < 2:
        return None
    ids.sort(key=lambda person: sheet.name(person).casefold())
    pairs: dict[frozenset[int], PairPart] = {frozenset((pair.one, pair.other)): pair for pair in told.pairs}

    def cell(row: int, column: int) -> Cell:
        if row == column:
            return Cell(same=True)
        one, other = ids[row], ids[column]
        pair = pairs.get(frozenset((one, other)))
        if pair is None:
            return Cell("—", about=f"{sheet.name(one)} and {sheet.name(other)} answered no task in common")
        href = sheet.tasks(said=(Said(one), Said(other))) if pair.same < pair.shared else ""
        about = f"{sheet.name(one)} and {sheet.name(other)}: {pair.same} of {pair.shared} answers the same"
        if column < row:
            return Cell(f"{pair.shared:,}", 0, about, href)
        if pair.kappa is None:
            return Cell("n/a", 0, f"{about}; kappa is not defined: {pair.undefined}", href)
        few = " (few tasks: says little)" if pair.shared < FEW_TASKS else ""
        return Cell(f"{pair.kappa:.2f}", _shade(1 - max(0.0, pair.kappa), 1), f"{about}{few}", href)

    rows = [(sheet.name(person), [cell(at, column) for column in range(len(ids))]) for at, person in enumerate(ids)]
    return Matrix([sheet.name(person) for person in ids], rows, left_out=len(told.persons) - len(ids))


def _use_matrix(sheet: Sheet, chips: dict[str, Chip]) -> Matrix | None:
    """Return how much more or less often than the others each person gives a label."""
    uses = {(use.person, use.label): use for use in sheet.report.document.uses}
    apart: dict[str, float] = {}
    for use in uses.values():
        apart[use.label] = max(apart.get(use.label, 0), abs(use.said - use.others))
    labels = sorted(apart, key=lambda label: (-apart[label], label))[:MOST_LABELS]
    ids = sorted({person for person, _ in uses}, key=lambda person: sheet.name(person).casefold())
    if len(labels) < 2 or len(ids) < 2:
        return None
    most = max(apart[label] for label in labels)

    def cell(person: int, label: str) -> Cell:
        use = uses.get((person, label))
        if use is None:
            return Cell()
        more = use.said - use.others
        about = f"{sheet.name(person)} gave {label} {use.said} times where the others would have {use.others:.1f} times"
        href = sheet.tasks(said=(Said(person, label),)) if use.said else ""
        words = f"{more:+.0f}".replace("-", "\u2212") if abs(more) >= 0.5 else "0"
        return Cell(words, _shade(abs(more), most) if abs(more) >= 0.5 else 0, about, href)

    rows = [(sheet.name(person), [cell(person, label) for label in labels]) for person in ids[: MOST_PEOPLE * 2]]
    named = [chips.get(label, Chip(label)) for label in labels]
    return Matrix(named, rows, left_out=len(apart) - len(labels))


def _person_rows(sheet: Sheet) -> list[dict[str, Any]]:
    told = sheet.report.document
    rows = [
        {
            "person": sheet.people.get(each.person, FORMER),
            "page": reverse("project-person", args=(sheet.project.slug, each.person))
            if each.person in sheet.people
            else "",
            "tasks": each.tasks,
            "agreement": each.agreement,
            "without": each.alpha_without,
            "change": each.alpha_without - told.alpha.value
            if each.alpha_without is not None and told.alpha.value is not None
            else None,
            "accuracy": each.accuracy,
            "few": each.tasks < FEW_TASKS,
            "href": sheet.tasks(differ=True) + f"&annotator={each.person}",
        }
        for each in told.persons
    ]
    return sorted(rows, key=lambda row: str(row["person"]).casefold())


def _week_chart(sheet: Sheet) -> charts.Chart | None:
    """Return alpha by week, of weeks in which it is defined."""
    points = [
        charts.Point(
            x=float(number),
            y=week.alpha.value,
            low=week.alpha.low if week.alpha.low is not None else week.alpha.value,
            high=week.alpha.high if week.alpha.high is not None else week.alpha.value,
            words=f"Week of {week.week:%d %B %Y}: {week.alpha.value:.2f}, {week.alpha.tasks} tasks",
        )
        for number, week in enumerate(sheet.report.document.weeks, start=1)
        if week.alpha.value is not None
    ]
    if len(points) < 2:
        return None
    return charts.line([points], write_x=lambda value: f"{value:.0f}", write_y=lambda value: f"{value:.2f}")


def _methods(sheet: Sheet) -> list[dict[str, Any]]:
    """Return each way in which several answers can become a label, with where those are that would be others."""
    return [
        {
            "told": part,
            "title": ConsensusMethod(part.method).label,
            "about": ABOUT[ConsensusMethod(part.method)],
            "interval": wilson(part.right, part.reviewed),
            "href": addresses.chosen(sheet.project, part.differ_tasks) if part.differ_tasks else "",
        }
        for part in sheet.report.document.methods
    ]


def _needed(rows: list[NeededPart]) -> list[dict[str, Any]]:
    """Return what each further person brings."""
    told = []
    for number, row in enumerate(rows):
        before = rows[number - 1].right if number else None
        told.append(
            {
                "people": row.people,
                "right": row.right,
                "tied": row.tied,
                "more": None if before is None else 100 * (row.right - before),
            }
        )
    return told
