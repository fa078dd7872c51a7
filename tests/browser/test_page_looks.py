"""How the page looks and how it is reached: sizes, order, contrast, keys, calm."""

from __future__ import annotations

from typing import Any

import pytest
from page_kit import (
    TO_IMAGE,
    Desk,
    box,
    direction,
    finish,
    give_photo,
    number,
    open_tab,
    photo,
    ready,
    run,
    shown,
    start,
    until,
)
from playwright.sync_api import Page, expect

# Contrast of every text with the surface behind it, by the formula of WCAG 2; texts on pictures and the names of
# controls that are switched off are left out, as WCAG does.
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255]; };
  const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => { const layers = []; for (let n = node; n; n = n.parentElement) {
      const colour = rgba(getComputedStyle(n).backgroundColor); layers.push(colour); if (colour[3] > 0.99) break; }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]); };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || !node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (/^(SCRIPT|STYLE|OPTION|TITLE)$/.test(node.tagName)) continue;
    const place = node.getBoundingClientRect();
    if (place.width < 2 || place.height < 2 || node.closest(":disabled, [aria-disabled=true], .mp-numbers")) continue;
    const style = getComputedStyle(node), paint = node instanceof SVGElement ? style.fill : style.color;
    if (Number(style.fontSize.replace("px", "")) === 0) continue;
    const surface = behind(node), ink = over(rgba(paint), surface), [a, b] = [light(ink), light(surface)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${text.slice(0, 40)} <${node.outerHTML.slice(0, 60)}`);
  }
  return found;
}"""
PLACES = ("direction", "model", "photo", "steps", "more", "run", "examples", "recipe-box", "player")
FOCUSED = """(places) => {
  const node = document.activeElement;
  const drawn = (e) => {
    const style = e && getComputedStyle(e);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 1;
  };
  return { place: node.closest(places.map((id) => "#" + id).join())?.id ?? "", html: node.outerHTML.slice(0, 80),
    seen: Boolean(drawn(node) || drawn(node.closest("label"))) };
}"""
STILL = "() => new Promise((done) => { const y = scrollY; setTimeout(() => done(y === scrollY), 120); })"
# Notes every change of place of the given elements in window.moved, frame by frame of the screen.
WATCH = """(places) => {
  const box = (place) => document.querySelector(place).getBoundingClientRect();
  const at = () => JSON.stringify(places.map(box).map((r) => [r.x, r.y, r.width].map(Math.round)));
  window.moved = [at()];
  const look = () => { if (at() !== window.moved.at(-1)) window.moved.push(at()); requestAnimationFrame(look); };
  look();
}"""
NAMELESS = """() => [...document.querySelectorAll("button, input:not([type=file]), select, [role=combobox]")]
  .filter((n) => n.checkVisibility() && !n.closest("[aria-hidden=true]"))
  .filter((n) => !(n.getAttribute("aria-label") || n.innerText?.trim() || n.title || n.labels?.length))
  .map((n) => n.outerHTML.slice(0, 120))"""
UNDER_RUN = """() => {
  const { left, bottom } = document.querySelector("#run").getBoundingClientRect();
  return Boolean(document.elementFromPoint(left + 40, bottom + 12).closest(".fd-go"));
}"""


def rect(page: Page, place: str) -> dict[str, float]:
    return page.locator(place).bounding_box()


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize("width", [360, 390, 768, 1024, 1280, 1920])
def test_no_width_scrolls_sideways(desk: Desk, open_page: Any, width: int) -> None:
    page = ready(open_page(desk.url, width=width, height=844, touch=width < 700))
    assert overflow(page) <= 0
    direction(page, TO_IMAGE)
    for fold in ("#more", "#recipe-box"):
        page.locator(f"{fold} .label-wrap").click()
    assert overflow(page) <= 0
    open_tab(page, "About")
    expect(page.get_by_role("heading", name="The models")).to_be_visible()
    assert overflow(page) <= 0


def test_on_a_desk_run_is_always_in_sight_and_the_player_is_the_largest_thing(desk: Desk, open_page: Any) -> None:
    page = ready(open_page(desk.url, width=1280, height=900))
    for name in ("Photo → mask", TO_IMAGE):
        page.locator("#direction").get_by_text(name).click()
        page.wait_for_timeout(200)
        expect(page.locator("#run")).to_be_in_viewport(ratio=1)
        column, stage = rect(page, "#direction"), rect(page, "#player .fd-stack")
        player = rect(page, "#player .fd-card-main")
        assert column["x"] + column["width"] < player["x"], "input stands left of the player"
        assert player["width"] > 2 * column["width"] and stage["width"] * stage["height"] > 0.2 * 1280 * 900
    assert page.evaluate(UNDER_RUN), "what is scrolled under the bar with Run does not shine through"


def test_on_a_phone_input_comes_first_and_a_run_brings_the_player_into_sight(desk: Desk, open_page: Any) -> None:
    page = ready(open_page(desk.url, width=390, height=844, ratio=3, touch=True))
    inputs, outputs = ["#direction", "#model", "#photo", "#steps"], [".fd-stage", ".fd-transport", ".fd-below"]
    tops = [rect(page, place)["y"] for place in [*inputs, *(f"#player {part}" for part in outputs)]]
    assert tops == sorted(tops)
    expect(page.locator("#run")).to_be_in_viewport(ratio=1)
    for place in ("#run", "#stop", "#direction label >> nth=0", "#model input", "#more .label-wrap"):
        assert rect(page, place)["height"] >= 43.5, place
    give_photo(page, photo(1))
    run(page)
    page.wait_for_function("() => Math.abs(document.querySelector('#player').getBoundingClientRect().top) < 200")
    expect(page.locator("#stop")).to_be_in_viewport()
    page.locator("#photo").scroll_into_view_if_needed()


def test_a_refusal_out_of_sight_is_brought_into_sight(desk: Desk, open_page: Any) -> None:
    page = ready(open_page(desk.url, width=1280, height=760, refusals=True))
    direction(page, TO_IMAGE)
    box(page, "leaf", (5, 5), (20, 20))
    number(page, "#seed").fill("-1")
    number(page, "#seed").press("Tab")
    page.evaluate("scrollTo(0, 0)")
    start(page)
    expect(page.locator("#seed div.validation-error")).to_be_in_viewport(ratio=1)
    page.wait_for_function(STILL)
    bar, said = rect(page, ".fd-go"), rect(page, "#seed div.validation-error")
    assert said["y"] + said["height"] <= bar["y"] + 1


def test_nothing_jumps_when_frames_arrive(desk: Desk, open_page: Any) -> None:
    page = ready(open_page(desk.url, width=1280, height=900))
    give_photo(page, photo(1))
    run(page)  # a live run has no line about its origin, as the stored one has
    places = ("#photo", "#steps", "#run", "#player", "#player .fd-stage", "#player .fd-transport", "#player .fd-below")
    page.evaluate(WATCH, places)
    desk.brake.pause = 0.05
    run(page)
    assert len(page.evaluate("window.moved")) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_text_stands_out_from_its_surface(desk: Desk, open_page: Any, theme: str, width: int) -> None:
    page = ready(open_page(desk.url, width=width, height=900, theme=theme, refusals=True))
    page.locator("#photo").get_by_role("button", name="Remove Image").click()
    start(page)
    expect(page.locator("#photo div.validation-error")).to_be_visible()
    assert page.evaluate(CONTRAST) == []
    direction(page, TO_IMAGE)
    for fold in ("#more", "#recipe-box"):
        page.locator(f"{fold} .label-wrap").click()
    page.wait_for_timeout(300)
    assert page.evaluate(CONTRAST) == []
    open_tab(page, "About")
    expect(page.get_by_role("heading", name="The models")).to_be_visible()
    assert page.evaluate(CONTRAST) == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(20, 20, 20)" if theme == "dark" else "rgb(250, 249, 246)")


def test_the_keyboard_reaches_everything_in_reading_order(desk: Desk, open_page: Any) -> None:
    page = ready(open_page(desk.url, width=1280, height=900))
    stops: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUSED, PLACES)
        if focus["html"].startswith("<body"):
            break
        assert focus["seen"], f"no visible focus on {focus}"
        stops.append(focus["place"])
    firsts = [stops.index(name) for name in PLACES]
    assert firsts == sorted(firsts), stops


def test_a_run_by_keyboard_alone(desk: Desk, open_page: Any) -> None:
    page = ready(open_page(desk.url, width=1280, height=900))
    page.locator("#direction input").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    canvas = page.locator("#painter canvas")
    canvas.wait_for()
    canvas.focus()
    page.keyboard.press("2")
    page.keyboard.press("Space")
    page.locator("#steps input[type=range]").focus()
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.locator("#run").focus()
    before = shown(page, "run")
    page.keyboard.press("Enter")
    finish(page, before)
    record = desk.record(page)
    assert record.request.steps == 3 and (record.given.pixels == 2).sum() > 0
    page.locator("#player").get_by_role("slider", name="Step", exact=True).focus()
    page.keyboard.press("Home")
    until(page, "p.shown.index === 0")


def test_words_are_plain_and_names_are_given(desk: Desk, open_page: Any) -> None:
    page = ready(open_page(desk.url, width=1280, height=900))
    direction(page, TO_IMAGE)
    text = page.locator("body").inner_text()
    assert not [character for character in text if ord(character) > 0x1F000], "no emoji"
    assert page.evaluate(NAMELESS) == []
    expect(page.locator("h1")).to_have_text("flowdemo")
    expect(page.locator(".fd-device")).to_contain_text("CPU")
