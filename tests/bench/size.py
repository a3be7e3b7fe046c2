"""Everything with one number of tasks, on engines of its own that are gone at the end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from tests.bench.results import Size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from labeling.models import Project
    from tests.bench.work import Bench


def tell(teller: Connection, tasks: int, **options: Any) -> None:
    """Measure and send what was found; whatever way this process or the one that started it ends, nothing stays."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    teller.send(measure(tasks, **options))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def measure(tasks: int, *, rounds: int, turns: int, seconds: float, clients: Sequence[int]) -> Size:
    """Measure in this process, which has no Django yet."""
    _start()
    from tests.bench import pages, processes, stage, work  # noqa: PLC0415 - only now there is a database

    size = Size(tasks, cores=processes.cores(), copies=2 * rounds - 1)
    bench = work.Bench.set_up(url=os.environ["DATABASE_URL"], tasks=tasks, rounds=rounds)
    _say(size, "import")
    project, imported = work.imports(bench)
    _say(size, "claims and submits")
    size.quick += work.labeling(bench, project, turns=turns)
    _as_it_runs(size, bench, project, seconds=seconds, clients=clients)
    _say(size, "pages")
    size.quick += pages.measure(bench.url, project, bench.manager, turns=max(20, turns // 10))
    _say(size, "exports")
    size.bulk += [imported, *work.exported(bench, project)]
    size.disk = stage.disk()
    return size


def _start() -> None:
    import django  # noqa: PLC0415 - its settings are the environment that the engines make
    from django.core.management import call_command  # noqa: PLC0415

    from tests import engines  # noqa: PLC0415

    addresses = engines.start(durable=True)
    os.environ.update(addresses, DCAI_LOG_LEVEL="WARNING", DCAI_STATIC_ROOT=f"{addresses['DCAI_DATA_DIR']}/static")
    os.environ["DJANGO_SETTINGS_MODULE"] = "dcai_web.settings"
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def _as_it_runs(size: Size, bench: Bench, project: Project, *, seconds: float, clients: Sequence[int]) -> None:
    """Measure what only the running product shows; bring the project to the middle of its work meanwhile."""
    from tests.bench import browser, loop, processes, site, stage, work  # noqa: PLC0415 - as above

    with processes.watched(stage.backend()) as database, site.running() as product:
        size.starts = {"web server": product.web_started, "job worker": product.worker_started}
        for annotators in clients:
            _say(size, f"the loop of {annotators}")
            size.paces.append(loop.measure(bench.url, product.port, project, annotators=annotators, seconds=seconds))
        _say(size, "the middle of the work")
        stage.midway(project)
        stage.settle_tables()
        _say(size, "the browser")
        size.seen = browser.label_page(product, project, stage.person(project), items=20)
        _say(size, "an export and an import by the running product")
        work.download(product, bench.manager, project)
        with processes.watched_children(product.worker) as jobs:
            work.import_by_worker(bench)
        size.peaks = product.peaks(job=jobs.peak)
    size.peaks |= {
        "PostgreSQL, memory of all its processes": database.private,
        "PostgreSQL, what they share": database.shared,
    }


def _say(size: Size, what: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {size.tasks:,}: {what}\n")
