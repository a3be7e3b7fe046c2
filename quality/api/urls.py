"""The addresses of this app's part of the API."""

from django.urls import path

from quality.api import agreement, people, predictions, runs

urlpatterns = [
    path("projects/<slug:slug>/agreement/", agreement.Agreement.as_view(), name="api-agreement"),
    path(
        "projects/<slug:slug>/people/<int:person_id>/statistics/",
        people.PersonStatistics.as_view(),
        name="api-person-statistics",
    ),
    path("projects/<slug:slug>/runs/", runs.Runs.as_view(), name="api-runs"),
    path("projects/<slug:slug>/predictions/", predictions.Predictions.as_view(), name="api-predictions"),
]
