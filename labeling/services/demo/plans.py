"""What a demo consists of: its items, which of them are labeled, and which of those labels are wrong."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from labeling.services.demo import digits, messages
from labeling.services.demo.source import Source

SEED = 1
TEST_SHARE = 0.20
VALIDATION_SHARE = 0.10
UNLABELED_SHARE = 0.25
LOOK_ALIKE_SHARE = 2 / 3
"""Of the wrong labels, how many are ones that people confuse with the right one; the others are any."""

_DATA = Path(__file__).resolve().parent.parent.parent / "data" / "demo"


@dataclass(frozen=True, slots=True)
class DemoItem:
    """One task to be, with the label it comes with (None: it waits for one)."""

    source: Source
    split: str
    given: str | None

    @property
    def is_wrong(self) -> bool:
        """Whether the label it comes with is not the true one."""
        return self.given is not None and self.given != self.source.label


@dataclass(frozen=True)
class Demo:
    """One of the demo projects."""

    key: str
    name: str
    description: str
    field: tuple[str, str, str]
    question: str
    question_title: str
    wrong_share: float
    confused: Mapping[str, Sequence[str]]
    read: Callable[[], tuple[Source, ...]]

    @cached_property
    def guideline(self) -> tuple[str, list[dict[str, str]]]:
        """The guideline: its body, and its entry for each label."""
        body = (_DATA / f"{self.key}.md").read_text(encoding="utf-8")
        parts = ("label", "definition", "use_when", "not_when")
        return body, [{"question": self.question} | {part: entry[part] for part in parts} for entry in self._entries]

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The schema, as `kinds.schema.parse_schema` takes it."""
        name, kind, title = self.field
        return {
            "fields": [{"name": name, "type": kind, "title": title}],
            "questions": [
                {
                    "name": self.question,
                    "kind": "choice",
                    "field": name,
                    "title": self.question_title,
                    "labels": [
                        {"name": entry["label"], "title": entry["title"], "description": entry["definition"]}
                        for entry in self._entries
                    ],
                }
            ],
        }

    @cached_property
    def labels(self) -> list[str]:
        """The names of the labels, in the order of the schema."""
        return [entry["label"] for entry in self._entries]

    @cached_property
    def _entries(self) -> list[dict[str, str]]:
        entries: list[dict[str, str]] = json.loads((_DATA / f"{self.key}.json").read_text(encoding="utf-8"))
        return entries


DEMOS = {
    demo.key: demo
    for demo in (
        Demo(
            key="handwritten_digits",
            name="Handwritten digits",
            description="1,797 real digits, scanned at 8 x 8 points (the test part of the UCI data set “Optical "
            "Recognition of Handwritten Digits”, as scikit-learn carries it). Some labels are wrong, some are missing.",
            field=("image", "image", "Digit"),
            question="digit",
            question_title="Which digit is it?",
            wrong_share=0.12,
            confused=digits.LOOK_ALIKES,
            read=digits.load_scans,
        ),
        Demo(
            key="support_messages",
            name="Support messages",
            description="Messages to an online shop for home electronics, written for this demo. Some labels are "
            "wrong, some are missing, and some messages are hard: the guideline says how to decide.",
            field=("text", "text", "Message"),
            question="intent",
            question_title="What does the person want?",
            wrong_share=0.15,
            confused=messages.LOOK_ALIKES,
            read=messages.load_messages,
        ),
    )
}


def items(key: str, *, seed: int = SEED) -> list[DemoItem]:
    """Return the items of a demo: the same seed gives the same splits, gaps and wrong labels.

    The test split is fully and truly labeled. Of all items, `UNLABELED_SHARE` wait for a label, all of them in the
    training split. Of the labels outside the test split, the demo's `wrong_share` are wrong.
    """
    demo = DEMOS[key]
    sources = demo.read()
    rng = random.Random(f"{key}-{seed}")  # noqa: S311 - to be the same every time is the point
    order = list(range(len(sources)))
    rng.shuffle(order)
    tests, validations = round(TEST_SHARE * len(order)), round(VALIDATION_SHARE * len(order))
    splits = dict.fromkeys(order[:tests], "test")
    splits.update(dict.fromkeys(order[tests : tests + validations], "validation"))
    training = order[tests + validations :]
    unlabeled = set(training[: round(UNLABELED_SHARE * len(order))])
    noisy = [index for index in order[tests:] if index not in unlabeled]
    mistaken = set(rng.sample(sorted(noisy), round(demo.wrong_share * len(noisy))))
    return [
        DemoItem(
            source=source,
            split=splits.get(index, "train"),
            given=None
            if index in unlabeled
            else _mistake(rng, demo, source.label)
            if index in mistaken
            else source.label,
        )
        for index, source in enumerate(sources)
    ]


def _mistake(rng: random.Random, demo: Demo, true: str) -> str:
    if rng.random() < LOOK_ALIKE_SHARE:
        return rng.choice(demo.confused[true])
    return rng.choice([label for label in demo.labels if label != true])


def truth(key: str) -> dict[str, str]:
    """Return the true label of every item by external id; it depends on no seed."""
    return {source.external_id: source.label for source in DEMOS[key].read()}


def wrong(key: str, *, seed: int = SEED) -> dict[str, str]:
    """Return the wrong labels that the demo comes with, by external id."""
    planned = items(key, seed=seed)
    return {item.source.external_id: item.given for item in planned if item.given is not None and item.is_wrong}
