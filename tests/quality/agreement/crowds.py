"""Projects that several people answered, and what is measured of them."""

from __future__ import annotations

from typing import Any

from labeling.models import Project, Role, Task, User
from labeling.services import annotations as saving
from labeling.services import jobs
from labeling.services.annotations import Submission
from quality.models.agreement import AgreementDocument
from quality.selectors import agreement as agreement_reads
from quality.services.agreement import starting
from tests import factories

QUESTION = "intent"


def answer(person: User, task: Task, value: Any, *, question: str = QUESTION, version: int = 0) -> None:
    """Let a person answer a task."""
    saving.submit(
        actor=person,
        task=task,
        submission=Submission(answers={question: value}, version=version),
        key=f"{person.pk}-{task.pk}-{version}",
    )


def crowd(*lines: str, **settings: Any) -> tuple[Project, list[Task], list[User]]:
    """Make a project with a person for each line: the labels they gave to the tasks in turn, `.` for none."""
    values = [line.split() for line in lines]
    project = factories.project(overlap=len(lines), **settings)
    names = ("Ann", "Bob", "Cleo", "Dan", "Eve")
    team = [factories.member(project, Role.ANNOTATOR, name=names[number]) for number in range(len(lines))]
    tasks = factories.tasks(project, data=[{"text": f"message {number}"} for number in range(len(values[0]))])
    for person, given in zip(team, values, strict=True):
        for task, value in zip(tasks, given, strict=True):
            if value != ".":
                answer(person, task, value)
    return project, tasks, team


def measured(project: Project, question: str = QUESTION) -> AgreementDocument:
    """Measure the agreement of a project as a worker does, and return what is told of a question."""
    job = starting.start(actor=None, project=project)
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.error == ""
    return agreement_reads.reports_for(project, question)[0].document
