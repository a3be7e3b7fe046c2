"""What the largest images that are taken cost in memory: `python -m tests.bench.image_memory`.

Each is decoded as an import and the making of sizes do it, in the bounded process; and the largest that workers decode
by themselves in one like a worker.
"""

from __future__ import annotations

import io
import math
import subprocess
import sys
from typing import Any

from PIL import Image

from labeling.formats import decoding, images

_MEASURE = """
import sys
from pathlib import Path
from labeling.formats import images
from labeling.formats.decoding_process import main

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024

bound, before = int(sys.argv[2]), peak()
if bound:
    main(sys.argv[1], bound)
    sys.stderr.write(str(peak()))
else:
    getattr(images, sys.argv[1])(sys.stdin.buffer.read())
    sys.stderr.write(str(peak() - before))
"""

KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PNG", "RGBA", {"compress_level": 1}),
    ("PNG", "I;16", {"compress_level": 1}),
    ("JPEG", "CMYK", {"progressive": True, "subsampling": 0}),
    ("TIFF", "RGBA", {"compression": "tiff_deflate"}),
    ("GIF", "P", {}),
    ("WEBP", "RGB", {"quality": 0, "method": 0}),
)


def _image(kind: str, mode: str, pixels: int, options: dict[str, Any]) -> bytes:
    side = math.isqrt(pixels)
    out = io.BytesIO()
    Image.new(mode, (side, side)).save(out, kind, **options)
    return out.getvalue()


def _peak(wish: str, bound: int, content: bytes) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, wish, str(bound)], input=content, capture_output=True, check=False
    )
    refused = done.stdout.startswith(b'{"refused"')
    return "refused" if refused else f"{done.stderr.decode().strip()} MB"


def main() -> None:
    """Print the peaks."""
    sys.stdout.write(f"{'kind':<12}{'pixels':>14}{'where':>10}{'check':>10}{'sizes':>10}\n")
    for kind, mode, options in KINDS:
        most = images.MAX_WEBP_PIXELS if kind == "WEBP" else images.MAX_PIXELS
        for pixels, bound in ((most, decoding.MEMORY_BYTES), (images.SMALL_PIXELS, 0)):
            if kind == "GIF" and not bound:
                continue
            content = _image(kind, mode, pixels, options)
            peaks = [_peak(wish, bound, content) for wish in ("check", "variants")]
            where = "apart" if bound else "worker"
            sys.stdout.write(f"{f'{kind} {mode}':<12}{pixels:>14,}{where:>10}{peaks[0]:>10}{peaks[1]:>10}\n")


if __name__ == "__main__":
    main()
