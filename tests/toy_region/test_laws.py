"""A kind of regions keeps the laws of all kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.labeling.kinds.laws import LAWS

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_law(law: Callable[[str, st.DataObject], None], data: st.DataObject) -> None:
    law("stretch", data)
