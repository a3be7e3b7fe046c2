"""Evidence of every reason as it was stored before it had a version, and as the fullest of today."""

from __future__ import annotations

from typing import Any

_GIVEN: dict[str, Any] = {
    "label": 7,
    "given": "billing",
    "source": "annotation",
    "given_by": {"id": 3, "name": "Bo Berg"},
    "given_at": "2026-03-01T10:00:00+00:00",
    "guideline": 2,
}
_SHARES = [{"class": "delivery", "probability": 0.71}, {"class": "billing", "probability": 0.29}]
_NEAR = [{"task": 11, "label": "delivery", "distance": 0.25}, {"task": 12, "label": ["a", "b"], "distance": 0.5}]
_COPIES = [{"task": 21, "label": None, "split": ""}, {"task": 22, "label": "billing", "split": "test"}]

OLD: dict[str, list[dict[str, Any]]] = {
    "manual": [{}],
    "skipped": [{}],
    "conflict": [{"people": 3, "agreement": 0.33}],
    "label_error": [
        {
            **_GIVEN,
            "suggested": "delivery",
            "probability": 0.71,
            "distribution": _SHARES,
            "neighbors": _NEAR,
            "basis": '"billing"',
            "run": 5,
        },
        {
            **_GIVEN,
            "given": ["a", "c"],
            "given_by": None,
            "suggested": ["a", "b"],
            "missing": ["b"],
            "extra": ["c"],
            "probability": 0.9,
            "distribution": _SHARES,
            "neighbors": [],
            "basis": '["a", "c"]',
            "run": 5,
        },
        {"label": 7, "suggested": "delivery", "probability": 0.71, "basis": "null", "run": 5},
    ],
    "outlier": [{"neighbors": _NEAR, "basis": "item", "run": 5}],
    "near_duplicate": [
        {
            "labels_differ": True,
            "across_splits": True,
            "exact": False,
            "copies": _COPIES,
            "basis": "[[21, 22], true]",
            "run": 5,
        }
    ],
    "ambiguous": [{**_GIVEN, "distribution": _SHARES, "neighbors": _NEAR, "basis": '"billing"', "run": 5}],
    "low_quality": [{"problems": ["very dark", "blurry"], "basis": "item", "run": 5}],
    "gold_miss": [{}],
    "stale_guideline": [{}],
    "rule_missing": [{}],
    "lone_answer": [{}],
}
"""By reason."""

FULL: dict[str, Any] = {
    **_GIVEN,
    "suggested": "delivery",
    "probability": 0.71,
    "distribution": _SHARES,
    "neighbors": _NEAR,
    "copies": _COPIES,
    "members": [20, 21, 22],
    "times": 3,
    "exact": True,
    "labels_differ": True,
    "across_splits": True,
    "problems": ["very dark"],
    "people": 3,
    "agreement": 0.33,
    "missing": ["b"],
    "extra": ["c"],
    "run": 5,
    "version": 1,
}
"""Everything that any reason knows."""
