"""Where a new project can start: a ready schema that only lacks the names of its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.errors import Invalid, Problem
from labeling.kinds.schema import Schema, parse_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SENTIMENTS = ("Very negative", "Negative", "Neutral", "Positive", "Very positive")


@dataclass(frozen=True, slots=True)
class Template:
    """One starting point.

    Attributes
    ----------
    key : str
        What forms and the API call it.
    title, description : str
        What people see; the description is one line.
    icon : str
        The name of its icon.
    field_type : str
        "text" or "image": what a row of the data holds.
    label_use : str
        "required" (the labels are the answers), "optional" (names for the steps of a scale) or "none".
    suggested_labels : tuple of str
        What the list of labels starts with.
    sample_columns : tuple of str
        Columns of a file that fits, in a form that can be shown as an example.
    """

    key: str
    title: str
    description: str
    icon: str
    field_type: str
    label_use: str
    suggested_labels: tuple[str, ...]
    sample_columns: tuple[str, ...]
    questions: Callable[[Sequence[str]], list[dict[str, Any]]]

    def build(self, labels: Sequence[str] = ()) -> Schema:
        """Return the schema for these label names.

        Parameters
        ----------
        labels : sequence of str
            Names in the order wanted; lines of a pasted list may have space around them and blank lines between them.

        Returns
        -------
        Schema

        Raises
        ------
        Invalid
            When labels are missing, or two are the same.
        """
        names = [name.strip() for name in labels if name.strip()]
        if self.label_use == "required" and not names:
            message = "Name at least one label."
            raise Invalid(message, problems=[Problem("labels", message)])
        field = {"name": self.field_type, "type": self.field_type}
        return parse_schema({"fields": [field], "questions": self.questions(names)})


def _one_of(field: str, title: str) -> Callable[[Sequence[str]], list[dict[str, Any]]]:
    return lambda names: [
        {"name": "label", "kind": "choice", "field": field, "title": title, "labels": list(names)},
    ]


def _several_of(field: str, title: str) -> Callable[[Sequence[str]], list[dict[str, Any]]]:
    return lambda names: [
        {"name": "tags", "kind": "multi_choice", "field": field, "title": title, "labels": list(names), "min": 0},
    ]


def _scale(names: Sequence[str]) -> list[dict[str, Any]]:
    steps = list(names) if len(names) > 1 else list(_SENTIMENTS)
    labels = {str(step): name for step, name in enumerate(steps, start=1)}
    question = {"name": "sentiment", "kind": "rating", "field": "text", "title": "How does the writer feel?"}
    return [question | {"min": 1, "max": len(steps), "labels": labels}]


def _free_text(_names: Sequence[str]) -> list[dict[str, Any]]:
    return [{"name": "answer", "kind": "text", "field": "text", "title": "Your answer"}]


TEMPLATES: dict[str, Template] = {
    template.key: template
    for template in (
        Template(
            key="image-classification",
            title="Image classification",
            description="Each image gets exactly one label, such as the kind of product it shows.",
            icon="image",
            field_type="image",
            label_use="required",
            suggested_labels=(),
            sample_columns=("image", "label"),
            questions=_one_of("image", "What does the image show?"),
        ),
        Template(
            key="multi-label-images",
            title="Multi-label images",
            description="Each image gets every label that applies, or none, such as all the things in a street scene.",
            icon="multi-choice",
            field_type="image",
            label_use="required",
            suggested_labels=(),
            sample_columns=("image", "tags"),
            questions=_several_of("image", "What can be seen?"),
        ),
        Template(
            key="text-classification",
            title="Text classification",
            description="Each text gets exactly one label, such as what a customer's message is about.",
            icon="text",
            field_type="text",
            label_use="required",
            suggested_labels=(),
            sample_columns=("text", "label"),
            questions=_one_of("text", "Which label fits?"),
        ),
        Template(
            key="sentiment-rating",
            title="Sentiment rating",
            description="Each text is rated on a scale, from very negative to very positive.",
            icon="rating",
            field_type="text",
            label_use="optional",
            suggested_labels=_SENTIMENTS,
            sample_columns=("text", "sentiment"),
            questions=_scale,
        ),
        Template(
            key="free-text-answer",
            title="Free-text answer",
            description="Each text is answered in free words, such as a summary or a better reply.",
            icon="edit",
            field_type="text",
            label_use="none",
            suggested_labels=(),
            sample_columns=("text", "answer"),
            questions=_free_text,
        ),
    )
}
"""The templates by key, in the order in which they are offered."""
