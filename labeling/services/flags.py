"""Flags: raise one, let it fall, close it with a decision, open it again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, transaction
from django.utils import timezone

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import Event, Flag, FlagState
from labeling.reasons.evidence import BASIS, GIVEN, VERSION, Evidence
from labeling.reasons.manual import MANUAL
from labeling.reasons.registry import load_evidence
from labeling.selectors import reviews as review_reads
from labeling.selectors import versions as version_reads
from labeling.services import events

if TYPE_CHECKING:
    from datetime import datetime

    from labeling.models import BulkAct, Label, Project, Task, User
    from labeling.reasons.base import Reason

E = TypeVar("E", bound=Evidence)

MAX_NOTE = 5_000
_RESOLUTION = ("state", "resolved_by", "resolved_at", "resolution", "resolution_note", "label", "act")


def put_flag(
    *,
    task: Task,
    reason: Reason[E],
    question: str = "",
    part: str = "",
    actor: User | None = None,
    note: str = "",
    score: float = 0.0,
    evidence: E | None = None,
) -> Flag:
    """Open a flag, or bring the open one for the same reason up to date; to be called within a transaction."""
    flag, created = Flag.objects.get_or_create(
        task=task,
        question=question,
        reason=reason.name,
        part=part,
        state=FlagState.OPEN,
        defaults={
            "project_id": task.project_id,
            "raised_by": actor,
            "note": note,
            "score": score,
            "place": reason.place(score),
            "evidence": (evidence or reason.evidence()).dump(),
        },
    )
    if not created:
        flag.note = "\n".join(part for part in (flag.note, note) if part)[-MAX_NOTE:]
        flag.score = score
        flag.place = reason.place(score)
        flag.evidence = evidence.dump() if evidence else flag.evidence
        flag.save(update_fields=("note", "score", "place", "evidence"))
    return flag


def drop_flag(*, task: Task, reason: Reason[Evidence], question: str = "", part: str = "") -> None:
    """Close the open flag of a reason that no longer holds; to be called within a transaction."""
    Flag.objects.filter(task=task, question=question, reason=reason.name, part=part, state=FlagState.OPEN).update(
        state=FlagState.CLOSED, resolved_at=timezone.now()
    )


@transaction.atomic
def raise_flag(*, actor: User, task: Task, note: str, question: str = "") -> Flag:
    """Flag a task by hand, so that a reviewer looks at it."""
    note = note.strip()
    if not note:
        message = "Say in a few words what a reviewer should look at."
        raise Invalid(message, problems=(Problem("note", message),))
    if len(note) > MAX_NOTE or "\x00" in note:
        message = f"A note has at most {MAX_NOTE} characters, and no NUL characters."
        raise Invalid(message, problems=(Problem("note", message),))
    if question and version_reads.schema(task.project_id).question(question) is None:
        message = f"There is no question “{question}” in this project."
        raise Invalid(message, problems=(Problem("question", message),))
    flag = put_flag(task=task, reason=MANUAL, question=question, actor=actor, note=note)
    events.record(
        verb="flag.raised",
        project=task.project,
        actor=actor,
        task=task,
        flag=flag.pk,
        reason=flag.reason,
        note=note[:200],
    )
    return flag


@transaction.atomic
def take_flags_back(*, actor: User, task: Task) -> int:
    """Take back what a person flagged a task with by hand, while nobody has decided; returns how many flags fell."""
    mine = Flag.objects.select_for_update().filter(task=task, reason=MANUAL.name, state=FlagState.OPEN, raised_by=actor)
    flags = list(mine.order_by("pk"))
    if others := _flagged_by_others(task, actor, {flag.pk for flag in flags}):
        message = f"{others} flagged this task too since. A reviewer looks at it."
        raise Conflict(message)
    for flag in flags:
        flag.state, flag.resolved_at = FlagState.CLOSED, timezone.now()
        flag.save(update_fields=("state", "resolved_at"))
        events.record(verb="flag.taken_back", project=task.project, actor=actor, task=task, flag=flag.pk)
    return len(flags)


def _flagged_by_others(task: Task, actor: User, flag_ids: Collection[int]) -> str:
    """Return who else has put words into these flags: one flag holds all that people say about one thing."""
    raised = Event.objects.filter(task=task, verb="flag.raised", payload__flag__in=list(flag_ids))
    other = raised.exclude(actor=actor).select_related("actor").first()
    return str(other.actor) if other else ""


def close(
    *,
    flag: Flag,
    actor: User,
    resolution: str,
    note: str = "",
    label: Label | None = None,
    act: BulkAct | None = None,
) -> None:
    """Write down what was decided about an open flag; to be called with the flag locked.

    What it rested on (`evidence`) stays, so that a later scan knows what was decided.
    """
    flag.state = FlagState.RESOLVED
    flag.resolved_by = actor
    flag.resolved_at = timezone.now()
    flag.resolution = resolution
    flag.resolution_note = note.strip()[:MAX_NOTE]
    flag.label = label
    flag.act = act
    flag.save(update_fields=_RESOLUTION)


def reopen(*, flag: Flag) -> None:
    """Let a reviewer decide a flag anew; to be called with the flag locked.

    Where the same was flagged again meanwhile, that flag is the one to decide.
    """
    again = Flag.objects.filter(
        task_id=flag.task_id, question=flag.question, reason=flag.reason, part=flag.part, state=FlagState.OPEN
    ).exists()
    flag.state = FlagState.CLOSED if again else FlagState.OPEN
    flag.resolved_by = flag.label = flag.act = None
    flag.resolved_at = timezone.now() if again else None
    flag.resolution = flag.resolution_note = ""
    flag.save(update_fields=_RESOLUTION)


@dataclass(frozen=True, slots=True)
class Finding:
    """Why one task, one part of its answer or a group of tasks should be looked at, as a scan of the project found it.

    A flag that a person resolved is not opened again on the same evidence (`Evidence.rests_on`); that of a group is not
    while what was decided holds for it (`Evidence.is_settled_by`), whichever task of it has the flag. Without a note,
    the evidence says in words what was found.
    """

    task_id: int
    reason: Reason[Evidence]
    score: float
    evidence: Evidence
    note: str = ""
    part: str = ""

    def row(self) -> tuple[Any, ...]:
        """Return the columns of `labeling_found`."""
        evidence = self.evidence.dump()
        return (
            self.task_id,
            self.reason.name,
            self.part,
            self.score,
            self.reason.place(self.score),
            self.note or self.evidence.sentence(),
            json.dumps(evidence),
            evidence[BASIS],
            self.evidence.earlier_basis(),
            not self.evidence.member_tasks(),
        )

    def tasks(self) -> frozenset[int]:
        """Return the tasks that it is about."""
        return frozenset((self.task_id, *self.evidence.member_tasks()))


@dataclass(frozen=True, slots=True)
class Synced:
    """How many flags a scan opened, brought up to date, closed, and left alone because a person had decided them."""

    opened: int
    updated: int
    closed: int
    decided: int


_LOCK_OPEN = f"""
SELECT id FROM labeling_flag
WHERE project_id = %(project)s AND question = %(question)s AND reason = ANY(%(reasons)s) AND state = '{FlagState.OPEN}'
ORDER BY id FOR UPDATE
"""  # noqa: S608 - only names of states are put in
_FOUND = """
CREATE TEMPORARY TABLE labeling_found
    (task_id bigint, reason text, part text, score double precision, place double precision, note text,
     evidence jsonb, basis text, earlier_basis text, alone boolean) ON COMMIT DROP
"""
# Decided before: by a person, on what the finding rests on now, or with a label that is still the one of record. Flags
# without a version say what they rest on in a form that was cut: there the label itself is compared too. Whether a
# group of tasks was decided is asked of its evidence, before it comes here.
_FORGET_DECIDED = f"""
DELETE FROM labeling_found n USING labeling_flag f
WHERE n.alone AND f.task_id = n.task_id AND f.question = %(question)s AND f.reason = n.reason AND f.part = n.part
  AND f.state = '{FlagState.RESOLVED}'
  AND (f.evidence ->> %(basis_key)s = n.basis
       OR (f.evidence ->> %(version_key)s IS NULL AND f.evidence ->> %(basis_key)s = n.earlier_basis
           AND f.evidence -> %(given_key)s IS NOT DISTINCT FROM n.evidence -> %(given_key)s)
       OR EXISTS (SELECT FROM labeling_label l WHERE l.id = f.label_id AND l.retired_at IS NULL))
"""  # noqa: S608 - only names of states are put in
_UPDATE_FOUND = f"""
UPDATE labeling_flag f SET score = n.score, place = n.place, note = n.note, evidence = n.evidence
FROM labeling_found n
WHERE f.task_id = n.task_id AND f.question = %(question)s AND f.reason = n.reason AND f.part = n.part
  AND f.state = '{FlagState.OPEN}'
"""  # noqa: S608 - only names of states are put in
_OPEN_FOUND = f"""
INSERT INTO labeling_flag (task_id, project_id, question, reason, part, state, score, place, note, evidence,
                           created_at, resolution, resolution_note)
SELECT n.task_id, %(project)s, %(question)s, n.reason, n.part, '{FlagState.OPEN}', n.score, n.place, n.note, n.evidence,
       now(), '', ''
FROM labeling_found n JOIN labeling_task t ON t.id = n.task_id AND t.project_id = %(project)s
ORDER BY n.task_id
ON CONFLICT DO NOTHING
"""  # noqa: S608 - only names of states are put in
_CLOSE_REST = f"""
UPDATE labeling_flag f SET state = '{FlagState.CLOSED}', resolved_at = now()
WHERE f.project_id = %(project)s AND f.question = %(question)s AND f.reason = ANY(%(reasons)s)
  AND f.state = '{FlagState.OPEN}'
  AND f.raised_by_id IS NULL
  AND NOT EXISTS (
      SELECT FROM labeling_found n WHERE n.task_id = f.task_id AND n.reason = f.reason AND n.part = f.part
  )
"""  # noqa: S608 - only names of states are put in


@transaction.atomic
def sync_flags(
    *,
    project: Project,
    question: str,
    reasons: Collection[Reason[Evidence]],
    findings: Iterable[Finding],
    actor: User | None,
    most: Mapping[str, int] | None = None,
    since: datetime | None = None,
) -> Synced:
    """Make the open flags of these reasons those that a scan found: open, update and close by the thousand.

    What a person resolved stays resolved while what it rested on is unchanged; what a person raised is not closed.

    Parameters
    ----------
    most
        By reason, of how many groups that nobody has decided flags are opened, the worst first.
    since
        When the scan began: it does not know of what was decided about groups later.
    """
    values: dict[str, Any] = {
        "project": project.pk,
        "question": question,
        "reasons": [reason.name for reason in reasons],
        "basis_key": BASIS,
        "version_key": VERSION,
        "given_key": GIVEN,
    }
    with connection.cursor() as cursor:
        # Whoever decides one of these flags now either is done before the scan looks, or waits for it.
        cursor.execute(_LOCK_OPEN, values)
        cursor.execute(_FOUND)
        found = list(findings)
        asked = _without_decided_groups(project, question, found, since)
        with cursor.copy("COPY labeling_found FROM STDIN") as copy:
            for each in _worst(asked, most or {}):
                copy.write_row(each.row())
        cursor.execute(_FORGET_DECIDED, values)
        decided = cursor.rowcount + len(found) - len(asked)
        cursor.execute(_UPDATE_FOUND, values)
        updated = cursor.rowcount
        cursor.execute(_OPEN_FOUND, values)
        opened = cursor.rowcount
        cursor.execute(_CLOSE_REST, values)
        closed = cursor.rowcount
        cursor.execute("DROP TABLE labeling_found")
    synced = Synced(opened=opened, updated=updated, closed=closed, decided=decided)
    events.record(
        verb="flags.synced",
        project=project,
        actor=actor,
        question=question,
        opened=opened,
        updated=updated,
        closed=closed,
    )
    return synced


def _without_decided_groups(
    project: Project, question: str, findings: list[Finding], since: datetime | None
) -> list[Finding]:
    """Return the findings without the groups of tasks whose decision holds still, or that were decided meanwhile."""
    reasons = {found.reason.name for found in findings if found.evidence.member_tasks()}
    if not reasons:
        return findings
    resolved = Flag.objects.filter(
        project=project, question=question, reason__in=reasons, state=FlagState.RESOLVED
    ).only("task_id", "reason", "evidence", "resolution", "resolved_at")
    decided: defaultdict[tuple[str, int], list[tuple[frozenset[int], Flag]]] = defaultdict(list)
    for flag in resolved.iterator(chunk_size=1000):
        tasks = frozenset(review_reads.flagged_tasks(flag))
        for task in tasks:
            decided[flag.reason, task].append((tasks, flag))

    def is_decided(found: Finding) -> bool:
        asked = found.tasks()
        return any(
            asked <= tasks
            and (
                (since is not None and flag.resolved_at is not None and flag.resolved_at > since)
                or found.evidence.is_settled_by(load_evidence(flag.reason, flag.evidence), flag.resolution)
            )
            for tasks, flag in decided[found.reason.name, found.task_id]
        )

    return [found for found in findings if not (found.evidence.member_tasks() and is_decided(found))]


def _worst(findings: list[Finding], most: Mapping[str, int]) -> Iterator[Finding]:
    """Yield the findings, of limited reasons the worst."""
    limited: defaultdict[str, list[Finding]] = defaultdict(list)
    for found in findings:
        if found.reason.name in most:
            limited[found.reason.name].append(found)
        else:
            yield found
    for reason, these in limited.items():
        yield from sorted(these, key=lambda found: (found.score, found.task_id))[: most[reason]]
