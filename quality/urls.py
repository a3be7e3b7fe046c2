"""Addresses of this app: its pages and its API."""

from django.urls import include, path

from quality.web import agreement, gain, person, quality, settings, weekly

urlpatterns = [
    path("api/", include("quality.api.urls")),
    *agreement.urlpatterns,
    *gain.urlpatterns,
    *person.urlpatterns,
    *quality.urlpatterns,
    *settings.urlpatterns,
    *weekly.urlpatterns,
]
