"""The product's settings on engines of the test run's own."""

from __future__ import annotations

import os

from tests import engines


def _worker() -> int:
    """Return the number of this worker of a parallel run, from 1; 0 for a run in one process."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    return int(name.removeprefix("gw")) + 1 if name else 0


if "DCAI_TEST_RUN" not in os.environ:  # the workers of a parallel run share those of the run that started them
    for name in [name for name in os.environ if name.startswith("DCAI_") and name not in engines.KEPT]:
        del os.environ[name]
    os.environ.update(engines.start(), DCAI_TEST_RUN="1")

# Workers of a parallel run have a database each, and so they need a Redis database each: one empties its cache after
# every test.
os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace("db=0", f"db={_worker()}")

# Playwright runs an event loop in the thread that the tests talk to the database from.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# A provider that is set up and does not answer; tests that need one start their own.
PROVIDER = {
    "DCAI_OIDC_ISSUER": "http://127.0.0.1:1",
    "DCAI_OIDC_CLIENT_ID": "dcai",
    "DCAI_OIDC_CLIENT_SECRET": "a-secret-of-the-test",
}
os.environ.update(PROVIDER)

from dcai_web.settings import *  # noqa: E402, F403 - the environment must be there first

# What tests start is a site without one.
for name in PROVIDER:
    del os.environ[name]

# A database that has been migrated already is copied; `migrate` then finds nothing to do.
DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ.get("DCAI_TEST_TEMPLATE") or None}  # noqa: F405

# One round: the tests make hundreds of people.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Pages name their files as they are; nothing has to be collected first.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
