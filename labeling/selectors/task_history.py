"""One task with everything that happened to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from labeling.kinds.schema import Schema
from labeling.models import (
    AnnotationRevision,
    AnnotationState,
    AnswerReview,
    AnswerVerdict,
    BulkAct,
    Comment,
    Flag,
    FlagState,
    GoldServing,
    Label,
    LabelSource,
    Lease,
    QueueEntry,
    ReturnState,
    SkipReason,
    TaskState,
    Verdict,
)
from labeling.models.acts import (
    GOLD_VERBS,
    AdjudicateAct,
    AskAct,
    DeleteAct,
    GoldAct,
    LabelAct,
    MetaAct,
    PlainAct,
    QuarantineAct,
    RestoreAct,
    ReviewAct,
    SettleAct,
    SplitAct,
    Whom,
    load_act,
)
from labeling.reasons.decisions import decision_named
from labeling.reasons.registry import reason_named
from labeling.selectors import flag_notes as flag_note_reads
from labeling.selectors import reviews as review_reads
from labeling.selectors.explorer import Chip, chips_of
from labeling.selectors.reviews.hiding import hides_suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.models import Task, User
    from labeling.models.acts import AnyAct

ASKED_AGAIN = "asked again "
"""How the key of a revision begins that opened an answer again."""

_BY_PEOPLE = {LabelSource.ANNOTATION, LabelSource.CONSENSUS}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened to a task. `who` is empty where that is not for the reader, or nobody did it."""

    at: datetime
    icon: str
    words: str
    who: str = ""
    chips: list[Chip] = field(default_factory=list)
    note: str = ""
    basis: str = ""
    current: bool = False
    flag: Flag | None = None
    waits: AnswerReview | None = None
    """The return of an answer that a reviewer can still take back."""
    comment: Comment | None = None
    may_resolve: bool = False
    """Whether the comment is the reader's to resolve, or to open again."""

    @property
    def is_open_comment(self) -> bool:
        """Whether it is a comment that nobody has resolved."""
        return self.comment is not None and self.comment.resolved_at is None


def history(task: Task, *, schema: Schema, reader: User, reviewer: bool) -> list[Moment]:
    """Return what happened to a task, open comments first and then the newest.

    Who annotated what is for reviewers and the person alone.
    """
    return _in_order(
        task,
        [
            *_labels(task, schema, reader=reader, reviewer=reviewer),
            *_revisions(task, schema, reader=reader, reviewer=reviewer),
            *_reviews(task, reader=reader, reviewer=reviewer),
            *_flags(task, schema, reader=reader, reviewer=reviewer),
            *_comments(task, reader=reader, reviewer=reviewer),
            *_acts(task, reviewer=reviewer),
        ],
    )


def own_history(task: Task, *, schema: Schema, reader: User) -> list[Moment]:
    """Return what people said and the reader did, and nothing of labels and flags."""
    return _in_order(
        task,
        [
            *_revisions(task, schema, reader=reader, reviewer=False),
            *_comments(task, reader=reader, reviewer=False),
        ],
    )


def _in_order(task: Task, moments: list[Moment]) -> list[Moment]:
    """Return moments, open comments first and then the newest, and that the task was added."""
    added = Moment(at=task.created_at, icon="upload", words="was added to the project")
    newest_first = sorted(moments, key=lambda moment: moment.at, reverse=True)
    return [*sorted(newest_first, key=lambda moment: not moment.is_open_comment), added]


def _labels(task: Task, schema: Schema, *, reader: User, reviewer: bool) -> Iterator[Moment]:
    for label in Label.objects.filter(task=task).select_related("created_by").order_by("pk"):
        shown = reviewer or label.source not in _BY_PEOPLE or label.created_by_id == reader.pk
        sure = f", confidence {label.confidence:.2f}" if label.confidence is not None else ""
        until = f", until {label.retired_at:%b %-d, %Y %H:%M}" if label.retired_at else ""
        yield Moment(
            at=label.created_at,
            icon="label",
            words=f"became the label of “{_title(schema, label.question)}” (source: "
            f"{LabelSource(label.source).of(label.people)}{sure}{until})",
            who=str(label.created_by) if shown and label.created_by else "",
            chips=chips_of(schema.question(label.question), label.value),
            basis=_basis(label.guideline_version, label.schema_version),
            current=label.retired_at is None,
        )


def _revisions(task: Task, schema: Schema, *, reader: User, reviewer: bool) -> Iterator[Moment]:
    found = AnnotationRevision.objects.filter(annotation__task=task).select_related("annotator").order_by("pk")
    served = set(GoldServing.objects.filter(task=task).values_list("user_id", flat=True))
    for revision in found if reviewer else found.filter(annotator=reader):
        seconds = revision.lead_time_ms / 1000
        yield Moment(
            at=revision.created_at,
            icon="skip" if revision.state == AnnotationState.SKIPPED else "edit",
            words=_answered(revision, is_gold=revision.annotator_id in served),
            who=str(revision.annotator),
            chips=[
                chip
                for name, value in revision.answers.items()
                if revision.state != AnnotationState.SKIPPED
                for chip in chips_of(schema.question(name), value)
            ],
            basis=_basis(revision.guideline_version, revision.schema_version)
            + (f", {seconds:.1f} s" if seconds else ""),
        )


def _answered(revision: AnnotationRevision, *, is_gold: bool) -> str:
    match revision.state:
        case AnnotationState.SKIPPED:
            reason = revision.skip_reason or SkipReason.OTHER
            return f"skipped it: {SkipReason(reason).label.lower()}"
        case AnnotationState.DRAFT if revision.key.startswith(ASKED_AGAIN):
            return f"was asked to look at this answer again (version {revision.number})"
        case AnnotationState.DRAFT:
            return f"kept a draft (version {revision.number})"
        case _:
            counts = "" if revision.counted or is_gold else ", which came after all answers were in"
            said = "answered" if revision.number == 1 else f"changed the answer (version {revision.number})"
            return f"{said}{counts}"


_REVIEWED = {
    AnswerVerdict.ACCEPTED: "reviewed the answer of {} and accepted it",
    AnswerVerdict.CORRECTED: "reviewed the answer of {} and corrected it",
    AnswerVerdict.RETURNED: "sent the answer of {} back",
}
_CAME_OF_IT = {
    ReturnState.WAITING: ", which waits for them",
    ReturnState.ANSWERED: ", who has answered anew",
    ReturnState.WITHDRAWN: ", which was taken back",
    ReturnState.FREED: ", who has left since: somebody else is asked",
}


def _reviews(task: Task, *, reader: User, reviewer: bool) -> Iterator[Moment]:
    """Tell what reviewers said of answers: to reviewers, and to whoever gave the answer."""
    found = AnswerReview.objects.filter(task=task).exclude(verdict="").select_related("annotator", "reviewer")
    for review in found.order_by("decided_at") if reviewer else found.filter(annotator=reader).order_by("decided_at"):
        waits = review.back == ReturnState.WAITING
        yield Moment(
            at=review.decided_at or task.created_at,
            icon="undo" if review.back else "ok",
            words=_REVIEWED[AnswerVerdict(review.verdict)].format(review.annotator)
            + (_CAME_OF_IT[ReturnState(review.back)] if review.back else ""),
            who=str(review.reviewer),
            note=review.note,
            waits=review if waits else None,
        )


def _flags(task: Task, schema: Schema, *, reader: User, reviewer: bool) -> Iterator[Moment]:
    alone = schema.questions[0] if len(schema.questions) == 1 else None
    about_it = review_reads.flags_about(task.pk).filter(project=task.project_id)
    for flag in about_it.select_related("raised_by", "resolved_by").order_by("pk"):
        reason = reason_named(flag.reason)
        shown = reviewer or reason.signed or flag.raised_by_id == reader.pk
        # What a check says names the label it suggests.
        hidden = flag.raised_by_id is None and hides_suggestion(task.project, flag)
        about = f" about “{_title(schema, flag.question)}”" if flag.question else ""
        yield Moment(
            at=flag.created_at,
            icon="flag",
            words=f"was flagged{about}" + ("" if reason.signed else f": {reason.title.lower()}"),
            who=str(flag.raised_by) if shown and flag.raised_by else "",
            note="" if hidden else flag_note_reads.note(flag, schema.question(flag.question) or alone),
            current=flag.state == FlagState.OPEN,
            flag=flag if flag.state == FlagState.OPEN else None,
        )
        if flag.resolved_at:
            yield Moment(
                at=flag.resolved_at,
                icon="check",
                words=f"the flag “{reason.title.lower()}” was closed: {_decision(flag.resolution)}",
                who=str(flag.resolved_by) if flag.resolved_by else "",
                note=flag.resolution_note,
            )


def _comments(task: Task, *, reader: User, reviewer: bool) -> Iterator[Moment]:
    for comment in Comment.objects.filter(task=task).select_related("author", "resolved_by").order_by("pk"):
        yield Moment(
            at=comment.created_at,
            icon="comment",
            words="commented",
            who=str(comment.author),
            note=comment.body,
            current=comment.resolved_at is None,
            comment=comment,
            may_resolve=reviewer or comment.author_id == reader.pk,
        )


def _acts(task: Task, *, reviewer: bool) -> Iterator[Moment]:
    """Tell the bulk acts that changed the task; their labels are told as labels, and gold to reviewers alone."""
    acts = BulkAct.objects.filter(project_id=task.project_id).exclude(
        verb__in=[LabelAct.VERB, *(() if reviewer else GOLD_VERBS)]
    )
    # A decision that stands is told with its flag.
    standing = set(review_reads.flags_about(task.pk).filter(act__isnull=False).values_list("act", flat=True))
    # Acts of version 1 hold lists, which may have the number in another place.
    about = Q(before__contains=[{"task": task.pk}]) | Q(before__contains=[[task.pk]])
    for act in acts.filter(about).select_related("actor").order_by("pk"):
        done = load_act(act)
        if act.pk in standing or task.pk not in done.task_ids:
            continue
        is_review = isinstance(done, ReviewAct)
        undone = f" (taken back {act.undone_at:%b %-d, %Y %H:%M})" if act.undone_at and not is_review else ""
        many = f", with {act.count - 1:,} more" if act.count > 1 else ""
        yield Moment(
            at=act.created_at,
            icon=_ACT_ICONS.get(act.verb, "tasks"),
            words=f"{_act_words(done)}{many}{undone}",
            who=str(act.actor),
            note=done.reason if isinstance(done, QuarantineAct) else "",
        )


_ACT_ICONS = {SplitAct.VERB: "split", QuarantineAct.VERB: "quarantine", RestoreAct.VERB: "undo"}


_ACT_WORDS = {
    MetaAct.VERB: "changed its metadata",
    QuarantineAct.VERB: "quarantined it",
    RestoreAct.VERB: "restored it from quarantine",
    LabelAct.VERB: "labeled it",
    GoldAct.VERB: "made it gold",
    PlainAct.VERB: "let it be gold no more",
    SettleAct.VERB: "settled it with the answers there were",
}


def _act_words(done: AnyAct) -> str:
    match done:
        case SplitAct(split=split):
            return f"moved it to the {split} split" if split else "took it out of its split"
        case DeleteAct(due_at=due_at):
            return f"deleted it: it goes for good on {due_at:%b %-d, %Y at %H:%M} UTC unless it is restored"
        case ReviewAct(decision=decision):
            return f"decided a flag ({_decision(decision)}), which was taken back"
        case AdjudicateAct(question=question, verdict=verdict):
            return f"adjudicated the answers to {question}: {Verdict(verdict).label.lower()}"
        case AskAct(whom=Whom.SAME):
            return "asked those who had answered to look again"
        case AskAct():
            return "asked one more person"
        case other:
            return _ACT_WORDS[other.VERB]


def _decision(resolution: str) -> str:
    """Say what was decided about a flag; nothing: it was closed by itself."""
    decision = decision_named(resolution)
    return decision.label.lower() if decision else resolution or "no longer holds"


def _title(schema: Schema, question: str) -> str:
    known = schema.question(question)
    return known.title if known else question


def _basis(guideline: int, schema: int) -> str:
    under = f"guideline {guideline}" if guideline else "before any guideline"
    return f"{under}, schema {schema}"


def leases_of_task(task: Task) -> list[Lease]:
    """Return who has the task now, or had it until their time ran out."""
    return list(Lease.objects.filter(task=task).select_related("user"))


@dataclass(frozen=True, slots=True)
class LabelStanding:
    """Where a task stands in the queue, in words."""

    state: str
    words: str


def standing(entry: QueueEntry, *, state: str, leases: list[Lease], reviewer: bool) -> LabelStanding:
    """Say where a task stands: how many answers it still needs, and who has it now."""
    given = entry.required - entry.open_slots - len(leases)
    parts = []
    if state == TaskState.QUARANTINED:
        parts.append("Out of queue, training and export until it is restored.")
    elif entry.required == 0:
        parts.append("Came with its labels: nobody is asked.")
    else:
        parts.append(f"{given} of {entry.required} answer{'' if entry.required == 1 else 's'} given.")
    if state == TaskState.DISPUTED:
        parts.append("They disagree: there is no label until a reviewer decides.")
    if leases:
        who = ", ".join(str(lease.user) for lease in leases) if reviewer else ""
        count = len(leases)
        parts.append(f"On the screen of {who or ('1 person' if count == 1 else f'{count} people')} now.")
    elif state != TaskState.QUARANTINED and entry.open_slots:
        priority = f" with priority {entry.priority:g}" if entry.priority else ""
        reason = f": {entry.reason}" if entry.reason else ""
        parts.append(f"Waits in the queue{priority}{reason}.")
    return LabelStanding(state=state, words=" ".join(parts))
