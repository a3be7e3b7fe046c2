"""What a reviewer says about flags, and the answers that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.errors import Conflict, Invalid, Problem
from labeling.kinds.problems import under
from labeling.models import FirstChoice, FlagState, Split
from labeling.reasons.decisions import OF_COPIES, Decision, decision_named
from labeling.reasons.registry import load_evidence, reason_named
from labeling.selectors import reviews as review_reads
from labeling.services.flags import MAX_NOTE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from labeling.kinds.schema import Question, Schema
    from labeling.models import Flag, Label, Task

MAX_KEY = 64
MAX_AT_ONCE = 200
"""Flags that one act may decide."""
MAX_TASKS = 1_000
"""Tasks that one act may decide about, where flags are about several."""
_ANSWERED = frozenset({Decision.RELABEL, Decision.KEEP_ONE, Decision.ONE_SPLIT})
_SPLITS = tuple(str(split) for split in Split if split)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision with what belongs to it.

    `answer` goes with `relabel`: the answer to the flag's question or, where the flag is about the whole task and there
    are several questions, an object of answers by question. With `keep_one` it is the id of the task that stays (None:
    one with a confirmed label, else the first), with `one_split` the name of the split.
    """

    decision: Decision
    answer: Any = None
    note: str = ""


def check_ruling(ruling: Ruling, flag_ids: Collection[int], key: str) -> None:
    """Raise `Invalid` with all that is wrong with a decision whatever it is about."""
    problems = []
    if len(key) > MAX_KEY or not key.isprintable():
        problems.append(Problem("Idempotency-Key", f"Expected 1 to {MAX_KEY} printable characters, such as a UUID."))
    if len(ruling.note) > MAX_NOTE or "\x00" in ruling.note:
        problems.append(Problem("note", f"A note has at most {MAX_NOTE} characters, and no NUL characters."))
    if not 1 <= len(flag_ids) <= MAX_AT_ONCE:
        problems.append(Problem("flags", f"Choose 1 to {MAX_AT_ONCE} flags."))
    if ruling.decision == Decision.RELABEL and ruling.answer is None:
        problems.append(Problem("answer", "Say which label to give: `answer` is missing."))
    if ruling.decision not in _ANSWERED and ruling.answer is not None:
        problems.append(Problem("answer", "An answer goes with `relabel`, `keep_one` and `one_split` only."))
    if ruling.decision == Decision.ONE_SPLIT and ruling.answer not in _SPLITS:
        problems.append(Problem("answer", f"Say which split to put the copies into: {', '.join(_SPLITS)}."))
    if problems:
        message = "The decision could not be saved: " + problems[0].message
        raise Invalid(message, problems=problems)


def questions_of(flag: Flag, schema: Schema) -> list[Question]:
    """Return what a flag is about: one question, or all of them."""
    if not flag.question:
        return list(schema.questions)
    asked = schema.question(flag.question)
    return [asked] if asked else []


def check_standing(
    flag: Flag,
    current: Mapping[int, Mapping[str, Label]],
    tasks: Sequence[int],
    schema: Schema,
    seen: Collection[int] | None,
) -> None:
    """Raise `Conflict` when a flag was decided meanwhile, or what the reviewer decides about is no longer there.

    Parameters
    ----------
    current
        Labels of record by task and question.
    tasks
        The tasks that it is about.
    seen
        Ids of the labels of record that the reviewer saw; None: those that the flag rests on.
    """
    if flag.state != FlagState.OPEN:
        decision = decision_named(flag.resolution)
        message = f"This flag is closed already: {decision.label.lower() if decision else 'it no longer holds'}."
        raise Conflict(message, current={"state": flag.state, "resolution": flag.resolution})
    asked = [question.name for question in questions_of(flag, schema)]
    standing = {name: current[flag.task_id][name] for name in asked if name in current[flag.task_id]}
    if seen is not None:
        changed = set(seen) != {current[task][name].pk for task in tasks for name in asked if name in current[task]}
    else:
        label, given = standing.get(flag.question), load_evidence(flag.reason, flag.evidence).given
        changed = given is not None and (label is None or label.value != given)
    if changed:
        message = "The label was changed after this was flagged or shown. Look at it again and decide anew."
        now = {name: {"label": label.pk, "value": label.value} for name, label in standing.items()}
        raise Conflict(message, current={"state": flag.state, "labels": now})


def task_that_stays(
    flag: Flag, ruling: Ruling, tasks: Sequence[int], current: Mapping[int, Mapping[str, Label]]
) -> int:
    """Return which task of a group is to be kept alone."""
    if ruling.answer is None:
        return review_reads.task_to_keep(tasks, flag.question, current)
    if ruling.answer not in tasks:
        message = "The item to keep is none of these copies, or no longer there. Choose another."
        raise Invalid(message, problems=(Problem("answer", message),))
    return int(ruling.answer)


def check_group(flag: Flag, ruling: Ruling, tasks: Sequence[int]) -> None:
    """Raise `Invalid` for a decision about several tasks where there is but one."""
    if ruling.decision in OF_COPIES and len(tasks) < 2:
        message = "This is about one item alone: there are no copies to decide about."
        raise Invalid(message, problems=(Problem("decision", message),))


def keep_first_choice(flag: Flag, ruling: Ruling, answers: Mapping[str, Any]) -> None:
    """Write down what was decided about a flag whose suggestion was hidden, which nobody can take unseen."""
    if ruling.decision == Decision.ACCEPT:
        message = (
            "What is suggested is shown once you have decided. Keep the label, or give the one you think is right."
        )
        raise Invalid(message, problems=(Problem("decision", message),))
    answer = answers.get(flag.question) if flag.question else (dict(answers) or None)
    flag.first_choice = FirstChoice(decision=ruling.decision, answer=answer).dump()
    flag.save(update_fields=("first_choice",))


def ruled_answers(
    flag: Flag, ruling: Ruling, task: Task, current: Mapping[str, Label], schema: Schema
) -> dict[str, Any]:
    """Return the answers to write down as labels of a task, by question; none where the decision means none.

    A new answer is checked against what the task shows; a label that is kept was accepted once, and stays.
    """
    match ruling.decision:
        case Decision.ACCEPT:
            return parse_given(_suggested(flag), schema, task.data)
        case Decision.RELABEL:
            return parse_given(_relabeled(flag, ruling.answer, schema), schema, task.data)
        case Decision.KEEP if _keeps_label(flag):
            names = [question.name for question in questions_of(flag, schema)]
            if flag.question and flag.question not in current and reason_named(flag.reason).keeps_only_a_label:
                message = "People disagree and there is no label to keep. Give one, or quarantine the task."
                raise Invalid(message, problems=(Problem("decision", message),))
            return {name: current[name].value for name in names if name in current}
        case _:
            return {}


def _keeps_label(flag: Flag) -> bool:
    """Whether to keep means that the label is right, and not only that the item may stay."""
    return reason_named(flag.reason).keeps_label(load_evidence(flag.reason, flag.evidence))


def _suggested(flag: Flag) -> dict[str, Any]:
    suggested = load_evidence(flag.reason, flag.evidence).suggested
    if suggested is None or not flag.question:
        message = "This flag suggests no label. Decide `relabel` with an answer, or `keep`."
        raise Invalid(message, problems=(Problem("decision", message),))
    return {flag.question: suggested}


def _relabeled(flag: Flag, answer: Any, schema: Schema) -> dict[str, Any]:
    if flag.question:
        return {flag.question: answer}
    if len(schema.questions) == 1:
        return {schema.questions[0].name: answer}
    if not isinstance(answer, dict) or not answer:
        message = 'This flag is about the whole task: send the answers as an object, such as {"intent": "billing"}.'
        raise Invalid(message, problems=(Problem("answer", message),))
    return answer


def parse_given(given: Mapping[str, Any], schema: Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers as they are stored, checked against the item that `data` shows; what is wrong raises `Invalid`."""
    parsed = {}
    for name, value in given.items():
        question = schema.question(name)
        if question is None:
            message = f"There is no question “{str(name)[:64]}” in this project any more."
            raise Invalid(message, problems=(Problem("answer", message),))
        try:
            parsed[name] = question.dump_answer(question.parse(value, data.get(question.field)))
        except Invalid as error:
            message = f"This label cannot be given: {error.message}"
            raise Invalid(message, problems=under("answer", error.problems)) from None
    return parsed
