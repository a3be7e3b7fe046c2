"""Support messages, written for this demo."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from labeling.services.demo.source import Source

FILE = Path(__file__).resolve().parent.parent.parent / "data" / "demo" / "support_messages.csv"

LOOK_ALIKES = {
    "order_status": ("cancel_or_change_order", "complaint_or_praise"),
    "damaged_or_faulty": ("return_or_refund", "product_question"),
    "return_or_refund": ("billing_problem", "damaged_or_faulty", "cancel_or_change_order"),
    "product_question": ("damaged_or_faulty", "order_status"),
    "billing_problem": ("return_or_refund", "account_access"),
    "account_access": ("product_question", "billing_problem"),
    "cancel_or_change_order": ("order_status", "return_or_refund"),
    "complaint_or_praise": ("order_status", "damaged_or_faulty"),
}
"""Intents that are taken for one another by a hasty reader."""


@cache
def load_messages() -> tuple[Source, ...]:
    """Return all messages. Whether its author found one ambiguous is not passed on: it would tell annotators."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Source(
                external_id=row["external_id"],
                content=row["text"],
                label=row["intent"],
                meta={"channel": row["channel"], "month": row["month"]},
            )
            for row in csv.DictReader(file)
        )
