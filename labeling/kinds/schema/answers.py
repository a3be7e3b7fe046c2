"""Read the answers to a task's questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labeling.errors import Invalid, Problem
from labeling.kinds.problems import found, invalid, join, listed, under

if TYPE_CHECKING:
    from labeling.kinds.schema.model import Schema


def parse_answers(
    raw: Any, schema: Schema, *, complete: bool, data: Mapping[str, Any], path: str = "answers"
) -> dict[str, Any]:
    """Return the answers to a task's questions, checked against the schema, as JSON to store.

    Parameters
    ----------
    raw : object
        ``{question name: answer}``; null means not answered.
    schema : Schema
        The schema they were given under.
    complete : bool
        True for a submission: every required question needs an answer. False for a draft: blank and too
        few are allowed.
    data : mapping
        The task's data: each answer is checked against the value of its question's field.
    path : str
        Where the answers stand in what was sent.

    Returns
    -------
    dict
        In the order of the schema; `Question.load` turns each value into the kind's answer.

    Raises
    ------
    Invalid
        With every problem found, each with a path such as ``answers.intent``.
    """
    if not isinstance(raw, Mapping):
        message = f"Expected an object of question names and answers, found {found(raw)}."
        raise invalid("The answer", [Problem(path, message)])
    problems = [
        Problem(
            join(path, str(name)), f"There is no such question; there are {listed([q.name for q in schema.questions])}."
        )
        for name in raw
        if schema.question(name) is None
    ]
    answers: dict[str, Any] = {}
    for question in schema.questions:
        value = raw.get(question.name)
        if value is None or (not complete and _blank(value)):
            if complete and question.required:
                problems.append(Problem(join(path, question.name), "This question needs an answer."))
            continue
        config = question.config if complete else question.config.relaxed()
        try:
            answer = question.behavior.parse(value, config, data.get(question.field))
        except Invalid as error:
            problems += under(join(path, question.name), error.problems)
        else:
            answers[question.name] = question.dump_answer(answer)
    if problems:
        raise invalid("The answer", problems)
    return answers


def load_answers(stored: Any, schema: Schema, *, path: str = "answers") -> dict[str, Any]:
    """Return answers that were accepted under some version of the schema, as JSON to store.

    Parameters
    ----------
    stored : object
        ``{question name: answer}``.
    schema : Schema
        The schema as it is now; its settings are not asked.
    path : str
        Where the answers stand in what was sent.

    Returns
    -------
    dict
        In the order they came.

    Raises
    ------
    Invalid
        Where there is no such question, or an answer is none of its kind.
    """
    if not isinstance(stored, Mapping):
        message = f"Expected an object of question names and answers, found {found(stored)}."
        raise invalid("The answer", [Problem(path, message)])
    problems: list[Problem] = []
    answers: dict[str, Any] = {}
    for name, value in stored.items():
        question = schema.question(name)
        if question is None:
            known = listed([other.name for other in schema.questions])
            problems.append(Problem(join(path, str(name)), f"There is no such question; there are {known}."))
            continue
        try:
            answers[name] = question.dump_answer(question.load(value))
        except Invalid as error:
            problems += under(join(path, name), error.problems)
    if problems:
        raise invalid("The answer", problems)
    return answers


def _blank(value: Any) -> bool:
    return not value.strip() if isinstance(value, str) else value == []
