"""What reviewers do not see before they have decided, in projects where they decide first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.models import FlagState
from labeling.reasons.registry import reason_named

if TYPE_CHECKING:
    from labeling.models import Flag, Project


def hides_suggestion(project: Project, flag: Flag) -> bool:
    """Return whether what is suggested, how sure a model is and who said what stay hidden for now.

    A flag that was decided once hides nothing, also after the decision was taken back: its first choice is kept.
    """
    if not project.decide_first or flag.state != FlagState.OPEN or flag.first_choice is not None:
        return False
    reason = reason_named(flag.reason)
    return reason.is_about_label or reason.model_may_suggest
