"""Tools whose files hold regions of images, which no question can take: told by name, and refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labeling.formats.dialects.base import Dialect

_COCO = {
    "images.item": {"file_name", "id"},
    "annotations.item": {"image_id", "category_id"},
    "categories.item": {"id", "name", "supercategory"},
}
_PACK = "Regions cannot be imported; pack the images alone into a ZIP, or with a manifest that gives each its labels."


def recognize_coco(values: Mapping[str, Any], root: str) -> bool:
    """Return whether the list is one of those that a COCO file begins with."""
    return root in _COCO and _COCO[root] <= values.keys()


def recognize_labelme(values: Mapping[str, Any], root: str) -> bool:
    """Return whether the rows are the shapes drawn on one image."""
    return root == "shapes.item" and "points" in values


COCO = Dialect(
    name="coco",
    title="COCO",
    note=f"This is a COCO file: images and the regions drawn on them. {_PACK}",
    recognize=recognize_coco,
)
LABELME = Dialect(
    name="labelme",
    title="labelme",
    note=f"This is a labelme file: one image and the shapes drawn on it. {_PACK}",
    recognize=recognize_labelme,
)
