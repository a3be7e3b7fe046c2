"""Imports: a file becomes tasks, in a job that can be stopped, killed and started again without doubling a row."""

from labeling.services.imports.options import KEEP_GOOD, MODES, UPDATE
from labeling.services.imports.problems import keep_problems
from labeling.services.imports.running import run_import
from labeling.services.imports.starting import (
    Preview,
    PreviewColumn,
    preview,
    receive,
    start,
    start_checked,
    start_folder,
)
from labeling.services.imports.undoing import Removable, removable, remove
from labeling.services.imports.uploading import IMPORT, discard, forget, keep_file, upload

__all__ = [
    "IMPORT",
    "KEEP_GOOD",
    "MODES",
    "UPDATE",
    "Preview",
    "PreviewColumn",
    "Removable",
    "discard",
    "forget",
    "keep_file",
    "keep_problems",
    "preview",
    "receive",
    "removable",
    "remove",
    "run_import",
    "start",
    "start_checked",
    "start_folder",
    "upload",
]
