"""Answer tasks as a person does."""

from __future__ import annotations

from labeling.models import AnnotationState, Project, Task, User
from labeling.services import annotations as saving
from labeling.services import claims
from labeling.services.annotations import Submission


def answer(user: User, project: Project, count: int = 1) -> None:
    for number in range(count):
        claim = claims.claim(actor=user, project=project, count=1)
        task = Task.objects.select_related("project").get(pk=claim.task_ids[0])
        saving.submit(
            actor=user,
            task=task,
            submission=Submission(answers={"intent": "billing"}, state=AnnotationState.SUBMITTED, lead_time_ms=2000),
            key=f"key-{user.pk}-{task.pk}-{number}",
        )
