"""The labeling app: projects, tasks, annotations, labels, reviews, guidelines, people, imports, exports."""

from importlib import import_module

from django.apps import AppConfig


class LabelingConfig(AppConfig):
    """Registers the jobs of this app in every process, so that a web process can start them by name."""

    name = "labeling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the jobs so that their handlers are registered."""
        import_module("labeling.jobs")
