"""A project's schema, and what is checked against it: the answers to its questions and the data of its fields."""

from labeling.kinds.schema.answers import load_answers, parse_answers
from labeling.kinds.schema.data import MAX_TEXT, ImageValue, parse_data
from labeling.kinds.schema.model import RESERVED_NAMES, Field, Question, Schema
from labeling.kinds.schema.reading import MAX_FIELDS, MAX_QUESTIONS, parse_schema

__all__ = [
    "MAX_FIELDS",
    "MAX_QUESTIONS",
    "MAX_TEXT",
    "RESERVED_NAMES",
    "Field",
    "ImageValue",
    "Question",
    "Schema",
    "load_answers",
    "parse_answers",
    "parse_data",
    "parse_schema",
]
