"""A row for each task that several people answered, with a column for each person: for whoever looks for the reason."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from labeling.formats.csv import escape
from labeling.models import Label, Task, TaskAgreement, User
from quality.selectors.several_answers import read_several

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project

CHUNK = 1_000


def diagnosis_lines(project: Project, question: Question) -> Iterator[str]:
    """Yield the lines of a CSV file: the answers to a question, least agreement first.

    Agreement is that of the last measurement; it is empty where a task was not measured yet.
    """
    answers = read_several(project, question)
    by_task: defaultdict[int, dict[int, Any]] = defaultdict(dict)
    for task, person, value in zip(answers.tasks, answers.people, answers.values, strict=True):
        by_task[task][person] = answers.different[value]
    measured = dict(
        TaskAgreement.objects.filter(project=project, question=question.name).values_list("task_id", "agreement")
    )
    people = sorted(User.objects.filter(pk__in=set(answers.people)), key=lambda each: (str(each).casefold(), each.pk))
    names = [str(person) for person in people]
    heads = [
        name if names.count(name) == 1 else f"{name} ({person.pk})" for name, person in zip(names, people, strict=True)
    ]
    yield _line(["task", "external_id", "answers", "agreement", "label", *heads])
    several = [task for task, given in by_task.items() if len(given) > 1]
    several.sort(key=lambda task: (measured.get(task, 2.0), task))
    for begin in range(0, len(several), CHUNK):
        ids = several[begin : begin + CHUNK]
        external = dict(Task.objects.filter(pk__in=ids).values_list("pk", "external_id"))
        current = Label.objects.filter(task__in=ids, question=question.name, retired_at=None)
        labels = dict(current.values_list("task_id", "value"))
        for task in ids:
            given = by_task[task]
            agreement = measured.get(task)
            yield _line(
                [
                    str(task),
                    external.get(task) or "",
                    str(len(given)),
                    "" if agreement is None else f"{agreement:.4f}",
                    _written(labels[task]) if task in labels else "",
                    *(_written(given[person.pk]) if person.pk in given else "" for person in people),
                ]
            )


def _written(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([escape(cell) for cell in cells])
    return line.getvalue()
