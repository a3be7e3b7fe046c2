"""What a reviewer needs to decide a flag, on one card; the same number of queries for one card and for many."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F

from labeling.errors import Invalid
from labeling.models import (
    Annotation,
    AnnotationState,
    BulkAct,
    Comment,
    Flag,
    FlagState,
    Label,
    LabelSource,
    TaskState,
)
from labeling.models.acts import ReviewAct
from labeling.reasons.base import Raiser
from labeling.reasons.registry import load_evidence, reason_named
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import flag_notes as flag_note_reads
from labeling.selectors import guidelines as guideline_reads
from labeling.selectors import similarity as similarity_reads
from labeling.selectors import verdicts as verdict_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.explorer import Chip
from labeling.selectors.reviews.copies import groups_for
from labeling.selectors.reviews.hiding import hides_suggestion
from labeling.selectors.reviews.votes import Said, votes_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from labeling.kinds.schema import Question, Schema
    from labeling.models import Project
    from labeling.reasons.base import Reason
    from labeling.reasons.evidence import Evidence
    from labeling.selectors.explorer import TaskRow
    from labeling.selectors.guidelines import LabelPart
    from labeling.selectors.reviews.copies import Group

MOST_COMMENTS = 20
MOST_PARTS = 6
LEAST_VOTES = 2
NEIGHBORS = 6
LOOKED_AT = 60
"""Similar items of which the labeled ones are shown."""


@dataclass(frozen=True, slots=True)
class GivenLabel:
    """A label of record as a card shows it."""

    label_id: int
    question: str
    title: str
    chips: list[Chip]
    classes: list[str]
    source: str
    who: str
    at: datetime
    guideline: int
    value: Any


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A label that is more probable, with how sure the model is; `of_flag`: the flag itself says so."""

    value: Any
    chips: list[Chip]
    classes: list[str]
    probability: float | None = None
    of_flag: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """A class with its probability."""

    chip: Chip
    probability: float


@dataclass(frozen=True, slots=True)
class Neighbor:
    """An item like this one, with the label that it has now."""

    row: TaskRow
    chips: list[Chip]
    closeness: float | None = None
    split: str = ""


@dataclass(slots=True)
class Card:
    """A flag with its evidence."""

    flag: Flag
    reason: Reason[Evidence]
    evidence: Evidence
    question: Question | None
    given: list[GivenLabel] = field(default_factory=list)
    suggestion: Suggestion | None = None
    changed: bool = False
    shares: list[Share] = field(default_factory=list)
    near: list[Neighbor] = field(default_factory=list)
    people: list[Said] = field(default_factory=list)
    parts: list[LabelPart] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    group: Group | None = None
    answers: list[Annotation] = field(default_factory=list)
    """What can be sent back to who gave it."""
    hidden: bool = False
    """Whether what is suggested and who said what wait for the reviewer's decision."""

    @property
    def note(self) -> str:
        """What the flag says; where people disagree, who says what."""
        if self.hidden and self.flag.raised_by_id is None:
            return "Decide first: what is suggested is shown afterwards."
        return flag_note_reads.note(self.flag, self.question) or self.votes

    @property
    def brief(self) -> str:
        """What tells it from its like, in a few words."""
        if self.hidden:
            return ""
        if self.changed:
            return "the label was changed since it was flagged"
        return self.votes or flag_note_reads.title_labels(self.evidence.brief(), self.question)

    @property
    def votes(self) -> str:
        """Who gave which answer, where their answers are why it is flagged: `2 of 3 say “neutral”: ann, bob; 1 …`."""
        if self.reason.raised_by is not Raiser.ANSWERS or self.question is None or len(self.people) < LEAST_VOTES:
            return ""
        return votes_in_words(self.people)

    @property
    def name(self) -> str:
        """What to call the task."""
        return self.flag.task.external_id or f"task {self.flag.task_id}"

    @property
    def may_keep(self) -> bool:
        """Whether there is something to keep."""
        return bool(self.given) or not (self.question and self.reason.keeps_only_a_label)

    @property
    def seen(self) -> list[int]:
        """The labels of record that the card shows."""
        return self.group.seen if self.group else [given.label_id for given in self.given]


@dataclass(slots=True)
class _Sources:
    """All that was read for some cards, by task."""

    schema: Schema
    labels: dict[int, dict[str, Label]]
    said: dict[int, list[Annotation]]
    comments: dict[int, list[Comment]]
    open_flags: dict[int, list[Flag]]
    rows: dict[int, TaskRow]
    parts: dict[tuple[str, str], LabelPart]
    verdicts: dict[int, verdict_reads.Verdict]
    evidence: dict[int, Evidence]
    groups: dict[int, Group]
    """Both by flag."""


def cards(project: Project, flag_ids: Sequence[int]) -> list[Card]:
    """Return the cards of flags, in their order; with flags of other projects there is nothing to show."""
    found = Flag.objects.filter(project=project).select_related("task", "raised_by").in_bulk(flag_ids)
    flags = [found[pk] for pk in flag_ids if pk in found]
    sources = _read(project, flags)
    return [_card(flag, sources, hidden=hides_suggestion(project, flag)) for flag in flags]


def _read(project: Project, flags: Sequence[Flag]) -> _Sources:
    schema = version_reads.schema(project.pk)
    tasks = {flag.task_id for flag in flags}
    labels: defaultdict[int, dict[str, Label]] = defaultdict(dict)
    current = Label.objects.filter(task_id__in=tasks, retired_at__isnull=True)
    for label in current.select_related("created_by", "annotation__annotator").defer("annotation__answers"):
        labels[label.task_id][label.question] = label
    for label in _labels_before(flags):
        labels[label.task_id][label.question] = label
    said = Annotation.objects.filter(task_id__in=tasks, state=AnnotationState.SUBMITTED)
    comments = Comment.objects.filter(task_id__in=tasks).select_related("author", "resolved_by")
    open_flags = Flag.objects.filter(task_id__in=tasks, state=FlagState.OPEN).defer("evidence").order_by("pk")
    guideline = guideline_reads.newest(project)
    evidence = {flag.pk: load_evidence(flag.reason, flag.evidence) for flag in flags}
    near = {item.task for found in evidence.values() for item in found.near_items()}
    return _Sources(
        schema=schema,
        labels=labels,
        said=_by_task(said.select_related("annotator").order_by("pk")),
        comments=_by_task(comments.order_by(F("resolved_at").asc(nulls_first=True), "pk")),
        open_flags=_by_task(open_flags),
        rows={row.id: row for row in explorer_reads.rows(project, sorted(near))},
        parts={
            (label.question, label.name): label
            for part in guideline_reads.parts(schema, guideline.entries if guideline else ())
            for label in part.labels
        },
        verdicts=verdict_reads.verdicts_for(
            project, [label for of_task in labels.values() for label in of_task.values()]
        ),
        evidence=evidence,
        groups=groups_for(project, flags),
    )


def _labels_before(flags: Sequence[Flag]) -> Iterable[Label]:
    """Return the labels that decided flags were about: whoever changes their mind decides about those."""
    acts = {flag.act_id for flag in flags if flag.state == FlagState.RESOLVED and flag.act_id}
    if not acts:
        return ()
    done = [ReviewAct.from_columns(act) for act in BulkAct.objects.filter(pk__in=acts, verb=ReviewAct.VERB)]
    replaced = [label.old for act in done for entry in act.before for label in entry.labels if label.old is not None]
    return Label.objects.filter(pk__in=replaced).select_related("created_by", "annotation__annotator")


def _by_task(rows: Iterable[Any]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(row)
    return found


def _card(flag: Flag, sources: _Sources, *, hidden: bool) -> Card:
    schema, current = sources.schema, sources.labels.get(flag.task_id, {})
    reason, evidence = reason_named(flag.reason), sources.evidence[flag.pk]
    # About the whole task is about its question, where there is but one.
    alone = schema.questions[0] if len(schema.questions) == 1 else None
    question = schema.question(flag.question) if flag.question else alone
    asked = [question] if question else ([] if flag.question else list(schema.questions))
    given = [_given(one, current[one.name], named=not hidden) for one in asked if one.name in current]
    suggestion = None if hidden else _suggestion(flag, question, current, sources)
    group = sources.groups.get(flag.pk)
    unnamed = hidden or (reason.hides_names and flag.state == FlagState.OPEN)
    about = [(label.question, name) for label in given for name in label.classes]
    about += [(flag.question, name) for name in group.classes] if group else []
    if question and suggestion:
        about += [(question.name, name) for name in suggestion.classes]
    parts = [part for key in dict.fromkeys(about) if (part := sources.parts.get(key)) and not part.is_empty]
    return Card(
        flag=flag,
        reason=reason,
        evidence=evidence,
        question=question,
        given=given,
        suggestion=suggestion,
        changed=flag.state == FlagState.OPEN and _changed(evidence, current.get(flag.question)),
        shares=[] if hidden else _shares(evidence, question),
        near=_near(evidence, question, sources),
        people=[] if unnamed else _people(flag.task_id, reason, question, sources),
        parts=parts[:MOST_PARTS],
        comments=sources.comments.get(flag.task_id, [])[-MOST_COMMENTS:],
        others=[
            reason_named(other.reason).title
            for other in sources.open_flags.get(flag.task_id, ())
            if other.pk != flag.pk
        ],
        group=group,
        answers=[] if unnamed or group else sources.said.get(flag.task_id, []),
        hidden=hidden,
    )


def _given(question: Question, label: Label, *, named: bool) -> GivenLabel:
    by = label.annotation.annotator if label.annotation else label.created_by
    return GivenLabel(
        label_id=label.pk,
        question=question.name,
        title=question.title,
        chips=explorer_reads.chips_of(question, label.value),
        classes=label.classes,
        source=LabelSource(label.source).of(label.people if named else None),
        who=str(by) if by and named else "",
        at=label.created_at,
        guideline=label.guideline_version,
        value=label.value,
    )


def _suggestion(
    flag: Flag, question: Question | None, current: dict[str, Label], sources: _Sources
) -> Suggestion | None:
    if question is None:
        return None
    evidence, label = sources.evidence[flag.pk], current.get(question.name)
    value, of_flag = evidence.suggested, True
    if value is None and reason_named(flag.reason).model_may_suggest and label is not None:
        value, of_flag = sources.verdicts.get(label.pk, verdict_reads.UNKNOWN).predicted, False
        if value == label.value:
            return None
    if value is None:
        return None
    try:
        answer = question.parse(value, flag.task.data.get(question.field))
    except Invalid:
        return None  # the schema has lost that label since
    return Suggestion(
        value=question.dump_answer(answer),
        chips=explorer_reads.chips_of(question, value),
        classes=question.classes(answer),
        probability=evidence.probability,
        of_flag=of_flag,
    )


def _changed(evidence: Evidence, label: Label | None) -> bool:
    return evidence.given is not None and (label is None or label.value != evidence.given)


def _shares(evidence: Evidence, question: Question | None) -> list[Share]:
    known = explorer_reads.named_labels(question) if question else {}
    return [Share(known.get(share.name, Chip(share.name)), share.probability) for share in evidence.class_shares()]


def _near(evidence: Evidence, question: Question | None, sources: _Sources) -> list[Neighbor]:
    places = [one.name for one in sources.schema.questions]
    found = []
    for near in evidence.near_items():
        row = sources.rows.get(near.task)
        if row is None:
            continue  # it was deleted since
        given = row.given[places.index(question.name)].chips if question else [c for g in row.given for c in g.chips]
        closeness = None if near.distance is None else max(0.0, 1 - near.distance)
        found.append(Neighbor(row=row, chips=given, closeness=closeness, split=near.split))
    return found


def _people(task_id: int, reason: Reason[Evidence], question: Question | None, sources: _Sources) -> list[Said]:
    """Return who answered what, where several did or one is worth knowing."""
    said = sources.said.get(task_id, [])
    if len(said) < 2 and not reason.shows_one_answer:
        return []
    asked: Collection[Question] = [question] if question else sources.schema.questions
    remarks = {comment.author_id: comment.body for comment in sources.comments.get(task_id, [])}
    return [
        Said(
            who=str(annotation.annotator),
            chips=[
                chip
                for one in asked
                if one.name in annotation.answers
                for chip in explorer_reads.chips_of(one, annotation.answers[one.name])
            ],
            at=annotation.updated_at,
            remark=remarks.get(annotation.annotator_id, ""),
        )
        for annotation in said
    ]


def labeled_neighbors(project: Project, task_id: int, question: str = "") -> list[Neighbor]:
    """Return the labeled items most like a task, with their answers to a question, or to all; none before a check."""
    rows = explorer_reads.rows(project, similarity_reads.similar_tasks(project, task_id, most=LOOKED_AT))
    found = [
        Neighbor(
            row=row,
            chips=[chip for given in row.given if question in {"", given.question} for chip in given.chips],
        )
        for row in rows
        if row.state == TaskState.LABELED
    ]
    return [near for near in found if near.chips][:NEIGHBORS]
