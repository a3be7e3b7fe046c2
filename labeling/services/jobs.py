"""Jobs: start one, run it, follow it, cancel it. A job is idempotent: it may be delivered twice and runs once.

The row is the truth, the broker only the messenger: a job whose message is lost is sent again, and one whose worker
died is started again from its cursor.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import psycopg
from celery import current_app
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from labeling.errors import Conflict, DomainError, disk_is_full, store_is_away
from labeling.models import ALIVE, JobErrors, JobRun, JobState
from labeling.models.documents import JsonDocument
from labeling.services import events

if TYPE_CHECKING:
    from labeling.models import Project, User

logger = logging.getLogger(__name__)

RUN = "labeling.run_job"
"""The one Celery task that runs every job."""

HEARTBEAT_SECONDS = 5
LOST_AFTER = timedelta(seconds=60)
RESEND_AFTER = timedelta(seconds=60)
MAX_ATTEMPTS = 3
PROGRESS_SECONDS = 0.5

# What is copied in bulk goes past Django, which would give psycopg's errors names of its own.
_OPERATIONAL = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
# SQLSTATE: connection exceptions, shut down by the operator or a crash, deadlock. A broken connection has none.
_TRANSIENT = ("08", "57P", "40P01")

Handler = Callable[["RunningJob[Any, Any]"], JsonDocument]
ParamsT = TypeVar("ParamsT", bound=JsonDocument)
CursorT = TypeVar("CursorT", bound=JsonDocument)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: the function that does its work, as `package.module.function`, and what its columns hold."""

    work: str
    params: type[JsonDocument] = JsonDocument
    cursor: type[JsonDocument] = JsonDocument
    result: type[JsonDocument] = JsonDocument


_kinds: dict[str, Kind] = {}


class JobStoppedError(Exception):
    """The job must end now: somebody cancelled it, or another worker has taken it over."""


class JobFailedError(DomainError):
    """The job could not do what it was asked, and has a result to show all the same."""

    def __init__(self, message: str, *, result: JsonDocument) -> None:
        super().__init__(message)
        self.result = result


def register(kinds: dict[str, Kind]) -> None:
    """Say by name which kinds of jobs there are.

    Every process can start every job, but only the worker that runs one imports what does the work, and all the
    libraries that needs: a web server has no use for scikit-learn.
    """
    _kinds.update(kinds)


def known_kinds() -> dict[str, Kind]:
    """Return the kinds of jobs by name."""
    return dict(_kinds)


def _handler(kind: str) -> Handler:
    function: Handler = import_string(_kinds[kind].work)
    return function


class RunningJob(Generic[ParamsT, CursorT]):
    """A job while it runs: what a handler sees of it."""

    def __init__(self, job: JobRun) -> None:
        kind = _kinds[job.kind]
        self.job = job
        self.params = cast("ParamsT", kind.params.load(job.params))
        self.cursor = cast("CursorT", kind.cursor.load(job.cursor))
        self._told = 0.0

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Show how far the job is; raises `JobStoppedError` when it must end. Writes twice a second at most."""
        now = time.monotonic()
        if now - self._told < PROGRESS_SECONDS and done < total:
            return
        self._told = now
        self._update(done=done, total=total, message=_storable(message[:300]))

    def checkpoint(self, cursor: CursorT) -> None:
        """Remember how far the work came; within the transaction of that work, so that both or neither are kept."""
        self.cursor = cursor
        self._update(cursor=cursor.dump())

    def _update(self, **values: Any) -> None:
        mine = JobRun.objects.filter(pk=self.job.pk, attempt=self.job.attempt, state=JobState.RUNNING)
        if not mine.filter(cancel_requested_at=None).update(heartbeat_at=timezone.now(), **values):
            raise JobStoppedError


def start(
    *,
    kind: str,
    project: Project | None,
    actor: User | None,
    params: JsonDocument | None = None,
    queue: str = "default",
    exclusive_key: str = "",
) -> JobRun:
    """Queue a job; it is sent to a worker when the transaction commits.

    With an `exclusive_key`, a second job of that key while one is alive raises `Conflict` naming the living one.
    """
    if kind not in _kinds:
        message = f"No job is called {kind}."
        raise LookupError(message)
    told = params or _kinds[kind].params()
    if not isinstance(told, _kinds[kind].params):
        message = f"{kind} takes {_kinds[kind].params.__name__}, not {type(told).__name__}."
        raise TypeError(message)
    try:
        with transaction.atomic():
            job = JobRun.objects.create(
                kind=kind,
                project=project,
                requested_by=actor,
                params=told.dump(),
                queue=queue,
                exclusive_key=exclusive_key,
            )
            events.record(verb="job.started", project=project, actor=actor, job=job.pk, kind=kind)
    except IntegrityError as error:
        if not exclusive_key:
            raise
        alive = JobRun.objects.filter(exclusive_key=exclusive_key, state__in=ALIVE).first()
        message = "This is running already. Wait for it, or cancel it first."
        raise Conflict(message, current={"job": alive.pk if alive else None}) from error
    # Robust: a database that goes away now must not have the request fail that it has just stored.
    transaction.on_commit(lambda: _send(job.pk, queue), robust=True)
    return job


def _send(job_id: int, queue: str) -> None:
    """Hand the job to the broker; when that fails the job stays queued and `tend` sends it later."""
    # Before it is sent: a quick worker may have run it, and even given it back, before this statement would come.
    JobRun.objects.filter(pk=job_id).update(sent_at=timezone.now())
    try:
        current_app.tasks[RUN].apply_async(args=(job_id,), queue=queue)
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the request has succeeded
        logger.warning("job %s could not be sent, it will be sent later: %s", job_id, type(error).__name__)
        JobRun.objects.filter(pk=job_id, state=JobState.QUEUED).update(sent_at=None)


def perform_job(job_id: int) -> None:
    """Do the work of a queued job, unless another worker has it."""
    started = JobRun.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING,
        attempt=F("attempt") + 1,
        started_at=timezone.now(),
        heartbeat_at=timezone.now(),
        message="",
    )
    if not started:
        return
    job = JobRun.objects.select_related("project", "requested_by").get(pk=job_id)
    logger.info("job %s (%s) starts, attempt %s", job.pk, job.kind, job.attempt)
    try:
        with _heartbeat(job):
            result = _do_work(job)
    except JobStoppedError:
        _end(job, state=JobState.CANCELLED, message="Canceled")
    except JobFailedError as error:
        _end(job, state=JobState.FAILED, error=error.message, result=error.result.dump())
    except DomainError as error:
        problems = [problem.as_dict() for problem in error.problems]
        _end(
            job,
            state=JobState.FAILED,
            error=error.message,
            result=JobErrors(errors=problems).dump() if problems else None,
        )
    except Exception as error:
        if _database_went_away(error):
            close_old_connections()  # the broken one; the next statement opens another
            if job.attempt < MAX_ATTEMPTS:
                _give_back(job, error)
                return
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        _end(job, state=JobState.FAILED, error=_in_words(job, error))
    else:
        _end(job, state=JobState.SUCCEEDED, result=result.dump(), message="Done")


def _do_work(job: JobRun) -> JsonDocument:
    result = _handler(job.kind)(RunningJob(job))
    if not isinstance(result, _kinds[job.kind].result):
        message = f"{job.kind} tells {_kinds[job.kind].result.__name__}, not {type(result).__name__}."
        raise TypeError(message)
    return result


def _database_went_away(error: BaseException) -> bool:
    """Tell whether a job failed because its connection broke, or lost a deadlock: the next try may well succeed."""
    if not isinstance(error, _OPERATIONAL) or disk_is_full(error):
        return False
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_TRANSIENT)


def _give_back(job: JobRun, error: BaseException) -> None:
    """Put a job that is not to blame back into the queue; while the database is away, `tend` notices it later."""
    logger.warning("job %s (%s) lost its database: %s", job.pk, job.kind, type(error).__name__)
    try:
        JobRun.objects.filter(pk=job.pk, attempt=job.attempt, state=JobState.RUNNING).update(
            state=JobState.QUEUED, sent_at=None, message="The database was away; starting again"
        )
    except DatabaseError:
        logger.warning("job %s could not be given back yet", job.pk)


def _in_words(job: JobRun, error: BaseException) -> str:
    if disk_is_full(error):
        return (
            "The disk of the server is full. Ask the person who runs this site to make room, then start it again: what "
            "was done before stays, and nothing is done twice."
        )
    if store_is_away(error):
        return (
            "The store of images and files did not answer. What was done before stays, and nothing is done twice: "
            "start it again; if it fails again, tell the person who runs this site."
        )
    if _database_went_away(error):
        return (
            f"The database went away {MAX_ATTEMPTS} times while doing this. What was done before stays, and nothing is "
            "done twice: start it again."
        )
    return (
        f"Something went wrong on the server. Start it again; if it fails again, quote job {job.pk} to the "
        "person who runs this site."
    )


@transaction.atomic
def _end(job: JobRun, **values: Any) -> None:
    """Close the job, unless it was taken from this worker meanwhile."""
    if values["state"] == JobState.SUCCEEDED:
        JobRun.objects.filter(pk=job.pk, total=0).update(total=1, done=1)
        JobRun.objects.filter(pk=job.pk).update(done=F("total"))
    told = {name: _storable(value) for name, value in values.items()}
    if JobRun.objects.filter(pk=job.pk, attempt=job.attempt, state=JobState.RUNNING).update(
        finished_at=timezone.now(), **told
    ):
        _record_end(job, values["state"])


def _record_end(job: JobRun, state: str) -> None:
    if job.project is not None:
        events.record(
            verb="job.ended", project=job.project, actor=job.requested_by, job=job.pk, kind=job.kind, state=state
        )


def _storable(value: Any) -> Any:
    """Return what a job says without characters that no column takes: it may quote the file that it has read."""
    match value:
        case str():
            return value.encode(errors="replace").decode().replace("\x00", "\ufffd")
        case dict():
            return {_storable(key): _storable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_storable(inner) for inner in value]
        case _:
            return value


@contextmanager
def _heartbeat(job: JobRun) -> Iterator[None]:
    """Say every few seconds that the worker lives, whatever the handler is busy with."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            try:
                JobRun.objects.filter(pk=job.pk, attempt=job.attempt, state=JobState.RUNNING).update(
                    heartbeat_at=timezone.now()
                )
            except Exception as error:  # noqa: BLE001 - a missed beat is no reason to stop
                logger.warning("job %s could not say that it lives: %s", job.pk, type(error).__name__)
                close_old_connections()
        connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=HEARTBEAT_SECONDS)


@transaction.atomic
def cancel(*, actor: User, job: JobRun) -> JobRun:
    """Cancel a job: at once while it waits, at its next step while it runs."""
    now = timezone.now()
    ended = JobRun.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
        state=JobState.CANCELLED, cancel_requested_at=now, finished_at=now, message="Canceled"
    )
    if ended or JobRun.objects.filter(pk=job.pk, state=JobState.RUNNING, cancel_requested_at=None).update(
        cancel_requested_at=now
    ):
        events.record(verb="job.cancelled", project=job.project, actor=actor, job=job.pk, kind=job.kind)
    if ended:
        _record_end(job, JobState.CANCELLED)
    job.refresh_from_db()
    return job


def recover_lost_jobs() -> None:
    """Send queued jobs whose message got lost, and start again those whose worker died. Runs every few seconds."""
    now = timezone.now()
    lost = JobRun.objects.filter(state=JobState.RUNNING, heartbeat_at__lt=now - LOST_AFTER)
    for job in lost.exclude(cancel_requested_at=None).select_related("project", "requested_by"):
        _end(job, state=JobState.CANCELLED, message="Canceled")
    for job in lost.filter(attempt__gte=MAX_ATTEMPTS).select_related("project", "requested_by"):
        _end(
            job,
            state=JobState.FAILED,
            error=f"The worker died {MAX_ATTEMPTS} times while doing this, perhaps for lack of memory. What was done "
            "before stays, and nothing is done twice: start it again, with less at once if it fails again.",
        )
    lost.update(state=JobState.QUEUED, sent_at=None, message="The worker died; starting again")
    unsent = JobRun.objects.filter(state=JobState.QUEUED).filter(
        Q(sent_at=None) | Q(sent_at__lt=now - RESEND_AFTER), created_at__lt=now - timedelta(seconds=5)
    )
    for job_id, queue in unsent.order_by("id").values_list("pk", "queue")[:500]:
        _send(job_id, queue)
