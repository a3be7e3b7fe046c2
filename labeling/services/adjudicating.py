"""Adjudicating: one person decides what several answered, whether they disagree or not; one act, one way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from labeling import access, locks
from labeling.errors import Conflict, Invalid, NotFound, Problem
from labeling.models import Adjudication, BulkAct, Comment, Flag, FlagState, Label, Verdict
from labeling.models.acts import AdjudicateAct, load_act
from labeling.reasons.decisions import Decision
from labeling.reasons.registry import reason_named
from labeling.reasons.rule_missing import RULE_MISSING
from labeling.selectors import adjudications as adjudication_reads
from labeling.services import events, flags, notices
from labeling.services.annotations import comments
from labeling.services.flags import MAX_NOTE
from labeling.services.reviews import leases
from labeling.services.reviews.locked_tasks import LockedTasks, lock_tasks
from labeling.services.reviews.ruling import MAX_KEY, parse_given
from labeling.services.reviews.undoing import restore_task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.kinds.schema import Question, Schema
    from labeling.models import Project, Task, User
    from labeling.selectors.adjudications import AdjudicationFilter, AnswerGiven

ATTEMPTS = 5
_RESOLUTIONS = {
    Verdict.LABEL: Decision.RELABEL,
    Verdict.SEVERAL: Decision.AMBIGUOUS,
    Verdict.UNUSABLE: Decision.QUARANTINE,
    Verdict.RULE_MISSING: Decision.AMBIGUOUS,
}
"""How the flags that doubt the label are closed."""
NO_RULE = "the guideline does not say which answer is right"


@dataclass(frozen=True, slots=True)
class AdjudicatorRuling:
    """What an adjudicator decides; `answer` goes with a label alone, `note` says what rule is missing, or why."""

    verdict: Verdict
    answer: Any = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Adjudicated:
    """What was decided; `replayed`: the same request had decided it before."""

    adjudication: Adjudication
    replayed: bool = False


def hold(*, actor: User, project: Project, task_id: int) -> bool:
    """Hold a task while its answers are looked at; False: somebody else does."""
    access.check_person(actor, "adjudicate")
    return bool(leases.take_leases(actor=actor, project=project, task_ids=[task_id]))


def hold_next(
    *, actor: User, project: Project, wanted: AdjudicationFilter, after: int = 0, backward: bool = False
) -> int | None:
    """Give back the task that was looked at, and hold the next one that nobody else looks at, if there is one."""
    access.check_person(actor, "adjudicate")
    leases.give_back(actor=actor, task_ids=[after])
    free = adjudication_reads.free_tasks(project, wanted, person=actor, after=after, backward=backward)
    for task_id in free.values_list("task_id", flat=True)[:ATTEMPTS]:
        if leases.take_leases(actor=actor, project=project, task_ids=[task_id]):
            return task_id
    return None


@transaction.atomic
def adjudicate(
    *,
    actor: User,
    project: Project,
    task_id: int,
    question: str,
    ruling: AdjudicatorRuling,
    key: str = "",
    seen: str | None = None,
) -> Adjudicated:
    """Decide one question of a task that several people answered.

    The same `key` again is the same act. `seen` says which answers were shown (`seen_answers`); where others are
    there by now, that is a `Conflict`.
    """
    access.check_person(actor, "adjudicate")
    _check_ruling(ruling, key)
    locks.lock_person(project.pk, actor.pk)
    if (again := _replay(actor, key, task_id, question)) is not None:
        return Adjudicated(again, replayed=True)
    locked = lock_tasks(project, [task_id], with_data=True)
    task, asked = locked.tasks.get(task_id), locked.schema.question(question)
    if task is None or asked is None:
        raise NotFound
    given = adjudication_reads.answers_given(task_id, question)
    _check_standing(actor, project, task_id, asked, given, seen)
    act = BulkAct(project=project, actor=actor, verb=AdjudicateAct.VERB, key=key, count=0)
    act.save()
    value = _answer(locked.schema, asked, ruling, given, task)
    row, retired, raised, comment = locked.row(task_id), None, None, None
    if value is not None:
        locked.write(task, question, value, actor=actor)
    elif ruling.verdict is Verdict.SEVERAL:
        retired = locked.retire(task_id, question)
        locked.several[task_id].add(question)
    elif ruling.verdict is Verdict.UNUSABLE:
        locked.quarantine(task_id)
    if ruling.verdict in {Verdict.LABEL, Verdict.SEVERAL}:
        locked.close_slots(task_id)
    _close_flags(locked, act, asked, ruling, actor=actor)
    if ruling.verdict is Verdict.RULE_MISSING:
        raised, comment = _ask_for_rule(task, question, ruling.note, actor=actor)
    locked.store_entries([task_id])
    leases.drop_leases(task_ids=[task_id])
    _keep(act, AdjudicateAct(
        question=question, verdict=ruling.verdict, retired=retired, raised=raised, comment=comment,
        before=[row.as_entry()],
    ))  # fmt: skip
    loaded = [asked.load(each.answer) for each in given]
    made = Adjudication.objects.create(
        task=task,
        project=project,
        question=question,
        verdict=ruling.verdict,
        sided=adjudication_reads.side_of(asked, loaded, asked.load(value)) if ruling.verdict is Verdict.LABEL else "",
        label=locked.current[task_id].get(question) if value is not None else None,
        answers=len(given),
        agreement=adjudication_reads.agreement_between(asked, loaded),
        note=ruling.note.strip(),
        act=act,
        decided_by=actor,
    )
    _tell(locked, made, row.flags, [new for _, new in row.labels.values()])
    return Adjudicated(made)


def _check_ruling(ruling: AdjudicatorRuling, key: str) -> None:
    problems = []
    if len(key) > MAX_KEY or not key.isprintable():
        problems.append(Problem("Idempotency-Key", f"Expected 1 to {MAX_KEY} printable characters, such as a UUID."))
    if len(ruling.note) > MAX_NOTE or "\x00" in ruling.note:
        problems.append(Problem("note", f"A note has at most {MAX_NOTE} characters, and no NUL characters."))
    if (ruling.verdict is Verdict.LABEL) != (ruling.answer is not None):
        problems.append(Problem("answer", "An answer goes with `label`, and with nothing else."))
    if problems:
        raise Invalid("The decision could not be saved: " + problems[0].message, problems=problems)


def _replay(actor: User, key: str, task_id: int, question: str) -> Adjudication | None:
    act = BulkAct.objects.filter(actor=actor, key=key).first() if key else None
    if act is None:
        return None
    made = Adjudication.objects.filter(act=act, task_id=task_id, question=question).first()
    if made is None:
        message = "This Idempotency-Key was used for another decision. Use a new key for every decision."
        raise Invalid(message, problems=(Problem("Idempotency-Key", message),))
    return made


def _check_standing(
    actor: User, project: Project, task_id: int, question: Question, given: Sequence[AnswerGiven], seen: str | None
) -> None:
    """Raise `Conflict` when it was decided meanwhile, answers were changed, or somebody else looks at it."""
    if adjudication_reads.standing(project, question.name).filter(task=task_id).exists():
        raise Conflict("This was decided already. Take that back first, to decide anew.")
    if len(given) < adjudication_reads.LEAST_SEVERAL:
        raise Conflict("Fewer than two people answer this question of the task: there is nothing to adjudicate.")
    if seen is not None and seen != adjudication_reads.seen_answers(given):
        raise Conflict("An answer was given or changed after this was shown. Look at the answers again.")
    if not leases.take_leases(actor=actor, project=project, task_ids=[task_id]):
        raise Conflict("Somebody else looks at this task now. Go on with the next one.")


def _answer(
    schema: Schema, question: Question, ruling: AdjudicatorRuling, given: Sequence[AnswerGiven], task: Task
) -> Any:
    """Return the label that follows, as it is stored: of several valid answers all labels, where a question takes them.

    None: there is no label.
    """
    if ruling.verdict is Verdict.LABEL:
        return parse_given({question.name: ruling.answer}, schema, task.data)[question.name]
    if ruling.verdict is Verdict.SEVERAL and question.form == "many":
        said = {name for each in given for name in question.classes(question.load(each.answer))}
        every = [name for name in question.class_names if name in said]
        return parse_given({question.name: every}, schema, task.data)[question.name]
    return None


def _close_flags(
    locked: LockedTasks, act: BulkAct, question: Question, ruling: AdjudicatorRuling, *, actor: User
) -> None:
    """Close the flags that doubt the label, and those that wanted one."""
    (task_id,) = locked.rows
    label = locked.current[task_id].get(question.name) if ruling.verdict is Verdict.LABEL else None
    labeled = label is not None and locked.entries[task_id].open_slots == 0
    for flag in locked.open_flags_of(task_id):
        reason = reason_named(flag.reason)
        if not ((reason.is_about_label and flag.question == question.name) or (reason.falls_when_labeled and labeled)):
            continue
        flags.close(
            flag=flag, actor=actor, resolution=_RESOLUTIONS[ruling.verdict], note=ruling.note, label=label, act=act
        )
        locked.row(task_id).flags.append(flag.pk)


def _ask_for_rule(task: Task, question: str, note: str, *, actor: User) -> tuple[int, int]:
    words = note.strip() or NO_RULE
    flag = flags.put_flag(task=task, reason=RULE_MISSING, question=question, actor=actor, note=words)
    return flag.pk, comments.comment(actor=actor, task=task, body=f"{RULE_MISSING.title}: {words}").pk


def _keep(act: BulkAct, done: AdjudicateAct) -> None:
    columns = done.columns()
    for name, value in columns.items():
        setattr(act, name, value)
    act.save(update_fields=tuple(columns))


def _tell(locked: LockedTasks, made: Adjudication, closed: Sequence[int], written: Sequence[int]) -> None:
    notices.tell_of_labels(actor=made.decided_by, label_ids=written, note=made.note)
    notices.tell_of_flags(actor=made.decided_by, flags=[locked.flags[pk] for pk in closed])
    events.record(
        verb="adjudication.made",
        project=made.project,
        actor=made.decided_by,
        task=made.task,
        question=made.question,
        verdict=str(made.verdict),
        act=made.act_id,
    )


@transaction.atomic
def take_back(*, actor: User, act: BulkAct) -> Adjudication:
    """Take an adjudicator's decision back: label, flags and slots are as before, and the task waits again."""
    locks.lock_person(act.project_id, actor.pk)
    act = BulkAct.objects.select_for_update().select_related("project").get(pk=act.pk)
    made = Adjudication.objects.filter(act=act, taken_back_at=None).select_related("task", "project").first()
    if act.undone_at is not None or made is None:
        raise Conflict("This was taken back already.", current={"undone_at": act.undone_at})
    done = load_act(act)
    assert isinstance(done, AdjudicateAct)  # noqa: S101 - an adjudication's act is of no other verb
    resolved = list(Flag.objects.filter(act=act, state=FlagState.RESOLVED).values_list("pk", flat=True))
    locked = lock_tasks(act.project, [made.task_id], flag_ids=resolved)
    if not restore_task(locked, done.before[0]):
        raise Conflict("The label was changed after this decision, so the decision stays. Decide in Review instead.")
    _bring_back(locked, done, made)
    for pk in resolved:
        flags.reopen(flag=locked.flags[pk])
    made.taken_back_at = act.undone_at = timezone.now()
    made.save(update_fields=("taken_back_at",))
    act.save(update_fields=("undone_at",))
    locked.several[made.task_id].discard(made.question)
    locked.store_entries([made.task_id])
    _withdraw_rule(done, made, actor=actor)
    leases.take_leases(actor=actor, project=act.project, task_ids=[made.task_id])
    events.record(
        verb="adjudication.taken_back", project=act.project, actor=actor, task=made.task, question=made.question
    )
    return made


def _bring_back(locked: LockedTasks, done: AdjudicateAct, made: Adjudication) -> None:
    """Let the label that no other replaced hold again, unless there is one by now."""
    current = locked.current[made.task_id]
    if done.retired is None or made.question in current:
        return
    label = Label.objects.get(pk=done.retired)
    label.pk, label.retired_at, label.created_at = None, None, timezone.now()
    label.save(force_insert=True)
    current[made.question] = label


def _withdraw_rule(done: AdjudicateAct, made: Adjudication, *, actor: User) -> None:
    """Let the question about the guideline fall: the flag, and the comment as resolved."""
    if done.raised is not None:
        flags.drop_flag(task=made.task, reason=RULE_MISSING, question=made.question)
    comment = Comment.objects.filter(pk=done.comment).first() if done.comment is not None else None
    if comment is not None:
        comments.resolve_comment(actor=actor, comment=comment)
