from __future__ import annotations

import pytest

from labeling.models import Flag
from labeling.reasons.label_error import LABEL_ERROR
from labeling.selectors import flag_notes as flag_note_reads
from labeling.selectors import versions as version_reads
from tests import factories

pytestmark = pytest.mark.django_db

SCHEMA = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {
            "name": "intent",
            "kind": "choice",
            "field": "text",
            "labels": [{"name": "complaint_or_praise", "title": "Complaint or praise"}, {"name": "other"}],
        },
        {"name": "mood", "kind": "rating", "field": "text", "labels": {"1": "bad", "5": "good"}},
    ],
}


def test_labels_are_called_as_people_know_them() -> None:
    project = factories.project(schema=SCHEMA)
    intent, mood = version_reads.schema(project.pk).questions
    flag = Flag(reason=LABEL_ERROR.name, note="Likely “complaint_or_praise” (71%) rather than “other”.")
    assert flag_note_reads.note(flag, intent) == "Likely “Complaint or praise” (71%) rather than “other”."
    assert flag_note_reads.note(Flag(note="Could well be “1” or “gone”."), mood) == "Could well be “1 · bad” or “gone”."
    assert flag_note_reads.note(flag, None) == flag.note


def test_what_a_person_wrote_stays_as_it_was_written() -> None:
    project = factories.project(schema=SCHEMA)
    flag = Flag(raised_by=project.created_by, note="is this “complaint_or_praise”?")
    assert flag_note_reads.note(flag, version_reads.schema(project.pk).questions[0]) == flag.note
