"""The guideline: drafted, published, rendered without harm."""

import pytest

from labeling.errors import Conflict, Invalid
from labeling.models import GuidelineDraft
from labeling.selectors import guidelines as guideline_reads
from labeling.selectors import versions as version_reads
from labeling.services import guidelines
from tests import factories

pytestmark = pytest.mark.django_db

ENTRY = {"question": "intent", "label": "billing", "definition": "About *money*.", "use_when": "", "not_when": ""}


def test_published_versions_count_up_and_are_what_people_label_under() -> None:
    project = factories.project()
    manager = project.created_by
    assert version_reads.current(project.pk).guideline == 0

    guidelines.save_draft(actor=manager, project=project, body="# How\r\nso", entries=[ENTRY])
    assert version_reads.current(project.pk).guideline == 0
    one = guidelines.publish(actor=manager, project=project, change_note="First")

    assert (one.number, one.body) == (1, "# How\nso")
    assert version_reads.current(project.pk).guideline == 1
    with pytest.raises(Invalid, match="Nothing changed"):
        guidelines.publish(actor=manager, project=project, change_note="Again")
    document = guideline_reads.as_document(guideline_reads.newest(project))
    assert document["html"] == "<h2>How</h2>\n<p>so</p>\n"
    assert document["labels"][0]["definition_html"] == "<p>About <em>money</em>.</p>\n"


def test_an_empty_guideline_and_an_empty_note_are_refused() -> None:
    project = factories.project()
    with pytest.raises(Invalid, match="empty"):
        guidelines.publish(actor=project.created_by, project=project, change_note="First")
    with pytest.raises(Invalid, match="Say what changed"):
        guidelines.publish(actor=project.created_by, project=project, change_note=" ")


def test_two_editors_notice_each_other() -> None:
    project = factories.project()
    opened = GuidelineDraft.objects.get(project=project).version
    guidelines.save_draft(actor=project.created_by, project=project, body="one", entries=[], version=opened)

    with pytest.raises(Conflict):
        guidelines.save_draft(actor=project.created_by, project=project, body="two", entries=[], version=opened)
    assert GuidelineDraft.objects.get(project=project).body == "one"


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](http://127.0.0.1/pixel.png)",
        '<img src=x onerror="alert(1)">',
        "<a href='data:text/html,x' style='color:red'>x</a>",
    ],
)
def test_what_managers_write_cannot_run(markdown: str) -> None:
    html = guideline_reads.render(markdown)
    for bad in ("<script", 'javascript:"', 'href="javascript', "<img", 'style="', 'href="data:'):
        assert bad not in html


def test_two_entries_for_one_label_are_refused() -> None:
    project = factories.project()
    with pytest.raises(Invalid, match="twice"):
        guidelines.save_draft(actor=project.created_by, project=project, body="", entries=[ENTRY, ENTRY])
