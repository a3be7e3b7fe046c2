"""A ZIP of images as trainers read it: in folders of split and label, with the labels in a table beside the files.

`load_dataset("imagefolder")` of the Hugging Face library finds splits by folders at the top and reads their
`metadata.jsonl`. It also takes a word such as `test` anywhere in a path for a split, so that no name that people gave
stands in a path as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from labeling.formats import jsonl
from labeling.formats.base import Tasks
from labeling.formats.images import SUFFIXES
from labeling.formats.rows import EXPORT_MARK
from labeling.formats.zip_writing import write_zip

SPLIT = "split"
METADATA = "metadata.jsonl"
FILE_NAME = "file_name"
_MOST_CHARS = 80
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\[\]{}]')
_SPLIT_WORDS = "training|train|testing|test|evaluation|eval|dev|validation|valid|val"
_SPLIT_WORD = re.compile(rf"(?<![^-._ 0-9])({_SPLIT_WORDS})(?![^-._ 0-9])", re.IGNORECASE)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Places:
    """Where each image lies in the archive: told by its task alone, so that nothing need be remembered."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._numbers = {name: number for number, name in enumerate(tasks.image_fields, start=1)}
        self._folders: dict[str, str] = {}
        self._taken: set[str] = set()

    def path_of(self, image: dict[str, Any], *, task: int, field: str, label: str | None) -> str:
        """Return the path of an image within the folder of its split."""
        sha256, number = image["sha256"], self._numbers[field]
        stem = str(task) if number == 1 else f"{task}-{number}"
        folder = f"{self._folder_of(label)}/" if label else ""
        return f"{folder}{stem}{SUFFIXES.get(self._tasks.image_type(sha256), '.bin')}"

    def _folder_of(self, label: str) -> str:
        """Return the folder of a label: safe everywhere, taken for no split, and that of no other label."""
        if label not in self._folders:
            name = safe_name(label)
            unique, number = name, 2
            while unique.casefold() in self._taken:
                unique, number = f"{name}~{number}", number + 1
            self._taken.add(unique.casefold())
            self._folders[label] = unique
        return self._folders[label]


def safe_name(label: str) -> str:
    """Return a label as the name of a folder; a word that would be taken for a split gets a tilde."""
    bare = _UNSAFE.sub("_", label).strip(" .")[:_MOST_CHARS].rstrip(" .")
    name = _SPLIT_WORD.sub(r"\1~", bare)
    return f"~{name}" if not name or name.startswith("__") else name


def in_split(split: str | None, path: str) -> str:
    """Return the path of a file in the folder of a split; what has no split lies at the top."""
    return f"{split}/{path}" if split else path


def write_tasks(tasks: Tasks) -> Iterator[bytes]:
    """Yield the manifest, which an import reads, the card, the tables that trainers read, and the files."""
    return write_zip(_members(tasks), stored=tuple(SUFFIXES.values()))


def _members(tasks: Tasks) -> Iterator[tuple[str, Iterable[bytes]]]:
    places = Places(tasks)
    splits: set[str | None] = set()

    def manifest() -> Iterator[str]:
        for line in tasks.lines():
            row = json.loads(line)
            label = row.get("labels", {}).get(tasks.label_column)
            splits.add(row.get(SPLIT))
            for name in tasks.image_fields:
                if isinstance(image := row.get(name), dict):
                    path = places.path_of(image, task=row["dcai"]["task"], field=name, label=label)
                    image["file"] = in_split(row.get(SPLIT), path)
            yield _encode(row)

    yield "manifest.jsonl", jsonl.pack(manifest())
    yield "README.md", [tasks.card().encode()]
    for split in sorted(splits, key=str):
        yield in_split(split, METADATA), jsonl.pack(_metadata(tasks, places, split))
    for row in _rows(tasks):
        for _, path, image in _images(tasks, places, row):
            pieces = tasks.image(image["sha256"])
            if pieces is not None:
                yield in_split(row[SPLIT], path), pieces


def _metadata(tasks: Tasks, places: Places, split: str | None) -> Iterator[str]:
    """Yield a line for each task of a split that shows an image: the names of its files, and its other columns."""
    for row in _rows(tasks):
        if row[SPLIT] != split:
            continue
        images = list(_images(tasks, places, row))
        if images:
            (_, first, _), *others = images
            names = {FILE_NAME: first} | {f"{name}_{FILE_NAME}": path for name, path, _ in others}
            yield _encode(names | {name: cell for name, cell in row.items() if name not in tasks.image_fields})


def _rows(tasks: Tasks) -> Iterator[dict[str, Any]]:
    for batch in tasks.batches():
        for cells in zip(*batch, strict=True):
            yield dict(zip(tasks.columns, cells, strict=True))


def _images(tasks: Tasks, places: Places, row: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the images of a task: the field, the path within the split's folder, and what is known of the file."""
    label = row[tasks.label_column] if tasks.label_column else None
    for name in tasks.image_fields:
        if row[name]:
            yield name, places.path_of(row[name], task=row[EXPORT_MARK], field=name, label=label), row[name]
