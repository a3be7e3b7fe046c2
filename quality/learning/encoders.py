"""The encoders there are, by the setting that names them."""

from __future__ import annotations

from typing import Any

from labeling.errors import Invalid, Problem
from quality.learning.arrays import Encoder
from quality.learning.images import ImageEncoder
from quality.learning.pretrained import OnnxEncoder, SentenceEncoder
from quality.learning.text import TfidfEncoder

BUILT_IN = "built-in"


def chosen(setting: str, *, field: str) -> Encoder:
    """Return the encoder that a setting names.

    Parameters
    ----------
    setting
        ``built-in``, ``onnx:<path of a file>`` or ``sentence-transformers:<model>``.
    field
        The type of what is encoded: ``text`` or ``image``.

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
            return OnnxEncoder(rest)
        case ("sentence-transformers", "text" | "image") if rest:
            return SentenceEncoder(rest)
        case _:
            message = (
                f"“{setting[:100]}” is no encoder for a field of type {field}. Expected built-in, onnx:<path> or "
                "sentence-transformers:<model>."
            )
            raise Invalid(message, problems=(Problem("encoder", message),))


def identity(encoder: Encoder) -> dict[str, Any]:
    """Return what a fingerprint holds of an encoder."""
    return {"name": encoder.name, **encoder.settings}
