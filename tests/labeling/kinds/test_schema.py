"""Schemas, answers and data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import Invalid
from labeling.kinds.labels import COMMAND_KEYS
from labeling.kinds.palette import OKABE_ITO
from labeling.kinds.schema import parse_answers, parse_data, parse_schema
from tests.labeling.kinds.strategies import LABEL_NAMES

TEXT = {"name": "text", "type": "text"}
IMAGE = {"name": "image", "type": "image"}
INTENT = {"name": "intent", "kind": "choice", "field": "text", "labels": ["refund", "delivery"]}
TAGS = {"name": "tags", "kind": "multi_choice", "field": "text", "labels": ["urgent", "rude"], "required": False}
SCORE = {"name": "score", "kind": "rating", "field": "text"}
REPLY = {"name": "reply", "kind": "text", "field": "text", "required": False}
FULL = {"fields": [TEXT, IMAGE | {"required": False}], "questions": [INTENT, TAGS, SCORE, REPLY]}
SHA = "0" * 64


def problems_of(raw: Any, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        parse_schema(raw, **options)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def asking(**settings: Any) -> dict[str, Any]:
    return {"fields": [TEXT], "questions": [INTENT | settings]}


def test_defaults_are_filled_in() -> None:
    schema = parse_schema({"fields": [TEXT], "questions": [INTENT | {"name": "main_intent"}]})
    unsaid = {"description": "", "group": ""}
    assert schema.dump() == {
        "fields": [{"name": "text", "type": "text", "title": "Text", "required": True}],
        "questions": [
            {
                "name": "main_intent",
                "kind": "choice",
                "field": "text",
                "title": "Main intent",
                "description": "",
                "required": True,
                "labels": [
                    {"name": "refund", "title": "refund", "color": "#e69f00", "key": "1"} | unsaid,
                    {"name": "delivery", "title": "delivery", "color": "#56b4e9", "key": "2"} | unsaid,
                ],
            }
        ],
    }


def test_a_dump_is_parsed_to_the_same_schema() -> None:
    schema = parse_schema(FULL)
    again = parse_schema(json.loads(json.dumps(schema.dump())))
    assert again == schema
    assert again.dump() == schema.dump()


@given(names=LABEL_NAMES, required=st.booleans(), kind=st.sampled_from(["choice", "multi_choice"]))
def test_any_labels_round_trip(names: list[str], *, required: bool, kind: str) -> None:
    schema = parse_schema(asking(labels=names, required=required, kind=kind))
    assert parse_schema(json.loads(json.dumps(schema.dump()))) == schema
    assert schema.questions[0].class_names == names


def test_labels_stand_in_groups_within_groups() -> None:
    labels = [
        {"name": "poodle", "group": " Animal/Dog "},
        {"name": "cat", "group": "Animal"},
        "stone",
        {"name": "beagle", "group": "Animal / Dog"},
    ]
    schema = parse_schema(asking(labels=labels))
    [question] = schema.questions
    assert [option.group for option in question.options] == ["Animal / Dog", "Animal", "", "Animal / Dog"]
    assert question.groups == ("Animal", "Animal / Dog")
    assert question.names_within("Animal") == ["poodle", "cat", "beagle"]
    assert question.names_within("Animal / Dog") == ["poodle", "beagle"]
    assert question.names_within("Ani") == []
    assert parse_schema(schema.dump()) == schema
    assert question.parse("poodle", "any text") == "poodle"


def test_keys_avoid_commands_and_those_that_were_chosen() -> None:
    labels: list[Any] = [f"label {n}" for n in range(40)]
    labels[3] = {"name": "label 3", "key": "1", "color": "#ABCDEF"}
    given_labels = parse_schema(asking(labels=labels)).dump()["questions"][0]["labels"]
    keys = [label["key"] for label in given_labels]
    assert keys[:5] == ["2", "3", "4", "1", "5"]
    assert not COMMAND_KEYS & set(keys)
    chosen = [key for key in keys if key]
    assert len(set(chosen)) == len(chosen) == 30
    assert keys[-10:] == [""] * 10
    assert given_labels[3]["color"] == "#abcdef"
    assert [label["color"] for label in given_labels[:3]] == list(OKABE_ITO[:3])


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ([], "", "Expected an object with fields and questions, found a list."),
        ({"fields": [TEXT]}, "questions", "Expected a list of questions, found nothing (null)."),
        ({"fields": [], "questions": [INTENT]}, "fields", "Expected 1 to 20 fields, found 0."),
        (FULL | {"extra": 1}, "extra", "This key is not known here. Remove it or check its spelling."),
        (
            {"fields": [TEXT | {"type": "audio"}], "questions": [INTENT]},
            "fields[0].type",
            "Expected 'text' or 'image'.",
        ),
        ({"fields": [{"type": "text"}], "questions": [INTENT]}, "fields[0].name", "This is required."),
        ({"fields": ["text"], "questions": [INTENT]}, "fields[0]", "Expected an object, found text."),
        ({"fields": [TEXT, TEXT], "questions": [INTENT]}, "fields[1].name", 'fields[0] already has the name "text".'),
        (asking(name="text"), "questions[0].name", 'fields[0] already has the name "text".'),
        (
            asking(kind="box"),
            "questions[0].kind",
            'Expected one of "choice", "multi_choice", "rating", "text"; found "box".',
        ),
        (
            asking(kind=3),
            "questions[0].kind",
            'Expected one of "choice", "multi_choice", "rating", "text"; found a number.',
        ),
        (
            asking(kind=[]),
            "questions[0].kind",
            'Expected one of "choice", "multi_choice", "rating", "text"; found a list.',
        ),
        (asking(field="body"), "questions[0].field", 'Expected the name of a field ("text"); found "body".'),
        (asking(colour="x"), "questions[0].colour", "This key is not known here. Remove it or check its spelling."),
        (asking(required="yes"), "questions[0].required", "Expected true or false, found text."),
        (asking(labels="a,b"), "questions[0].labels", "Expected a list, found text."),
        (asking(labels=[]), "questions[0].labels", "Expected 1 to 10,000 labels, found 0."),
        (asking(labels=["a"] * 10_001), "questions[0].labels", "Expected 1 to 10,000 labels, found 10,001."),
        (asking(labels=["a", "b", "a"]), "questions[0].labels[2].name", 'labels[0] already has the name "a".'),
        (asking(labels=["a", 5]), "questions[0].labels[1]", "Expected an object, found a number."),
        (asking(labels=["a", " "]), "questions[0].labels[1].name", "This may not be empty."),
        (asking(labels=["a", {"title": "b"}]), "questions[0].labels[1].name", "This is required."),
        (
            asking(labels=["a\x00"]),
            "questions[0].labels[0].name",
            "The text has a NUL character; remove it.",
        ),
        (
            asking(labels=[{"name": "a", "color": "red"}]),
            "questions[0].labels[0].color",
            'Expected a color like #0072b2, found "red".',
        ),
        (
            asking(labels=[{"name": "a", "key": "z"}]),
            "questions[0].labels[0].key",
            'The key "z" is a command of the editor; choose another.',
        ),
        (
            asking(labels=[{"name": "a", "key": "F1"}]),
            "questions[0].labels[0].key",
            'Expected a digit or one lower-case letter, found "F1".',
        ),
        (
            asking(labels=[{"name": "a", "key": "x"}, {"name": "b", "key": "x"}]),
            "questions[0].labels[1].key",
            'labels[0] already has the key "x".',
        ),
        (
            asking(labels=[{"name": "a", "group": "Animal // Dog"}]),
            "questions[0].labels[0].group",
            'Expected groups with / between them, such as Animal / Dog; found "Animal // Dog".',
        ),
        (
            asking(labels=[{"name": "a", "group": "/".join("abcdefghijk")}]),
            "questions[0].labels[0].group",
            "Expected at most 10 groups within each other, found 11.",
        ),
        (
            asking(labels=[{"name": "a", "group": "x" * 81}]),
            "questions[0].labels[0].group",
            f'A group\'s name may have 80 characters; "{"x" * 59}…" has 81.',
        ),
        (
            asking(labels=[{"name": "a", "group": "Animal\nDog"}]),
            "questions[0].labels[0].group",
            "Expected one line of text without tabs, line ends or control characters.",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(raw: Any, path: str, message: str) -> None:
    assert problems_of(raw) == [(path, message)]


@pytest.mark.parametrize("name", ["", "1st", "a b", "ä", "x" * 64, "labels", "external_id", "split", "meta", "a\n"])
def test_names_are_identifiers(name: str) -> None:
    raw = {"fields": [TEXT | {"name": name}], "questions": [INTENT | {"field": name}]}
    assert "fields[0].name" in dict(problems_of(raw))


def test_every_problem_is_reported_below_the_path_asked_for() -> None:
    raw = {"fields": [TEXT | {"x": 1}], "questions": [INTENT | {"labels": ["a", "a"], "y": 2}, TAGS]}
    assert [path for path, _ in problems_of(raw, path="schema")] == ["schema.fields[0].x", "schema.questions[0].y"]
    raw = {"fields": [TEXT], "questions": [INTENT | {"labels": ["a", "a"], "field": "z"}]}
    assert [path for path, _ in problems_of(raw, path="schema")] == [
        "schema.questions[0].field",
        "schema.questions[0].labels[1].name",
    ]


def test_there_are_limits() -> None:
    fields = [TEXT | {"name": f"field{n}"} for n in range(21)]
    questions = [INTENT | {"name": f"question{n}"} for n in range(51)]
    assert [path for path, _ in problems_of({"fields": fields, "questions": [INTENT]})] == ["fields"]
    assert [path for path, _ in problems_of({"fields": [TEXT], "questions": questions})] == ["questions"]
    most = parse_schema(asking(labels=[f"label {n}" for n in range(10_000)]))
    assert len(most.questions[0].class_names) == 10_000


SCHEMA = parse_schema(FULL)


def answers_refused(raw: Any, *, complete: bool) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        parse_answers(raw, SCHEMA, complete=complete, data={})
    return [(problem.path, problem.message) for problem in caught.value.problems]


def test_a_submission_answers_every_required_question() -> None:
    assert parse_answers({"score": 3, "intent": "refund", "reply": None}, SCHEMA, complete=True, data={}) == {
        "intent": "refund",
        "score": 3,
    }
    assert answers_refused({"intent": None}, complete=True) == [
        ("answers.intent", "This question needs an answer."),
        ("answers.score", "This question needs an answer."),
    ]


def test_a_draft_may_be_unfinished_but_not_wrong() -> None:
    assert parse_answers({}, SCHEMA, complete=False, data={}) == {}
    assert parse_answers({"tags": [], "reply": " ", "score": 2}, SCHEMA, complete=False, data={}) == {"score": 2}
    assert answers_refused({"score": 9}, complete=False) == [
        ("answers.score", "Expected a whole number from 1 to 5, found 9.")
    ]


@pytest.mark.parametrize("complete", [True, False])
def test_answers_are_checked_by_their_kind(*, complete: bool) -> None:
    raw = {"intent": "x", "tags": ["urgent", "slow"], "score": "3", "reply": ["a"], "other": 1}
    assert [path for path, _ in answers_refused(raw, complete=complete)] == [
        "answers.other",
        "answers.intent",
        "answers.tags[1]",
        "answers.score",
        "answers.reply",
    ]
    assert answers_refused(["x"], complete=complete) == [
        ("answers", "Expected an object of question names and answers, found a list.")
    ]


def test_data_is_read_by_the_fields() -> None:
    image = {"sha256": SHA, "width": 8, "height": 9, "name": "a.png", "bytes": 5}
    assert parse_data({"image": image, "text": "a\r\nb"}, SCHEMA) == {"text": "a\nb", "image": image}
    assert parse_data({"text": "x", "image": None}, SCHEMA) == {"text": "x"}


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": 5}, "text"),
        ({"text": "a\x00"}, "text"),
        ({"text": "x" * 1_000_001}, "text"),
        ({"text": "x", "body": "y"}, "body"),
        ({"text": "x", "image": "a.png"}, "image"),
        ({"text": "x", "image": {"sha256": "x", "width": 1, "height": 1, "name": "", "bytes": 1}}, "image.sha256"),
        ([], ""),
    ],
)
def test_data_that_does_not_fit_is_refused(raw: Any, path: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_data(raw, SCHEMA)
    assert [problem.path for problem in caught.value.problems] == [path]
