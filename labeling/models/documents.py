"""What JSON columns hold: typed, with a version, read and written in one place."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict


class JsonDocument(BaseModel):
    """What a JSON column holds.

    The version is stored beside the values from the second on: what has none is of the first. A class that raises its
    `VERSION` says in `upgraded` how older documents become newer ones, for they are never rewritten.
    """

    model_config = ConfigDict(frozen=True)
    VERSION: ClassVar[int] = 1

    @classmethod
    def load(cls, stored: dict[str, Any] | None) -> Self:
        """Return what a column holds; what a version from before the column existed left out has its default."""
        values = dict(stored or {})
        version = values.pop("version", 1)
        if version > cls.VERSION:
            message = f"{cls.__name__} {version} was written by a newer version of this program"
            raise ValueError(message)
        return cls.model_validate(cls.upgraded(values, version) if version < cls.VERSION else values)

    @classmethod
    def upgraded(cls, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Return the values of an older version as those of this one."""
        return values

    def dump(self) -> dict[str, Any]:
        """Return what to store; what is None goes without saying."""
        values = {name: value for name, value in self.model_dump(mode="json").items() if value is not None}
        return values | ({"version": self.VERSION} if self.VERSION > 1 else {})
