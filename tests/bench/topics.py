"""Texts about topics, as many as wanted; and what the memory of a process was at most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

CLASSES = 20
NOISE = 0.05
VOCABULARY = 30_000


def texts(count: int) -> Iterator[tuple[str, int]]:
    """Yield texts of some 12 words, with their given classes; one in twenty is given another class."""
    generator = np.random.default_rng(0)
    words = np.array(["".join(generator.choice(list("abcdefghiklmnoprstuvw"), 6)) for _ in range(VOCABULARY)])
    common = 1 / np.arange(1, VOCABULARY + 1)
    common /= common.sum()
    topics = [generator.choice(VOCABULARY, 400, replace=False) for _ in range(CLASSES)]
    for _ in range(count):
        true = int(generator.integers(CLASSES))
        about = words[generator.choice(topics[true], 4)]
        other = words[generator.choice(VOCABULARY, 8, p=common)]
        given = int(generator.integers(CLASSES)) if generator.random() < NOISE else true
        yield " ".join([*about, *other]), given


def peak_memory() -> float:
    """Return the most memory that this program has had, in MB (getrusage would count whoever started it as well)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
