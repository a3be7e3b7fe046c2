"""Encoders: what they give, what they learn from, and what they say when they cannot work."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labeling.errors import Invalid
from quality.learning.encoders import choose_encoder, identity
from quality.learning.images import ImageEncoder
from quality.learning.pretrained import OnnxEncoder
from quality.learning.text import TfidfEncoder

TEXTS = ["my parcel is late", "where is my parcel", "the bill is wrong", "please correct my bill", "bill again"]


def every(count: int) -> np.ndarray:
    return np.ones(count, dtype=np.bool_)


def test_texts_become_rows_of_length_one() -> None:
    features = TfidfEncoder().encode(TEXTS, every(5))
    assert features.matrix.shape[0] == 5
    assert features.embedding.dtype == np.float32
    assert np.linalg.norm(features.embedding, axis=1) == pytest.approx(1, abs=1e-5)
    near = features.embedding @ features.embedding.T
    assert near[0, 1] > near[0, 2]


def test_the_same_texts_give_the_same_numbers() -> None:
    one, other = (TfidfEncoder(dimensions=3).encode(TEXTS, every(5)) for _ in range(2))
    assert np.array_equal(one.embedding, other.embedding)


def test_words_of_held_back_texts_are_not_learned() -> None:
    fit = np.array([True, True, True, True, False])
    first = TfidfEncoder().encode([*TEXTS[:4], "zebra zebra"], fit)
    second = TfidfEncoder().encode([*TEXTS[:4], "something else entirely"], fit)
    assert first.matrix.shape == second.matrix.shape
    assert np.array_equal(first.embedding[:4], second.embedding[:4])


@pytest.mark.parametrize("texts", [[""] * 6, ["same text"] * 6, ["", "a b", "a b", "", "a b", "!!"], ["x"]])
def test_texts_with_little_to_tell_are_no_error(texts: list[str]) -> None:
    features = TfidfEncoder().encode(texts, every(len(texts)))
    assert np.isfinite(features.embedding).all()
    assert features.embedding.shape[0] == len(texts)


def test_no_text_at_all_is_said() -> None:
    with pytest.raises(Invalid, match="no texts"):
        TfidfEncoder().encode([], every(0))


def picture(seed: int, mode: str = "RGB") -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 255, (40, 30, 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


def test_images_of_any_mode_and_size_become_rows() -> None:
    images = [picture(n, mode) for n, mode in enumerate(("RGB", "L", "RGBA", "P", "1", "CMYK", "LA"))]
    features = ImageEncoder(dimensions=4).encode(images, every(7))
    assert features.embedding.shape == (7, 4)
    assert np.linalg.norm(features.embedding, axis=1) == pytest.approx(1, abs=1e-4)


def test_identical_images_are_one_point() -> None:
    features = ImageEncoder().encode([picture(1)] * 5, every(5))
    assert np.isfinite(features.matrix).all()
    assert np.ptp(features.embedding, axis=0).max() == 0


def test_transparent_parts_are_seen_on_white() -> None:
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    black = Image.new("RGB", (20, 20), "black")
    white = Image.new("RGB", (20, 20), "white")
    features = ImageEncoder().encode([clear, white, black], every(3))
    assert features.embedding[0] == pytest.approx(features.embedding[1])
    assert features.embedding[0] != pytest.approx(features.embedding[2])


@pytest.mark.parametrize(
    ("setting", "field"), [("built-in", "audio"), ("onnx:", "text"), ("bert", "text"), ("", "image")]
)
def test_an_unknown_encoder_is_said(setting: str, field: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is no encoder for"):
        choose_encoder(setting, field=field, folder=tmp_path)


def test_an_encoder_is_identified_by_all_that_decides_its_numbers(tmp_path: Path) -> None:
    assert identity(TfidfEncoder()) != identity(TfidfEncoder(dimensions=5))
    assert identity(choose_encoder("built-in", field="text", folder=tmp_path)) == identity(TfidfEncoder())


@pytest.mark.parametrize("name", ["missing.onnx", "/etc/passwd", "../outside.onnx", "..", "."])
@pytest.mark.parametrize("kind", ["onnx", "sentence-transformers"])
def test_only_models_in_the_folder_are_there(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "outside.onnx").write_bytes(b"")
    folder = tmp_path / "models"
    folder.mkdir()
    with pytest.raises(Invalid, match="There is no model"):
        choose_encoder(f"{kind}:{name}", field="image", folder=folder)
    (folder / "here.onnx").write_bytes(b"")
    assert choose_encoder("onnx:here.onnx", field="image", folder=folder).name == "onnx"


def test_a_missing_package_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"not a model")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Invalid, match=r"needs the package onnxruntime.*requirements/encoders\.in"):
        OnnxEncoder(file).encode([picture(1)], every(1))


def tiny_model(path: Path) -> None:
    """Write a model that averages each color channel."""
    onnx = pytest.importorskip("onnx", reason="the extra encoders are not installed")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("GlobalAveragePool", ["pixels"], ["channels"])],
        "averages",
        [onnx.helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, ["n", 3, 8, 8])],
        [onnx.helper.make_tensor_value_info("channels", onnx.TensorProto.FLOAT, ["n", 3, 1, 1])],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))


def test_an_onnx_model_encodes_images(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra encoders are not installed")
    file = tmp_path / "averages.onnx"
    tiny_model(file)
    images = [Image.new("RGB", (20, 10), color) for color in ("red", "lime", "red")] * 20
    features = OnnxEncoder(file).encode(images, every(60))
    assert features.embedding.shape == (60, 3)
    near = features.embedding @ features.embedding.T
    assert near[0, 2] == pytest.approx(1)
    assert near[0, 1] < 0.5


def test_a_broken_onnx_file_is_said(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra encoders are not installed")
    file = tmp_path / "model.onnx"
    file.write_bytes(b"not a model")
    with pytest.raises(Invalid, match="no ONNX model that can be read"):
        OnnxEncoder(file).encode([picture(1)], every(1))
