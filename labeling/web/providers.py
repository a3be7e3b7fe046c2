"""Signing in with an OpenID Connect provider: there and back. Loaded only where one is set up (`DCAI_OIDC_ISSUER`)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import jwt
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from requests import RequestException

from labeling.errors import DomainError
from labeling.services.provider_accounts import Introduction, account_for_introduced
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin

logger = logging.getLogger(__name__)

PROVIDER = "organization"
"""Under this name accounts at the provider are kept; there is one provider."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# What is missing or odd in what a provider says; allauth takes a name that is too long for a fault of the settings.
FAULTS = (RequestException, OAuth2Error, ImproperlyConfigured, KeyError, TypeError, ValueError)


class ProviderClient(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # published without types
    """Talks to the provider; stricter than allauth with what it is told."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return what the provider publishes about itself, if it is about the issuer that was set up."""
        config: dict[str, Any] = super().openid_config
        if str(config["issuer"]).rstrip("/") != settings.OIDC_ISSUER:
            message = "The provider calls itself by another name than DCAI_OIDC_ISSUER."
            raise OAuth2Error(message)
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Return the address that the provider knows: of the site, whatever host name a browser used."""
        return f"{settings.SITE_URL}{reverse('openid_connect_callback', args=(PROVIDER,))}"

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """Return who comes, with no more than is needed; the signed token and the rest must speak of one person."""
        introduced = super().complete_login(request, app, token, **kwargs)
        told = introduced.account.extra_data
        subject, userinfo = told["id_token"]["sub"], told["userinfo"]
        if subject != userinfo["sub"] or not subject or _storable(subject) != subject:
            message = "The provider speaks of two people, or of nobody."
            raise OAuth2Error(message)
        introduced.account.extra_data = {
            "email": _storable(userinfo.get("email")),
            "name": _storable(userinfo.get("name")),
            "email_verified": userinfo.get("email_verified") is True,
        }
        return introduced

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        """Check the signature always, by a key that the provider publishes."""
        algorithm, key = jwtkit.fetch_key(id_token, self.openid_config["jwks_uri"], jwtkit.lookup_kid_jwk)
        if algorithm not in ALGORITHMS:
            message = "The provider signs with a secret, or not at all."
            raise OAuth2Error(message)
        try:
            return jwt.decode(
                id_token,
                key=key,
                algorithms=[algorithm],
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                options={"require": ["exp", "iat", "sub"]},
            )
        except jwt.PyJWTError as error:
            message = "The token of the provider is not valid."
            raise OAuth2Error(message) from error


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # published without types
    """The one provider of this site."""

    oauth2_adapter_class = ProviderClient


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # published without types
    """Who may come in from the provider, as whom."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Give somebody new an account by our own rules; stop whoever gets none."""
        try:
            if not sociallogin.is_existing:
                sociallogin.connect(request, account_for_introduced(_introduction(sociallogin)))
        except DomainError as error:
            raise ImmediateHttpResponse(_sent_back(request, error.message)) from error
        if not sociallogin.user.is_active:
            raise ImmediateHttpResponse(
                _sent_back(request, "This account is switched off. Ask the person who runs this site.")
            )

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Say in words that it did not work, and in the log why."""
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(_sent_back(request, f"You did not sign in with {settings.OIDC_NAME}."))
        raise ImmediateHttpResponse(_failed(request, exception or OAuth2Error(str(error))))

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing."""


def _storable(told: Any) -> str:
    """Return what a provider says as text that the database can keep."""
    return str(told or "").encode(errors="replace").decode().replace("\x00", "")


def _introduction(sociallogin: SocialLogin) -> Introduction:
    told = sociallogin.account.extra_data
    return Introduction(email=told["email"], name=told["name"], verified=told["email_verified"])


def _sent_back(request: HttpRequest, words: str) -> HttpResponseBase:
    notify(request, words, level=messages.ERROR)
    return redirect("login")


def _failed(request: HttpRequest, error: Exception) -> HttpResponseBase:
    logger.warning("signing in with the provider failed: %s: %s", type(error).__name__, error)
    name = settings.OIDC_NAME
    return _sent_back(
        request, f"Signing in with {name} did not work. Try again; if it fails again, tell who runs this site."
    )


@never_cache
@require_safe
def go_to_provider(request: HttpRequest) -> HttpResponseBase:
    """Send the browser to the provider, with a state of its own and a challenge (PKCE)."""
    if request.user.is_authenticated:
        return redirect("home")
    wanted = request.GET.get("next", "")
    then = wanted if get_account_adapter().is_safe_url(wanted) else ""
    try:
        going: HttpResponseBase = (
            get_adapter().get_provider(request, PROVIDER).redirect(request, process="login", next_url=then)
        )
    except FAULTS as error:
        return _failed(request, error)
    return going


@never_cache
@require_safe
def come_back(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Take whom the provider sends back, if this browser was sent there; the second factor comes next."""
    if provider_id != PROVIDER or request.user.is_authenticated:
        return redirect("home")
    try:
        coming: HttpResponseBase = OAuth2CallbackView.adapter_view(ProviderClient(request, PROVIDER))(request)
    except FAULTS as error:
        return _failed(request, error)
    return coming


urlpatterns = [
    path("login/provider/", go_to_provider, name="provider-login"),
    path("login/provider/<str:provider_id>/", come_back, name="openid_connect_callback"),
]
