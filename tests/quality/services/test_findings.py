"""Findings between two steps of a run, as this version keeps them and as earlier ones did."""

from __future__ import annotations

import json

from labeling.reasons.label_error import LABEL_ERROR, LabelErrorEvidence
from quality.services.pipeline.findings import Draft


def test_a_finding_is_kept_as_it_is() -> None:
    evidence = LabelErrorEvidence(given="a", suggested="b", probability=0.5, label=3)
    draft = Draft(task=1, reason=LABEL_ERROR, score=0.25, evidence=evidence, label=3, part="r1")
    again = Draft.load(json.loads(json.dumps(draft.dump())))
    assert again.evidence.dump() == evidence.dump()
    assert (again.task, again.reason, again.score, again.label, again.part) == (1, LABEL_ERROR, 0.25, 3, "r1")


def test_what_an_interrupted_run_of_an_earlier_version_found_is_shown() -> None:
    kept = {
        "task": 1,
        "reason": "label_error",
        "score": 0.25,
        "note": "The model leans to “b” (50%) rather than “a”.",
        "basis": '"a"',
        "label": 3,
        "evidence": {"label": 3, "given": "a", "suggested": "b", "probability": 0.5},
    }
    draft = Draft.load(kept)
    assert (draft.task, draft.reason, draft.label, draft.part) == (1, LABEL_ERROR, 3, "")
    assert draft.evidence.sentence() == kept["note"]
    assert draft.evidence.earlier_basis() == kept["basis"]
