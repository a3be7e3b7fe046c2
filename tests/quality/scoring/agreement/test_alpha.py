"""Alpha, Fleiss' kappa and plain agreement: published values, other libraries, and what is not defined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from quality.scoring.agreement import alpha as scoring
from quality.scoring.agreement.ratings import Computed, Ratings, Table, interval, nominal, ordinal, ratings, ratio
from quality.scoring.agreement.readings import reading
from tests.quality.scoring.agreement.worlds import FLEISS, KRIPPENDORFF, by_coder, by_counts, drawn

STEPS = np.arange(1.0, 6.0)


def table_of(name: str, found: Ratings) -> Table:
    tables = {
        "nominal": nominal(5),
        "ordinal": ordinal(np.bincount(found.values, minlength=5)),
        "interval": interval(STEPS),
        "ratio": ratio(STEPS),
    }
    return tables[name]


@pytest.mark.parametrize(
    ("distance", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_is_the_published_one(distance: str, published: float) -> None:
    found = by_coder(KRIPPENDORFF)
    told = scoring.krippendorff(found, table_of(distance, found), turns=0)
    assert told.value == pytest.approx(published, abs=0.0005)
    assert (told.items, told.answers, told.undefined) == (11, 40, "")


def test_fleiss_kappa_is_the_published_one() -> None:
    value, why = scoring.fleiss(by_counts(FLEISS), 5)
    assert value == pytest.approx(0.430, abs=0.0005)
    assert why == ""


@st.composite
def answers(draw: st.DrawFn) -> Ratings:
    seed, classes = draw(st.integers(0, 2**32 - 1)), draw(st.integers(2, 6))
    share = draw(st.sampled_from([0.3, 0.6, 1.0]))
    return drawn(
        items=draw(st.integers(2, 40)), people=draw(st.integers(2, 6)), classes=classes, share=share, seed=seed
    )


@given(answers())
def test_alpha_is_that_of_nltk(found: Ratings) -> None:
    told = scoring.krippendorff(found, nominal(6), turns=0)
    if told.value is None:
        assert np.unique(found.values).size < 2
        return
    rows = zip(found.people.tolist(), found.items.tolist(), found.values.tolist(), strict=True)
    assert told.value == pytest.approx(AnnotationTask(data=list(rows)).alpha())


@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(2, 5))
def test_fleiss_kappa_is_that_of_statsmodels(seed: int, people: int, classes: int) -> None:
    found = drawn(items=30, people=people, classes=classes, seed=seed)
    value, _ = scoring.fleiss(found, classes)
    table, _ = aggregate_raters(found.values.reshape(30, people))
    assert value == pytest.approx(fleiss_kappa(table, method="fleiss"))


@given(answers())
def test_working_distances_out_gives_what_a_table_does(found: Ratings) -> None:
    told = scoring.krippendorff(found, nominal(6), turns=20)
    computed = scoring.krippendorff(found, Computed(6, lambda a, b: float(a != b)), turns=20)
    assert computed.value == pytest.approx(told.value)


@given(answers())
def test_order_of_the_answers_does_not_matter(found: Ratings) -> None:
    order = np.random.default_rng(1).permutation(found.items.size)
    again = ratings(found.items[order] * 7 + 3, found.people[order], found.values[order])
    told, same = (scoring.krippendorff(each, nominal(6), turns=10) for each in (found, again))
    assert same.value == pytest.approx(told.value)
    assert same.items == told.items


def test_nothing_is_made_up_where_there_is_nothing_to_compare() -> None:
    nobody = ratings(np.array([0, 1]), np.array([0, 1]), np.array([0, 1]))
    assert scoring.krippendorff(nobody, nominal(2)) == scoring.Alpha(undefined=scoring.NOTHING)
    assert scoring.fleiss(nobody, 2) == (None, scoring.NOTHING)
    assert scoring.percent(nobody) is None
    same = by_coder(("1 1 1", "1 1 1"))
    told = scoring.krippendorff(same, nominal(2))
    assert (told.value, told.undefined) == (None, scoring.ALL_THE_SAME)
    assert scoring.fleiss(same, 2) == (None, scoring.ALL_THE_SAME)
    assert scoring.percent(same) == 1


def test_fleiss_kappa_needs_the_same_number_of_people() -> None:
    value, why = scoring.fleiss(by_coder(KRIPPENDORFF), 5)
    assert value is None
    assert "different numbers of people" in why


def test_interval_holds_the_value_and_narrows_with_more_items() -> None:
    widths = []
    for items in (50, 800):
        found = drawn(items=items, people=3, classes=3, seed=3)
        told = scoring.krippendorff(found, nominal(3))
        assert told.value is not None
        assert told.low is not None
        assert told.high is not None
        assert told.low < told.value < told.high
        widths.append(told.high - told.low)
    assert widths[1] < widths[0] / 2


def test_interval_is_told_for_ten_items_or_more() -> None:
    found = drawn(items=9, people=3, classes=3, seed=3)
    told = scoring.krippendorff(found, nominal(3))
    assert told.value is not None
    assert (told.low, told.high) == (None, None)


def test_interval_covers_what_is_true_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(60):
        told = scoring.krippendorff(drawn(items=100, people=3, classes=3, seed=seed), nominal(3), turns=200)
        assert told.low is not None
        assert told.high is not None
        covered += told.low <= 0 <= told.high
    assert covered >= 51  # 95 % of 60 are 57; six fewer happen once in hundreds of times


def test_items_beyond_the_pairs_that_can_be_worked_out_are_left_out_and_counted() -> None:
    found = drawn(items=40_000, people=4, classes=3, seed=0)
    told = scoring.krippendorff(found, Computed(3, lambda a, b: float(a != b)), turns=0)
    # Four answers are six pairs, and 200,000 pairs are looked at.
    assert (told.items, told.left_out) == (33_333, 6_667)
    assert told.value == pytest.approx(0, abs=0.02)


def test_one_label_against_the_rest() -> None:
    found = by_coder(("1 2 3 1 2 3", "1 2 3 1 3 2"))
    told = scoring.by_label(found, np.eye(3, dtype=bool), turns=0)
    assert told[0].value == pytest.approx(1)
    assert told[1].value == told[2].value
    assert told[1].value is not None
    assert told[1].value < 0.5


@pytest.mark.parametrize(
    ("value", "word"), [(0.8, "reliable"), (0.799, "tentative"), (0.667, "tentative"), (0.666, "unreliable")]
)
def test_reading(value: float, word: str) -> None:
    assert reading(value) == word
