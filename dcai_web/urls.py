"""All addresses: the apps' own, the site administration, and the two probes."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("labeling.urls")),
]
