"""The flags of a project: what reviewers are to look at, and their decisions."""

from __future__ import annotations

import uuid
from typing import Any

from dcai.rows import Rows


class Flags(Rows):
    """The flags of one project. Iterate over it, or call it with filters: `project.flags(reason="label_error")`."""

    _NAME = "flags"

    def decide(self, flag: int, decision: str, *, answer: Any = None, note: str = "") -> dict[str, Any]:
        """Decide about a flag: accept_suggestion, keep, relabel (with `answer`), quarantine or ambiguous.

        Of copies also keep_one (`answer`: the task that stays) and one_split (`answer`: the split).
        """
        sent = {"decision": decision, "note": note} | ({} if answer is None else {"answer": answer})
        key = str(uuid.uuid4())
        decided: dict[str, Any] = self._transport.json(
            "POST",
            f"flags/{flag}/resolution/",
            body=lambda: {"json": sent, "headers": {"Idempotency-Key": key}},
            harmless=True,
        )
        return decided

    def take_back(self, flag: int) -> dict[str, Any]:
        """Take a decision back: the label before holds again."""
        undone: dict[str, Any] = self._transport.json("DELETE", f"flags/{flag}/resolution/")
        return undone
