"""`python -m tests.bench.quality`: how well label errors are found, and how long 100,000 texts take.

Both beside a bare scikit-learn and cleanlab script on the same data; prints tables and writes them to
docs/benchmarks.md. Engines of its own are started and thrown away.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from statistics import median

import django
from django.core.management import call_command

from tests import engines

SEEDS = (1, 2, 3, 4, 5)
FOUND = "Finding label errors"
SPEED = "100,000 texts through the quality pipeline"


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000, help="texts in the large project; 0: leave it out")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="demo projects of each kind; 0: leave them out")
    parser.add_argument("--keep", action="store_true", help="do not touch docs/benchmarks.md")
    asked = parser.parse_args()
    os.environ.update(engines.start(durable=True), DCAI_LOG_LEVEL="WARNING", DJANGO_SETTINGS_MODULE="dcai_web.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)

    from tests.bench import report  # noqa: PLC0415 - only now there is a database

    machine = report.machine(os.environ["DATABASE_URL"])
    sections = {}
    if asked.seeds:
        sections[FOUND] = f"Command: `python -m tests.bench.quality`. {machine}\n\n{proof(SEEDS[: asked.seeds])}"
    if asked.texts:
        sections[SPEED] = f"Command: `python -m tests.bench.quality`. {machine}\n\n{speed(asked.texts)}"
    for section, text in sections.items():
        sys.stdout.write(f"\n## {section}\n\n{text}\n")
        if not asked.keep:
            report.write(section, text)


def proof(seeds: tuple[int, ...]) -> str:
    """Return how well the demo projects' wrong labels are found, the median over the seeds."""
    from tests.bench import report, truth  # noqa: PLC0415 - only now there is a database

    rows, gains = [], []
    for key in ("handwritten_digits", "support_messages"):
        found = [truth.measure(key, seed) for seed in seeds]
        for who in ("dcai", "bare"):
            scores = [getattr(each, who) for each in found]
            middle = [f"{median(getattr(score, name) for score in scores):.3f}" for name in truth.SCORES]
            rows.append([f"{key.replace('_', ' ')}, {who}", *middle])
        for name, places in (("accuracy", 3), ("log_loss", 3)):
            told = [median(getattr(each, moment)[name] for each in found) for moment in ("before", "after", "clean")]
            gains.append(
                [f"{key.replace('_', ' ')}, {name.replace('_', '-')}", *(f"{value:.{places}f}" for value in told)]
            )
    return (
        f"Medians over the seeds {', '.join(map(str, seeds))} of the demo projects, whose wrong labels are known. "
        "*bare* is TF-IDF (texts) or 16 x 16 pixels (images), logistic regression, `cross_val_predict` and "
        "`find_label_issues`, all with their defaults.\n\n"
        + report.table(["", "precision", "recall", "AUROC"], rows)
        + "\n\nThe fixed model on the clean test split: before, after the flagged labels were decided truthfully, "
        "and with no wrong label left.\n\n" + report.table(["", "before", "after", "no wrong label"], gains)
    )


def speed(texts: int) -> str:
    """Return how long many texts take, and the memory of it."""
    from tests.bench import large, report  # noqa: PLC0415 - only now there is a database
    from tests.bench.topics import peak_memory  # noqa: PLC0415 - the same

    project = large.project(texts)
    base = peak_memory()
    began = time.perf_counter()
    steps = large.run(project)
    ours = time.perf_counter() - began
    peak = peak_memory()
    # One thread for both: two that wait for one another on a busy machine are slower than one.
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.bench.bare", str(texts)]
    script = subprocess.run(command, check=True, capture_output=True, text=True, env=alone)
    floor, floor_peak = (float(part) for part in script.stdout.split()[-2:])
    rows = [
        [
            "the whole chain",
            f"{ours:.1f}",
            f"{floor:.1f}",
            f"{ours / floor:.2f}",
            f"{peak:.0f} MB",
            f"{floor_peak:.0f} MB",
        ]
    ]
    shown = ", ".join(f"{step['name']} {step['seconds']} s" for step in steps)
    return (
        f"{texts:,} texts of 20 classes, one in twenty labels wrong. The floor is a bare script that does the same "
        "TF-IDF, SVD, five folds and one full model, and label errors, from memory; the chain reads the database, "
        "looks for neighbors, outliers and copies besides, and stores vectors, predictions, flags and the queue. It "
        "learns the axes of the SVD from 20,000 of the texts. Both work in one thread. "
        f"Steps: {shown}. The process had {base:.0f} MB before.\n\n"
        + report.table(["what", "s", "floor s", "ratio (budget 1.3)", "peak memory", "floor's"], rows)
    )


if __name__ == "__main__":
    main()
