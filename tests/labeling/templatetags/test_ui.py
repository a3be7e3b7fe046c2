from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from labeling.selectors.explorer import Chip
from labeling.templatetags import ui


def rendered(source: str, **context: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("done", "total", "words"),
    [(0, 0, "0%"), (0, 9, "0%"), (1, 1000, "<1%"), (999, 1000, "99%"), (1000, 1000, "100%"), (1, 3, "33%")],
)
def test_a_share_never_rounds_to_nothing_or_to_all(done: int, total: int, words: str) -> None:
    assert ui.percent(done, total) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "just now"), (65, "1 min ago"), (7200, "2 h ago"), (90_000, "yesterday"), (400_000, "4 days ago")],
)
def test_moments_are_told_in_the_largest_unit(seconds: int, words: str) -> None:
    assert ui.ago(timezone.now() - timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(4, "4 s"), (75, "1 min 15 s"), (1500, "25 min"), (5400, "1 h 30 min"), (200_000, "2 d 7 h")]
)
def test_durations_have_two_units(seconds: int, words: str) -> None:
    assert ui.duration(seconds) == words


@pytest.mark.parametrize(("name", "letters"), [("Ada Miller", "AM"), ("cy.tanaka@example.org", "CT"), ("bob", "B")])
def test_initials(name: str, letters: str) -> None:
    assert ui.initials(name) == letters


def test_a_bar_has_no_style_attribute_and_is_read_aloud_only_with_a_label() -> None:
    silent = rendered('{% bar 1 4 color="#e69f00" %}')
    assert "style=" not in silent
    assert 'width="25.00%"' in silent
    assert 'aria-hidden="true"' in silent
    spoken = rendered('{% bar 1 4 label="Labeled" %}')
    assert 'role="progressbar"' in spoken
    assert 'aria-valuenow="1"' in spoken


def test_a_dialog_and_a_menu_wrap_what_is_between_their_tags() -> None:
    page = rendered('{% dialog name="x" key=3 title=title %}<p>in</p>{% enddialog %}', title="A & B")
    assert 'id="dialog-x-3"' in page
    assert "A &amp; B" in page
    assert "<p>in</p>" in page
    page = rendered('{% menu label="More" icon="more" %}<a>in</a>{% endmenu %}')
    assert 'aria-label="More"' in page
    assert "<a>in</a>" in page


def test_a_field_joins_label_hint_and_error() -> None:
    class Form(forms.Form):
        name = forms.CharField(help_text="A hint.")

    page = rendered("{% field form.name %}", form=Form({"name": ""}))
    assert '<label for="id_name"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page


@pytest.mark.parametrize(
    ("asked", "href", "sort"),
    [("", "sort=age", None), ("?sort=age", "sort=-age", "ascending"), ("?sort=-age&q=a", "q=a", "descending")],
)
def test_a_column_head_sorts_and_keeps_the_filter(asked: str, href: str, sort: str | None) -> None:
    request = RequestFactory().get(f"/{asked}")
    page = rendered('{% sort_header "age" "Age" %}', request=request)
    assert href in page
    assert (f'aria-sort="{sort}"' in page) is (sort is not None)
    assert "cursor" not in page


def test_labels_and_states_of_a_list_are_those_of_their_templates_and_harmless() -> None:
    chips = [Chip("<b>big</b>", "#123456"), Chip("plain")]
    shown = rendered("{% label_chips chips %}", chips=chips)
    alone = [
        rendered('{% include "components/label_chip.html" with title=chip.title color=chip.color only %}', chip=chip)
        for chip in chips
    ]
    assert shown == "".join(chip.strip() for chip in alone)
    assert "<b>" not in shown
    assert 'fill="#123456"' in shown
    state = rendered('{% task_state "progress" "In progress" %}')
    assert (
        state == rendered('{% include "labeling/tasks/state.html" with state="progress" words="In progress" %}').strip()
    )
    assert "In progress" in state
