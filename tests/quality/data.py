"""Made-up items whose truth is known."""

from __future__ import annotations

import numpy as np

from quality.learning.arrays import Features, Floats, Integers, Mask, unit_rows


def blobs(
    *, size: int, classes: int = 4, noise: float = 0.0, seed: int = 0
) -> tuple[Features, Integers, Integers, Mask]:
    """Return features around one point per class, the true classes, the given ones, and where these differ."""
    generator = np.random.default_rng(seed)
    true = np.arange(size) % classes
    points = generator.normal(size=(classes, 16))
    matrix = (points[true] + generator.normal(scale=0.5, size=(size, 16))).astype(np.float32)
    wrong = generator.random(size) < noise
    given = np.where(wrong, (true + generator.integers(1, classes, size)) % classes, true)
    return Features(matrix=matrix, embedding=unit_rows(matrix)), true, given, wrong


def probabilities(labels: Integers, *, classes: int, sure: float = 0.9) -> Floats:
    """Return probabilities that favor the given classes."""
    values = np.full((labels.size, classes), (1 - sure) / (classes - 1), dtype=np.float32)
    values[np.arange(labels.size), labels] = sure
    return values
