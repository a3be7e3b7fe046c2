"""What a flag says, as people read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labeling.selectors import explorer as explorer_reads

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Flag

_QUOTED = re.compile("“([^“”]+)”")


def note(flag: Flag, question: Question | None) -> str:
    """Return the note of a flag: with the titles of labels instead of their names, unless a person wrote it."""
    return flag.note if flag.raised_by_id is not None else title_labels(flag.note, question)


def title_labels(words: str, question: Question | None) -> str:
    """Return words with the titles of the labels that are quoted in them instead of their names."""
    if question is None:
        return words
    known = explorer_reads.named_labels(question)
    return _QUOTED.sub(lambda quoted: f"“{known[quoted[1]].title}”" if quoted[1] in known else quoted[0], words)
