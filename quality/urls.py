"""Addresses of this app: its API."""

from django.urls import include, path

urlpatterns = [path("api/", include("quality.api.urls"))]
