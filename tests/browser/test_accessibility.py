"""Every tab of the page with the shipped models, scanned by axe: rules of WCAG 2.1 A and AA, and good practice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_kit import open_tab, ready
from playwright.sync_api import Page, expect

TABS = ("Trajectory", "Classify & generate", "Compare", "Field lab", "Anomaly", "Shape", "Learn", "About")
# Where a tab runs something by itself, and what is said there in the end
OPENING = {
    "Compare": (".cp-charts h3 >> nth=0", "%"),
    "Anomaly": (".an-score", "higher than"),
    "Shape": (".sh-page", "solidity 0"),
}
RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


@pytest.fixture(scope="module")
def whole_page() -> Iterator[str]:
    from flowdemo.engine import Engine
    from flowdemo.ui.page import build, launch

    demo = build(Engine("cpu"))
    _, url, _ = launch(demo, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    yield url.rstrip("/")
    demo.close(verbose=False)


def settled(page: Page, tab: str) -> None:
    """Wait until a tab shows what it opens with."""
    if tab in OPENING:
        place, words = OPENING[tab]
        expect(page.locator(place)).to_contain_text(words, timeout=60_000)
    page.wait_for_timeout(500)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_in_any_tab(
    open_page: Callable[..., Page], whole_page: str, width: int, theme: str
) -> None:
    page = ready(open_page(whole_page, width=width, height=844, theme=theme, reduced_motion=True))
    found = []
    for tab in TABS:
        open_tab(page, tab)
        settled(page, tab)
        for rule in Axe().run(page, options=RULES).response["violations"]:
            found += [f"{tab}: {rule['id']} ({rule['impact']}) {node['html'][:120]}" for node in rule["nodes"]]
    assert not found, "\n".join(found)
