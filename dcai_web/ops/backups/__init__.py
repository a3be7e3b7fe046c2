"""The whole site in one file, made while it runs; and back again.

The file is a gzipped tar: the rows of every table as COPY writes them, the stored files that those rows refer to,
`SHA256SUMS` over all of that (`sha256sum --check` understands it), and `manifest.json`, the last member. Nothing but
PostgreSQL's own COPY is needed, so a backup does not depend on the version of a dump program.
"""

from dcai_web.ops.backups.archive import Damaged, Refused
from dcai_web.ops.backups.making import Made, make
from dcai_web.ops.backups.restoring import Restored, restore

__all__ = ["Damaged", "Made", "Refused", "Restored", "make", "restore"]
