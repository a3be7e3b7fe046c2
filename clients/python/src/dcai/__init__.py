"""Talk to a dcai site from Python: import, claim, answer, review, export."""

from dcai.client import Client
from dcai.errors import DcaiError, JobFailed, RequestFailed
from dcai.jobs import Job
from dcai.project import Project
from dcai.webhooks import NotSigned, verify

__all__ = ["Client", "DcaiError", "Job", "JobFailed", "NotSigned", "Project", "RequestFailed", "verify"]
