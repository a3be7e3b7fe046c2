"""What several answers amount to by each method, side by side, and the labels that follow from the chosen one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.models import Label, LabelSource
from labeling.services import settling
from labeling.services.labels import RecordAnswer
from labeling.services.task_acts import MAX_BULK
from quality.models import Consensus, ConsensusChoice, ConsensusMethod
from quality.models.agreement import MethodPart
from quality.selectors import runs as run_reads
from quality.selectors.corrections import REVIEWERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labeling.kinds.schema import Question
    from labeling.models import Project
    from quality.scoring.agreement.dawid_skene import Skills
    from quality.services.agreement.measuring import Sheet

MOST_NAMED = 200
NOT_ONE_LABEL = "It is for questions with one label to choose, from 20 tasks with several answers on."
NO_RUN = "It needs the predictions of a quality check, and no check of this question is complete."

Amounts = dict[int, tuple[Any, float] | None]
"""By task: the answer as it is stored and how sure, or None for a tie."""


@dataclass(slots=True)
class Methods:
    """What the answers amount to by each method that can be used here, and why others cannot."""

    amounts: dict[str, Amounts] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)


def methods_for(project: Project, question: Question, sheet: Sheet, skills: Skills | None) -> Methods:
    """Return what the answers amount to by every method."""
    found = Methods()
    found.amounts[ConsensusMethod.RULE] = _by_rule(question, sheet)
    if skills is None:
        found.unavailable = {ConsensusMethod.DAWID_SKENE: NOT_ONE_LABEL, ConsensusMethod.CROWDLAB: NOT_ONE_LABEL}
        return found
    found.amounts[ConsensusMethod.DAWID_SKENE] = _by_skills(sheet, skills)
    crowdlab = _by_crowdlab(project, question, sheet)
    if crowdlab is None:
        found.unavailable[ConsensusMethod.CROWDLAB] = NO_RUN
    else:
        found.amounts[ConsensusMethod.CROWDLAB] = crowdlab
    return found


def _by_rule(question: Question, sheet: Sheet) -> Amounts:
    given: defaultdict[int, list[int]] = defaultdict(list)
    for item, value in zip(sheet.found.items.tolist(), sheet.found.values.tolist(), strict=True):
        given[item].append(value)
    known: dict[tuple[int, ...], tuple[Any, float] | None] = {}
    amounts: Amounts = {}
    for item, task in enumerate(sheet.tasks.tolist()):
        values = tuple(sorted(given[item]))
        if values not in known:
            agreed = question.consensus([sheet.loaded[value] for value in values])
            known[values] = None if agreed is None else (question.dump_answer(agreed[0]), agreed[1])
        amounts[task] = known[values]
    return amounts


def _by_skills(sheet: Sheet, skills: Skills) -> Amounts:
    stored = sheet.stored_by_label()
    best, sure = skills.consensus.tolist(), skills.posterior.max(axis=1).tolist()
    return {
        task: None if label < 0 or label not in stored else (stored[label], min(1.0, float(confidence)))
        for task, label, confidence in zip(sheet.tasks.tolist(), best, sure, strict=True)
    }


def _by_crowdlab(project: Project, question: Question, sheet: Sheet) -> Amounts | None:
    run = run_reads.newest(project, question.name)
    if run is None:
        return None
    stored = {sheet.names[label]: answer for label, answer in sheet.stored_by_label().items()}
    told = Consensus.objects.filter(run=run).values_list("task_id", "suggested", "quality")
    found = {task: (stored[label], quality) for task, label, quality in told.iterator() if label in stored}
    if not found:
        return None
    return {task: found[task] for task in sheet.tasks.tolist() if task in found}


def compare_methods(project: Project, question: Question, methods: Methods) -> list[MethodPart]:
    """Return each method beside the kind's own rule, and beside what reviewers decided."""
    rule = methods.amounts[ConsensusMethod.RULE]
    decided = dict(
        Label.objects.filter(
            project=project, question=question.name, retired_at=None, source__in=REVIEWERS, task__in=list(rule)
        ).values_list("task_id", "value")
    )
    parts = []
    for method in ConsensusMethod:
        if method in methods.unavailable:
            parts.append(MethodPart(method=method, unavailable=methods.unavailable[method]))
            continue
        amounts = methods.amounts[method]
        differ = [task for task, told in amounts.items() if _value(told) != _value(rule.get(task))]
        reviewed = [task for task in decided if amounts.get(task) is not None]
        parts.append(
            MethodPart(
                method=method,
                labeled=sum(told is not None for told in amounts.values()),
                tied=sum(told is None for told in amounts.values()),
                differ=len(differ),
                differ_tasks=differ[:MOST_NAMED],
                reviewed=len(reviewed),
                right=sum(_value(amounts[task]) == decided[task] for task in reviewed),
            )
        )
    return parts


def _value(told: tuple[Any, float] | None) -> Any:
    return None if told is None else told[0]


def apply_choice(project: Project, question: Question, methods: Methods) -> int:
    """Bring the labels into line with the chosen method; return how many tasks changed.

    A question whose method was never chosen is left to the saves, which settle it by the kind's own rule.
    """
    choice = ConsensusChoice.objects.filter(project=project, question=question.name).select_related("chosen_by").first()
    if choice is None or choice.method not in methods.amounts:
        return 0
    changed = 0
    for batch in _batches(_changing(project, question, choice.method, methods.amounts[choice.method])):
        act = settling.settle_by_method(
            actor=choice.chosen_by, project=project, question=question.name, method=choice.method, answers=batch
        )
        changed += act.count if act is not None else 0
    return changed


def _changing(
    project: Project, question: Question, method: str, amounts: Amounts
) -> Iterator[tuple[int, RecordAnswer | None]]:
    """Yield the tasks whose label is another than the method says; what reviewers decided is never among them."""
    labels = Label.objects.filter(project=project, question=question.name, retired_at=None)
    current = {
        task: (value, source, used)
        for task, value, source, used in labels.values_list("task_id", "value", "source", "method").iterator()
    }
    for task, told in amounts.items():
        value, source, used = current.get(task, (None, "", ""))
        if source in REVIEWERS or (_value(told) == value and (used == method or told is None)):
            continue
        if told is None:
            yield task, None
            continue
        yield task, RecordAnswer(value=told[0], source=LabelSource.CONSENSUS, confidence=told[1], method=method)


def _batches(answers: Iterator[tuple[int, RecordAnswer | None]]) -> Iterator[Mapping[int, RecordAnswer | None]]:
    batch: dict[int, RecordAnswer | None] = {}
    for task, answer in answers:
        batch[task] = answer
        if len(batch) == MAX_BULK:
            yield batch
            batch = {}
    if batch:
        yield batch
