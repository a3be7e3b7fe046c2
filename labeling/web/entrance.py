"""The last steps of every sign-in, by password or by a provider: the second factor, then the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStage
from django.shortcuts import redirect

from labeling.selectors import second_factor as second_factor_reads

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from labeling.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SecondFactorStage(LoginStage):  # type: ignore[misc]  # published without types
    """Asks for a code whoever has a second factor; nobody is signed in before it was right."""

    key = "second_factor"
    urlname = "login-code"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Send the person to the page that asks for the code; or let them go on."""
        if second_factor_reads.has_second_factor(self.login.user):
            return redirect(self.urlname), True
        return None, True


class SignInAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # published without types
    """How allauth behaves here: no accounts of its own making, no messages, no mails, one stage."""

    def get_login_stages(self) -> list[str]:
        """Return the only stage; allauth's own know devices that need packages this site does without."""
        return ["labeling.web.entrance.SecondFactorStage"]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: accounts are made by invitations, and by our own rules for providers."""
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign the person in, with the one backend that sessions of this site have."""
        user.backend = BACKEND  # type: ignore[attr-defined]  # where Django looks for it
        super().login(request, user)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing."""


def enter(request: HttpRequest, user: User, *, method: str, then: str) -> HttpResponse:
    """Sign in somebody who has proved who they are by a method; `then` is where they wanted to go."""
    record_authentication(request, user, method)
    going_on: HttpResponse = perform_login(
        request, Login(user=user, email_verification=EmailVerificationMethod.NONE, redirect_url=then)
    )
    return going_on
