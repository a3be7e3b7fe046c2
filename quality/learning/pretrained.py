"""Encoders that others have trained: an ONNX file, or a sentence-transformers model. Both are optional.

Their packages are in `requirements/encoders.in` and are imported only when such an encoder is used.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from labeling.errors import Invalid
from quality.learning.arrays import Features, Floats, Mask, unit_rows

BATCH = 32
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)
"""Of ImageNet, which nearly every published image encoder was trained with."""


def _imported(module: str, what: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise Invalid(
            f"The encoder “{what}” needs the package {module.replace('_', '-')}. Install requirements/encoders.in on "
            "the machine that runs the quality worker, or choose the built-in encoder."
        ) from None


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _features(parts: list[Floats], what: str) -> Features:
    if not parts:
        raise Invalid(f"There is nothing to encode with {what}.")
    matrix = np.concatenate(parts).astype(np.float32)
    if matrix.ndim != 2 or not np.isfinite(matrix).all():
        raise Invalid(f"{what} gave no usable numbers: expected one row of finite numbers per item.")
    rows = unit_rows(matrix)
    return Features(matrix=rows, embedding=rows)


class OnnxEncoder:
    """An ONNX file that turns images (n, 3, height, width) into vectors (n, d), or texts (n,) into vectors.

    Parameters
    ----------
    path
        The file. Its first input decides what it takes: tensors of strings are texts, four dimensions are images.
        Images are resized to the input's size (224 x 224 where the model leaves it open) and normalized as for
        ImageNet. Of outputs with more than two dimensions the mean over the inner ones is taken.
    """

    name = "onnx"

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def settings(self) -> dict[str, Any]:
        """Return the hash of the file."""
        with self.path.open("rb") as file:
            return {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}

    def encode(self, items: Iterable[Any], fit: Mask) -> Features:
        """Return the features of the items; nothing is learned from them, so that `fit` is of no influence."""
        runtime = _imported("onnxruntime", self.path.name)
        try:
            session = runtime.InferenceSession(str(self.path), providers=["CPUExecutionProvider"])
        except Exception as error:
            raise Invalid(f"{self.path.name} is no ONNX model that can be read: {str(error)[:200]}") from error
        entry = session.get_inputs()[0]
        parts = []
        for batch in _batches(items):
            given = np.array(batch, dtype=object) if "string" in entry.type else _pixels(batch, entry.shape)
            values = np.asarray(session.run(None, {entry.name: given})[0], dtype=np.float32)
            parts.append(values.reshape(len(batch), values.shape[1], -1).mean(axis=2) if values.ndim > 2 else values)
        return _features(parts, self.path.name)


def _pixels(batch: list[Image.Image], shape: list[Any]) -> Floats:
    if len(shape) != 4:
        raise Invalid(f"The ONNX model takes an input of shape {shape}; expected (n, 3, height, width) or texts.")
    height, width = (side if isinstance(side, int) else 224 for side in shape[2:])
    images = [
        np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32) / 255
        for image in batch
    ]
    return ((np.stack(images) - MEAN) / DEVIATION).transpose(0, 3, 1, 2).astype(np.float32)


class SentenceEncoder:
    """A sentence-transformers model (texts, and images for the models that take them).

    Parameters
    ----------
    folder
        Of a downloaded model; nothing is fetched from the network.
    """

    name = "sentence-transformers"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def settings(self) -> dict[str, Any]:
        """Return the name of the model's folder."""
        return {"model": self.folder.name}

    def encode(self, items: Iterable[Any], fit: Mask) -> Features:
        """Return the features of the items; nothing is learned from them, so that `fit` is of no influence."""
        package = _imported("sentence_transformers", self.folder.name)
        encoder = package.SentenceTransformer(str(self.folder), device="cpu", local_files_only=True)
        parts = [
            np.asarray(encoder.encode(batch, show_progress_bar=False), dtype=np.float32) for batch in _batches(items)
        ]
        return _features(parts, self.folder.name)
