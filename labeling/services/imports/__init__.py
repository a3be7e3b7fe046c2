"""Imports: a file becomes tasks, in a job that can be stopped, killed and started again without doubling a row."""

from labeling.services.imports.options import KEEP_GOOD, MODES
from labeling.services.imports.running import run_import
from labeling.services.imports.starting import Preview, PreviewColumn, preview, receive, start, start_folder
from labeling.services.imports.undoing import Removable, removable, remove
from labeling.services.imports.uploading import IMPORT, forget, upload

__all__ = [
    "IMPORT",
    "KEEP_GOOD",
    "MODES",
    "Preview",
    "PreviewColumn",
    "Removable",
    "forget",
    "preview",
    "receive",
    "removable",
    "remove",
    "run_import",
    "start",
    "start_folder",
    "upload",
]
