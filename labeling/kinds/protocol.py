"""What a kind of question says about itself, so that no other file has to ask which kind it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from labeling.kinds.base import KindConfig

Form = Literal["one", "many", "words", "none"]
"""How a plain HTML form may ask: one of the options, any number of them, words to write, or not at all."""

Names = Literal["labels", "steps", "none"]
"""What the list of names is that a person types for a new question."""

Column = type[str] | type[int] | type[float] | list["Column"] | dict[str, "Column"]
"""What a Parquet column holds: a type, a list of one, or named ones. `str` also holds JSON."""

GROUP_STEP = " / "
"""Between the parts of a group's path."""

WHOLE = ""
"""The id of the one part of an answer that has no pieces."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that a question offers.

    Attributes
    ----------
    name : str
        What answers and classes call it.
    title : str
        What people see; never empty.
    color : str
        Such as ``#0072b2``; empty where the kind has no colors.
    key : str
        The key that chooses it in the editor; empty where there is none.
    definition : str
        What it means, in the words of the schema; may be empty.
    group : str
        The path of the group it stands in, such as ``Animal / Dog``; empty for none.
    """

    name: str
    title: str
    color: str = ""
    key: str = ""
    definition: str = ""
    group: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        """The paths of the groups it stands in, the outermost first."""
        parts = self.group.split(GROUP_STEP) if self.group else []
        return tuple(GROUP_STEP.join(parts[: depth + 1]) for depth in range(len(parts)))


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an answer that a flag, a comment or a suggestion can point at.

    Attributes
    ----------
    id : str
        Unique within the answer, and kept while the piece is changed; `WHOLE` for an answer that has no pieces.
    value : object
        The piece as JSON holds it.
    words : str
        The piece in one line.
    """

    id: str
    value: Any
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a suggestion does to one part of an answer.

    Attributes
    ----------
    action : str
        "add" a part that is not there, "change" one that is, or "remove" it.
    part : str
        The part's id.
    value : object
        What the part shall be, as JSON holds it; nothing for "remove".
    """

    action: Literal["add", "change", "remove"]
    part: str = WHOLE
    value: Any = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one part of an answer that is seen without a model, in a sentence."""

    part: str
    words: str


class Kind(Protocol):
    """What a module of this package offers so that questions can be of its kind.

    `Any` stands for the module's own answer and config types: a question always hands a kind what that kind made.
    The laws that hold for all of them are tested in `tests/labeling/kinds/test_registry.py`.
    """

    NAME: str
    """The word that a schema uses."""

    TITLE: str
    """The words that people see."""

    ABOUT: str
    """What an answer is, in one sentence."""

    ICON: str
    """The name of its icon."""

    FIELD_TYPES: frozenset[str]
    """Types of fields that the kind can ask about."""

    LOOKS_AT_ITEM: bool
    """Whether `parse` depends on the item; an answer to a question that does not may be checked once for many items."""

    FORM: Form
    """How a plain HTML form may ask it."""

    NAMES: Names
    """What a person names to make a question of this kind."""

    COLUMN: Column
    """What a Parquet column of its answers holds, as `dump` writes them."""

    TRACK: str
    """The way in which quality learns and judges its answers ("single", "several"); empty for none."""

    @property
    def Config(self) -> type[KindConfig]:  # noqa: N802 (it is a class)
        """The pydantic model of a question's settings."""

    def parse(self, raw: Any, config: Any, item: Any) -> Any:
        """Return the answer in what was sent: the gate, strict, against the settings and the item itself.

        Parameters
        ----------
        raw : object
            What was sent, as JSON holds it.
        config : KindConfig
            The question's settings.
        item : object
            The value of the question's field in the task's data: a text, or a stored image with its width and
            height. None only where there is no item.

        Returns
        -------
        answer

        Raises
        ------
        Invalid
            With paths relative to the answer.
        """

    def load(self, stored: Any) -> Any:
        """Return the answer that `dump` wrote, whatever the settings are by now.

        Only the structure is looked at: what was once accepted loads for ever. What never was an answer of this kind
        raises `Invalid`.
        """

    def dump(self, answer: Any) -> Any:
        """Return the answer as JSON holds it: equal answers are equal JSON, and `load` gives them back."""

    def same(self, a: Any, b: Any, config: Any) -> bool:
        """Return whether a person would call these the same answer; equal answers always are."""

    def distance(self, a: Any, b: Any, config: Any) -> float:
        """Return how far two answers are apart: 0 for equal ones, at most 1, the same in both directions."""

    def consensus(self, answers: Sequence[Any], weights: Sequence[float], config: Any) -> tuple[Any, float] | None:
        """Return the answer that several people's answers amount to, or None: a tie is no answer.

        Parameters
        ----------
        answers : sequence
            At least one; their order does not matter.
        weights : sequence of float
            One finite number of 0 or more per answer; all 0 counts as all equal.
        config : KindConfig
            The question's settings.

        Returns
        -------
        tuple of answer and float, or None
            The confidence is above 0 and at most 1; `voting.outcome` says when there is no answer.
        """

    def classes(self, answer: Any) -> list[str]:
        """Return the distinct classes of an answer, for counting, filtering and balance."""

    def options(self, config: Any) -> tuple[Option, ...]:
        """Return what the question offers, in a fixed order: every class that `parse` lets an answer have is one."""

    def parts(self, answer: Any) -> tuple[Part, ...]:
        """Return the addressable pieces of an answer; one that has none is a single part, `WHOLE`."""

    def patch(self, answer: Any, change: Change, config: Any) -> Any:
        """Return the answer with one part changed; it is still to pass `parse` before it is accepted.

        Raises
        ------
        Invalid
            When there is no such part, there is one already, or the value is none of this kind.
        """

    def describe(self, answer: Any) -> str:
        """Return one line for tables and comparisons."""

    def lint(self, answer: Any, item: Any, config: Any) -> list[Remark]:
        """Return what is questionable about a stored answer as the settings and the item are now."""

    def readings(self, raw: Any, config: Any) -> Iterator[Any]:
        """Yield what a value may mean that is not an answer as it stands, the likeliest first.

        Files and plain forms know only text, and some take a name for a number; `parse` judges each reading.
        """

    def settings(self, names: Sequence[str], chosen: dict[str, list[str]]) -> dict[str, Any]:
        """Return the settings that a person's list of names makes, as a schema writes them.

        Parameters
        ----------
        names : sequence of str
            In the order typed.
        chosen : dict
            Color, key and group that were set by hand, by name; any may be empty or left out at the end.
        """

    def lacks(self, names: Sequence[str]) -> Iterable[str]:
        """Yield what is still missing in a list of names, a sentence each."""
