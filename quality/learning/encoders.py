"""The encoders there are, by the setting that names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labeling.errors import Invalid, Problem
from quality.learning.arrays import Encoder
from quality.learning.images import ImageEncoder
from quality.learning.pretrained import OnnxEncoder, SentenceEncoder
from quality.learning.text import TfidfEncoder

BUILT_IN = "built-in"


def chosen(setting: str, *, field: str, folder: Path) -> Encoder:
    """Return the encoder that a setting names.

    Parameters
    ----------
    setting
        ``built-in``, ``onnx:<file>`` or ``sentence-transformers:<folder of a downloaded model>``.
    field
        The type of what is encoded: ``text`` or ``image``.
    folder
        Where models may be: whoever runs the site decides what is in it.

    Raises
    ------
    Invalid
        For a setting that names none, or a field type that nothing encodes.
    """
    kind, _, rest = setting.partition(":")
    match kind, field:
        case ("built-in", "text"):
            return TfidfEncoder()
        case ("built-in", "image"):
            return ImageEncoder()
        case ("onnx", "text" | "image") if rest:
            return OnnxEncoder(_inside(folder, rest))
        case ("sentence-transformers", "text" | "image") if rest:
            return SentenceEncoder(_inside(folder, rest))
        case _:
            message = (
                f"“{setting[:100]}” is no encoder for a field of type {field}. Expected built-in, onnx:<file> or "
                "sentence-transformers:<folder>."
            )
            raise Invalid(message, problems=(Problem("encoder", message),))


def _inside(folder: Path, name: str) -> Path:
    """Return where the model of that name is; names that lead out of the folder are refused."""
    if name in {".", ".."} or Path(name).name != name or not (folder / name).exists():
        message = f"There is no model “{name[:100]}” in {folder}. Whoever runs the site can put it there."
        raise Invalid(message, problems=(Problem("encoder", message),))
    return folder / name


def identity(encoder: Encoder) -> dict[str, Any]:
    """Return what a fingerprint holds of an encoder."""
    return {"name": encoder.name, **encoder.settings}
