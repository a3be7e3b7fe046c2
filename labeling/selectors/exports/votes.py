"""Columns of a row per task that tell what each person said: written where they are asked for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.selectors.exports.cells import compact_json
from labeling.selectors.exports.flat import Column
from labeling.selectors.exports.select import Select, person, text_of

if TYPE_CHECKING:
    from labeling.formats.base import ColumnType
    from labeling.kinds.schema import Question, Schema

ANNOTATORS = "annotators"
_NAMES: ColumnType = [str]
_PLAIN: tuple[ColumnType, ...] = (str, int, float, _NAMES)
_ANSWERS, _COUNTED = "labeling_annotation a", ("a.task_id = t.id", "a.counted")


def columns_of_votes(schema: Schema) -> list[Column]:
    """Return the columns that may be asked for: of every question with plain answers the votes and their shares."""
    people = Select(
        cells={"people": f"jsonb_agg({person('u')} ORDER BY a.id)"},
        source=_ANSWERS,
        joins=("JOIN labeling_user u ON u.id = a.annotator_id",),
        where=_COUNTED,
    )
    found = [Column(ANNOTATORS, f"({people})", in_csv=compact_json, typed=_as_text, type=_NAMES)]
    for question in schema.questions:
        if question.column in _PLAIN:
            share = f"round(count(*)::numeric / ({_answers(question)}), 4)"
            found.append(_column(f"votes:{question.name}", _votes(question, "count(*)")))
            found.append(_column(f"soft:{question.name}", _votes(question, share)))
    return found


def _column(name: str, votes: Select) -> Column:
    return Column(name, f"({votes})", in_csv=compact_json, typed=compact_json)


def _as_text(cell: str) -> str:
    return f"{cell}::text"


def _answers(question: Question) -> Select:
    return Select(cells={"n": "count(*)"}, source=_ANSWERS, where=(*_COUNTED, f"a.answers ? {text_of(question.name)}"))


def _votes(question: Question, amount: str) -> Select:
    """Return the SQL of an object from answer to amount; where an answer has several labels, each is a vote."""
    said = f"a.answers -> {text_of(question.name)}"
    each = f"CASE jsonb_typeof({said}) WHEN 'array' THEN {said} ELSE jsonb_build_array({said}) END"
    by_name = Select(
        cells={"name": "given.name", "amount": amount},
        source=_ANSWERS,
        joins=(f"CROSS JOIN LATERAL jsonb_array_elements_text({each}) given (name)",),
        where=(*_COUNTED, f"a.answers ? {text_of(question.name)}"),
        group_by="given.name",
    )
    return Select(cells={"votes": "jsonb_object_agg(vote.name, vote.amount)"}, source=by_name.as_table("vote"))
