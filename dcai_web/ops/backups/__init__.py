"""The whole site kept while it runs, and put back.

A backup is the rows as `pg_dump` writes them, the list of the stored files that those rows speak of, and a manifest;
the contents of the files are kept once for all backups of a folder (`repository`), or beside it in one file (`single`).
What versions up to 0.1 wrote (`old`) can be restored still.
"""

from dcai_web.ops.backups.making import Made, make_into, make_single, write_single
from dcai_web.ops.backups.manifest import Damaged, Refused
from dcai_web.ops.backups.restoring import Restored, check, restore

__all__ = ["Damaged", "Made", "Refused", "Restored", "check", "make_into", "make_single", "restore", "write_single"]
