"""The laws that every flag reason keeps, and what is stored as its evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import get_template
from hypothesis import given
from hypothesis import strategies as st

from labeling.models import Flag
from labeling.reasons import evidence as keys
from labeling.reasons.ambiguous import AmbiguousEvidence
from labeling.reasons.base import About, Raiser, Reason
from labeling.reasons.decisions import CARD_KEYS, Decision, decision_named
from labeling.reasons.evidence import ClassShare, Evidence
from labeling.reasons.label_error import LABEL_ERROR, LabelErrorEvidence
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from labeling.reasons.outlier import OUTLIER
from labeling.reasons.registry import REASONS, checked_reasons, load_evidence, offered_reasons, reason_named
from tests.labeling.reasons.stored import FULL, OLD

every_reason = pytest.mark.parametrize("reason", REASONS.values(), ids=str)
old_rows = pytest.mark.parametrize(("reason", "row"), [(name, row) for name in OLD for row in OLD[name]])

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@every_reason
def test_a_reason_is_registered_under_its_name_which_the_column_holds(reason: Reason[Evidence]) -> None:
    assert REASONS[reason.name] is reason
    assert len(reason.name) <= (Flag._meta.get_field("reason").max_length or 0)
    assert [other.rank for other in REASONS.values()].count(reason.rank) == 1


@every_reason
def test_a_reason_has_words_whatever_it_rests_on(reason: Reason[Evidence]) -> None:
    assert reason.title.strip()
    assert reason.meaning.strip()
    for row in ({}, FULL, *OLD[reason.name]):
        said = reason.evidence.load(row).sentence()
        assert said.endswith(".") if reason.raised_by is Raiser.CHECK else said == ""


@every_reason
def test_a_reason_offers_decisions_that_are_known_with_words_and_keys_of_their_own(reason: Reason[Evidence]) -> None:
    assert {Decision.KEEP, Decision.QUARANTINE} <= {choice.decision for choice in reason.choices}
    assert all(choice.words and choice.icon for choice in reason.choices)
    pressed = [choice.key for choice in reason.choices]
    assert len({*pressed} - CARD_KEYS) == len(pressed)


@every_reason
def test_the_part_of_the_card_that_shows_it_is_there(reason: Reason[Evidence]) -> None:
    if reason.template:
        get_template(reason.template)


@every_reason
def test_the_icon_of_a_reason_and_of_its_decisions_is_drawn(reason: Reason[Evidence]) -> None:
    drawn = (Path(settings.BASE_DIR) / "static" / "icons" / "sprite.svg").read_text()
    for name in (reason.icon, *(choice.icon for choice in reason.choices)):
        assert f'id="{name}"' in drawn


@every_reason
def test_the_page_about_review_says_what_a_reason_means_once_something_raises_it(reason: Reason[Evidence]) -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "review.md").read_text()
    row = f"| {reason.title} | {reason.raised_by} | {reason.meaning} |"
    assert (row in page) == reason.is_raised


def test_what_nothing_raises_is_not_offered() -> None:
    offered = [reason.name for reason in offered_reasons()]
    assert offered == [
        "manual",
        "skipped",
        "conflict",
        "rule_missing",
        "lone_answer",
        "label_error",
        "outlier",
        "near_duplicate",
        "ambiguous",
        "low_quality",
        "gold_miss",
    ]
    assert [reason.name for reason in offered_reasons(also=["stale_guideline", "any"])] == [*offered, "stale_guideline"]


def test_the_check_looks_for_these() -> None:
    assert [reason.name for reason in checked_reasons(About.LABEL)] == ["label_error", "ambiguous"]
    assert [reason.name for reason in checked_reasons(About.ITEM)] == ["outlier", "near_duplicate", "low_quality"]


def test_a_reason_that_is_not_known_has_plain_words() -> None:
    reason = reason_named("from_the_future")
    assert (reason.title, reason.is_raised, reason.about) == ("From the future", False, About.TASK)
    assert load_evidence("from_the_future", {"given": "a", "new": 1}).given == "a"


def test_decisions_are_known_by_their_stored_words() -> None:
    assert [decision_named(str(decision)) for decision in Decision] == list(Decision)
    assert decision_named("nonsense") is None
    assert decision_named("") is None
    assert all(decision.label and decision.done and decision.did for decision in Decision)


@old_rows
def test_what_was_stored_before_there_were_versions_loads_in_full(reason: str, row: dict[str, Any]) -> None:
    loaded = load_evidence(reason, row)
    assert loaded.version == 0
    assert loaded.basis == row.get("basis", "")
    again = loaded.model_dump(mode="json", by_alias=True)
    for name, value in row.items():
        shown = again[name]
        if isinstance(value, list) and value and isinstance(value[0], dict):
            assert [{key: part[key] for key in old} for old, part in zip(value, shown, strict=True)] == value
        else:
            assert shown == value


@old_rows
def test_the_basis_of_that_time_is_known_again(reason: str, row: dict[str, Any]) -> None:
    loaded = load_evidence(reason, row)
    if row.get("basis", "null") != "null":  # a label that was gone: such a finding was never published
        assert loaded.earlier_basis() == row["basis"]


@every_reason
def test_evidence_is_stored_with_version_and_basis_and_loads_to_the_same(reason: Reason[Evidence]) -> None:
    newest = reason.evidence.model_fields[keys.VERSION].default
    for row in ({}, FULL):
        evidence = reason.evidence.load(row | {"version": newest})
        stored = json.loads(json.dumps(evidence.dump()))
        assert stored[keys.VERSION] == newest
        assert len(stored[keys.BASIS]) == 64
        assert reason.evidence.load(stored) == evidence.model_copy(update={"basis": stored["basis"]})
        assert reason.evidence.load(stored).dump() == stored


@given(name=st.sampled_from(sorted(REASONS)), row=JSON | st.dictionaries(st.sampled_from(sorted(FULL)), JSON))
def test_whatever_stands_in_the_column_loads(name: str, row: Any) -> None:
    loaded = load_evidence(name, row)
    loaded.sentence()
    loaded.dump()
    loaded.near_items()


def test_only_what_does_not_fit_is_left_out() -> None:
    loaded = LABEL_ERROR.evidence.load({"given": "a", "suggested": "b", "probability": "high", "neighbors": [{}]})
    assert isinstance(loaded, LabelErrorEvidence)
    assert (loaded.given, loaded.suggested, loaded.probability, loaded.neighbors) == ("a", "b", None, ())


@pytest.mark.parametrize("key", [keys.GIVEN, keys.SUGGESTED, keys.BASIS, keys.VERSION, keys.RUN, keys.MEMBERS])
def test_the_keys_that_statements_ask_for_are_fields_of_all_evidence(key: str) -> None:
    assert all(key in reason.evidence.model_fields for reason in REASONS.values())
    assert all(reason.evidence.model_fields[key].alias is None for reason in REASONS.values())


def test_a_basis_stands_for_the_whole_answer() -> None:
    many = [f"label number {number}" for number in range(40)]
    one, other = (LABEL_ERROR.evidence(given=[*many, last]) for last in ("a", "b"))
    assert one.earlier_basis() == other.earlier_basis()
    assert one.sealed_basis() != other.sealed_basis()
    assert LABEL_ERROR.evidence(given={"a": 1, "b": 2}).sealed_basis() == (
        LABEL_ERROR.evidence(given={"b": 2, "a": 1}, suggested="x", run=3).sealed_basis()
    )
    assert LABEL_ERROR.evidence(given="item").sealed_basis() != LABEL_ERROR.evidence().sealed_basis()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"suggested": "b", "probability": 0.714, "given": "a"}, "Likely “b” (71%) rather than “a”."),
        ({"missing": ("a", "b"), "extra": ("c",)}, "Likely missing: “a”, “b”; too much: “c”."),
        ({"suggested": "b", "probability": 0.468, "given": "a"}, "The model leans to “b” (47%) rather than “a”."),
        ({"suggested": "b", "probability": 0.5}, "The model leans to “b” (50%)."),
        ({"suggested": "b"}, "Likely “b”."),
        ({}, "Another label is more probable."),
    ],
)
def test_a_label_error_says_what_is_likelier(values: dict[str, Any], said: str) -> None:
    assert LABEL_ERROR.evidence(**values).sentence() == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"times": 2, "exact": True}, "The same item is there twice."),
        ({"times": 14}, "Nearly the same item is there 14 times."),
        ({"times": 2, "labels_differ": True}, "Nearly the same item is there twice, and the labels differ."),
        (
            {"times": 2, "across_splits": True},
            "Nearly the same item is there twice, and the test split shares it with others.",
        ),
        (
            {"times": 3, "labels_differ": True, "across_splits": True},
            "Nearly the same item is there 3 times, and the labels differ and the test split shares it with others.",
        ),
    ],
)
def test_a_copy_says_what_makes_it_bad(values: dict[str, Any], said: str) -> None:
    assert NEAR_DUPLICATE.evidence(**values).sentence() == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Farther from the items nearest to it than most items are."),
        (
            {"distance": 0.82, "usual": 0.4, "threshold": 0.631},
            "The 10 items nearest to it are 0.82 away on average; half of all items have them within 0.40, and beyond "
            "0.63 an item counts as an outlier.",
        ),
    ],
)
def test_an_outlier_says_how_far_it_is(values: dict[str, Any], said: str) -> None:
    assert OUTLIER.evidence(**values).sentence() == said


@every_reason
def test_no_reason_calls_likely_what_is_not(reason: Reason[Evidence]) -> None:
    unsure = {"suggested": "b", "probability": 0.5}
    said = [load_evidence(reason.name, row).sentence() for row in (unsure, {"given": "a", **unsure})]
    assert not any("likel" in words.lower() for words in [*said, reason.meaning, reason.criterion])


def test_two_likely_labels_are_named() -> None:
    shares = (ClassShare(name="a", probability=0.5), ClassShare(name="b", probability=0.4))
    assert AmbiguousEvidence(distribution=shares).sentence() == "Could well be “a” or “b”."


@every_reason
def test_evidence_that_comes_from_elsewhere_names_no_tasks_to_decide_about(reason: Reason[Evidence]) -> None:
    for row in (FULL, *OLD[reason.name]):
        evidence = reason.evidence.load(row)
        moved = evidence.moved_elsewhere()
        assert moved.member_tasks() == ()
        assert (moved.sentence(), moved.given) == (evidence.sentence(), evidence.given)
