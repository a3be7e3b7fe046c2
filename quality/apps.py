"""The quality app: predictions, issues, agreement, queue order, annotators, health."""

from django.apps import AppConfig


class QualityConfig(AppConfig):
    """Finds what is wrong with the labels; knows labeling, and is not known by it."""

    name = "quality"
    default_auto_field = "django.db.models.BigAutoField"
