"""The frame: what every process of the site has, whatever it does."""

from importlib import import_module

from django.apps import AppConfig

from dcai_web.ops import observe


class FrameConfig(AppConfig):
    """Starts what watches the site from outside, where it is set up."""

    name = "dcai_web"

    def ready(self) -> None:
        """Have errors and traces sent, if the settings say so; let every process send jobs, and check its settings."""
        observe.start()
        import_module("dcai_web.celery")
        import_module("dcai_web.checks")
