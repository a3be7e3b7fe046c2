"""Tasks as vectors, for neighbors and for finding similar ones."""

from __future__ import annotations

from django.db import models
from pgvector.django import HalfVectorField

from labeling.models import Project, Task


class EmbeddingSet(models.Model):
    """The vectors of one field of a project's tasks, made together by one encoder."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="embedding_sets", db_index=False)
    field = models.CharField(max_length=64)
    encoder = models.JSONField()
    fingerprint = models.CharField(max_length=64, help_text="Of the encoder and the tasks' data.")
    dimensions = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "field", "fingerprint"), name="embedding_set_once"),)

    def __str__(self) -> str:
        return f"{self.count} vectors of {self.field}"


class Embedding(models.Model):
    """One task's vector: length 1, or zeros for a task that shows nothing."""

    set = models.ForeignKey(EmbeddingSet, on_delete=models.CASCADE, related_name="embeddings", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    vector = HalfVectorField()
    look = models.JSONField(null=True, help_text="Of an image: what its pixels measure, and its perceptual hash.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("set", "task"), name="embedding_once"),)

    def __str__(self) -> str:
        return f"vector of task {self.task_id}"
