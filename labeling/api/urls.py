"""The addresses of the API."""

from django.urls import path, re_path

from labeling.api import (
    annotations,
    claims,
    comments,
    docs,
    exports,
    flag_claims,
    flags,
    guidelines,
    imports,
    inbox,
    jobs,
    labels,
    people,
    projects,
    tasks,
    tokens,
    webhooks,
)
from labeling.api.endpoint import AddSlash

urlpatterns = [
    path("schema/", docs.OpenApi.as_view(), name="api-schema"),
    path("docs/", docs.Docs.as_view(), name="api-docs"),
    path("me/", people.Me.as_view(), name="api-me"),
    path("inbox/", inbox.Inbox.as_view(), name="api-inbox"),
    path("inbox/read/", inbox.InboxRead.as_view(), name="api-inbox-read"),
    path("tokens/", tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/<int:token_id>/", tokens.OneToken.as_view(), name="api-token"),
    path("projects/", projects.Projects.as_view(), name="api-projects"),
    path("projects/<slug:slug>/", projects.OneProject.as_view(), name="api-project"),
    path("projects/<slug:slug>/schema/", projects.ProjectSchema.as_view(), name="api-project-schema"),
    path("projects/<slug:slug>/guideline/", guidelines.Guideline.as_view(), name="api-guideline"),
    path("projects/<slug:slug>/members/", people.Members.as_view(), name="api-members"),
    path("projects/<slug:slug>/members/<int:member_id>/", people.OneMember.as_view(), name="api-member"),
    path("projects/<slug:slug>/invitations/", people.Invitations.as_view(), name="api-invitations"),
    path(
        "projects/<slug:slug>/invitations/<int:invitation_id>/",
        people.OneInvitation.as_view(),
        name="api-invitation",
    ),
    path("projects/<slug:slug>/imports/", imports.Imports.as_view(), name="api-imports"),
    path("projects/<slug:slug>/jobs/", jobs.ProjectJobs.as_view(), name="api-jobs"),
    path("projects/<slug:slug>/tasks/", tasks.ProjectTasks.as_view(), name="api-tasks"),
    path("projects/<slug:slug>/tasks/deletions/", tasks.TaskDeletions.as_view(), name="api-task-deletions"),
    path(
        "projects/<slug:slug>/tasks/deletions/<int:act_id>/",
        tasks.OneTaskDeletion.as_view(),
        name="api-task-deletion",
    ),
    path("projects/<slug:slug>/claims/", claims.Claims.as_view(), name="api-claims"),
    path("projects/<slug:slug>/claims/renew/", claims.Renewals.as_view(), name="api-claims-renew"),
    path("projects/<slug:slug>/claims/release/", claims.Releases.as_view(), name="api-claims-release"),
    path("projects/<slug:slug>/annotations/", annotations.ProjectAnnotations.as_view(), name="api-annotations"),
    path("projects/<slug:slug>/annotations/mine/", annotations.Mine.as_view(), name="api-annotations-mine"),
    path("projects/<slug:slug>/flags/", flags.Flags.as_view(), name="api-flags"),
    path("projects/<slug:slug>/flags/claims/", flag_claims.FlagClaims.as_view(), name="api-flag-claims"),
    path("projects/<slug:slug>/flags/claims/renew/", flag_claims.FlagRenewals.as_view(), name="api-flag-claims-renew"),
    path(
        "projects/<slug:slug>/flags/claims/release/", flag_claims.FlagReleases.as_view(), name="api-flag-claims-release"
    ),
    path("projects/<slug:slug>/flags/resolutions/", flags.FlagResolutions.as_view(), name="api-flag-resolutions"),
    path("projects/<slug:slug>/labels/", labels.Labels.as_view(), name="api-labels"),
    path("projects/<slug:slug>/webhooks/", webhooks.Webhooks.as_view(), name="api-webhooks"),
    path("projects/<slug:slug>/webhooks/<int:webhook_id>/", webhooks.OneWebhook.as_view(), name="api-webhook"),
    path(
        "projects/<slug:slug>/webhooks/<int:webhook_id>/ping/", webhooks.WebhookPing.as_view(), name="api-webhook-ping"
    ),
    path(
        "projects/<slug:slug>/webhooks/<int:webhook_id>/deliveries/",
        webhooks.WebhookDeliveries.as_view(),
        name="api-webhook-deliveries",
    ),
    path(
        "projects/<slug:slug>/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/again/",
        webhooks.WebhookDeliveryAgain.as_view(),
        name="api-webhook-again",
    ),
    path("projects/<slug:slug>/export/", exports.Export.as_view(), name="api-export"),
    path("projects/<slug:slug>/export/card/", exports.ExportCard.as_view(), name="api-export-card"),
    path("tasks/<int:task_id>/", tasks.OneTask.as_view(), name="api-task"),
    path("tasks/<int:task_id>/annotations/", annotations.TaskAnnotations.as_view(), name="api-task-annotations"),
    path("tasks/<int:task_id>/comments/", comments.Comments.as_view(), name="api-task-comments"),
    path("annotations/<int:annotation_id>/return/", annotations.AnswerReturn.as_view(), name="api-annotation-return"),
    path("tasks/<int:task_id>/flags/", flags.TaskFlags.as_view(), name="api-task-flags"),
    path("flags/<int:flag_id>/resolution/", flags.FlagResolution.as_view(), name="api-flag-resolution"),
    path("jobs/<int:job_id>/", jobs.OneJob.as_view(), name="api-job"),
    path("jobs/<int:job_id>/problems/", jobs.JobProblems.as_view(), name="api-job-problems"),
    re_path(r"^.*[^/]$", AddSlash.as_view(), name="api-add-slash"),
]
