"""What a reload leaves in the console through no fault of the page."""

from __future__ import annotations

from playwright.sync_api import Page

CUT = ("console: AbortError", "console: Unexpected error Connection errored out")


def forgive_reload(page: Page) -> None:
    """Forget the two lines that gradio itself logs when a reload cuts its event stream; call it on the ready page."""
    page.problems[:] = [line for line in page.problems if not line.startswith(CUT)]
