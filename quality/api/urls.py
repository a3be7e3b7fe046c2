"""The addresses of this app's part of the API."""

from django.urls import path

from quality.api import predictions, runs

urlpatterns = [
    path("projects/<slug:slug>/runs/", runs.Runs.as_view(), name="api-runs"),
    path("projects/<slug:slug>/predictions/", predictions.Predictions.as_view(), name="api-predictions"),
]
