"""Annotations: what people answer. A save that was acknowledged is committed, exactly once."""

from labeling.services.annotations.comments import comment, reopen_comment, resolve_comment
from labeling.services.annotations.saving import submit
from labeling.services.annotations.submission import MAX_COMMENT, MAX_KEY, MAX_LEAD_TIME_MS, Saved, Submission

__all__ = [
    "MAX_COMMENT",
    "MAX_KEY",
    "MAX_LEAD_TIME_MS",
    "Saved",
    "Submission",
    "comment",
    "reopen_comment",
    "resolve_comment",
    "submit",
]
