"""What the steps of a run share."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from quality.learning import encoders
from quality.models.documents import LookedForPart, Options, Summary
from quality.services import arrays
from quality.tracks.lookup import track_named

if TYPE_CHECKING:
    from labeling.kinds.schema import Field, Question
    from labeling.models import Project
    from labeling.reasons.base import Reason
    from labeling.reasons.evidence import Evidence
    from labeling.services import jobs
    from quality.learning.arrays import Encoder, Features
    from quality.models import PushedModel, Run
    from quality.models.jobs import RunCursor, RunParams
    from quality.tracks.base import Track
    from quality.tracks.items import Items

STEPS = ("encode", "predict", "issues", "queue", "prove")
"""In this order. Each stores what it made, so that a run goes on after the last one that was done."""

PART = 1000
"""Progress is counted in thousandths of a step."""


@dataclass(slots=True)
class Context:
    """A run while it runs."""

    job: jobs.RunningJob[RunParams, RunCursor]
    run: Run
    project: Project
    question: Question
    field: Field
    owns_items: bool
    items: Items
    options: Options
    pushed: PushedModel | None
    step: str = STEPS[0]
    features: Features | None = None
    looks: list[dict[str, Any] | None] | None = None
    summary: Summary = dataclasses.field(default_factory=Summary)

    def progress(self, done: int, total: int, message: str) -> None:
        """Show how far the current step is; ends the run when it was cancelled or taken over."""
        place = STEPS.index(self.step)
        part = PART * min(done, total) // max(total, 1)
        self.job.progress(place * PART + part, (len(STEPS) + 1) * PART, message)

    @property
    def track(self) -> Track:
        """Return the way in which the question's answers are learned and judged."""
        return track_named(self.question.track)

    @property
    def encoder(self) -> Encoder:
        """Return the encoder of the question's field."""
        return encoder(self.options.encoder, self.field.type)

    def note(self, **values: Any) -> None:
        """Add to what the run will say when it is complete."""
        self.summary = self.summary.noted(**values)
        arrays.keep_json(self.run, "summary", self.summary.dump())

    def looked_for(self, reason: Reason[Evidence], found: int, words: str = "") -> None:
        """Add how many the run found under a reason, and what there is to say of them beyond the reason's words."""
        part = LookedForPart(found=found, words=words)
        self.note(looked_for=self.summary.looked_for | {reason.name: part})

    def unavailable(self, part: str, why: str) -> None:
        """Say why a part of the results is missing."""
        self.note(unavailable=self.summary.unavailable | {part: why})


def encoder(setting: str, field_type: str) -> Encoder:
    """Return the encoder that a setting names; files of models are in `models` in the data directory."""
    return encoders.choose_encoder(setting, field=field_type, folder=_models())


def check_encoder(setting: str, field_type: str) -> None:
    """Raise `Invalid` unless the setting names an encoder; imports none."""
    encoders.check(setting, field=field_type, folder=_models())


def _models() -> Path:
    return Path(settings.DATA_DIR) / "models"


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
