"""Addresses of this app: its pages and its API."""

from django.conf import settings
from django.urls import include, path

from labeling.web import (
    accounts,
    adjudications,
    annotations,
    chrome,
    deletion,
    exports,
    gold,
    guidelines,
    imports,
    inbox,
    jobs,
    many_at_once,
    media,
    my_answers,
    new_project,
    overlap,
    people,
    projects,
    review_grid,
    reviews,
    samples,
    schema,
    second_factor,
    service_accounts,
    task_deletion,
    task_page,
    tasks,
    webhooks,
)

urlpatterns = [
    path("api/", include("labeling.api.urls")),
    *accounts.urlpatterns,
    *adjudications.urlpatterns,
    *annotations.urlpatterns,
    *chrome.urlpatterns,
    *deletion.urlpatterns,
    *exports.urlpatterns,
    *gold.urlpatterns,
    *guidelines.urlpatterns,
    *imports.urlpatterns,
    *inbox.urlpatterns,
    *jobs.urlpatterns,
    *many_at_once.urlpatterns,
    *media.urlpatterns,
    *my_answers.urlpatterns,
    *new_project.urlpatterns,
    *overlap.urlpatterns,
    *people.urlpatterns,
    *projects.urlpatterns,
    *review_grid.urlpatterns,
    *reviews.urlpatterns,
    *samples.urlpatterns,
    *schema.urlpatterns,
    *second_factor.urlpatterns,
    *service_accounts.urlpatterns,
    *tasks.urlpatterns,
    *task_page.urlpatterns,
    *task_deletion.urlpatterns,
    *webhooks.urlpatterns,
]

if settings.OIDC_ISSUER:
    from labeling.web import providers

    urlpatterns += providers.urlpatterns
