"""Tables and their constraints; no behavior beyond them."""

from labeling.models.acts import BulkAct
from labeling.models.adjudications import Adjudication, Sided, Verdict
from labeling.models.agreement import TaskAgreement
from labeling.models.annotations import Annotation, AnnotationRevision, AnnotationState, Comment, SkipReason
from labeling.models.deletions import TaskDeletion
from labeling.models.events import Event
from labeling.models.gold import GoldAnswer, GoldServing
from labeling.models.guidelines import GuidelineDraft, GuidelineVersion
from labeling.models.imports import ImportChange, ImportProblem, Upload
from labeling.models.jobs import ALIVE, JobErrors, JobRun, JobState
from labeling.models.labels import Label, LabelSource
from labeling.models.notices import Notice, NoticeKind
from labeling.models.overlap import MAX_PEOPLE, OverlapRule, OverlapRules
from labeling.models.people import IMPORTED_DOMAIN, SERVICE_DOMAIN, ApiToken, Invitation, Membership, Role, Scope, User
from labeling.models.projects import GoesOn, Project, SchemaVersion
from labeling.models.reviews import FirstChoice, Flag, FlagState, ReviewLease
from labeling.models.sampling import AnswerReview, AnswerVerdict, ReturnState, Sample, SamplePer, SampleWish
from labeling.models.saved_filters import SavedFilter
from labeling.models.tasks import Lease, Media, MediaLink, QueueEntry, QueueScore, Split, Task, TaskState
from labeling.models.webhooks import DeliveryKind, DeliveryState, Webhook, WebhookDelivery

__all__ = [
    "ALIVE",
    "IMPORTED_DOMAIN",
    "MAX_PEOPLE",
    "SERVICE_DOMAIN",
    "Adjudication",
    "Annotation",
    "AnnotationRevision",
    "AnnotationState",
    "AnswerReview",
    "AnswerVerdict",
    "ApiToken",
    "BulkAct",
    "Comment",
    "DeliveryKind",
    "DeliveryState",
    "Event",
    "FirstChoice",
    "Flag",
    "FlagState",
    "GoesOn",
    "GoldAnswer",
    "GoldServing",
    "GuidelineDraft",
    "GuidelineVersion",
    "ImportChange",
    "ImportProblem",
    "Invitation",
    "JobErrors",
    "JobRun",
    "JobState",
    "Label",
    "LabelSource",
    "Lease",
    "Media",
    "MediaLink",
    "Membership",
    "Notice",
    "NoticeKind",
    "OverlapRule",
    "OverlapRules",
    "Project",
    "QueueEntry",
    "QueueScore",
    "ReturnState",
    "ReviewLease",
    "Role",
    "Sample",
    "SamplePer",
    "SampleWish",
    "SavedFilter",
    "SchemaVersion",
    "Scope",
    "Sided",
    "SkipReason",
    "Split",
    "Task",
    "TaskAgreement",
    "TaskDeletion",
    "TaskState",
    "Upload",
    "User",
    "Verdict",
    "Webhook",
    "WebhookDelivery",
]
