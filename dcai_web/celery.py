"""The Celery application; jobs live in each app's `jobs.py`."""

import os
import warnings
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from dcai_web.clock import Clock
from dcai_web.ops.heartbeat import Heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dcai_web.settings")

# Celery warns root because of pickled messages; ours are JSON, nothing else is accepted.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("dcai")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")
app.steps["worker"].add(Heartbeat)
app.steps["worker"].add(Clock)


@setup_logging.connect
def keep_the_settings_logging(**_: Any) -> None:
    """Leave logging as the settings have it: with a receiver connected, Celery does not set up its own."""
