"""The product's settings on engines of the test run's own."""

from __future__ import annotations

import os

from tests import engines

KEPT = {"DCAI_CHROMIUM", "DCAI_REQUIRE_E2E"}
if "DCAI_TEST_RUN" not in os.environ:  # the workers of a parallel run share those of the run that started them
    for name in [name for name in os.environ if name.startswith("DCAI_") and name not in KEPT]:
        del os.environ[name]
    os.environ.update(engines.start(), DCAI_TEST_RUN="1")

# Playwright runs an event loop in the thread that the tests talk to the database from.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from dcai_web.settings import *  # noqa: E402, F403 - the environment must be there first

# One round: the tests make hundreds of people.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Pages name their files as they are; nothing has to be collected first.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
