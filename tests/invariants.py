"""What must hold at every instant, whatever was done before."""

from __future__ import annotations

from labeling.models import Annotation, Lease, Project, QueueEntry


def invariant(project: Project) -> None:
    """Assert that slots add up for every task."""
    for entry in QueueEntry.objects.filter(project=project):
        counted = Annotation.objects.filter(task_id=entry.task_id, counted=True).count()
        leases = Lease.objects.filter(task_id=entry.task_id).count()
        assert counted + leases + entry.open_slots == entry.required
