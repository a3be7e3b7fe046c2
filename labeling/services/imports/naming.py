"""Rows that only name their task, and answers that name no question, as many published studies have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labeling.formats.given import ONLY_QUESTION
from labeling.models import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.kinds.schema import Schema
    from labeling.models import Project


class Named:
    """What rows name without showing it."""

    def __init__(self, project: Project, schema: Schema) -> None:
        self._project = project
        self._points_into_items = any(question.looks_at_item for question in schema.questions)
        required = [field for field in schema.fields if field.required]
        texts = [field.name for field in schema.fields if field.type == "text"]
        # An id can be shown where a text is, and where nothing else has to be.
        self._field = texts[0] if texts and all(field.name == texts[0] for field in required) else ""
        self._only = schema.questions[0].name if len(schema.questions) == 1 else ONLY_QUESTION
        self._last: tuple[str, dict[str, Any]] | None = None

    def show(self, external_id: str) -> dict[str, Any]:
        """Return the data of the task of that id if answers may point into it; else its id as a text, if that fits."""
        made = {self._field: external_id} if self._field else {}
        if not self._points_into_items:
            return made
        if self._last is None or self._last[0] != external_id:
            there = Task.objects.filter(project=self._project, external_id=external_id)
            self._last = external_id, there.values_list("data", flat=True).first() or made
        return self._last[1]

    def by_question(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return answers by the names of their questions; one that names none is to the only question there is."""
        return {name or self._only or "(no question named)": answer for name, answer in answers.items()}
