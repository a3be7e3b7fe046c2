"""Signing in, passwords, invitations, and a person's own page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash, views
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse, reverse_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.errors import Conflict, DomainError
from labeling.models import User
from labeling.models.preferences import Preferences
from labeling.selectors import people as people_reads
from labeling.selectors import second_factor as second_factor_reads
from labeling.services import accounts, limits, mail, people, preferences, tokens
from labeling.web.annotations import key_actions
from labeling.web.entrance import BACKEND, enter
from labeling.web.forms import (
    ForgottenPasswordForm,
    JoinForm,
    NameForm,
    NewPasswordForm,
    OwnPasswordForm,
    SignInForm,
    TokenForm,
    add_problems,
)
from labeling.web.requests import SignedInRequest, no_content, signed_in
from labeling.web.toasts import notify

MAILS = {"mails": mail.is_set_up}
"""For pages that say what becomes of a link: asked when they are shown."""


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Show an invitation; joining makes an account, or uses the one that is signed in."""
    invited = people.invitation_of(secret)
    form = JoinForm(request.POST or None, initial={"email": invited.email})
    form.fields["email"].widget.attrs["readonly"] = bool(invited.email)
    if request.method == "POST" and isinstance(request.user, User):
        people.accept(user=request.user, secret=secret)
        return redirect("project-overview", invited.project.slug)
    if request.method == "POST" and form.is_valid():
        try:
            member = accounts.join(secret=secret, **form.cleaned_data)
        except DomainError as error:
            if isinstance(error, Conflict):
                limits.TAKEN_ADDRESSES.count(_address(request))
            add_problems(form, error)
        else:
            login(request, member.user, backend=BACKEND)
            return redirect("project-overview", invited.project.slug)
    return render(request, "labeling/account/invitation.html", {"invitation": invited, "form": form, **_provider()})


@signed_in
@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponseBase:
    """Show a person's own page; change their name."""
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    if form.is_valid():
        accounts.rename(user=request.user, name=form.cleaned_data["name"])
        notify(request, "Your name is changed.")
        return redirect("profile")
    return render(request, "labeling/account/profile.html", _profile(request, form=form))


def _profile(request: SignedInRequest, **more: object) -> dict[str, object]:
    return {
        "form": NameForm(initial={"name": request.user.name}),
        "password_form": OwnPasswordForm(request.user),
        "token_form": TokenForm(),
        "tokens": people_reads.tokens_of(request.user),
        **MAILS,
        "has_second_factor": second_factor_reads.has_second_factor(request.user),
    } | more


@sensitive_post_parameters()
@signed_in
@require_POST
def password(request: SignedInRequest) -> HttpResponseBase:
    """Change one's own password; other browsers are signed out."""
    form = OwnPasswordForm(request.user, request.POST)
    if not form.is_valid():
        if "old_password" in form.errors:  # whoever found a browser signed in must not guess here either
            limits.SIGN_IN_ATTEMPTS.count(_address(request))
        return render(request, "labeling/account/profile.html", _profile(request, password_form=form), status=422)
    accounts.change_password(
        user=request.user, password=form.cleaned_data["new_password1"], tokens_too=form.cleaned_data["end_tokens"]
    )
    update_session_auth_hash(request, request.user)
    notify(request, "Your password is changed. Other browsers are signed out.")
    return redirect("profile")


@signed_in
@require_POST
def theme(request: SignedInRequest) -> HttpResponseBase:
    """Remember the theme."""
    preferences.choose_theme(user=request.user, theme=request.POST.get("theme", ""))
    return no_content()


@signed_in
@require_GET
def keys(request: SignedInRequest) -> HttpResponseBase:
    """Show the keys of the label page, each of which can be given another one."""
    chosen = Preferences.load(request.user.preferences)
    config = {"actions": key_actions(), "keys": chosen.all_keys, "me": reverse("api-me")}
    return render(request, "labeling/account/keys.html", {"config": config})


@signed_in
@require_POST
def make_token(request: SignedInRequest) -> HttpResponseBase:
    """Make an API token and show it, this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return render(request, "labeling/account/profile.html", _profile(request, token_form=form), status=422)
    try:
        token, secret = tokens.issue_token(user=request.user, **form.choices())
    except DomainError as error:
        add_problems(form, error)
        return render(request, "labeling/account/profile.html", _profile(request, token_form=form), status=422)
    answer = render(request, "labeling/account/profile.html", _profile(request, token=token, secret=secret))
    answer["Cache-Control"] = "no-store"
    return answer


@signed_in
@require_POST
def revoke_token(request: SignedInRequest, token_id: int) -> HttpResponseBase:
    """End an API token."""
    token = tokens.revoke_token(user=request.user, token_id=token_id)
    notify(request, f"The token “{token.name}” no longer works.", level=messages.INFO)
    return redirect(reverse("profile") + "#tokens")


form = require_http_methods(["GET", "HEAD", "POST"])
"""Django's views of forms take PUT too."""


class SignIn(views.LoginView):
    """Sign in, unless too many attempts from the same address failed."""

    form_class = SignInForm
    template_name = "labeling/account/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows: also the provider, where there is one."""
        return super().get_context_data(**kwargs) | _provider()

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Go on to the second factor, or to where the person wanted to go."""
        return enter(self.request, form.get_user(), method="password", then=self.get_success_url())

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count the failure, and show the form again."""
        limits.SIGN_IN_ATTEMPTS.count(_address(self.request))
        return super().form_invalid(form)


class SignOut(views.LogoutView):
    """Sign out; the browser forgets the pages it kept, so that Back shows the next person none of them."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        answer = super().post(request, *args, **kwargs)
        answer["Clear-Site-Data"] = '"cache"'
        return answer


class Forgotten(views.PasswordResetView):
    """Send a link with which a new password can be set; the answer is the same whether there is an account or not."""

    form_class = ForgottenPasswordForm
    template_name = "labeling/account/password_reset.html"
    success_url = reverse_lazy("password_reset_done")
    extra_context = MAILS

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Have the mail sent by a worker: its time must not tell whether there is an account."""
        email = form.cleaned_data["email"].strip().lower()
        limits.RESETS_FROM_ADDRESS.count(_address(self.request))
        limits.RESETS_OF_ADDRESS.count(email)
        accounts.ask_for_password_link(email=email)
        return HttpResponseRedirect(self.get_success_url())


class NewPassword(views.PasswordResetConfirmView):
    """Set a new password by a mailed link."""

    form_class = NewPasswordForm
    template_name = "labeling/account/password_new.html"

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        """Set it, and end what the old one opened."""
        accounts.set_password_by_link(user=form.user, password=form.cleaned_data["new_password1"])
        del self.request.session[views.INTERNAL_RESET_SESSION_TOKEN]
        return HttpResponseRedirect(self.get_success_url())


def _provider() -> dict[str, str]:
    """Return the name of the provider that one can sign in with; nothing is none."""
    return {"provider": settings.OIDC_NAME if settings.OIDC_ISSUER else ""}


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


urlpatterns = [
    path("login/", form(SignIn.as_view()), name="login"),
    # Under this name allauth looks for it.
    path("login/", form(SignIn.as_view()), name="account_login"),
    path("logout/", SignOut.as_view(), name="logout"),
    path("password/", form(Forgotten.as_view()), name="password_reset"),
    path(
        "password/sent/",
        views.PasswordResetDoneView.as_view(
            template_name="labeling/account/password_reset_sent.html", extra_context=MAILS
        ),
        name="password_reset_done",
    ),
    path("password/<uidb64>/<token>/", form(NewPassword.as_view()), name="password_reset_confirm"),
    path(
        "password/done/",
        views.PasswordResetCompleteView.as_view(template_name="labeling/account/password_done.html"),
        name="password_reset_complete",
    ),
    path("join/<str:secret>/", invitation, name="invitation"),
    path("me/", profile, name="profile"),
    path("me/password/", password, name="profile-password"),
    path("me/theme/", theme, name="profile-theme"),
    path("me/keys/", keys, name="profile-keys"),
    path("me/tokens/", make_token, name="profile-tokens"),
    path("me/tokens/<int:token_id>/revoke/", revoke_token, name="profile-token-revoke"),
]
