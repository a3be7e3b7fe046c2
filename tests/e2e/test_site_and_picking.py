"""The page of the system's status, and picking a task to label: in a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from dcai_web.ops import heartbeat
from labeling.models import JobRun, JobState, Lease
from tests import factories
from tests.dcai_web.ops.beating import beating
from tests.e2e.test_every_page import Check, faults


def test_the_page_of_the_site_renews_itself(browse: Callable[..., Page], violations: Check) -> None:
    admin = factories.user("admin@example.org", name="Ann Onymous", is_superuser=True, is_staff=True)
    project = factories.project(manager=admin, name="Letters")
    now = timezone.now()
    failed = JobRun.objects.create(
        kind="labeling.import", project=project, state=JobState.FAILED, finished_at=now, error="The file is empty."
    )
    waiting = JobRun.objects.create(kind="quality.run", project=project, queue="quality")
    JobRun.objects.filter(pk=waiting.pk).update(created_at=now - timedelta(minutes=20))
    page = browse(admin, path="/site/")
    expect(page.get_by_text("No worker", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=str(failed.pk), exact=True)).to_be_visible()
    assert faults(page, "/site/", violations) == []
    page.goto("/site/")
    page.locator(f"#job-{failed.pk}").focus()
    redis = heartbeat.client(settings.REDIS_URL)
    try:
        beating("default", "imports", "media", "quality", name="worker@one")
        heartbeat.tick(settings.REDIS_URL)
        expect(page.get_by_text("worker@one")).to_be_visible()
        expect(page.get_by_text("No worker", exact=True)).to_have_count(0)
        # What had the focus keeps it while the figures are replaced.
        expect(page.locator(f"#job-{failed.pk}")).to_be_focused()
    finally:
        redis.flushdb()


def test_a_picked_task_opens_in_the_editor(browse: Callable[..., Page]) -> None:
    project = factories.project()
    factories.tasks(project, data=[{"text": f"message number {number}"} for number in range(9)])
    picked = project.tasks.order_by("-pk")[0]
    person = factories.member(project)
    page = browse(person, path=f"/p/{project.slug}/tasks/{picked.pk}/")
    page.get_by_role("button", name="Label it").wait_for()
    page.keyboard.press("l")
    page.wait_for_url(f"**/label/?task={picked.pk}")
    expect(page.get_by_text("message number 8").first).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("message number 0").first).to_be_visible()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert picked.annotations.get().annotator == person
    assert not Lease.objects.filter(task=picked).exists()
