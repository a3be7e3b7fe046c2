"""Tasks that are to be deleted for good."""

from __future__ import annotations

from django.db import models

from labeling.models.acts import BulkAct
from labeling.models.tasks import Task


class TaskDeletion(models.Model):
    """A task that is deleted: it waits in quarantine until it goes for good, and can be taken back until then."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="deletion")
    act = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"deletion of task {self.task_id}"
