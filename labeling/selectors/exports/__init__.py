"""Exports: a project's tasks and labels as a stream of bytes, memory flat however many there are."""

from labeling.selectors.exports.reading import Filters
from labeling.selectors.exports.streams import FORMATS, Export, Format, stream, summary

__all__ = ["FORMATS", "Export", "Filters", "Format", "stream", "summary"]
