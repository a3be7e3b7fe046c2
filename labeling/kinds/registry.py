"""The kinds there are. Adding one is its module and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from labeling.kinds import choice, multi_choice, rating, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.kinds.base import KindConfig


class Kind(Protocol):
    """What a module of this package offers so that questions can be of its kind.

    `Any` stands for the module's own answer and config types: a question always hands a kind what that kind made.
    """

    NAME: str
    """The word that a schema uses."""

    TITLE: str
    """The words that people see."""

    FIELD_TYPES: frozenset[str]
    """Types of fields that the kind can ask about."""

    @property
    def Config(self) -> type[KindConfig]:  # noqa: N802 (it is a class)
        """The pydantic model of a question's settings."""

    def parse(self, raw: Any, config: Any, field: Any = None) -> Any:
        """Return the answer in what was sent, or raise `Invalid` with paths relative to the answer."""

    def distance(self, a: Any, b: Any, config: Any) -> float:
        """Return how far two answers are apart, 0 (the same) to 1."""

    def consensus(self, answers: Sequence[Any], weights: Sequence[float], config: Any) -> tuple[Any, float]:
        """Return the answer that several people's answers amount to, and the confidence in it, 0 to 1."""

    def classes(self, answer: Any) -> list[str]:
        """Return the classes of an answer, for counting, filtering and balance."""

    def class_names(self, config: Any) -> list[str]:
        """Return every class that an answer can have, in a fixed order."""

    def describe(self, answer: Any) -> str:
        """Return one line for tables and comparisons."""

    def dump(self, answer: Any) -> Any:
        """Return the answer as JSON holds it, such that `parse` gives it back."""


_ALL: tuple[Kind, ...] = (choice, multi_choice, rating, text)

KINDS: dict[str, Kind] = {kind.NAME: kind for kind in _ALL}
