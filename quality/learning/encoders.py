"""The encoders there are, by the setting that names them.

Each comes with libraries that take seconds to load, so that it is imported when it is used.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, cast

from labeling.errors import Invalid, Problem
from quality.learning.arrays import Encoder

BUILT_IN = "built-in"

_BUILT_IN = {
    "text": ("quality.learning.text", "TfidfEncoder"),
    "image": ("quality.learning.images", "ImageEncoder"),
}
_PRETRAINED = {
    "onnx": ("quality.learning.pretrained", "OnnxEncoder"),
    "sentence-transformers": ("quality.learning.pretrained", "SentenceEncoder"),
}


def choose_encoder(setting: str, *, field: str, folder: Path) -> Encoder:
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
    (module, name), arguments = _find(setting, field=field, folder=folder)
    return cast("Encoder", getattr(import_module(module), name)(*arguments))


def check(setting: str, *, field: str, folder: Path) -> None:
    """Raise `Invalid` where `chosen` would, without importing an encoder."""
    _find(setting, field=field, folder=folder)


def _find(setting: str, *, field: str, folder: Path) -> tuple[tuple[str, str], tuple[Path, ...]]:
    """Return where the encoder is, and what it is made with."""
    kind, _, rest = setting.partition(":")
    if kind == BUILT_IN and not rest and field in _BUILT_IN:
        return _BUILT_IN[field], ()
    if kind in _PRETRAINED and rest and field in _BUILT_IN:
        return _PRETRAINED[kind], (_inside(folder, rest),)
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
