"""Addresses of this app: its pages and its API."""

from django.urls import include, path

from quality.web import gain, quality, settings

urlpatterns = [
    path("api/", include("quality.api.urls")),
    *gain.urlpatterns,
    *quality.urlpatterns,
    *settings.urlpatterns,
]
