"""Images as numbers: edges, colors and a small copy of the picture, reduced by PCA."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image
from skimage.color import rgb2hsv
from skimage.feature import hog
from sklearn.decomposition import PCA

from labeling.errors import Invalid
from quality.learning.arrays import Doubles, Features, Floats, Mask, unit_rows

SIDE = 48
"""Pixels along each side of what HOG sees."""

SMALL = 12
"""Pixels along each side of the small copy."""

BINS = 8


def describe(image: Image.Image) -> tuple[Floats, ...]:
    """Return the three descriptions of an image.

    Parameters
    ----------
    image
        Any size and mode; transparent parts are seen on white.

    Returns
    -------
    edges
        Histogram of oriented gradients, shape (900,), of the gray picture at 48 x 48.
    colors
        Shares of hue, saturation and brightness in 8 bins each, shape (24,).
    pixels
        The picture at 12 x 12 in [0, 1], shape (432,).
    """
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        seen = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    rgb = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    values = np.asarray(rgb, dtype=np.float32) / 255
    gray = values @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    edges = hog(gray, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2), feature_vector=True)
    hsv = rgb2hsv(values).reshape(-1, 3)
    colors = np.concatenate([np.histogram(hsv[:, part], bins=BINS, range=(0, 1))[0] for part in range(3)])
    small = np.asarray(rgb.resize((SMALL, SMALL), Image.Resampling.BOX), dtype=np.float32).ravel()
    return tuple(np.asarray(part, dtype=np.float32) for part in (edges, colors / hsv.shape[0], small / 255))


class ImageEncoder:
    """HOG, color shares and low-resolution pixels, each given the same weight, reduced by PCA.

    Works offline. It sees shape, color and layout, not meaning: photographs of many kinds of things want a pretrained
    encoder (see `quality.learning.pretrained`).

    Parameters
    ----------
    dimensions
        Length of the embedding, at most.
    """

    name = "hog"

    def __init__(self, *, dimensions: int = 128) -> None:
        self.dimensions = dimensions

    @property
    def settings(self) -> dict[str, Any]:
        """Return all that decides the numbers besides the images."""
        return {"dimensions": self.dimensions, "side": SIDE, "small": SMALL, "bins": BINS}

    def encode(self, items: Iterable[Image.Image], fit: Mask) -> Features:
        """Return the features of the images.

        Parameters
        ----------
        items
            n images; each is read once and may be closed afterwards.
        fit
            Shape (n,): the images that the axes are learned from.

        Returns
        -------
        Features
            `matrix` and `embedding` are the same: the PCA with rows of length 1.

        Raises
        ------
        Invalid
            When there is no image to learn from.
        """
        described = [np.concatenate(describe(image)) for image in items]
        if not described or not fit.any():
            raise Invalid("There are no images to learn from.")
        return self.reduce(np.stack(described), fit)

    def reduce(self, described: Floats, fit: Mask) -> Features:
        """Return the features of described images (the rows are the parts of `describe` side by side)."""
        learned = described[fit]
        center = learned.mean(axis=0, dtype=np.float64)
        weights = _weights(np.asarray(learned - center, dtype=np.float64))
        weighted = ((described - center) * weights).astype(np.float32)
        if float(weighted[fit].var(axis=0).sum()) < 1e-9:
            # All images are the same: one axis on which they are all alike.
            same = np.zeros((len(described), 1), dtype=np.float32)
            return Features(matrix=same, embedding=same)
        wanted = min(self.dimensions, int(fit.sum()), weighted.shape[1])
        pca = PCA(n_components=wanted, svd_solver="covariance_eigh").fit(weighted[fit])
        spread = np.asarray(pca.explained_variance_, dtype=np.float64)
        kept = spread > spread[0] * 1e-6
        reduced = np.asarray(pca.transform(weighted)[:, kept], dtype=np.float64)
        rows = unit_rows(reduced.astype(np.float32))
        return Features(matrix=rows, embedding=rows)


def _weights(centered: Doubles) -> Doubles:
    """Return one factor per column that gives each of the three descriptions a total variance of 1."""
    small = SMALL * SMALL * 3
    colors = BINS * 3
    edges = centered.shape[1] - small - colors
    factors = []
    for start, stop in ((0, edges), (edges, edges + colors), (edges + colors, centered.shape[1])):
        total = float(centered[:, start:stop].var(axis=0).sum())
        factors.append(np.full(stop - start, 1 / np.sqrt(total) if total > 1e-9 else 0.0))
    return np.concatenate(factors)
