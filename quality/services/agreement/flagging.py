"""Flags for answers that one of three people or more gave alone: most real errors are such answers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from labeling.models import Flag, FlagState
from labeling.reasons.lone_answer import LONE_ANSWER, LoneEvidence
from labeling.selectors import adjudications as adjudication_reads
from labeling.services import flags
from labeling.services.flags import Finding
from quality.scoring.agreement.confusion import only_one_said
from quality.tracks.base import most_of

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project
    from quality.services.agreement.measuring import Sheet


def flag_lone_answers(project: Project, question: Question, sheet: Sheet) -> None:
    """Make the open flags those that hold now; what was decided is left alone, and of the rest the worst are raised."""
    findings = _lone_answers(project, question, sheet)
    waiting = Flag.objects.filter(
        project=project, reason=LONE_ANSWER.name, question=question.name, state=FlagState.OPEN
    )
    if findings or waiting.exists():
        flags.sync_flags(
            project=project,
            question=question.name,
            reasons=(LONE_ANSWER,),
            findings=findings,
            actor=None,
            most={LONE_ANSWER.name: most_of(sheet.found.size)},
        )


def _lone_answers(project: Project, question: Question, sheet: Sheet) -> list[Finding]:
    found = sheet.found
    if found.size == 0:
        return []
    alone = only_one_said(found)
    # Where everybody says something else nobody is alone: that is in dispute.
    agreed = np.zeros(found.size, dtype=bool)
    agreed[found.items[~alone]] = True
    said: defaultdict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(alone & agreed[found.items]).tolist():
        said[int(found.items[row])].append(int(found.values[row]))
    decided = adjudication_reads.decided_by_people(project, question.name)
    findings = []
    for item, values in said.items():
        task, people = int(sheet.tasks[item]), int(found.sizes[item])
        if task in decided:
            continue
        evidence = LoneEvidence(
            people=people,
            alone=tuple(sheet.answers.different[value] for value in sorted(values)),
        )
        findings.append(Finding(task_id=task, reason=LONE_ANSWER, score=1 - len(values) / people, evidence=evidence))
    return findings
