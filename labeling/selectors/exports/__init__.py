"""Exports: a project's tasks and labels as a stream of bytes, memory flat however many there are."""

from labeling.selectors.exports.card import card_of
from labeling.selectors.exports.freshness import version_of
from labeling.selectors.exports.reading import ANY, Filters
from labeling.selectors.exports.streams import Export, Shape, offered, split_names, stream, summary

__all__ = ["ANY", "Export", "Filters", "Shape", "card_of", "offered", "split_names", "stream", "summary", "version_of"]
