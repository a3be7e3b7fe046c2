"""Acts on many tasks at once: each can be undone, and nothing an annotator answered is touched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from labeling.errors import Conflict, Invalid, Problem
from labeling.formats.mapping import META_CHARS
from labeling.models import BulkAct, Label, LabelSource, QueueEntry, Split, Task, TaskState
from labeling.models.acts import (
    AdjudicateAct,
    AskAct,
    DeleteAct,
    GoldAct,
    LabelAct,
    LabelBefore,
    MetaAct,
    MetaBefore,
    PlainAct,
    QuarantineAct,
    RestoreAct,
    ReviewAct,
    SettleAct,
    SplitAct,
    SplitBefore,
    StateBefore,
    TaskBefore,
    load_act,
)
from labeling.selectors import versions as version_reads
from labeling.services import adjudicating, asking, events, gold, notices, reviews, settling, task_deletion
from labeling.services.task_acts import lock_entries, record_act, restate

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project, User
    from labeling.models.acts import AnyAct


@transaction.atomic
def set_split(*, actor: User, project: Project, task_ids: Sequence[int], split: str) -> BulkAct:
    """Put tasks into a split."""
    if split not in Split.values:
        message = f"“{split[:50]}” is no split. Expected train, validation, test, or nothing."
        raise Invalid(message, problems=(Problem("split", message),))
    ids = list(lock_entries(project, task_ids))
    changed = Task.objects.filter(pk__in=ids).exclude(split=split).order_by("pk")
    done = SplitAct(
        split=split, before=[SplitBefore(task=pk, split=old) for pk, old in changed.values_list("pk", "split")]
    )
    Task.objects.filter(pk__in=done.task_ids).update(split=split)
    return record_act(done, actor=actor, project=project)


@transaction.atomic
def set_meta(*, actor: User, project: Project, task_ids: Sequence[int], meta: dict[str, Any]) -> BulkAct:
    """Give tasks these metadata, in place of what they have."""
    size = len(json.dumps(meta, ensure_ascii=False))
    if size > META_CHARS:
        message = f"The metadata are {size:,} characters as JSON; at most {META_CHARS:,} are kept with a task."
        raise Invalid(message, problems=(Problem("meta", message),))
    ids = list(lock_entries(project, task_ids))
    changed = Task.objects.filter(pk__in=ids).exclude(meta=meta).order_by("pk")
    done = MetaAct(meta=meta, before=[MetaBefore(task=pk, meta=old) for pk, old in changed.values_list("pk", "meta")])
    Task.objects.filter(pk__in=done.task_ids).update(meta=meta)
    return record_act(done, actor=actor, project=project)


@transaction.atomic
def change_task(*, actor: User, task: Task, split: str | None = None, meta: dict[str, Any] | None = None) -> None:
    """Change the split or the metadata of one task; None leaves them as they are."""
    if split is None and meta is None:
        message = "Say what is to be changed: split, meta or both."
        raise Invalid(message, problems=(Problem("", message),))
    if split is not None and split != task.split:
        set_split(actor=actor, project=task.project, task_ids=[task.pk], split=split)
    if meta is not None and meta != task.meta:
        set_meta(actor=actor, project=task.project, task_ids=[task.pk], meta=meta)


@transaction.atomic
def quarantine(*, actor: User, project: Project, task_ids: Sequence[int], reason: str = "") -> BulkAct:
    """Take tasks out of queue, training and export until they are restored."""
    entries = lock_entries(project, task_ids)
    done = QuarantineAct(
        reason=reason.strip()[:500],
        before=[
            StateBefore(task=pk, state=entry.state)
            for pk, entry in entries.items()
            if entry.state != TaskState.QUARANTINED
        ],
    )
    QueueEntry.objects.filter(task_id__in=done.task_ids).update(state=TaskState.QUARANTINED)
    return record_act(done, actor=actor, project=project)


@transaction.atomic
def restore(*, actor: User, project: Project, task_ids: Sequence[int]) -> BulkAct:
    """Take tasks out of quarantine."""
    entries = {pk: e for pk, e in lock_entries(project, task_ids).items() if e.state == TaskState.QUARANTINED}
    _leave_quarantine(project, entries)
    task_deletion.keep_deleted(list(entries))
    return record_act(RestoreAct(before=[TaskBefore(task=pk) for pk in entries]), actor=actor, project=project)


def _leave_quarantine(project: Project, entries: dict[int, QueueEntry]) -> None:
    for entry in entries.values():
        entry.state = TaskState.TODO
    restate(project, entries)


@transaction.atomic
def assign_label(*, actor: User, project: Project, task_ids: Sequence[int], question: str, value: Any) -> BulkAct:
    """Give tasks a label of record; slots nobody has taken yet are closed, since no answer is needed any more."""
    entries = lock_entries(project, task_ids)
    now = version_reads.current(project.pk)
    schema = version_reads.by_pk(now.schema_pk)
    asked = schema.question(question)
    if asked is None:
        message = f"There is no question “{question[:64]}” in this project."
        raise Invalid(message, problems=(Problem("question", message),))
    answer = _answer_for_all(asked, value, task_ids=list(entries))
    value = asked.dump_answer(answer)
    moment = timezone.now()
    current = Label.objects.filter(task_id__in=list(entries), question=question, retired_at=None)
    old = dict(current.values_list("task_id", "pk"))
    unchanged = set(current.filter(value=value).values_list("task_id", flat=True))
    current.update(retired_at=moment)
    new = Label.objects.bulk_create(
        [
            Label(
                task_id=pk,
                project=project,
                question=question,
                value=value,
                classes=asked.classes(answer),
                source=LabelSource.BULK,
                created_by=actor,
                schema_version=now.schema,
                guideline_version=now.guideline,
                created_at=moment,
            )
            for pk in entries
        ],
        batch_size=1000,
    )
    closes = all(other.name == question or not other.required for other in schema.questions)
    before = []
    for label in new:
        entry = entries[label.task_id]
        closed = entry.open_slots if closes else 0
        entry.required -= closed
        entry.open_slots -= closed
        before.append(LabelBefore(task=label.task_id, old=old.get(label.task_id), new=label.pk, closed=closed))
    restate(project, entries)
    notices.tell_of_labels(actor=actor, label_ids=[label.pk for label in new if label.task_id not in unchanged])
    return record_act(LabelAct(question=question, value=value, before=before), actor=actor, project=project)


def _answer_for_all(question: Question, value: Any, *, task_ids: Sequence[int]) -> Any:
    """Return the answer that many tasks are to have; where the question looks at the item, each item is looked at."""
    if question.form == "none":
        message = f"“{question.title}” is answered on each item by itself; many tasks cannot have one answer to it."
        raise Invalid(message, problems=(Problem("question", message),))
    shown = Task.objects.filter(pk__in=task_ids).order_by("pk").annotate(item=KeyTransform(question.field, "data"))
    items = shown.values_list("item", flat=True)
    for item in items.iterator() if question.looks_at_item else items[:1]:
        answer = question.parse(value, item)
    return answer


@transaction.atomic
def undo(*, actor: User, act: BulkAct) -> BulkAct:
    """Take a bulk act back, as far as nothing newer stands in its place."""
    if act.verb in {ReviewAct.VERB, AdjudicateAct.VERB}:
        (reviews.undo if act.verb == ReviewAct.VERB else adjudicating.take_back)(actor=actor, act=act)
        act.refresh_from_db()
        return act
    act = BulkAct.objects.select_for_update().select_related("project").get(pk=act.pk)
    if act.undone_at is not None:
        message = "This was undone already."
        raise Conflict(message, current={"undone_at": act.undone_at})
    _put_back(act, load_act(act))
    act.undone_at = timezone.now()
    act.save(update_fields=("undone_at",))
    events.record(verb="tasks.undone", project=act.project, actor=actor, act=act.pk, undone=act.verb, count=act.count)
    return act


def _put_back(act: BulkAct, done: AnyAct) -> None:
    project = act.project
    # Tasks that were deleted since are left out.
    there = list(QueueEntry.objects.filter(task_id__in=done.task_ids).values_list("task_id", flat=True))
    entries = lock_entries(project, there) if there else {}
    match done:
        case DeleteAct():
            task_deletion.refuse_if_gone(done, entries)
            _leave_quarantine(project, task_deletion.undo_deletion(act, done, entries))
        case SplitAct():
            _undo_split(done)
        case MetaAct():
            _undo_meta(done)
        case QuarantineAct():
            still = {pk: entry for pk, entry in entries.items() if entry.state == TaskState.QUARANTINED}
            _leave_quarantine(project, still)
        case RestoreAct():
            QueueEntry.objects.filter(task_id__in=list(entries)).update(state=TaskState.QUARANTINED)
        case LabelAct():
            _undo_label(project, done, entries)
        case AskAct():
            asking.undo_asking(done, entries)
            restate(project, entries)
        case GoldAct() | PlainAct():
            gold.undo_gold(done, entries)
            restate(project, entries)
        case SettleAct():
            undone = settling.undo_settling(done, entries)
            restate(project, {pk: entries[pk] for pk in undone})


def _undo_split(done: SplitAct) -> None:
    for split in {entry.split for entry in done.before}:
        ids = [entry.task for entry in done.before if entry.split == split]
        Task.objects.filter(pk__in=ids, split=done.split).update(split=split)


def _undo_meta(done: MetaAct) -> None:
    standing = Task.objects.filter(pk__in=done.task_ids, meta=done.meta).in_bulk()
    for entry in done.before:
        if entry.task in standing:
            standing[entry.task].meta = entry.meta
    Task.objects.bulk_update(standing.values(), ("meta",), batch_size=1000)


def _undo_label(project: Project, done: LabelAct, entries: dict[int, QueueEntry]) -> None:
    moment = timezone.now()
    standing = Label.objects.filter(pk__in=[entry.new for entry in done.before], retired_at=None)
    mine = set(standing.values_list("task_id", flat=True))
    standing.update(retired_at=moment)
    undone = [entry for entry in done.before if entry.task in mine]
    notices.forget_labels(label_ids=[entry.new for entry in undone])
    earlier = list(Label.objects.filter(pk__in=[entry.old for entry in undone if entry.old is not None]))
    for label in earlier:
        label.pk, label.retired_at, label.created_at = None, None, moment
    Label.objects.bulk_create(earlier, batch_size=1000)
    for entry in undone:
        entries[entry.task].required += entry.closed
        entries[entry.task].open_slots += entry.closed
    restate(project, {pk: entries[pk] for pk in mine})
