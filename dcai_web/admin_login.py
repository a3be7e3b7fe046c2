"""The site has one door: the administration sends people to the same sign-in page, with the same limits."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from labeling.errors import Forbidden


@require_safe
def administration_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send people who are not signed in to the sign-in page; refuse those who are no administrators."""
    if request.user.is_authenticated:
        message = "The administration of the site is for its administrators. You are signed in as somebody else."
        raise Forbidden(message)
    wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=settings.HTTPS)
    return redirect_to_login(wanted if safe else reverse("admin:index"))
