"""What kinds share whose answers have no pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from labeling.errors import Invalid
from labeling.kinds.problems import quoted, wrong
from labeling.kinds.protocol import WHOLE, Change, Part, Remark

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


def whole_part(value: Any, words: str) -> tuple[Part, ...]:
    """Return an answer as its only part.

    Parameters
    ----------
    value : object
        The answer as JSON holds it.
    words : str
        The answer in one line.

    Returns
    -------
    tuple of Part
    """
    return (Part(WHOLE, value, words),)


def whole_patched(change: Change, load: Callable[[Any], Answer]) -> Answer:
    """Return the answer that takes the place of the whole one.

    Parameters
    ----------
    change : Change
        A "change" of `WHOLE`; nothing can be added to such an answer or removed from it.
    load : callable
        The kind's loader.

    Returns
    -------
    answer
    """
    if change.action != "change":
        raise wrong(f"An answer of one piece can be changed; this suggestion would {change.action} a part.")
    if change.part != WHOLE:
        raise wrong(f"This answer has no part {quoted(change.part)}.")
    return load(change.value)


def whole_remarks(value: Any, check: Callable[[Any], object]) -> list[Remark]:
    """Return what the gate would say of a stored answer today.

    Parameters
    ----------
    value : object
        The answer as JSON holds it.
    check : callable
        The kind's `parse`, with settings and item.

    Returns
    -------
    list of Remark
    """
    try:
        check(value)
    except Invalid as error:
        return [Remark(WHOLE, problem.message) for problem in error.problems]
    return []
