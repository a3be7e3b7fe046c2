"""The process behind `decoding`: an image on its standard input, what is known of it on its standard output."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict

from labeling.formats import images


def main(wish: str, memory: int) -> None:
    """Do what is wished within so many bytes of memory."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    packed: list[bytes] = []
    told: dict[str, object]
    try:
        content = sys.stdin.buffer.read()
        if wish == "check":
            told = {"info": asdict(images.check(content))}
        else:
            made = images.variants(content)
            packed = list(made.values())
            told = {"sizes": {name: len(small) for name, small in made.items()}}
    except images.ImageRefused as error:
        told = {"refused": error.message}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + b"".join(packed))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
