"""What a reviewer can press on a card: the decisions that make sense for its reason, and the labels to give instead."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.reasons.decisions import OF_COPIES, Decision
from labeling.selectors.explorer import Chip
from labeling.web.answers import from_form

if TYPE_CHECKING:
    from labeling.kinds.schema import Question, Schema
    from labeling.reasons.decisions import Choice
    from labeling.selectors.reviews import Card

DIGITS = "1234567890"
MOST_BUTTONS = 24
MOST_BOXES = 200
TEXT, SEVERAL, ONE, LIST, NONE = "text", "several", "one", "list", "none"


@dataclass(frozen=True, slots=True)
class Button:
    """A decision to press, with its key; `answer` is JSON, for another label; `about` says what it does."""

    decision: Decision
    words: str
    key: str = ""
    icon: str = ""
    answer: str = ""
    chips: list[Chip] = field(default_factory=list)
    chosen: bool = False
    about: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question to answer anew: buttons that decide at once, or parts of a form."""

    name: str
    title: str
    mode: str
    labels: list[Button]
    given: Any = None
    more: int = 0


def decisions(card: Card) -> list[Button]:
    """Return the decisions to offer, in order: to take a suggestion or to keep, where there is something to."""
    left_out = {Decision.ACCEPT} if card.suggestion is None else set()
    if not card.may_keep:
        left_out.add(Decision.KEEP)
    if card.group is None:
        left_out |= OF_COPIES
    return [
        _button(choice, card)
        for choice in card.reason.choices
        if choice.decision not in left_out and (not choice.split or _moves(choice, card))
    ]


def _moves(choice: Choice, card: Card) -> bool:
    """Whether some, but not all of a card's copies are in the split of a choice."""
    return card.group is not None and choice.split in card.group.splits and len(card.group.splits) > 1


def _button(choice: Choice, card: Card) -> Button:
    decision, answer, chips = choice.decision, "", card.given[0].chips if len(card.given) == 1 else []
    if decision is Decision.ACCEPT and card.suggestion is not None:
        chips = card.suggestion.chips
        if not card.suggestion.of_flag:  # the flag rests on no suggestion: it is a label like any other
            decision, answer = Decision.RELABEL, json.dumps(card.suggestion.value)
    shown = chips if choice.names_label else []
    words = choice.words if shown or not choice.names_label else choice.unlabeled or choice.words
    if choice.split:
        answer = json.dumps(choice.split)
    elif decision is Decision.KEEP_ONE and card.group is not None:
        words = f"{words}, quarantine {card.group.size - 1:,}"
    return Button(decision, words, choice.key, choice.icon, answer, shown, about=choice.about)


def questions_to_ask(card: Card, schema: Schema) -> list[AskedQuestion]:
    """Return the questions that another label can be given to; none where the item itself is the matter."""
    if not card.reason.relabels:
        return []
    questions = [card.question] if card.question else ([] if card.flag.question else list(schema.questions))
    given = {label.question: label.value for label in card.given}
    return [_asked(question, given.get(question.name), alone=len(questions) == 1) for question in questions]


def _asked(question: Question, given: Any, *, alone: bool) -> AskedQuestion:
    names = question.class_names
    keys = _keys(question) if alone else {}
    if question.form == "none":
        return AskedQuestion(question.name, question.title, NONE, [], given)
    if question.form == "words":
        return AskedQuestion(question.name, question.title, TEXT, [], given)
    if question.form == "many":
        shown = names[:MOST_BOXES]
        has = given if isinstance(given, list) else ()
        labels = [_label(question, name, keys, name, chosen=name in has) for name in shown]
        labels = _by_group(question, labels)
        return AskedQuestion(question.name, question.title, SEVERAL, labels, given, more=len(names) - len(shown))
    if not alone and len(names) > MOST_BUTTONS:
        return AskedQuestion(question.name, question.title, LIST, [], given)
    shown = names[:MOST_BUTTONS] if len(names) <= MOST_BUTTONS else [name for name in names if name in keys]
    answers = {name: from_form(question, [name]) for name in shown}
    labels = [_label(question, name, keys, answer, chosen=answer == given) for name, answer in answers.items()]
    labels = _by_group(question, labels)
    return AskedQuestion(question.name, question.title, ONE, labels, given, more=len(names) - len(shown))


def _label(question: Question, name: str, keys: dict[str, str], answer: Any, *, chosen: bool) -> Button:
    option = question.option_named[name]
    chip = Chip(option.title, option.color)
    return Button(
        Decision.RELABEL, chip.title, keys.get(name, ""), "", json.dumps(answer), [chip], chosen, group=option.group
    )


def _by_group(question: Question, labels: list[Button]) -> list[Button]:
    """Return the labels with those of a group side by side; those of none come first."""
    places = {path: place for place, path in enumerate(("", *question.groups))}
    return sorted(labels, key=lambda button: places[button.group])


def _keys(question: Question) -> dict[str, str]:
    """Return the digits that stand for labels: those of the schema, which are those of the label page."""
    return {option.name: option.key for option in question.options if option.key and option.key in DIGITS}
