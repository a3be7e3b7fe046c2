"""How an alpha and a control chart are read: light, so that pages may say it without what measures it."""

from __future__ import annotations

RELIABLE, TENTATIVE = 0.8, 0.667
LEAST_ITEMS_TOLD = 10
"""With fewer items an interval says nothing."""
DRIFT_THRESHOLD = 6.0
"""Where the control chart of a person's answers raises its alarm."""


def reading(value: float) -> str:
    """Return what an alpha means in one word, after Krippendorff: "reliable", "tentative" or "unreliable"."""
    if value >= RELIABLE:
        return "reliable"
    return "tentative" if value >= TENTATIVE else "unreliable"
