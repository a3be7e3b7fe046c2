"""The toy kind is registered for the tests of this folder, as its line in the registry would do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.labeling.kinds.registering import registered
from tests.labeling.kinds.strategies import STRATEGIES
from tests.toy_region import stretch
from tests.toy_region.strategy import draw_stretches

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _stretches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(STRATEGIES, stretch.NAME, draw_stretches)
    with registered(stretch):
        yield
