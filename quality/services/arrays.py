"""What a step of a run leaves for the next ones, so that a run goes on after its worker died."""

from __future__ import annotations

import io
import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from quality.models import RunArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quality.models import Run


def keep_bytes(run: Run, name: str, data: bytes) -> None:
    """Store bytes under a name, in place of what was there."""
    RunArray.objects.update_or_create(run=run, name=name, defaults={"data": data})


def kept(run: Run, name: str) -> bytes | None:
    """Return the bytes stored under a name, if any."""
    data = RunArray.objects.filter(run=run, name=name).values_list("data", flat=True).first()
    return None if data is None else bytes(data)


def keep_arrays(run: Run, name: str, **arrays: NDArray[Any]) -> None:
    """Store named arrays."""
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    keep_bytes(run, name, out.getvalue())


def kept_arrays(run: Run, name: str) -> dict[str, NDArray[Any]] | None:
    """Return the arrays stored under a name, if any."""
    data = kept(run, name)
    if data is None:
        return None
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}


def keep_json(run: Run, name: str, value: Any) -> None:
    """Store what JSON can hold."""
    keep_bytes(run, name, zlib.compress(json.dumps(value).encode(), 1))


def kept_json(run: Run, name: str) -> Any:
    """Return what was stored under a name, None if nothing was."""
    data = kept(run, name)
    return None if data is None else json.loads(zlib.decompress(data))


def forget(run: Run) -> None:
    """Delete all that the steps of a run left."""
    RunArray.objects.filter(run=run).delete()
