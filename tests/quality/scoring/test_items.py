"""Outliers, duplicates, ambiguous and low-quality items, groups and balance."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from labeling.errors import Invalid
from quality.learning import neighbors
from quality.learning.arrays import unit_rows
from quality.learning.text import TfidfEncoder
from quality.scoring import (
    ambiguity,
    balance,
    duplicates,
    groups,
    image_quality,
    outliers,
    text_quality,
)
from tests.quality.data import blobs, probabilities


def test_a_far_item_is_an_outlier() -> None:
    generator = np.random.default_rng(0)
    points = generator.normal(size=(100, 16)).astype(np.float32) * 0.1
    points[:, 0] += 1
    points[0] = -points[1]
    found = outliers.find_outliers(neighbors.nearest(unit_rows(points), 10))
    assert found.flagged[0]
    assert found.score.argmin() == 0
    assert found.flagged.sum() <= 5
    assert ((found.score > 0) & (found.score <= 1)).all()


@pytest.mark.parametrize("size", [1, 5, 50])
def test_identical_items_are_no_outliers(size: int) -> None:
    same = unit_rows(np.ones((size, 4), dtype=np.float32))
    found = outliers.find_outliers(neighbors.nearest(same, 10))
    assert not found.flagged.any()
    assert found.score == pytest.approx(1)


def far_items(near: int, far: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Make items around one direction, and some that point elsewhere, each alone."""
    points = np.random.default_rng(0).normal(size=(near + far, 200)).astype(np.float32) * 0.01
    points[:near, 0] += 1
    points[np.arange(near, near + far), np.arange(1, far + 1)] += 1
    return unit_rows(points)


def test_an_outlier_tells_its_distance_and_the_threshold() -> None:
    found = outliers.find_outliers(neighbors.nearest(far_items(100, 3), 10))
    assert np.flatnonzero(found.flagged).tolist() == [100, 101, 102]
    assert (found.distance[100:] > found.threshold).all()
    assert found.usual < found.threshold < found.distance[100]
    outliers.require_few(found)


def test_so_many_that_they_are_no_exceptions_are_refused() -> None:
    found = outliers.find_outliers(neighbors.nearest(far_items(100, 20), 10))
    assert found.flagged.sum() == 20
    with pytest.raises(Invalid, match=r"20 of 120 items \(17%\) lie farther.*so none is shown; 5% would be the most"):
        outliers.require_few(found)


def test_near_duplicates_count_as_one_item() -> None:
    points = far_items(60, 2)
    copies = np.concatenate([points, np.repeat(points[60:61], 12, axis=0)])
    near = neighbors.nearest(copies, 10)
    # A far item with twelve copies has its neighbors right beside it, as if it were among its like.
    assert not outliers.find_outliers(near).flagged[60]
    group = np.full(len(copies), -1)
    group[[60, *range(62, 74)]] = 0
    rows, among = outliers.find_distinct(copies, near, group)
    assert rows.tolist() == list(range(62))
    assert np.flatnonzero(outliers.find_outliers(among).flagged).tolist() == [60, 61]


LONG = "the parcel number {} that you sent to me last week has not arrived at my address yet, please help"


def texts_with_twins() -> list[str]:
    words = np.random.default_rng(0).permutation([f"word{n}" for n in range(900)]).reshape(60, 15)
    texts = [" ".join(row) for row in words]
    return [*texts, LONG.format(7), LONG.format(7) + "!", texts[0]]


def test_near_and_exact_copies_form_groups() -> None:
    texts = texts_with_twins()
    features = TfidfEncoder().encode(texts, np.ones(len(texts), dtype=np.bool_))
    near = neighbors.nearest(features.embedding, 10)
    found = duplicates.find_duplicates(near, texts, duplicates.texts_alike(texts))
    assert found.group[60] == found.group[61] >= 0
    assert found.group[0] == found.group[62] >= 0
    assert (found.group >= 0).sum() == 4
    assert found.exact[[0, 62]].all()
    assert not found.exact[[60, 61]].any()
    assert found.closeness[0] == 0
    assert 0 <= found.closeness[60] < 1
    assert found.closeness[5] == 1


def test_data_full_of_copies_does_not_hide_them() -> None:
    texts = [LONG.format(n % 10) for n in range(60)]
    features = TfidfEncoder().encode(texts, np.ones(60, dtype=np.bool_))
    found = duplicates.find_duplicates(neighbors.nearest(features.embedding, 10), texts, duplicates.texts_alike(texts))
    assert (found.group >= 0).all()
    assert found.exact.all()


def test_different_texts_are_no_duplicates_however_near() -> None:
    embedding = unit_rows(np.ones((30, 3), dtype=np.float32))
    texts = [f"{chr(97 + n % 26) * 9} {n}" for n in range(30)]
    found = duplicates.find_duplicates(neighbors.nearest(embedding, 10), texts, duplicates.texts_alike(texts))
    assert (found.group == -1).all()


def test_nothing_has_no_duplicates() -> None:
    found = duplicates.find_duplicates(neighbors.nearest(np.zeros((0, 3), dtype=np.float32), 3), [], lambda a, b: True)
    assert found.group.size == 0


def drawing(seed: int) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(values).resize((120, 120), Image.Resampling.NEAREST)


def test_a_resized_copy_has_nearly_the_same_hash_and_another_picture_has_not() -> None:
    hashes = [duplicates.perceptual_hash(image) for image in (drawing(1), drawing(1).resize((50, 60)), drawing(2))]
    alike = duplicates.images_alike(hashes)
    assert alike(0, 1)
    assert not alike(0, 2)


def test_an_item_between_two_classes_is_ambiguous() -> None:
    values = np.array([[0.48, 0.5, 0.02], [0.9, 0.05, 0.05], [0.34, 0.33, 0.33]], dtype=np.float32)
    found = ambiguity.find_ambiguous(values)
    assert found.flagged.tolist() == [True, False, False]
    assert found.score == pytest.approx([0.02, 0.85, 0.01], abs=1e-6)


def test_a_group_that_the_model_fails_on_is_found() -> None:
    features, true, _, _ = blobs(size=400, classes=4)
    agrees = true != 2
    found = groups.underperforming(features.embedding, agrees | (np.arange(400) % 10 == 0))
    assert found
    assert np.mean(true[found[0].rows] == 2) > 0.9
    assert found[0].interval[1] < 0.8


def test_no_group_stands_out_where_errors_are_everywhere() -> None:
    features, _, _, _ = blobs(size=400)
    agrees = np.random.default_rng(1).random(400) < 0.8
    assert groups.underperforming(features.embedding, agrees) == []
    assert groups.underperforming(np.ones((400, 3), dtype=np.float32), agrees) == []
    assert groups.underperforming(np.ones((3, 3), dtype=np.float32), agrees[:3]) == []


def test_odd_texts_are_found_with_words() -> None:
    texts = [LONG.format(n) for n in range(40)] + ["", "  \n", "ok", "?!?", "где моя посылка, пожалуйста, помогите"]
    found = text_quality.find_poor_texts(texts)
    assert {row: poor.problems[0].split(":")[0].split(",")[0] for row, poor in found.items()} == {
        40: "empty",
        41: "empty",
        42: "very short",
        43: "without a single letter",
        44: "written in Cyrillic letters",
    }
    assert found[40].score == 0


def test_short_or_mixed_texts_are_fine_where_all_are_so() -> None:
    assert text_quality.find_poor_texts(["yes", "no", "ok", "hm"]) == {}
    assert text_quality.find_poor_texts(["да нет", "yes no", "はい", "ไม่"] * 5) == {}
    assert text_quality.find_poor_texts(["私は学生です", "カタカナ", "ひらがな"] * 5) == {}
    assert text_quality.find_poor_texts([]) == {}


def test_poor_images_are_found_with_words() -> None:
    images = [drawing(n).resize((300, 200), Image.Resampling.NEAREST) for n in range(30)]
    images += [
        Image.new("RGB", (300, 200), (128, 128, 128)),
        images[0].point(lambda value: value // 16),
        images[1].filter(ImageFilter.GaussianBlur(60)),
        images[2].resize((20, 15)),
        images[3].resize((1200, 90)),
    ]
    found = image_quality.find_poor_images(
        [image_quality.look_at_image(image, width=image.width, height=image.height) for image in images]
    )
    assert set(found) <= {30, 31, 32, 33, 34}
    assert "same brightness" in found[30].problems[0]
    assert "very dark" in found[31].problems
    assert "blurred" in " ".join(found[32].problems)
    assert "tiny" in found[33].problems
    assert "far longer than wide" in " ".join(found[34].problems)
    assert all(0 <= poor.score < 1 for poor in found.values())


def test_a_data_set_of_tiny_images_is_what_it_is() -> None:
    images = [drawing(n).resize((8, 8)) for n in range(40)]
    assert (
        image_quality.find_poor_images([image_quality.look_at_image(image, width=8, height=8) for image in images])
        == {}
    )
    assert image_quality.find_poor_images([]) == {}


@pytest.mark.parametrize(
    ("counts", "ratio", "even", "level"),
    [
        ([10, 10], 1, 1, ""),
        ([40, 10], 4, 0.7, "notice"),
        ([110, 10], 11, pytest.approx(7 / 12), "warning"),
        ([10, 0], 1, 0.5, ""),
        ([0, 0], 1, 1, ""),
    ],
)
def test_balance(counts: list[int], ratio: float, even: float, level: str) -> None:
    found = balance.measure_balance(np.array(counts))
    assert (found.ratio, found.balance, found.level) == (ratio, even, level)


def test_shift_between_splits() -> None:
    assert balance.shift(np.array([5, 5]), np.array([50, 50])) == pytest.approx(0, abs=1e-9)
    assert balance.shift(np.array([5, 0]), np.array([0, 5])) == pytest.approx(1)
    assert balance.shift(np.array([0, 0]), np.array([0, 5])) is None


def test_probabilities_of_the_tests_are_probabilities() -> None:
    assert probabilities(np.array([0, 1]), classes=3).sum(axis=1) == pytest.approx(1)
