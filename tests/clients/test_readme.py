"""The lines of the README that lead from an export to a trained model, run as they stand there."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import dcai
import pytest
from PIL import Image
from pytest_django.live_server_helper import LiveServer

from labeling.models import Project
from labeling.services import tokens
from tests import factories
from tests.importing import imported, jsonl
from tests.pictures import zipped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]

README = Path(__file__).parents[2] / "README.md"
CLIENT = Path(dcai.__file__).parents[1]
TEXTS, IMAGES = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
DIGITS: dict[str, Any] = {
    "fields": [{"name": "image", "type": "image"}],
    "questions": [{"name": "digit", "kind": "choice", "field": "image", "labels": ["0", "1"]}],
}


def score(lines: str, project: Project, live_server: LiveServer, folder: Path) -> float:
    """Run the lines in a process of their own, and return what they print last."""
    _, secret = tokens.issue_token(user=project.created_by, name="trainer", scope="read")
    home = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "home")}
    where = {"PYTHONPATH": str(CLIENT), "DCAI_URL": str(live_server.url), "DCAI_TOKEN": secret}
    done = subprocess.run(
        [sys.executable, "-c", lines],
        cwd=folder,
        env=os.environ | home | where,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return float(done.stdout.splitlines()[-1])


def test_texts_train_a_model(live_server: LiveServer, tmp_path: Path) -> None:
    project = factories.project(name="Messages")
    words = {"billing": "I was charged", "delivery": "Where is my parcel"}
    imported(
        project,
        jsonl(
            {"text": f"{text} {n}", "labels": {"intent": intent}, "split": "test" if n % 4 == 0 else "train"}
            for n in range(12)
            for intent, text in words.items()
        ),
    )
    assert score(TEXTS, project, live_server, tmp_path) == 1.0


def test_images_train_a_model(live_server: LiveServer, tmp_path: Path) -> None:
    project = factories.project(name="Digits", schema=DIGITS)
    files: dict[str, bytes] = {}
    for n in range(12):
        out = io.BytesIO()
        Image.new("L", (8, 8), 40 + n if n % 2 else 200 + n).save(out, "PNG")
        files[f"{n}.png"] = out.getvalue()
    rows = [
        {"image": f"{n}.png", "labels": {"digit": str(n % 2)}, "split": "test" if n >= 8 else "train"}
        for n in range(12)
    ]
    manifest = "".join(json.dumps(row) + "\n" for row in rows).encode()
    imported(project, zipped({"manifest.jsonl": manifest} | files).getvalue(), "digits.zip")
    assert score(IMAGES, project, live_server, tmp_path) == 1.0
