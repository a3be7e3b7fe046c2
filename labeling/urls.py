"""Addresses of this app: its pages and its API."""

from django.urls import include, path

from labeling.web import accounts, annotations, chrome, guidelines, jobs, people, projects

urlpatterns = [
    path("api/", include("labeling.api.urls")),
    *accounts.urlpatterns,
    *annotations.urlpatterns,
    *chrome.urlpatterns,
    *guidelines.urlpatterns,
    *jobs.urlpatterns,
    *people.urlpatterns,
    *projects.urlpatterns,
]
