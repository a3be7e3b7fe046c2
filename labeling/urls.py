"""Addresses of this app: its pages and its API."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("labeling.api.urls")),
]
