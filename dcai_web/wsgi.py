"""The WSGI entry point."""

import os
from pathlib import Path

from django.core.wsgi import get_wsgi_application
from django.template import Engine
from django.template.loader import get_template
from django.urls import get_resolver

from dcai_web.celery import app as celery_app
from dcai_web.ops import metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dcai_web.settings")

application = get_wsgi_application()
metrics.share_between_processes()

# People wait for a web server, so that a broker which hangs is given up on at once: what could not be sent is sent by
# the clock. Workers wait for the broker on purpose, and keep the longer time.
celery_app.conf.broker_transport_options = {
    **celery_app.conf.broker_transport_options,
    "socket_connect_timeout": 0.4,
    "socket_timeout": 0.4,
    "interval_start": 0,
}

# All pages are loaded, with their templates, before the first is asked for: nobody waits longer for that one than for
# the others.
_ = get_resolver().url_patterns
for folder in Engine.get_default().dirs:
    for file in Path(folder).rglob("*.html"):
        get_template(str(file.relative_to(folder)))
