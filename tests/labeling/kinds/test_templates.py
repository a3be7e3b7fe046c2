"""Project templates."""

from __future__ import annotations

import pytest

from labeling.errors import Invalid
from labeling.kinds.schema import parse_schema
from labeling.kinds.templates import TEMPLATES, Template


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=list(TEMPLATES))
def test_a_template_makes_a_schema_that_round_trips(template: Template) -> None:
    schema = template.build([" cat ", "", "dog\n"])
    assert parse_schema(schema.dump()) == schema
    assert schema.fields[0].type == template.field_type
    assert "\n" not in template.description
    assert template.sample_columns == (schema.fields[0].name, schema.questions[0].name)
    if template.label_use == "required":
        assert schema.questions[0].class_names == ["cat", "dog"]


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=list(TEMPLATES))
def test_labels_are_asked_for_where_they_are_the_answers(template: Template) -> None:
    if template.label_use == "required":
        with pytest.raises(Invalid, match="at least one label"):
            template.build([" "])
    else:
        assert template.build().questions


def test_the_sentiment_scale_takes_the_names_of_its_steps() -> None:
    sentiment = TEMPLATES["sentiment-rating"]
    assert sentiment.build().questions[0].class_names == ["1", "2", "3", "4", "5"]
    assert sentiment.build(["bad", "fine", "great"]).dump()["questions"][0]["labels"] == {
        "1": "bad",
        "2": "fine",
        "3": "great",
    }


def test_the_same_label_twice_is_refused() -> None:
    with pytest.raises(Invalid, match="already has the name"):
        TEMPLATES["text-classification"].build(["a", "a"])
