"""Decoding of images that may take much memory: in a process of its own, with a bound, and thrown away afterwards.

It has no secrets in its environment and no connection to anything: a file that breaks the decoder breaks only that.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from labeling.formats import images

MEMORY_BYTES = 1024**3
"""The address space of the process: what is decoded, the library that does it, and Python."""

_PATIENCE = 120.0
_ROOT = Path(__file__).resolve().parents[2]


def check(content: bytes) -> images.ImageInfo:
    """Return what the image is, as `images.check` does."""
    images.check_length(content)
    told, _ = _ask("check", content)
    return images.ImageInfo(**told["info"])


def variants(content: bytes) -> dict[str, bytes]:
    """Return the image in each size, as `images.variants` does."""
    told, packed = _ask("variants", content)
    found = {}
    for name in images.VARIANTS:
        length = int(told["sizes"][name])
        found[name], packed = packed[:length], packed[length:]
    return found


def _ask(wish: str, content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what the process says in its first line, and the bytes after it."""
    command = [sys.executable, "-m", "labeling.formats.decoding_process", wish, str(MEMORY_BYTES)]
    try:
        done = subprocess.run(  # noqa: S603 - a program of ours, with none of what people send in its command
            command, input=content, capture_output=True, check=False, timeout=_PATIENCE, cwd=_ROOT, env={}
        )
    except subprocess.TimeoutExpired:
        raise images.ImageRefused("The image takes too long to decode. Save it as an ordinary PNG or JPEG.") from None
    line, _, packed = done.stdout.partition(b"\n")
    if done.returncode != 0:
        raise images.ImageRefused("The image breaks what decodes it. Save it as an ordinary PNG or JPEG.")
    told = json.loads(line)
    if "refused" in told:
        raise images.ImageRefused(told["refused"])
    return told, packed
