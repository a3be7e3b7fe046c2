"""The answers of several people to the same tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.db import connection

from quality.learning.arrays import Integers

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project

_VOTES = """
SELECT a.task_id, a.annotator_id, a.answers ->> %(question)s
FROM labeling_annotation a
JOIN labeling_queueentry q ON q.task_id = a.task_id AND q.state <> 'quarantined'
WHERE a.project_id = %(project)s AND a.state = 'submitted' AND jsonb_typeof(a.answers -> %(question)s) = 'string'
  AND a.task_id IN (
      SELECT task_id FROM labeling_annotation WHERE project_id = %(project)s AND state = 'submitted'
      GROUP BY task_id HAVING count(*) > 1
  )
ORDER BY a.task_id, a.annotator_id
"""


@dataclass(frozen=True, slots=True)
class Votes:
    """Answers to tasks that several people answered.

    Parameters
    ----------
    tasks, people
        Shape (v,): ids, by task.
    classes
        Shape (v,): positions among the question's class names.
    """

    tasks: Integers
    people: Integers
    classes: Integers

    def arrays(self) -> dict[str, Integers]:
        """Return the columns by name."""
        return {"tasks": self.tasks, "people": self.people, "classes": self.classes}

    def within(self, tasks: Integers) -> Votes:
        """Return the votes on these tasks that at least two people have answered."""
        known = np.isin(self.tasks, tasks)
        _, place, counts = np.unique(self.tasks[known], return_inverse=True, return_counts=True)
        known[np.flatnonzero(known)[counts[place] < 2]] = False
        return Votes(tasks=self.tasks[known], people=self.people[known], classes=self.classes[known])


def read(project: Project, question: Question) -> Votes:
    """Return the submitted answers to a question with one label to choose."""
    positions = {name: position for position, name in enumerate(question.class_names)}
    with connection.cursor() as cursor:
        cursor.execute(_VOTES, {"project": project.pk, "question": question.name})
        rows = [(task, person, positions[name]) for task, person, name in cursor.fetchall() if name in positions]
    columns = np.array(rows, dtype=np.int64).reshape(len(rows), 3).T
    return Votes(tasks=columns[0], people=columns[1], classes=columns[2])
