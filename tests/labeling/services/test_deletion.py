"""A project that is deleted is gone with everything in it, and nothing of another one is."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.base import ContentFile

from labeling.errors import Conflict, Invalid
from labeling.formats import images
from labeling.models import AnnotationRevision, Event, JobRun, JobState, Media, Project, Task, Upload
from labeling.services import annotations as saving
from labeling.services import claims, deletion, flags, guidelines, jobs, media, people, projects
from labeling.services.annotations import Submission
from tests import factories
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_hand")]


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no job run by itself."""
    monkeypatch.setattr(jobs, "_send", lambda job_id, queue: None)
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def storage(own_storage: Path) -> Path:
    return own_storage


def picture_in(*where: Project, size: tuple[int, int]) -> str:
    content = picture("PNG", size=size)
    info = images.check(content)
    media.store_media(content, info)
    for project in where:
        media.link(project.pk, [info])
    assert media.make_variants(Media.objects.get(pk=info.sha256))
    return info.sha256


def filled(name: str) -> Project:
    """Make a project with one of nearly everything."""
    project = factories.project(name=name)
    manager = project.created_by
    for task in factories.tasks(project, 7):
        answer = Submission(answers={"intent": "billing"})
        saving.submit(actor=manager, task=task, submission=answer, key=f"{name}-{task.pk}-key")
        saving.comment(actor=manager, task=task, body="Hm.")
        flags.raise_flag(actor=manager, task=task, note="Look.")
    claims.claim(actor=factories.member(project), project=project, count=2)
    guidelines.save_draft(actor=manager, project=project, body="# Rules", entries=[])
    guidelines.publish(actor=manager, project=project, change_note="First")
    people.invite(actor=manager, project=project, role="viewer")
    Upload.objects.create(
        project=project,
        file=ContentFile(b"text\n", name="rows.csv"),
        filename="rows.csv",
        size=5,
        sha256="0" * 64,
        created_by=manager,
    )
    return project


def rows_of(project: Project) -> dict[str, int]:
    """Count the rows of every table that names a project."""
    found = {}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is Project:
                found[model._meta.label] = model._default_manager.filter(**{field.name: project.pk}).count()
    return found


def test_it_is_gone_and_another_one_is_whole(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "BATCH", 3)
    monkeypatch.setattr(deletion, "ROWS_BATCH", 4)
    project, other = filled("To go"), filled("To stay")
    only, shared = picture_in(project, size=(20, 10)), picture_in(project, other, size=(30, 10))
    before = rows_of(other)
    job = deletion.start(actor=project.created_by, project=project, name="To go")
    assert rows_of(project)["labeling.Task"] == 7
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")
    assert job.result == {"tasks": 7, "images": 1, "images_kept": 0}
    assert not Project.objects.filter(pk=project.pk).exists()
    assert set(rows_of(project).values()) == {0}
    assert rows_of(other) == before
    assert before["labeling.Annotation"] == 7
    assert AnnotationRevision.objects.count() == 7
    assert [stored.pk for stored in Media.objects.all()] == [shared]
    files = [str(path.relative_to(storage)) for path in storage.rglob("*") if path.is_file()]
    assert not any(only in file for file in files)
    assert len([file for file in files if shared in file]) == 3
    assert len([file for file in files if "uploads/" in file]) == 1
    event = Event.objects.get(verb="project.deleted")
    assert event.payload == {"name": "To go", "slug": "to-go", "tasks": 7}
    assert event.actor == project.created_by


def test_the_name_must_be_typed() -> None:
    project = factories.project(name="To stay")
    for name in ("", "to stay", "To  stay", "Other"):
        with pytest.raises(Invalid, match="exactly"):
            deletion.start(actor=project.created_by, project=project, name=name)
    project.refresh_from_db()
    assert project.archived_at is None
    assert not JobRun.objects.exists()


def test_asked_for_twice_it_runs_once() -> None:
    project = factories.project(name="To go")
    deletion.start(actor=project.created_by, project=project, name="To go")
    with pytest.raises(Conflict):
        deletion.start(actor=project.created_by, project=project, name="To go")


def test_a_worker_that_died_leaves_a_project_that_the_next_one_finishes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "BATCH", 3)
    project = filled("To go")
    job = deletion.start(actor=project.created_by, project=project, name="To go")
    checkpoint = jobs.RunningJob.checkpoint

    class Died(BaseException):
        pass

    def die(run: deletion.Deletion, cursor: deletion.DeletionCursor) -> None:
        if cursor.tasks == 6:
            raise Died
        checkpoint(run, cursor)

    monkeypatch.setattr(jobs.RunningJob, "checkpoint", die)
    with pytest.raises(Died):
        jobs.perform_job(job.pk)
    assert Task.objects.filter(project=project).count() == 4
    monkeypatch.setattr(jobs.RunningJob, "checkpoint", checkpoint)
    JobRun.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert job.result is not None
    assert job.result["tasks"] == 7
    assert not Project.objects.filter(pk=project.pk).exists()


def test_restored_before_the_job_began_it_stays() -> None:
    project = filled("To stay")
    job = deletion.start(actor=project.created_by, project=project, name="To stay")
    project.refresh_from_db()
    projects.archive(actor=project.created_by, project=project, archived=False)
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "was restored meanwhile" in job.error
    assert Task.objects.filter(project=project).count() == 7


def test_images_wait_for_an_import_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "PATIENCE_SECONDS", 0)
    project, other = factories.project(name="To go"), factories.project()
    sha256 = picture_in(project, size=(20, 10))
    importing = JobRun.objects.create(kind="labeling.import", project=other, state=JobState.RUNNING)
    job = deletion.start(actor=project.created_by, project=project, name="To go")
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.result == {"tasks": 0, "images": 0, "images_kept": 1}
    assert Media.objects.filter(pk=sha256).exists()
    # The next deletion takes what was left behind.
    JobRun.objects.filter(pk=importing.pk).update(state=JobState.SUCCEEDED)
    last = factories.project(name="Last")
    jobs.perform_job(deletion.start(actor=last.created_by, project=last, name="Last").pk)
    assert not Media.objects.exists()
