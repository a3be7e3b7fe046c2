"""Finding gold that may be wrong: most of those whom it was given answered otherwise."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from labeling.models import Flag, FlagState, GoldAnswer, GoldServing
from labeling.reasons.gold_miss import GOLD_MISS, GoldGiven, GoldMissEvidence
from labeling.selectors import versions as version_reads
from labeling.services import flags

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from labeling.kinds.schema import Question
    from labeling.models import Task

LEAST_ANSWERS = 5
"""With fewer answers nothing is said of a gold task."""


def flag_misses(task: Task) -> None:
    """Flag the questions of a gold task that most people answer otherwise; to be called with its queue entry locked.

    What a person has decided about this very gold answer is not asked again, and a flag that no longer holds falls.
    """
    schema = version_reads.schema(task.project_id)
    servings = GoldServing.objects.filter(task=task, answers__isnull=False).order_by("pk")
    given = [answers for answers in servings.values_list("answers", flat=True) if answers is not None]
    for gold in GoldAnswer.objects.filter(task=task, retired_at=None):
        question = schema.question(gold.question)
        evidence = _missed(question, gold.value, given) if question is not None else None
        if evidence is None:
            flags.drop_flag(task=task, reason=GOLD_MISS, question=gold.question)
        elif not _is_decided(task, gold.question, evidence):
            right = 1 - evidence.missed / evidence.answered
            flag = flags.put_flag(task=task, reason=GOLD_MISS, question=gold.question, score=right, evidence=evidence)
            flag.note = evidence.sentence()
            flag.save(update_fields=("note",))


def _missed(question: Question, gold: Any, given: Sequence[dict[str, Any]]) -> GoldMissEvidence | None:
    """Return what people answered in place of the gold answer, if most of enough people did."""
    answers = [each[question.name] for each in given if question.name in each]
    known = question.load(gold)
    wrong = Counter(json.dumps(one, sort_keys=True) for one in answers if not question.same(known, question.load(one)))
    if len(answers) < LEAST_ANSWERS or 2 * wrong.total() <= len(answers):
        return None
    return GoldMissEvidence(
        given=gold,
        answered=len(answers),
        missed=wrong.total(),
        answers=tuple(
            GoldGiven(answer=(answer := json.loads(one)), words=question.describe(question.load(answer)), people=people)
            for one, people in wrong.most_common()
        ),
        suggested=json.loads(wrong.most_common(1)[0][0]),
    )


def _is_decided(task: Task, question: str, evidence: GoldMissEvidence) -> bool:
    decided = Flag.objects.filter(task=task, question=question, reason=GOLD_MISS.name, state=FlagState.RESOLVED)
    return decided.filter(evidence__basis=evidence.sealed_basis()).exists()


def forget_misses(task_ids: Collection[int]) -> None:
    """Let flags about gold fall that is gold no more, or another answer now."""
    standing = Flag.objects.filter(task_id__in=task_ids, reason=GOLD_MISS.name, state=FlagState.OPEN)
    for flag in standing.select_related("task"):
        flags.drop_flag(task=flag.task, reason=GOLD_MISS, question=flag.question)
