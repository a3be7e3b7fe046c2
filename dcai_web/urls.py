"""All addresses: the apps' own, the site administration, and the page of the system's status."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from dcai_web.admin_login import administration_sign_in
from dcai_web.ops.status_page import views as site


class Favicon(RedirectView):
    """Lead browsers that ask without having been told to the icon that pages name."""

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        """Return where it is in this version."""
        return static("icons/mark.svg")


urlpatterns = [
    path("favicon.ico", Favicon.as_view(http_method_names=["get", "head"]), name="favicon"),
    path("admin/login/", administration_sign_in),
    path("admin/", admin.site.urls),
    *site.urlpatterns,
    path("", include("quality.urls")),
    path("", include("labeling.urls")),
]

handler400 = "dcai_web.errors.bad_request"
handler403 = "dcai_web.errors.permission_denied"
handler404 = "dcai_web.errors.not_found"
handler500 = "dcai_web.errors.server_error"
