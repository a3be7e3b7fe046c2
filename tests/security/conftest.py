"""What the tests of this package share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def own_storage(settings: Any, tmp_path: Path) -> Path:
    """Store files in a folder of the test's own, and return it."""
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}}
    return tmp_path
