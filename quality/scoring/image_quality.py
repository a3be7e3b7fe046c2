"""Images that are hard to see anything in: dark, bright, blurred, tiny, oddly shaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import laplace

from quality.learning.arrays import Doubles

LONGEST = 256
LEAST_TO_COMPARE = 20


@dataclass(frozen=True, slots=True)
class Look:
    """What one image looks like.

    Parameters
    ----------
    width, height
        Pixels of the original.
    brightness
        Mean brightness, 0 to 1.
    brightest
        Brightness that 1 % of the pixels exceed, 0 to 1.
    contrast
        Standard deviation of the brightness.
    sharpness
        Variance of the Laplacian of the brightness: low when blurred, and when there is little to see.
    """

    width: int
    height: int
    brightness: float
    brightest: float
    contrast: float
    sharpness: float


def look_at_image(image: Image.Image, *, width: int, height: int) -> Look:
    """Measure one image.

    Parameters
    ----------
    image
        The image, or a smaller copy of it.
    width, height
        Pixels of the original.
    """
    seen = image.convert("L")
    if max(seen.size) > LONGEST:
        seen = seen.copy()
        seen.thumbnail((LONGEST, LONGEST), Image.Resampling.BOX)
    gray = np.asarray(seen, dtype=np.float64) / 255
    return Look(
        width=width,
        height=height,
        brightness=float(gray.mean()),
        brightest=float(np.quantile(gray, 0.99)),
        contrast=float(gray.std()),
        sharpness=float(laplace(gray).var()),
    )


@dataclass(frozen=True, slots=True)
class Poor:
    """What is wrong with one item, worst first, and how bad it is.

    Parameters
    ----------
    score
        In [0, 1], low is bad.
    problems
        Words for a person.
    """

    score: float
    problems: tuple[str, ...]


def find_poor_images(looks: Sequence[Look]) -> dict[int, Poor]:
    """Find images that are both poor in themselves and unlike most of the others.

    A data set of small dark pictures is what it is: an image counts only when its measure is below a fixed mark and
    below a fraction of the median as well.

    Parameters
    ----------
    looks
        Of n images.

    Returns
    -------
    dict
        From row to what is wrong; rows without problems are absent.
    """
    if not looks:
        return {}
    side = np.array([min(each.width, each.height) for each in looks], dtype=np.float64)
    long = np.array([max(each.width, each.height) for each in looks], dtype=np.float64)
    aspect = long / np.maximum(side, 1)
    contrast = np.array([each.contrast for each in looks])
    brightness = np.array([each.brightness for each in looks])
    brightest = np.array([each.brightest for each in looks])
    checks = (
        ("shows next to nothing: all of it is the same brightness", _below(contrast, 0.02, 0.2)),
        ("very dark", _below(brightest, 0.25, 0.4)),
        ("very bright, nearly white", _below(1 - brightness, 0.04, 0.2)),
        ("blurred", _below(np.array([each.sharpness for each in looks]), 0.0015, 0.1)),
        ("tiny", _below(side, 64, 0.25)),
        ("far longer than wide, unlike the others", _below(1 / aspect, 1 / 3, 0.5)),
    )
    found: dict[int, Poor] = {}
    for row in range(len(looks)):
        # Worst first; of equally bad ones the earlier check, which says more.
        marks = sorted(((float(scores[row]), words) for words, scores in checks if scores[row] < 1), key=lambda m: m[0])
        if marks:
            found[row] = Poor(score=marks[0][0], problems=tuple(words for _, words in marks))
    return found


def _below(values: Doubles, mark: float, share_of_median: float) -> Doubles:
    """Return each value's share of the lower of the two marks, 1 at or above it."""
    limit = mark
    if values.size >= LEAST_TO_COMPARE:
        limit = min(mark, share_of_median * float(np.median(values)))
    if limit <= 0:
        return np.ones_like(values)
    return np.minimum(values / limit, 1.0)
