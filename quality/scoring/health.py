"""One number for the state of a data set, always shown with its parts."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = {
    "completeness": "Share of items whose required fields are all there.",
    "uniqueness": "1 - the share of items that repeat another one.",
    "validity": "Share of labels that keep the current schema.",
    "consistency": "Agreement between people (Krippendorff's alpha, at least 0).",
    "accuracy": "1 - the estimated share of wrong labels.",
    "balance": "How evenly labels are spread over the classes.",
    "timeliness": "Share of the labels given here that were given under the newest guideline.",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the health score.

    Parameters
    ----------
    name
        A key of `PARTS`.
    value
        In [0, 1], or None when it is not defined.
    why
        What it means, or why it is not defined.
    """

    name: str
    value: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Health:
    """The health score.

    Parameters
    ----------
    overall
        Mean of the parts that are defined, None when none is.
    parts
        All of them, in the order of `PARTS`.
    """

    overall: float | None
    parts: tuple[Part, ...]


def score(values: dict[str, float | None], undefined: dict[str, str]) -> Health:
    """Put the health score together.

    Parameters
    ----------
    values
        By name; a part that is missing or None is not defined. Values are cut to [0, 1].
    undefined
        Why parts are not defined, by name.

    Returns
    -------
    Health

    Raises
    ------
    ValueError
        For a name that is no part.
    """
    if unknown := (values.keys() | undefined.keys()) - PARTS.keys():
        message = f"no parts of the health score: {sorted(unknown)}"
        raise ValueError(message)
    parts = []
    for name, meaning in PARTS.items():
        value = values.get(name)
        if value is None:
            parts.append(Part(name=name, value=None, why=undefined.get(name, "Not measured yet.")))
        else:
            parts.append(Part(name=name, value=min(1.0, max(0.0, value)), why=meaning))
    defined = [part.value for part in parts if part.value is not None]
    return Health(overall=sum(defined) / len(defined) if defined else None, parts=tuple(parts))
