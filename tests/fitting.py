"""Has waiting tasks fitted to the settings, as a worker does."""

from __future__ import annotations

from labeling.models import JobRun, Project
from labeling.selectors import overlap as overlap_reads
from labeling.services import jobs


def finish_fitting(project: Project) -> JobRun:
    """Run the job that was started last, and return it."""
    job = JobRun.objects.filter(project=project, kind=overlap_reads.FIT).order_by("-pk")[0]
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    return job
