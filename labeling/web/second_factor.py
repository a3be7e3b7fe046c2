"""The second factor: the page that asks for it at the sign-in, and the page that sets it up."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.stages import LoginStageController
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import clear_totp_secret, get_totp_secret
from axes.handlers.proxy import AxesProxyHandler
from django.contrib import messages
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from labeling.errors import DomainError
from labeling.selectors import second_factor as second_factor_reads
from labeling.services import limits, second_factor
from labeling.web.entrance import SecondFactorStage
from labeling.web.forms import CodeForm, SecondFactorForm, add_problems
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from labeling.models import User

TEMPLATE = "labeling/account/second_factor.html"


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def ask_for_code(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code after the password; wrong ones count as wrong passwords do."""
    stage = None if request.user.is_authenticated else LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None:
        return redirect("home" if request.user.is_authenticated else "login")
    user, form = stage.login.user, CodeForm(request.POST or None)
    if form.is_valid():
        if _is_right(request, user, form.cleaned_data["code"]):
            record_authentication(request, user, "mfa")
            going_on: HttpResponseBase = stage.exit()
            return going_on
        form.add_error("code", second_factor.WRONG)
    return render(request, "labeling/account/login_code.html", {"form": form})


def _is_right(request: HttpRequest, user: User, code: str) -> bool:
    tried = {"username": user.email}
    if not AxesProxyHandler.is_allowed(request, tried):
        request.axes_locked_out = True  # type: ignore[attr-defined]  # answered by its middleware
        return False
    if user.is_active and second_factor.use_code(user=user, code=code):
        return True
    user_login_failed.send(sender=__name__, credentials=tried, request=request)
    limits.SIGN_IN_ATTEMPTS.count(_address(request))
    limits.CODES_OF_ACCOUNT.count(str(user.pk))
    return False


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@sensitive_post_parameters()
@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def second_factor_page(request: SignedInRequest) -> HttpResponseBase:
    """Show the second factor, or set it up."""
    if second_factor_reads.has_second_factor(request.user):
        return render(request, TEMPLATE, _values_when_on(request))
    form = SecondFactorForm(request.user, request.POST or None)
    secret = get_totp_secret(regenerate=request.method == "GET")
    if form.is_valid():
        try:
            codes = second_factor.turn_on_second_factor(
                user=request.user, secret=secret, code=form.cleaned_data["code"]
            )
        except DomainError as error:
            add_problems(form, error)
        else:
            clear_totp_secret(request)
            record_authentication(request, request.user, "mfa")
            return render(request, TEMPLATE, _values_when_on(request, codes=codes))
    elif "password" in form.errors:  # whoever found a browser signed in must not guess here either
        limits.SIGN_IN_ATTEMPTS.count(_address(request))
    values = {"form": form, "secret": secret, "picture": _picture(request.user, secret), **_demand(request)}
    return render(request, TEMPLATE, values, status=422 if form.errors else 200)


def _picture(user: User, secret: str) -> str:
    """Return the address that an app reads as a picture, within an address of its own."""
    apps = get_adapter()
    svg: str = apps.build_totp_svg(apps.build_totp_url(user, secret))
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _demand(request: SignedInRequest) -> dict[str, Any]:
    return {"demanded": second_factor_reads.is_second_factor_demanded(request.user)}


def _values_when_on(request: SignedInRequest, **more: Any) -> dict[str, Any]:
    return {
        "is_on": True,
        "left": second_factor_reads.codes_left(request.user),
        "codes_form": CodeForm(auto_id="codes_%s"),
        "off_form": CodeForm(auto_id="off_%s"),
        **_demand(request),
        **more,
    }


@sensitive_post_parameters("code")
@signed_in
@never_cache
@require_POST
def new_codes(request: SignedInRequest) -> HttpResponseBase:
    """Replace the recovery codes, and show the new ones."""
    if not second_factor_reads.has_second_factor(request.user):
        return redirect("second-factor")
    form = CodeForm(request.POST, auto_id="codes_%s")
    if form.is_valid():
        try:
            codes = second_factor.renew_recovery_codes(user=request.user, code=form.cleaned_data["code"])
        except DomainError as error:
            _refuse(request, form, error)
        else:
            return render(request, TEMPLATE, _values_when_on(request, codes=codes))
    return render(request, TEMPLATE, _values_when_on(request, codes_form=form), status=422)


@sensitive_post_parameters("code")
@signed_in
@never_cache
@require_POST
def turn_off(request: SignedInRequest) -> HttpResponseBase:
    """Ask for no code at the sign-in any more."""
    if not second_factor_reads.has_second_factor(request.user):
        return redirect("second-factor")
    form = CodeForm(request.POST, auto_id="off_%s")
    if form.is_valid():
        try:
            second_factor.turn_off_second_factor(user=request.user, code=form.cleaned_data["code"])
        except DomainError as error:
            _refuse(request, form, error)
        else:
            notify(request, "Your second factor is off.", level=messages.INFO)
            return redirect("profile")
    return render(request, TEMPLATE, _values_when_on(request, off_form=form), status=422)


def _refuse(request: SignedInRequest, form: CodeForm, error: DomainError) -> None:
    """Show why, and count it: whoever found a browser signed in must not guess here either."""
    limits.CODES_OF_ACCOUNT.count(str(request.user.pk))
    add_problems(form, error)


urlpatterns = [
    path("login/code/", ask_for_code, name="login-code"),
    path("me/second-factor/", second_factor_page, name="second-factor"),
    path("me/second-factor/codes/", new_codes, name="second-factor-codes"),
    path("me/second-factor/off/", turn_off, name="second-factor-off"),
]
