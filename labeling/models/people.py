"""People: users, their roles in projects, invitations and API tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

if TYPE_CHECKING:
    from labeling.models.projects import Project


# No address of the world ends so (RFC 2606): whatever is sent there arrives nowhere.
SERVICE_DOMAIN = "@service-account.invalid"
IMPORTED_DOMAIN = "@imported-person.invalid"


class Role(models.TextChoices):
    """What a member may do; each role may do all that the one before it may."""

    VIEWER = "viewer", "Viewer"
    ANNOTATOR = "annotator", "Annotator"
    REVIEWER = "reviewer", "Reviewer"
    MANAGER = "manager", "Manager"


class Scope(models.TextChoices):
    """What a token is good for, within what its owner may do; each includes the one before it."""

    READ = "read", "Read"
    LABEL = "label", "Label"
    MANAGE = "manage", "Manage"


class UserManager(BaseUserManager["User"]):
    """Makes users; e-mail addresses are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Create a user; without a password the account can only be entered through an invitation."""
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Create a site administrator; who does so runs the site, and knows whose address it is."""
        extra = {"is_staff": True, "is_superuser": True, "verified_at": timezone.now()} | extra
        return self.create_user(email, password, **extra)

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user of an e-mail address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address; or an account that nobody enters.

    A service account is a program's. An imported person gave the answers of a study elsewhere, under a name of its
    file: no member, never active, without a password.
    """

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("site administrator", default=False)
    is_service = models.BooleanField("service account", default=False, editable=False)
    is_imported = models.BooleanField("imported person", default=False, editable=False)
    preferences = models.JSONField(default=dict, blank=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    verified_at = models.DateTimeField(
        "address proved",
        null=True,
        help_text="When this person showed that the address is theirs, by a link that only its mailbox got, or when "
        "an administrator vouched for it. Empty: anybody may have typed it.",
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("email",)
        constraints = (
            models.UniqueConstraint(Lower("email"), name="user_email_any_case"),
            models.CheckConstraint(
                condition=models.Q(is_service=False)
                | models.Q(is_staff=False, is_superuser=False, password__startswith=UNUSABLE_PASSWORD_PREFIX),
                name="user_service_has_no_password",
            ),
            models.CheckConstraint(
                condition=models.Q(is_imported=False)
                | models.Q(
                    is_active=False,
                    is_staff=False,
                    is_superuser=False,
                    is_service=False,
                    password__startswith=UNUSABLE_PASSWORD_PREFIX,
                ),
                name="user_imported_cannot_enter",
            ),
        )

    def __str__(self) -> str:
        if self.is_service:
            return f"service account {self.name}"
        return f"{self.name} (imported)" if self.is_imported else self.name or self.email

    def get_full_name(self) -> str:
        """Return the name to show."""
        return str(self)


class Membership(models.Model):
    """A person's role in one project."""

    project: models.ForeignKey[Project, Project] = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "user"), name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.project_id}"


class Invitation(models.Model):
    """A link that makes whoever opens it a member; only the digest of its token is kept."""

    project: models.ForeignKey[Project, Project] = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(blank=True, help_text="Only this address may accept; empty: whoever has the link, once.")
    role = models.CharField(max_length=10, choices=Role.choices)
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(
        null=True, help_text="When the link went to the address, and to nobody else: whoever has it proves the address."
    )
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),)

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.project_id}"


class ApiToken(models.Model):
    """A named bearer token; only its digest is kept, the token itself is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(scope__in=Scope.values), name="token_scope_known"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
