"""Exports of images as trainers read them: images *with* labels, by the Hugging Face library itself."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from labeling.formats.images_zip_writing import safe_name
from labeling.models import Label, Project, Task
from labeling.selectors import exports as export_reads
from tests import factories
from tests.exporting import exported, lines, without_times
from tests.importing import counts, imported
from tests.pictures import picture, zipped

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

ANIMALS = ("cat", "test", "a/b", "a_b", "../up")
SCHEMA = {
    "fields": [{"name": "photo", "type": "image"}],
    "questions": [
        {"name": "animal", "kind": "choice", "field": "photo", "labels": [*ANIMALS]},
        {"name": "stars", "kind": "rating", "field": "photo", "min": 1, "max": 5, "required": False},
    ],
}
LOAD = """
import json, sys
from datasets import load_dataset
found = load_dataset(sys.argv[1], **json.loads(sys.argv[2]), cache_dir=sys.argv[3])
print(json.dumps({
    "features": {name: type(feature).__name__ for name, feature in next(iter(found.values())).features.items()},
    "rows": {
        split: [{name: list(getattr(cell, "size", [])) or cell for name, cell in row.items()} for row in rows]
        for split, rows in found.items()
    },
}))
"""


def loaded(kind: str, folder: Path, **how: Any) -> dict[str, Any]:
    """Load a data set in a process of its own, which reaches nothing but these files."""
    alone = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "home")}
    command = [sys.executable, "-c", LOAD, kind, json.dumps(how), str(folder / "cache")]
    done = subprocess.run(command, env=os.environ | alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture
def project() -> Project:
    """Return a project with an image of each animal, in two splits; two more have no label."""
    project = factories.project(schema=SCHEMA)
    rows = [
        {"photo": f"{n}.png", "external_id": f"p-{n}", "split": ("train", "test")[n % 2], "labels": {"animal": animal}}
        for n, animal in enumerate(ANIMALS)
    ]
    rows += [{"photo": "0.png", "external_id": "same", "split": "train"}, {"photo": "9.png", "external_id": "last"}]
    files = {f"{n}.png": picture(size=(10 + n, 8)) for n in (*range(len(ANIMALS)), 9)}
    manifest = "".join(json.dumps(row) + "\n" for row in rows).encode()
    job = imported(project, zipped({"manifest.jsonl": manifest} | files).getvalue(), "animals.zip")
    assert counts(job) == (7, 0, 0), list(job.import_problems.values_list("row", "column", "message"))
    return project


def test_the_zip_is_an_image_folder_that_can_be_imported_again(project: Project, tmp_path: Path) -> None:
    content = exported(project, "zip")
    archive = zipfile.ZipFile(io.BytesIO(content))
    ids = dict(Task.objects.filter(project=project).values_list("external_id", "pk"))
    assert archive.namelist() == [
        "manifest.jsonl",
        "README.md",
        "metadata.jsonl",
        "test/metadata.jsonl",
        "train/metadata.jsonl",
        f"train/cat/{ids['p-0']}.png",
        f"test/test~/{ids['p-1']}.png",
        f"train/a_b/{ids['p-2']}.png",
        f"test/a_b~2/{ids['p-3']}.png",
        f"train/_up/{ids['p-4']}.png",
        f"train/{ids['same']}.png",
        f"{ids['last']}.png",
    ]
    assert Image.open(archive.open(f"train/cat/{ids['p-0']}.png")).size == (10, 8)
    archive.extractall(tmp_path / "out")

    found = loaded("imagefolder", tmp_path, data_dir=str(tmp_path / "out"))

    assert found["features"]["image"] == "Image"
    rows = {split: [(row["image"], row["animal"]) for row in rows] for split, rows in found["rows"].items()}
    assert rows == {
        "train": [([10, 8], "cat"), ([12, 8], "a/b"), ([14, 8], "../up"), ([10, 8], None)],
        "test": [([11, 8], "test"), ([13, 8], "a_b")],
    }

    twin = factories.project(schema=SCHEMA)
    job = imported(twin, content, "export.zip")
    assert counts(job) == (7, 0, 0), list(job.import_problems.values_list("row", "column", "message"))
    assert without_times(lines(twin)) == without_times(lines(project))


def test_parquet_has_the_images_and_the_names_of_classes(project: Project, tmp_path: Path) -> None:
    content = exported(project, "parquet")
    (tmp_path / "animals.parquet").write_bytes(content)

    found = loaded("parquet", tmp_path, data_files=str(tmp_path / "animals.parquet"))

    assert found["features"]["photo"] == "Image"
    assert [(row["photo"], row["animal"]) for row in found["rows"]["train"]][:2] == [
        ([10, 8], "cat"),
        ([11, 8], "test"),
    ]
    stored = json.loads(pq.read_schema(io.BytesIO(content)).metadata[b"huggingface"])["info"]["features"]
    assert stored == {"animal": {"_type": "ClassLabel", "names": [*ANIMALS]}, "photo": {"_type": "Image"}}

    twin = factories.project(schema=SCHEMA)
    job = imported(twin, content, "export.parquet")
    assert counts(job) == (7, 0, 0), list(job.import_problems.values_list("row", "column", "message"))
    assert list(Label.objects.filter(project=twin).order_by("task").values_list("value", flat=True)) == [*ANIMALS]
    shown = [list(Task.objects.filter(project=which).order_by("pk").values("data")) for which in (project, twin)]
    assert [row["data"]["photo"]["sha256"] for row in shown[0]] == [row["data"]["photo"]["sha256"] for row in shown[1]]


def test_parquet_leaves_images_out_where_columns_do(project: Project) -> None:
    narrow = export_reads.stream(project=project, format="parquet", columns=("animal",))
    table = pq.read_table(io.BytesIO(b"".join(narrow.content)))
    assert table.column_names == ["dcai_task", "animal"]


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("cat", "cat"),
        ("test", "test~"),
        ("crash test dummy", "crash test~ dummy"),
        ("contest", "contest"),
        ("..", "~"),
        ("__MACOSX", "~__MACOSX"),
        ("C:\\x", "C__x"),
        ("Dev", "Dev~"),
        ("é" * 100, "é" * 80),
    ],
)
def test_folders_of_labels_are_safe_and_no_split(label: str, name: str) -> None:
    assert safe_name(label) == name
