"""The quality app: predictions, issues, agreement, queue order, annotators, health."""

from importlib import import_module

from django.apps import AppConfig


class QualityConfig(AppConfig):
    """Finds what is wrong with the labels; knows labeling, and is not known by it.

    Registers the jobs of this app in every process, so that a web process can start them by name.
    """

    name = "quality"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the jobs so that their handlers are registered."""
        import_module("quality.jobs")
