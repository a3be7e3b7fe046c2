"""Texts that cannot mean much: empty, very short, or in another script than the rest."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from quality.scoring.image_quality import Poor

SHORT = 4
MUCH_LONGER = 20
MAIN_SHARE = 0.9
READ = 2_000
# Japanese and Chinese are written in several scripts at once, Korean at times.
_EAST_ASIAN = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"}


@lru_cache(maxsize=4096)
def script_of(character: str) -> str:
    """Return the script of a letter as Unicode names it (``LATIN``, ``CYRILLIC``), ``""`` for anything else."""
    if not character.isalpha():
        return ""
    script = unicodedata.name(character, "").split(" ")[0]
    return "EAST ASIAN" if script in _EAST_ASIAN else script


def main_script(text: str) -> str:
    """Return the script that most letters of a text are of, ``""`` for a text without letters."""
    scripts = Counter(script for character in text[:READ] if (script := script_of(character)))
    return scripts.most_common(1)[0][0] if scripts else ""


def find_poor_texts(texts: Sequence[str]) -> dict[int, Poor]:
    """Find texts that a person should look at.

    A short text counts where most texts are far longer, and a script where at least nine of ten texts share another.

    Parameters
    ----------
    texts
        n texts.

    Returns
    -------
    dict
        From row to what is wrong; rows without problems are absent.
    """
    if not texts:
        return {}
    lengths = [sum(1 for character in text[:READ] if not character.isspace()) for text in texts]
    usual = sorted(lengths)[len(lengths) // 2]
    scripts = [main_script(text) for text in texts]
    written = Counter(script for script in scripts if script)
    main, count = written.most_common(1)[0] if written else ("", 0)
    shared = count >= MAIN_SHARE * max(1, sum(written.values()))
    found: dict[int, Poor] = {}
    for row, (length, script) in enumerate(zip(lengths, scripts, strict=True)):
        if length == 0:
            found[row] = Poor(score=0.0, problems=("empty",))
        elif not script and main:
            found[row] = Poor(score=0.2, problems=("without a single letter",))
        elif length < SHORT and usual >= MUCH_LONGER:
            found[row] = Poor(
                score=0.3, problems=(f"very short: {length} characters, where most have {usual} or more",)
            )
        elif shared and script != main:
            words = f"written in {script.title()} letters, where nearly all others are in {main.title()}"
            found[row] = Poor(score=0.4, problems=(words,))
    return found
