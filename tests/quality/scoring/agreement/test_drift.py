"""Who answers otherwise than before."""

from __future__ import annotations

import numpy as np

from quality.learning.arrays import Mask
from quality.scoring.agreement.drift import BASELINE, RECENT, drift


def answers(seed: int, *, size: int, drop_at: int = -1) -> Mask:
    draws = np.random.default_rng(seed)
    right = np.full(size, 0.9)
    if drop_at >= 0:
        right[drop_at:] = 0.75
    return draws.random(size) < right


def test_a_drop_is_noticed_soon_and_hardly_ever_where_there_is_none() -> None:
    unchanged = [drift(answers(seed, size=1_000)) for seed in range(1_000)]
    alarms = sum(told is not None and told.noticed >= 0 for told in unchanged)
    delays = []
    for seed in range(200):
        told = drift(answers(seed, size=1_000, drop_at=500))
        assert told is not None
        if told.noticed >= 500:
            delays.append(told.noticed - 500)
    assert alarms <= 50  # 32 when this was written
    assert len(delays) >= 190
    assert np.median(delays) <= 100


def test_nothing_is_said_of_few_answers() -> None:
    assert drift(np.ones(BASELINE + RECENT - 1, dtype=bool)) is None
    told = drift(np.ones(BASELINE + RECENT, dtype=bool))
    assert told is not None
    assert (told.baseline, told.recent, told.noticed, told.probability) == (1, 1, -1, 1)
