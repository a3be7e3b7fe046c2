"""What a flag rests on, as JSON: written and read here alone, through the type of its reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

GIVEN, SUGGESTED, BASIS, VERSION, RUN, MEMBERS = "given", "suggested", "basis", "version", "run", "members"
"""Keys that statements ask for; each is a field of `Evidence`."""

_BEFORE = 0
"""The version of evidence that says none: its basis is not hashed, but cut."""

_CUT = 300


class _Part(BaseModel):
    """Evidence or a piece of it. What is not known here is left out: it was written by another version."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class ClassShare(_Part):
    """A class and how probable a model finds it."""

    name: str = Field(alias="class")
    probability: float


class NearItem(_Part):
    """Another task that a flag shows beside its own, with the label that it had then."""

    task: int
    label: Any = None
    distance: float | None = None
    split: str = ""


class Person(_Part):
    """Who gave a label."""

    id: int
    name: str = ""


class Evidence(_Part):
    """What every flag may rest on; each reason adds its own.

    A field that changes its meaning takes the next version, and `load` brings the earlier ones up to it. What is stored
    has no value that is the default one.

    Parameters
    ----------
    version : int
        0 for what was written before there were versions.
    basis : str
        Stands for `rests_on`, so that a later check knows what was decided; written by `dump`.
    run : int, optional
        The run of the check that found it.
    given : object, optional
        The label of record that it speaks of, as JSON.
    suggested : object, optional
        The label that is more probable, as JSON.
    probability : float, optional
        How sure the model is of the suggested label, 0 to 1.
    members : tuple of int
        The tasks that it is about where these are several, the flag's own included, in order.
    """

    version: int = 1
    basis: str = ""
    run: int | None = None
    given: Any = None
    suggested: Any = None
    probability: float | None = None
    members: tuple[int, ...] = ()

    @classmethod
    def load(cls, stored: Any) -> Self:
        """Return what was stored, whatever wrote it: a value that does not fit is left out.

        Parameters
        ----------
        stored : object
            The JSON of a flag's column, of any version.

        Returns
        -------
        Evidence
        """
        values = {VERSION: _BEFORE, **stored} if isinstance(stored, Mapping) else {VERSION: _BEFORE}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            unfit = {entry["loc"][0] for entry in error.errors(include_url=False)}
            return cls.model_validate({name: value for name, value in values.items() if name not in unfit})

    def dump(self) -> dict[str, Any]:
        """Return the JSON to store: the newest version, sealed with its basis."""
        now = type(self).model_fields[VERSION].default
        plain = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {**plain, VERSION: now, BASIS: self.sealed_basis()}

    def rests_on(self) -> Any:
        """Return what a decision holds for, as JSON: the label that it speaks of, or None for the item's data alone.

        Those never change: what was decided about them stays so.
        """
        return self.given

    def sealed_basis(self) -> str:
        """Return the SHA-256 of what it rests on, as canonical JSON."""
        text = json.dumps(self.rests_on(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def earlier_basis(self) -> str:
        """Return the basis in the form it had before version 1, to compare it with rows of that time."""
        value = self.rests_on()
        return "item" if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)[:_CUT]

    def sentence(self) -> str:
        """Return what was found, in one sentence; empty where people say it themselves."""
        return ""

    def brief(self) -> str:
        """Return what tells one flag from its like, in a few words; empty where there is nothing to tell."""
        return ""

    def doubts_label(self) -> bool:
        """Return whether it puts the task's label in doubt, even if its reason is about the item."""
        return False

    def near_items(self) -> tuple[NearItem, ...]:
        """Return the other tasks to show beside it, the most telling first."""
        return ()

    def class_shares(self) -> tuple[ClassShare, ...]:
        """Return the classes that a model considered, the most probable first."""
        return ()

    def member_tasks(self) -> tuple[int, ...]:
        """Return the tasks that it is about where these are several, in order; one decision is about all of them.

        Empty: it is about the flag's task alone.
        """
        return self.members

    def among(self, there: Collection[int]) -> Self | None:
        """Return it for those of its tasks that are there; None where nothing is left to decide."""
        return self

    def moved_elsewhere(self) -> Self:
        """Return it as it holds in another database, where other tasks have these numbers: about its own task alone."""
        return self.model_copy(update={MEMBERS: ()})

    def is_settled_by(self, earlier: Evidence, resolution: str) -> bool:
        """Return whether what was decided (a `Decision`) about earlier evidence, of all these tasks, answers it too."""
        return False


class LabelEvidence(Evidence):
    """What a model says of a given label.

    Parameters
    ----------
    label : int, optional
        The label's id.
    source, given_by, given_at, guideline
        Where the label came from, who gave it, when (ISO 8601), and under which version of the guideline.
    distribution : tuple of ClassShare
        What the model considered.
    neighbors : tuple of NearItem
        The labeled items most like it.
    """

    label: int | None = None
    source: str = ""
    given_by: Person | None = None
    given_at: str = ""
    guideline: int | None = None
    distribution: tuple[ClassShare, ...] = ()
    neighbors: tuple[NearItem, ...] = ()

    def near_items(self) -> tuple[NearItem, ...]:
        """Return the labeled items most like it."""
        return self.neighbors

    def class_shares(self) -> tuple[ClassShare, ...]:
        """Return what the model considered."""
        return self.distribution
