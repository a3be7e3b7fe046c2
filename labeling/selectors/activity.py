"""What happened in a project, told in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from labeling.models import BulkAct, Event, Role, Split, User
from labeling.models.acts import GOLD_VERBS, Whom
from labeling.reasons.decisions import decision_named
from labeling.selectors.paging import Page, keyset

if TYPE_CHECKING:
    from labeling.models import Project

PAGE = 50

KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "labeling": ("Labeling", ("annotation.", "comment.")),
    "flags": ("Flags", ("flag.", "flags.")),
    "answers": ("Reviewed answers", ("answer.", "sample.")),
    "tasks": ("Tasks", ("tasks.",)),
    "jobs": ("Jobs", ("job.", "import.", "export.")),
    "people": ("People", ("member.", "invitation.", "service.", "token.")),
    "settings": (
        "Guideline and settings",
        ("project.", "schema.", "guideline.", "demo.", "quality.", "predictions.", "webhook."),
    ),
}
"""The kinds of activity one can filter by: their words, and how their verbs begin."""

_ICONS = {
    "annotation": "label",
    "answer": "check",
    "sample": "check",
    "comment": "comment",
    "flag": "flag",
    "flags": "flag",
    "tasks": "tasks",
    "job": "jobs",
    "import": "upload",
    "export": "download",
    "member": "people",
    "invitation": "mail",
    "service": "key",
    "token": "key",
    "project": "settings",
    "demo": "settings",
    "schema": "settings",
    "guideline": "guideline",
    "quality": "quality",
    "predictions": "quality",
    "webhook": "link",
}

Payload = dict[str, Any]


def _count(payload: Payload) -> str:
    n = payload.get("count", 0)
    return f"{n:,} task{'' if n == 1 else 's'}"


def _role(payload: Payload, key: str = "role") -> str:
    raw = payload.get(key, "")
    return Role(raw).label.lower() if raw in Role.values else str(raw)


def _split(payload: Payload) -> str:
    raw = payload.get("split", "")
    return f"the {raw} split" if raw in Split.values and raw else "no split"


_JOBS = {
    "labeling.import": "an import",
    "labeling.export": "an export",
    "labeling.thumbnails": "making image sizes",
    "labeling.settle": "settling the answers by the settings",
    "labeling.overlap": "counting anew how many people are asked",
    "labeling.ask": "asking for a new answer",
    "labeling.bulk": "a change of many tasks",
    "labeling.take_back": "the undo of a change of many tasks",
    "quality.run": "a quality check",
    "quality.agreement": "measuring agreement",
    "quality.predictions": "taking in predictions",
}


def _job(payload: Payload) -> str:
    kind = str(payload.get("kind", ""))
    words = kind.rpartition(".")[2].replace("_", " ")
    return _JOBS.get(kind) or (f"the job “{words}”" if words else "a job")


_SETTINGS = {
    "name": "the name",
    "description": "the description",
    "overlap": "people per task",
    "overlap_rules": "where more or fewer people answer",
    "max_overlap": "the most people per task",
    "agreement_floor": "the least agreement",
    "lease_seconds": "the time to answer",
    "decide_first": "when reviewers see what is suggested",
    "goes_on": "whether a key answers and goes on",
    "gold_share": "how many gold tasks people are given",
}


def _settings(payload: Payload) -> str:
    changed = payload.get("changes", {})
    return ", ".join(words for name, words in _SETTINGS.items() if name in changed) or "the settings"


def _fitted(payload: Payload) -> str:
    more, fewer = int(payload.get("more", 0)), int(payload.get("fewer", 0))
    return f"had it counted anew how many people are asked: more about {more:,} tasks, fewer about {fewer:,}"


def _rows(payload: Payload) -> str:
    words = {"accepted": "added", "updated": "updated", "rejected": "not taken", "duplicates": "there already"}
    parts = [f"{payload[key]:,} {word}" for key, word in words.items() if payload.get(key)]
    return ", ".join(parts) or "no rows"


def _decided(payload: Payload) -> str:
    decision = decision_named(str(payload.get("resolution", "")))
    return decision.did if decision else "decided a flag on"


def _synced(payload: Payload) -> str:
    words = {"opened": "new", "updated": "as before", "closed": "closed"}
    parts = [f"{payload[key]:,} {word}" for key, word in words.items() if payload.get(key)]
    return f"checked for likely errors (flags: {', '.join(parts) or 'none'})"


_SENTENCES: dict[str, Callable[[Payload], str]] = {
    "annotation.submitted": lambda p: "answered" if p.get("version", 1) == 1 else "changed the answer to",
    "annotation.skipped": lambda _: "skipped",
    "annotation.draft": lambda _: "took back the answer to",
    "answer.accepted": lambda _: "reviewed and accepted an answer to",
    "answer.corrected": lambda _: "reviewed and corrected an answer to",
    "answer.returned": lambda _: "sent an answer back:",
    "answer.taken_back": lambda _: "took back the review of an answer to",
    "answer.freed": lambda p: f"freed what waited for a person who left: {_count(p)}",
    "adjudication.made": lambda p: f"adjudicated the answers to {p.get('question', '')} of",
    "adjudication.taken_back": lambda p: f"took back what was adjudicated about {p.get('question', '')} of",
    "sample.drawn": lambda p: f"drew a sample of {p.get('answers', 0):,} from {p.get('population', 0):,} answers",
    "sample.closed": lambda _: "closed a sample of answers",
    "sample.reopened": lambda _: "went on with a sample of answers",
    "comment.added": lambda _: "commented on",
    "comment.resolved": lambda _: "resolved a comment on",
    "comment.reopened": lambda _: "opened a comment again on",
    "flag.raised": lambda p: f"flagged (“{p['note']}”)" if p.get("note") else "flagged",
    "flag.taken_back": lambda _: "took back the flag on",
    "flag.resolved": _decided,
    "flags.resolved": lambda p: f"{_decided(p)} {_count(p)}",
    "flags.reopened": lambda p: f"took back the review of {_count(p) if p.get('count') != 1 else ''}".rstrip(),
    "flags.synced": _synced,
    "consensus.chosen": lambda _: "chose how several answers become a label",
    "quality.configured": lambda _: "changed how quality is checked",
    "predictions.pushed": lambda p: f"sent {p.get('count', 0):,} predictions of the model {p.get('model', '')}",
    "predictions.switched_off": lambda p: f"switched off the predictions of the model {p.get('model', '')}",
    "tasks.added": lambda p: f"added {_count(p)} by the API",
    "tasks.meta": lambda p: f"changed the metadata of {_count(p)}",
    "tasks.split": lambda p: f"moved {_count(p)} to {_split(p)}",
    "tasks.quarantine": lambda p: f"quarantined {_count(p)}",
    "tasks.delete": lambda p: f"deleted {_count(p)}, which go for good a day later unless they are restored",
    "tasks.gone": lambda p: f"had deleted {_count(p)}: a day later they are gone for good",
    "tasks.restore": lambda p: f"restored {_count(p)}",
    "tasks.label": lambda p: f"labeled {_count(p)} “{p.get('value', '')}”",
    "tasks.ask": lambda p: (
        f"asked {'those who had answered' if p.get('whom') == Whom.SAME else 'one more person'} about {_count(p)}"
    ),
    "tasks.gold": lambda p: f"made {_count(p)} gold",
    "tasks.plain": lambda p: f"let {_count(p)} be gold no more",
    "tasks.settle": lambda p: f"settled {_count(p)} with the answers there were",
    "project.fitted": _fitted,
    "project.settled": lambda p: f"had the answers settled by the settings: {_count(p)} changed",
    "tasks.undone": lambda p: f"took back an act on {_count(p)}",
    "import.uploaded": lambda p: f"sent the file {p.get('filename', '')}",
    "import.discarded": lambda p: f"threw away the file {p.get('filename', '')}",
    "import.finished": lambda p: f"imported {p.get('filename', '')}: {_rows(p)}",
    "import.removed": lambda p: (
        f"removed the {p.get('tasks', 0):,} tasks of an import"
        + (f" and put back what it had changed of {p['changed']:,}" if p.get("changed") else "")
    ),
    "export.downloaded": lambda p: f"exported as {p.get('format', '')}",
    "job.started": lambda p: f"started {_job(p)}",
    "job.cancelled": lambda p: f"canceled {_job(p)}",
    "member.added": lambda p: f"added {p.get('email', 'somebody')} as {_role(p)}",
    "member.invited": lambda p: f"invited {p.get('email') or 'somebody by link'} as {_role(p)}",
    "member.joined": lambda p: f"joined as {_role(p)}",
    "member.changed": lambda p: f"made {p.get('name', 'a member')} {_role(p)} (before: {_role(p, 'before')})",
    "member.removed": lambda p: f"removed {p.get('name', 'a member')} ({_role(p)})",
    "invitation.revoked": lambda _: "withdrew an invitation",
    "service.created": lambda p: f"made the service account {p.get('name', '')} ({_role(p)})",
    "service.switched_off": lambda p: f"switched off the service account {p.get('name', '')}",
    "service.switched_on": lambda p: f"switched on the service account {p.get('name', '')}",
    "token.issued": lambda p: f"made the token “{p.get('name', '')}” ({p.get('scope', '')}) of a service account",
    "token.revoked": lambda p: f"revoked the token “{p.get('name', '')}” of a service account",
    "project.created": lambda _: "created the project",
    "demo.created": lambda _: "made this demo project",
    "project.changed": lambda p: f"changed {_settings(p)}",
    "project.archived": lambda _: "archived the project",
    "project.restored": lambda _: "took the project out of the archive",
    "schema.revised": lambda p: f"changed the questions (version {p.get('version', '')})",
    "webhook.created": lambda p: f"made a webhook to {p.get('host', '')}",
    "webhook.changed": lambda p: f"changed the webhook to {p.get('host', '')}",
    "webhook.deleted": lambda p: f"deleted the webhook to {p.get('host', '')}",
    "webhook.switched_off": lambda p: f"switched off the webhook to {p.get('host', '')}, which took nothing for a day",
    "webhook.pinged": lambda _: "sent a test to a webhook",
    "webhook.sent_again": lambda _: "had something sent to a webhook again",
    "guideline.published": lambda p: f"published version {p.get('version', '')} of the guideline: {p.get('note', '')}",
}


_ABOUT_MEMBERS = {"member.changed", "member.removed"}


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words."""

    event: Event
    words: str
    icon: str


def lines(events: Sequence[Event]) -> list[Line]:
    """Return events in words; who was made or no longer is a member is looked up for all of them at once."""
    people = User.objects.in_bulk({event.payload["member"] for event in events if event.verb in _ABOUT_MEMBERS})
    return [describe_event(event, name=str(people.get(event.payload.get("member"), "a member"))) for event in events]


def describe_event(event: Event, *, name: str = "a member") -> Line:
    """Return the event in words; one that has no sentence yet is told by its name."""
    family = event.verb.split(".", 1)[0]
    sentence = _SENTENCES.get(event.verb)
    words = sentence({"name": name} | event.payload) if sentence else event.verb.replace(".", " ").replace("_", " ")
    return Line(event=event, words=words, icon=_ICONS.get(family, "activity"))


def activity(
    project: Project, *, answers_of: User | None, person: int = 0, kind: str = "", cursor: str = "", size: int = PAGE
) -> Page[Event]:
    """Return a page of events, newest first.

    Who answered which task is for those who review: with `answers_of`, only that person's own answers are told, and
    nothing of gold.
    """
    # What a job did is told by what it wrote down itself, and how it ended on its own page.
    found = Event.objects.filter(project=project).exclude(verb="job.ended").select_related("actor", "task")
    if answers_of is not None:
        found = found.exclude(~Q(actor_id=answers_of.pk), verb__startswith="annotation.")
        found = found.exclude(verb__in=[f"tasks.{verb}" for verb in GOLD_VERBS])
    if person:
        found = found.filter(actor_id=person)
    if kind in KINDS:
        if kind != "labeling":
            found = found.exclude(verb__startswith="annotation.")  # as the index of all but answers says it
        found = found.filter(verb__regex=r"^(" + "|".join(p.replace(".", r"\.") for p in KINDS[kind][1]) + ")")
    return keyset(found.defer("task__data", "task__meta"), order="-pk", cursor=cursor, size=size)


def people_of(project: Project) -> list[User]:
    """Return the project's members, for the filter."""
    return list(User.objects.filter(memberships__project=project).order_by("email")[:500])


_UNDOABLE = ("tasks.", "flag.", "flags.resolved")


def undoable(told_lines: Sequence[Line]) -> set[int]:
    """Return the acts on many tasks, of those told, that still stand."""
    acts = {line.event.payload.get("act") for line in told_lines if line.event.verb.startswith(_UNDOABLE)}
    return set(BulkAct.objects.filter(pk__in=acts - {None}, undone_at=None).values_list("pk", flat=True))
