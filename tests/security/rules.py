"""Who may do what on which page: deny by default. A page without a rule here fails.

For every page: the method, and the lowest role that may use it. `PUBLIC`: everybody; `SIGNED_IN`: everybody with an
account; `OWN`: the things of one person, which are not there for anybody else, site administrators included;
`ADMINISTRATOR`: pages of the site, which are there for its administrators only; `PERSONAL`: about somebody, there for
that person and for who reviews.
Methods that are not named are refused for everybody.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.files.base import ContentFile

from tests import factories
from tests.security.pages import PAGES
from tests.security.worlds import SCHEMA, World

PUBLIC, SIGNED_IN, OWN, ADMINISTRATOR = "public", "signed in", "own", "administrator"
PERSONAL = "about somebody"

_RULES: dict[str, dict[str, str]] = {
    # the site
    "site": {"get": ADMINISTRATOR},
    "site-figures": {"get": ADMINISTRATOR},
    # people who come in
    "favicon": {"get": PUBLIC},
    "login": {"get": PUBLIC, "post": PUBLIC},
    "account_login": {"get": PUBLIC, "post": PUBLIC},
    "provider-login": {"get": PUBLIC},
    "openid_connect_callback": {"get": PUBLIC},
    "login-code": {"get": PUBLIC, "post": PUBLIC},
    "logout": {"post": PUBLIC},
    "password_reset": {"get": PUBLIC, "post": PUBLIC},
    "password_reset_done": {"get": PUBLIC},
    "password_reset_confirm": {"get": PUBLIC, "post": PUBLIC},
    "password_reset_complete": {"get": PUBLIC},
    "invitation": {"get": PUBLIC, "post": PUBLIC},
    # what is one's own
    "home": {"get": SIGNED_IN},
    "palette": {"get": SIGNED_IN},
    "switcher": {"get": SIGNED_IN},
    "job-indicator": {"get": SIGNED_IN},
    "inbox": {"get": SIGNED_IN, "post": SIGNED_IN},
    "inbox-indicator": {"get": SIGNED_IN},
    "jobs": {"get": SIGNED_IN},
    "profile": {"get": SIGNED_IN, "post": SIGNED_IN},
    "profile-password": {"post": SIGNED_IN},
    "profile-theme": {"post": SIGNED_IN},
    "profile-keys": {"get": SIGNED_IN},
    "second-factor": {"get": SIGNED_IN, "post": SIGNED_IN},
    "second-factor-codes": {"post": SIGNED_IN},
    "second-factor-off": {"post": SIGNED_IN},
    "profile-tokens": {"post": SIGNED_IN},
    "profile-token-revoke": {"post": OWN},
    # a new project
    "project-new": {"get": SIGNED_IN},
    "project-new-questions": {"get": SIGNED_IN, "post": SIGNED_IN},
    "project-new-check": {"post": SIGNED_IN},
    "project-new-schema": {"get": SIGNED_IN, "post": SIGNED_IN},
    "project-new-schema-check": {"post": SIGNED_IN},
    # a project
    "project-overview": {"get": "viewer"},
    "project-activity": {"get": "viewer"},
    "project-settings": {"get": "manager", "post": "manager"},
    "project-settings-undo": {"post": "manager"},
    "project-overlap": {"get": "manager", "post": "manager"},
    "project-overlap-again": {"post": "manager"},
    "project-webhooks": {"get": "manager", "post": "manager"},
    "project-webhook": {"get": "manager", "post": "manager"},
    "webhook-switch": {"post": "manager"},
    "webhook-ping": {"post": "manager"},
    "webhook-again": {"post": "manager"},
    "webhook-delete": {"post": "manager"},
    "project-archive": {"post": "manager"},
    "project-restore": {"post": "manager"},
    "project-delete": {"get": "manager", "post": "manager"},
    "project-schema": {"get": "manager", "post": "manager"},
    "project-schema-check": {"post": "manager"},
    "project-schema-json": {"get": "manager", "post": "manager"},
    "project-schema-json-check": {"post": "manager"},
    "project-schema-undo": {"post": "manager"},
    "project-label": {"get": "annotator"},
    "project-label-many": {"get": "annotator"},
    # tasks
    "task-by-id": {"get": "viewer"},
    "project-tasks": {"get": "viewer"},
    "project-tasks-bulk": {"post": "reviewer"},
    "project-tasks-label": {"post": "annotator"},
    "project-tasks-delete": {"post": "manager"},
    "project-tasks-deleted": {"get": "manager"},
    "project-tasks-look": {"post": "viewer"},
    "project-filters": {"post": "viewer"},
    "project-filter-delete": {"post": OWN},
    "project-act-undo": {"post": "reviewer"},
    "project-task": {"get": "viewer"},
    "task-comment": {"post": "annotator"},
    "comment-resolve": {"post": "annotator"},
    "task-flag": {"post": "annotator"},
    "task-label": {"post": "annotator"},
    "flag-resolve": {"post": "reviewer"},
    "project-review": {"get": "reviewer"},
    "project-review-cards": {"post": "reviewer"},
    "project-review-last": {"get": "reviewer"},
    "project-review-counts": {"get": "reviewer"},
    "project-review-near": {"get": "reviewer"},
    "project-review-grid": {"get": "reviewer"},
    "project-my-answers": {"get": "annotator"},
    "project-adjudicate": {"get": "reviewer"},
    "project-adjudicate-next": {"get": "reviewer"},
    "project-adjudicate-undo": {"post": "reviewer"},
    "project-adjudicate-task": {"get": "reviewer"},
    "project-adjudicate-decide": {"post": "reviewer"},
    "project-samples": {"get": "reviewer", "post": "reviewer"},
    "project-sample": {"get": "reviewer"},
    "project-sample-next": {"get": "reviewer"},
    "project-sample-undo": {"post": "reviewer"},
    "project-sample-close": {"post": "reviewer"},
    "project-answer-judge": {"post": "reviewer"},
    "project-answer-withdraw": {"post": "reviewer"},
    "project-review-tiles": {"post": "reviewer"},
    "media": {"get": "viewer"},
    # quality
    "project-quality": {"get": "reviewer"},
    "project-gain": {"get": "reviewer"},
    "project-quality-progress": {"get": "reviewer"},
    "project-gold": {"get": "reviewer"},
    "project-agreement": {"get": "reviewer"},
    "project-agreement-measure": {"post": "reviewer"},
    "project-agreement-method": {"post": "manager"},
    "project-agreement-diagnosis": {"get": "reviewer"},
    "project-quality-run": {"post": "reviewer"},
    "project-quality-settings": {"get": "manager", "post": "manager"},
    # people
    "project-people": {"get": "viewer"},
    "project-person": {"get": PERSONAL},
    "project-person-answers": {"get": PERSONAL},
    "project-weekly": {"get": "manager"},
    "project-weekly-download": {"get": "manager"},
    "people-invite": {"post": "manager"},
    "member-role": {"post": "manager"},
    "member-role-undo": {"post": "manager"},
    "member-remove": {"post": "manager"},
    "member-return": {"post": "manager"},
    "invitation-revoke": {"post": "manager"},
    "project-invitations": {"get": "manager"},
    "service-new": {"post": "manager"},
    "service-switch": {"post": "manager"},
    "service-tokens": {"post": "manager"},
    "service-token-revoke": {"post": "manager"},
    # the guideline
    "project-guideline": {"get": "viewer"},
    "guideline-edit": {"get": "manager", "post": "manager"},
    "guideline-preview": {"post": "manager"},
    "guideline-versions": {"get": "viewer"},
    "guideline-version": {"get": "viewer"},
    # in and out
    "project-imports": {"get": "manager", "post": "manager"},
    "import-preview": {"get": "manager", "post": "manager"},
    "import-discard": {"post": "manager"},
    "import-report": {"get": "manager"},
    "import-problems": {"get": "manager"},
    "import-start-checked": {"post": "manager"},
    "import-remove": {"post": "manager"},
    "project-export": {"get": "reviewer"},
    "export-download": {"get": "reviewer"},
    "job": {"get": "reviewer"},
    "job-card": {"get": "reviewer"},
    "job-cancel": {"post": "manager"},
    "job-undo": {"post": "reviewer"},
}

RULES = {name: methods for name, methods in _RULES.items() if name in PAGES}
NEW_PASSWORD = {"new_password1": "brand-new-words", "new_password2": "brand-new-words"}


def body(name: str, place: World) -> dict[str, Any]:
    """Return a form that the page takes from those who may send it."""
    forms: dict[str, dict[str, Any]] = {
        "login": {"username": "nobody@example.org", "password": "wrong"},
        "password_reset": {"email": "nobody@example.org"},
        "password_reset_confirm": NEW_PASSWORD,
        "invitation": {"email": "new@example.org", "name": "New", "password": "brand-new-words"},
        "profile": {"name": "Another"},
        "profile-password": {"old_password": factories.PASSWORD, **NEW_PASSWORD},
        "profile-theme": {"theme": "dark"},
        "profile-tokens": {"name": "script", "scope": "read", "days": 90},
        "project-new-questions": {"name": "New one", "q0-name": "intent", "q0-kind": "choice", "q0-labels": "a, b"},
        "project-new-schema": {"name": "New one", "schema": json.dumps(SCHEMA)},
        "project-settings": {
            "name": "Renamed", "overlap": 1, "max_overlap": 1, "agreement_floor": 0.5, "lease_minutes": 15
        },
        "project-overlap": {"form-TOTAL_FORMS": 0, "form-INITIAL_FORMS": 0},
        "project-webhooks": {"url": "https://example.com/hook", "types": ["job.ended"]},
        "project-webhook": {"url": "https://example.com/hook", "types": ["comment.added"]},
        "project-delete": {"name": place.project.name},
        "project-schema": {"do": "add", "version": place.arguments["schema_version"]},
        "project-schema-json": {"schema": json.dumps(SCHEMA), "version": place.arguments["schema_version"]},
        "project-tasks-bulk": {"act": "quarantine", "task": [place.task.pk]},
        "project-tasks-delete": {"task": [place.task.pk]},
        "project-tasks-label": {"task": [place.task.pk]},
        "project-tasks-look": {"view": "grid"},
        "project-filters": {"name": "Open ones", "back": "q=hello"},
        "task-comment": {"body": "Hm."},
        "project-samples": {"per": "person", "each": 5},
        "project-answer-judge": {"verdict": "accepted", "version": 1},
        "task-flag": {"note": "Look."},
        "project-quality-run": {"question": "intent"},
        "project-quality-settings": {
            "after_labels": 50, "every_hours": 0, "encoder": "built-in", "filter_by": "both",
            "score": "self_confidence", "strategy": "margin",
        },
        "people-invite": {"role": "viewer"},
        "member-role": {"role": "reviewer"},
        "service-new": {"name": "Nightly import", "role": "manager"},
        "service-switch": {"on": "0"},
        "service-tokens": {"name": "server", "scope": "read", "days": 30},
        "guideline-edit": {"body": "# More rules", "version": place.arguments["draft"]},
        "project-imports": {"file": ContentFile(b"text\nHello again.\n", "more.csv")},
        "import-preview": {"mode": "keep_good"},
    }  # fmt: skip
    return forms.get(name, {})
