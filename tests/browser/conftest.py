"""Real Chromium for the tests of widgets and pages.

Fixtures
    browser    one Chromium for the whole session. Found through ``FLOWDEMO_CHROMIUM``, then the usual program
               names, then Playwright's own download; without any, browser tests are skipped with one line, or
               fail where the variable ``CI`` is set.
    serve      ``with serve(blocks, **launch) as url:`` launches a ``gr.Blocks`` on a free port in a thread of
               this process (so that a test can read what the handlers received) and closes it afterwards.
    open_page  ``page = open_page(url, width=390, height=844, ratio=3, theme="dark", touch=True)``; every page
               it opened fails its test on a console error, a page error, a failed or refused request, or a
               request to another machine. ``page.problems`` is the list so far. With ``refusals=True`` the answer
               422 to a run that a control refused is no problem: gradio refuses that way.

Tests act through mouse, touch and keyboard only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from page_kit import desk as desk
from page_kit import page_server as page_server

if TYPE_CHECKING:
    import gradio as gr
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

Serve = Callable[..., AbstractContextManager[str]]
OpenPage = Callable[..., "Page"]

# Blocks that a test builds must not call home; read when they are built.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

JOIN = "/queue/join"  # where gradio takes runs in
LOCAL_HOSTS = {"127.0.0.1", "localhost"}
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def find_chromium(bundled: str) -> str | None:
    """Path of a Chromium that can be started, or None."""
    candidates = [os.environ.get("FLOWDEMO_CHROMIUM"), *map(shutil.which, PROGRAMS), bundled]
    return next((path for path in candidates if path and Path(path).exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all browser tests."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
    with sync_api.sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        if path is None:
            line = "no Chromium found: install one or set FLOWDEMO_CHROMIUM to its path"
            pytest.fail(line) if os.environ.get("CI") else pytest.skip(line)
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Context manager that launches blocks on a free port and yields their address."""

    @contextlib.contextmanager
    def run(demo: gr.Blocks, **launch: Any) -> Iterator[str]:
        options = {"server_name": "127.0.0.1", "ssr_mode": False, "run_history": False, **launch}
        _, url, _ = demo.launch(prevent_thread_lock=True, quiet=True, **options)
        try:
            yield url
        finally:
            demo.close(verbose=False)

    return run


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Factory of watched pages; closes them and reports their problems when the test ends."""
    contexts, problems = [], []

    def factory(
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        ratio: float = 1,
        theme: str = "light",
        touch: bool = False,
        reduced_motion: bool = False,
        refusals: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=ratio,
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce" if reduced_motion else "no-preference",
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        watch_problems(page, problems, refusals)
        page.goto(f"{url}{'&' if '?' in url else '?'}__theme={theme}")
        return page

    yield factory
    # Closing a page aborts its open event stream, which is no fault of the page: judge first, close after.
    found = list(problems)
    for context in contexts:
        context.close()
    assert not found, "the page reported problems:\n" + "\n".join(found)


def watch_problems(page: Page, problems: list[str], refusals: bool = False) -> None:
    """Collect everything a visitor's browser would complain about into ``problems``."""

    def on_console(line: ConsoleMessage) -> None:
        refusal = refusals and "status of 422" in line.text and line.location["url"].split("?")[0].endswith(JOIN)
        if line.type == "error" and not refusal:
            problems.append(f"console: {line.text}")

    def on_response(response: Response) -> None:
        refusal = refusals and response.status == 422 and response.url.split("?")[0].endswith(JOIN)
        if response.status >= 400 and not refusal:
            problems.append(f"refused request: {response.status} {response.url}")

    def on_failed(request: Request) -> None:
        # A reload aborts the event stream of the page before it.
        if "ERR_ABORTED" not in (request.failure or ""):
            problems.append(f"failed request: {request.failure} {request.url}")

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in LOCAL_HOSTS:
            problems.append(f"external request: {request.url}")

    page.problems = problems
    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
    page.on("response", on_response)
    page.on("requestfailed", on_failed)
    page.on("request", on_request)
