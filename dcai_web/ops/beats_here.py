"""The health check of a worker's container: succeeds while a worker of this host beats.

A module of its own, because Celery's set-up has imported `heartbeat` before Python would run that as a program.
"""

from __future__ import annotations

import sys

from django.conf import settings

from dcai_web.ops import heartbeat

if __name__ == "__main__":
    sys.exit(0 if heartbeat.worker_lives_here(settings.REDIS_URL) else 1)
