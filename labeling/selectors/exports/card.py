"""The card of a data set: what it is, how many, by whom labeled, and how; in Markdown, beside the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Avg, Count, Max, Min
from django.utils import timezone

from labeling.models import Annotation, AnnotationState, Label, LabelSource, QueueEntry, Split, Task, TaskState
from labeling.selectors import versions as version_reads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.kinds.schema import Question, Schema
    from labeling.models import Project

_MOST_LABELS = 50


def card_of(project: Project) -> str:
    """Return what is known of a project's data at this moment, in Markdown; it names no person."""
    schema = version_reads.schema(project.pk)
    parts = [
        f"# {_line(project.name)}",
        project.description.strip(),
        f"Written on {timezone.now():%Y-%m-%d at %H:%M} UTC. It tells of the whole project; an export may carry less.",
        "## Tasks",
        _tasks(project),
        "## What is shown, and what is asked",
        _schema(schema),
        "## Labels",
        *_labels(project, schema),
        *_people(project),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_line(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _tasks(project: Project) -> str:
    states = QueueEntry.objects.filter(project=project).values_list("state").annotate(Count("pk")).order_by("state")
    splits = Task.objects.filter(project=project).values_list("split").annotate(Count("pk")).order_by("split")
    if not states:
        return "There are no tasks yet."
    return "\n\n".join(
        (
            _table(("state", "tasks"), [(TaskState(state).label, f"{number:,}") for state, number in states]),
            _table(("split", "tasks"), [(Split(split).label, f"{number:,}") for split, number in splits]),
            "Tasks in quarantine are in no export that does not ask for them.",
        )
    )


def _schema(schema: Schema) -> str:
    shown = [f"- `{field.name}`: {field.type}, shown" for field in schema.fields]
    return "\n".join(shown + [f"- `{question.name}`: {_asked(question)}" for question in schema.questions])


def _asked(question: Question) -> str:
    names = question.class_names
    more = f" and {len(names) - _MOST_LABELS:,} more" if len(names) > _MOST_LABELS else ""
    offered = f", of the labels {', '.join(map(_line, names[:_MOST_LABELS]))}{more}" if names else ""
    return f"{question.kind}{offered}"


def _labels(project: Project, schema: Schema) -> Iterator[str]:
    current = Label.objects.filter(project=project, retired_at=None)
    found = current.values_list("question", "source").annotate(Count("pk")).order_by("question", "source")
    rows = [(question, str(LabelSource(source).label), f"{number:,}") for question, source, number in found]
    if not rows:
        yield "There are no labels yet."
        return
    yield _table(("question", "where the label comes from", "labels"), rows)
    asked = {question.name for question in schema.questions}
    if any(question not in asked for question, _, _ in rows):
        yield "Labels of questions that are asked no longer are counted here."
    versions = current.aggregate(first=Min("guideline_version"), last=Max("guideline_version"))
    if versions["last"]:
        newest = version_reads.current(project.pk).guideline
        yield (
            f"The guideline in force has version {newest}. Labels were given under versions {versions['first']} to "
            f"{versions['last']} (0: before the first)."
        )
    agreed = current.filter(source=LabelSource.CONSENSUS, confidence__isnull=False)
    told = agreed.aggregate(labels=Count("pk"), mean=Avg("confidence"))
    if told["labels"]:
        yield (
            f"{_count(told['labels'], 'label')} came from several people's answers, with a mean confidence of "
            f"{told['mean']:.2f}."
        )


def _people(project: Project) -> Iterator[str]:
    answers = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED)
    told = answers.aggregate(answers=Count("pk"), people=Count("annotator", distinct=True))
    if not told["answers"]:
        yield "Nobody has answered a task here."
        return
    people = "One person has" if told["people"] == 1 else f"{told['people']:,} people have"
    yield f"{people} answered tasks here: {_count(told['answers'], 'answer')} in all."
