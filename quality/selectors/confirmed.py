"""Which labels are confirmed: a reviewer decided them, or at least two people agreed on them.

Nobody who labels is shown a suggestion, so every answer is unassisted. An import is not confirmed, whoever made it, and
neither is what people of an imported study agree on: how they were asked is not known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db import connection

from labeling.models import Annotation, AnnotationState, Label
from quality.selectors.corrections import REVIEWERS

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project

LEAST_PEOPLE = 2
CHUNK = 2_000

# Labels of tasks that several people answered, and how many of them said just that.
_ANSWERED = """
SELECT l.id, l.task_id, count(*) FILTER (WHERE a.answers -> %(question)s = l.value) >= %(least)s
FROM labeling_label l
JOIN labeling_annotation a ON a.task_id = l.task_id AND a.state = %(submitted)s
JOIN labeling_user u ON u.id = a.annotator_id AND NOT u.is_imported
WHERE l.project_id = %(project)s AND l.question = %(question)s AND l.retired_at IS NULL
  AND l.source <> ALL(%(reviewers)s)
GROUP BY l.id
HAVING count(*) >= %(least)s
"""


def confirmed_labels(project: Project, question: Question) -> set[int]:
    """Return the ids of a question's labels of record that are confirmed."""
    standing = Label.objects.filter(project=project, question=question.name, retired_at=None)
    decided = set(standing.filter(source__in=REVIEWERS).values_list("pk", flat=True))
    values: dict[str, Any] = {
        "project": project.pk,
        "question": question.name,
        "submitted": AnnotationState.SUBMITTED,
        "least": LEAST_PEOPLE,
        "reviewers": [str(source) for source in REVIEWERS],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, values)
        rows = cursor.fetchall()
    agreed = {label for label, _, equal in rows if equal}
    in_doubt = {label: task for label, task, equal in rows if not equal}
    return decided | agreed | set(_called_the_same(question, in_doubt))


def _called_the_same(question: Question, in_doubt: dict[int, int]) -> Iterator[int]:
    """Yield the labels that two people gave in other JSON: regions a little apart, say."""
    labels = list(in_doubt)
    for start in range(0, len(labels), CHUNK):
        chunk = labels[start : start + CHUNK]
        answers: defaultdict[int, list[Any]] = defaultdict(list)
        given = Annotation.objects.filter(
            task_id__in={in_doubt[pk] for pk in chunk},
            state=AnnotationState.SUBMITTED,
            answers__has_key=question.name,
            annotator__is_imported=False,
        )
        for task, stored in given.values_list("task_id", "answers"):
            answers[task].append(question.load(stored[question.name]))
        for pk, value in Label.objects.filter(pk__in=chunk).values_list("pk", "value"):
            label = question.load(value)
            if sum(question.same(answer, label) for answer in answers[in_doubt[pk]]) >= LEAST_PEOPLE:
                yield pk
