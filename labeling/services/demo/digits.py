"""Handwritten digits: scikit-learn's 1,797 scans as PNG files."""

from __future__ import annotations

import io
import random
from functools import cache

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from labeling.services.demo.source import Source

SIDE = 96
BRIGHTEST = 16

LOOK_ALIKES = {
    "0": ("6", "8", "9"),
    "1": ("7", "4", "8"),
    "2": ("3", "7", "1"),
    "3": ("8", "9", "5"),
    "4": ("9", "7", "1"),
    "5": ("3", "6", "9"),
    "6": ("0", "5", "8"),
    "7": ("1", "9", "2"),
    "8": ("1", "3", "9"),
    "9": ("4", "7", "3"),
}
"""Digits that are taken for one another when they are written badly."""


@cache
def load_scans() -> tuple[Source, ...]:
    """Return all scans in a fixed, mixed order: the data set counts 0, 1, 2, ... in long stretches."""
    scans = load_digits()
    order = list(range(len(scans.target)))
    random.Random(1797).shuffle(order)  # noqa: S311 - to be the same every time is the point
    return tuple(
        Source(
            external_id=f"digit-{number:04d}",
            content=png(scans.images[index]),
            label=str(scans.target[index]),
            meta={"ink": _ink(scans.images[index])},
        )
        for number, index in enumerate(order, start=1)
    )


def png(scan: np.ndarray) -> bytes:
    """Return a scan as dark ink on white paper, large enough to be seen."""
    paper = Image.fromarray(np.round(255 - scan * (255 / BRIGHTEST)).astype(np.uint8))
    buffer = io.BytesIO()
    paper.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


def _ink(scan: np.ndarray) -> str:
    share = float(scan.mean()) / BRIGHTEST
    return "light" if share < 0.27 else "medium" if share < 0.34 else "heavy"
