"""Which classes are mixed up with which, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality.selectors import flag_counts as flag_count_reads
from quality.selectors import runs as run_reads

if TYPE_CHECKING:
    from labeling.models import Project
    from quality.models import Run

MOST = 15
"""Classes that the table shows: those most mixed up."""

SHADES = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """Labels of one class that are likely of another.

    Parameters
    ----------
    given, suggested
        The two classes.
    estimated
        How many such labels there are, by the calibrated confident joint.
    flagged
        How many of them the run flagged.
    open
        How many of these flags wait for a decision.
    shade
        0 (nothing) to `SHADES`, by `estimated`.
    """

    given: str
    suggested: str
    estimated: float = 0.0
    flagged: int = 0
    open: int = 0
    shade: int = 0

    @property
    def same(self) -> bool:
        """Whether the cell is on the diagonal."""
        return self.given == self.suggested


@dataclass(frozen=True, slots=True)
class Confusion:
    """The pairs of classes that are mixed up.

    Parameters
    ----------
    classes
        Of the table, the most mixed-up ones if there are many, in the order of the schema.
    rows
        One per class, as given; in it a cell per class, as suggested.
    pairs
        All pairs, worst first, also of classes that the table leaves out.
    """

    classes: list[str]
    rows: list[tuple[str, list[Cell]]]
    pairs: list[Cell]
    left_out: int

    @property
    def worst(self) -> Cell | None:
        """Return the pair with most such labels."""
        return max(self.pairs, key=lambda cell: cell.estimated, default=None)


def confusion_for(project: Project, run: Run) -> Confusion:
    """Return the pairs of classes that a run found mixed up, with how many flags of each are still open."""
    waiting = flag_count_reads.open_by_pair(project, run.question)
    found = run_reads.confusions(run)
    strongest = max((pair.estimated for pair in found), default=0.0)
    pairs = {
        (pair.given, pair.suggested): Cell(
            given=pair.given,
            suggested=pair.suggested,
            estimated=pair.estimated,
            flagged=pair.flagged,
            open=waiting.get((pair.given, pair.suggested), 0),
            shade=_shade(pair.estimated, strongest),
        )
        for pair in found
    }
    weight: dict[str, float] = {}
    for cell in pairs.values():
        for name in (cell.given, cell.suggested):
            weight[name] = weight.get(name, 0) + cell.estimated + cell.flagged
    heaviest = set(sorted(weight, key=lambda name: (-weight[name], name))[:MOST])
    shown = [name for name in run.classes if name in heaviest]
    return Confusion(
        classes=shown,
        rows=[(given, [pairs.get((given, other)) or Cell(given, other) for other in shown]) for given in shown],
        pairs=list(pairs.values()),
        left_out=len(weight) - len(shown),
    )


def _shade(value: float, strongest: float) -> int:
    if value < 0.5 or strongest <= 0:
        return 0
    return max(1, min(SHADES, round(SHADES * value / strongest)))
