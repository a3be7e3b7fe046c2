"""People of imported studies: one account per project and name, which nobody can enter."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password

from labeling.models import IMPORTED_DOMAIN, Annotation, User

if TYPE_CHECKING:
    from collections.abc import Collection

    from labeling.models import Project


def imported_accounts(project: Project, names: Collection[str], *, make: bool = True) -> dict[str, int]:
    """Return the accounts of people by their names in a file; who is not known yet gets one, or is left out."""
    addresses = {_address(project, name): name for name in names}
    known = dict(User.objects.filter(email__in=addresses).values_list("email", "pk"))
    missing = [email for email in addresses if email not in known]
    if missing and make:
        # Two imports come one after another (`locks.lock_import`): nobody else makes the same account now.
        made = User.objects.bulk_create(
            User(email=email, name=addresses[email], is_imported=True, is_active=False, password=make_password(None))
            for email in missing
        )
        known |= {user.email: user.pk for user in made}
    return {name: known[email] for email, name in addresses.items() if email in known}


def forget_unused_accounts(project: Project) -> None:
    """Delete the accounts of imported people of whom no answer is left."""
    unused = User.objects.filter(is_imported=True, email__startswith=_prefix(project))
    unused.exclude(pk__in=Annotation.objects.filter(project=project).values("annotator")).delete()


def _prefix(project: Project) -> str:
    return f"project-{project.pk}-"


def _address(project: Project, name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{_prefix(project)}{digest}{IMPORTED_DOMAIN}"
