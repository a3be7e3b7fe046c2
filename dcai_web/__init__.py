"""The frame: settings, URLs, workers and the start-up command. No product rules."""

from dcai_web.celery import app as celery_app

__all__ = ["__version__", "celery_app"]

__version__ = "0.1.0"
