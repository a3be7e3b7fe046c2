"""Site administration: people and projects can be looked after here; history can only be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from labeling.models import ApiToken, Event, Invitation, JobRun, Membership, Project, User
from labeling.selectors import activity as activity_reads
from labeling.services import accounts, people, returns

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    _ModelAdmin = admin.ModelAdmin[Any]
    _UserAdmin = BaseUserAdmin[Any]
    _PasswordForm = AdminPasswordChangeForm[User]
else:  # generic for the type checker only
    _ModelAdmin = admin.ModelAdmin
    _UserAdmin = BaseUserAdmin
    _PasswordForm = AdminPasswordChangeForm

# What allauth keeps holds secrets, and is looked after by the services.
for kept in (Group, Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(kept)


class ReadOnlyAdmin(_ModelAdmin):
    """Shows rows and changes none: the services keep rules that this page does not know."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False


class HandedOverPasswordForm(_PasswordForm):
    """A password that an administrator gives somebody."""

    @transaction.atomic
    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's
        """Store it, and end what the old one opened."""
        user = super().save(commit=commit)
        accounts.hand_over_account(user=user)
        return user


@admin.register(User)
class UserAdmin(_UserAdmin):
    """Accounts: create, disable, make site administrator, reset a password."""

    change_password_form = HandedOverPasswordForm
    list_display = ("email", "name", "is_active", "is_superuser", "verified_at", "last_login", "date_joined")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("verified_at", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("verified_at", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Store the account: whoever types an address here vouches for it, and what it invited to stays open only
        where it may still invite. What waits for somebody who is switched off is asked of others."""
        if not change or "email" in form.changed_data:
            obj.verified_at = timezone.now()
        super().save_model(request, obj, form, change)
        people.revoke_void_invitations(actor=cast("User", request.user), maker=obj)
        if not obj.is_active:
            returns.free_slots(actor=cast("User", request.user), user=obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return people who may enter: service accounts and people of imported studies belong to their projects."""
        return super().get_queryset(request).filter(is_service=False, is_imported=False)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a person who leaves is disabled, so that their answers keep their author."""
        return False


@admin.register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    """All projects of the site."""

    list_display = ("name", "slug", "overlap", "created_by", "created_at", "archived_at")
    search_fields = ("name", "slug")
    list_select_related = ("created_by",)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who may do what where."""

    list_display = ("project", "user", "role", "created_at")
    list_filter = ("role",)
    search_fields = ("project__name", "user__email")
    list_select_related = ("project", "user")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations and what became of them."""

    list_display = (
        "project",
        "email",
        "role",
        "created_by",
        "created_at",
        "mailed_at",
        "expires_at",
        "accepted_at",
        "revoked_at",
    )
    list_select_related = ("project", "created_by")
    exclude = ("digest",)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens, without their secrets."""

    list_display = ("user", "name", "prefix", "scope", "created_at", "expires_at", "last_used_at", "revoked_at")
    search_fields = ("user__email", "name", "prefix")
    list_select_related = ("user",)
    exclude = ("digest",)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """What workers do and did."""

    list_display = ("id", "kind", "project", "state", "message", "attempt", "created_at", "finished_at")
    list_filter = ("state", "kind", "queue")
    list_select_related = ("project",)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Everything that happened."""

    list_display = ("created_at", "project", "actor", "what", "task_id")
    list_select_related = ("project", "actor")
    search_fields = ("verb",)
    show_full_result_count = False

    @admin.display(description="What")
    def what(self, event: Event) -> str:
        """Say it as a project's activity does."""
        return activity_reads.describe_event(event).words
