"""What a person prefers: how pages look, and which keys they press on the label page."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from django.db import models
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from labeling.models.documents import JsonDocument

View = Literal["table", "grid"]
Theme = Literal["light", "dark", "auto"]
THEMES: tuple[Theme, ...] = get_args(Theme)


class KeyAction(models.TextChoices):
    """What a key of the label page does, whatever is asked there; the keys of answers are the schema's."""

    SUBMIT = "submit", "Submit and go to the next item"
    SKIP = "skip", "Skip, then a digit for the reason"
    UNDO = "undo", "Undo, across items too"
    REDO = "redo", "Redo"
    NEXT = "next", "Next item"
    PREVIOUS = "previous", "Previous item, up to your last ten answers"
    GUIDELINE = "guideline", "Guideline, at the label you point at"
    COMMENT = "comment", "Comment on this item"
    FLAG = "flag", "Flag this item for a reviewer"
    PREVIOUS_QUESTION = "previous_question", "Previous question"
    NEXT_QUESTION = "next_question", "Next question"
    ZOOM_IN = "zoom_in", "Zoom the image in"
    ZOOM_OUT = "zoom_out", "Zoom the image out"
    FIT = "fit", "Fit the image into its frame"
    HELP = "help", "All keys"


USUAL_KEYS: dict[str, str] = {
    KeyAction.SUBMIT: "Enter",
    KeyAction.SKIP: "Space",
    KeyAction.UNDO: "z",
    KeyAction.REDO: "Shift z",
    KeyAction.NEXT: "j",
    KeyAction.PREVIOUS: "k",
    KeyAction.GUIDELINE: "g",
    KeyAction.COMMENT: "c",
    KeyAction.FLAG: "f",
    KeyAction.PREVIOUS_QUESTION: "ArrowUp",
    KeyAction.NEXT_QUESTION: "ArrowDown",
    KeyAction.ZOOM_IN: "+",
    KeyAction.ZOOM_OUT: "-",
    KeyAction.FIT: ".",
    KeyAction.HELP: "?",
}
"""The key of every action until a person chooses another, named as a browser names it."""

_NAMED = r"Enter|Space|Backspace|Delete|Insert|Home|End|PageUp|PageDown|Arrow(?:Up|Down|Left|Right)|F[1-9]|F1[0-2]"
KEY_PATTERN = rf"(?:Shift )?(?:[a-z]|{_NAMED})|[!-.:-@\[-`{{-~]"
"""Keys that an action may have. Digits answer, `/` finds, Tab walks and Esc leaves: those are not to be had."""


class ExplorerLook(BaseModel):
    """How a person likes the explorer to look: the view by project; no columns chosen, the usual ones."""

    model_config = ConfigDict(frozen=True)

    views: dict[str, View] = Field(default_factory=dict)
    dense: bool = False
    columns: list[str] | None = None


def _known_keys(stored: Any) -> Any:
    """Leave out what is no action or no key any more: the usual key is better than none."""
    if not isinstance(stored, dict):
        return stored
    return {action: key for action, key in stored.items() if action in USUAL_KEYS and is_key(key)}


class Preferences(JsonDocument):
    """What a person chose; None is what everybody has who chose nothing.

    Attributes
    ----------
    goes_on
        On the label page, a key that is the whole answer also submits it, where the project lets each decide.
    tasks
        The look of the explorer.
    keys
        The keys that are not the usual ones, by action.
    """

    theme: Theme | None = None
    goes_on: bool | None = None
    tasks: ExplorerLook | None = None
    keys: Annotated[dict[str, str] | None, BeforeValidator(_known_keys)] = None

    @property
    def all_keys(self) -> dict[str, str]:
        """The key of every action."""
        return USUAL_KEYS | (self.keys or {})


def is_key(key: Any) -> bool:
    """Tell whether an action may have this key."""
    return isinstance(key, str) and re.fullmatch(KEY_PATTERN, key) is not None


def key_words(key: str) -> str:
    """Return a key as it is printed on a keyboard: Shift Z, ↑, Space."""
    _, shift, plain = key.rpartition("Shift ")
    return shift + _PRINTED.get(plain, plain.upper() if len(plain) == 1 else plain)


_PRINTED = {
    "ArrowUp": "↑",
    "ArrowDown": "↓",
    "ArrowLeft": "←",
    "ArrowRight": "→",
    "PageUp": "Page Up",
    "PageDown": "Page Down",
    "-": "\N{MINUS SIGN}",
}
