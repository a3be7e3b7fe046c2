"""All addresses: the apps' own, the site administration, and the page on how the site is."""

from django.contrib import admin
from django.urls import include, path

from dcai_web.admin_login import administration_sign_in
from dcai_web.ops.status_page import views as site

urlpatterns = [
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
