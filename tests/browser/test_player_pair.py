"""Joint runs in the trajectory player, in real Chromium: two halves on one clock (``pair_runs``)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pair_runs import GIVEN, THINGS, Joint, PairServer, build
from PIL import Image
from player_runs import COLORS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

THEME = Path(__file__).parents[2] / "assets" / "theme.css"
READ = """node => {
  const d = node.getContext('2d').getImageData(0, 0, node.width, node.height).data;
  let s = ''; for (let i = 0; i < d.length; i++) s += String.fromCharCode(d[i]);
  return [node.width, node.height, btoa(s)]; }"""
ROWS = """rows => rows.filter(row => row.children.length === 2 && row.lastChild.classList.contains('fd-level'))
  .map(row => [...row.children].map(text => text.textContent).join('\\n'))"""
LINE = """node => {
  const line = node.querySelector('.fd-halves-line').getBoundingClientRect();
  const place = name => { const r = node.querySelector(`.fd-half-${name} i`).getBoundingClientRect();
    return (r.left + r.width / 2 - line.left) / line.width; };
  return [place('image'), place('label')]; }"""


class App:
    def __init__(self, url: str, server: PairServer) -> None:
        self.url, self.server = url, server

    @property
    def last(self) -> Joint:
        return list(self.server.runs.values())[-1]  # type: ignore[return-value]


@pytest.fixture(scope="module")
def app(serve: Any) -> Iterator[App]:
    server = PairServer()
    with serve(build(server), css=THEME.read_text("utf-8")) as address:
        yield App(address, server)


def until(page: Page, condition: str) -> None:
    """Wait until ``condition`` on ``p`` (what the player shows of itself) holds."""
    find = "const p = document.querySelector('.fd-player')?.fdPlayer"
    page.wait_for_function(f"() => {{ {find}; return p && ({condition}); }}", timeout=15000)


def settle(page: Page, index: int) -> None:
    until(page, f"p.index === {index} && p.shown.index === {index} && p.shown.run === p.run")
    painted(page)


def painted(page: Page) -> None:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def push(page: Page, name: str, frames: int = 6) -> None:
    """Press a button of the test page and wait for the whole run."""
    before = page.evaluate("document.querySelector('.fd-player')?.fdPlayer.run ?? ''")
    page.get_by_role("button", name=name, exact=True).click()
    until(page, f"p.run && p.run !== '{before}' && p.status && p.arrived === {frames}")
    settle(page, frames - 1)


def start(app: App, open_page: Any, name: str, **options: Any) -> Page:
    page = open_page(app.url, **{"width": 1280, "height": 1000, **options})
    page.wait_for_selector(".fd-player .fd-head")
    push(page, name, frames=2 if name == "Judge" else 6)
    return page


def scrub(page: Page, index: int) -> None:
    page.locator(".fd-cell").nth(index).click()
    settle(page, index)


def view(page: Page, name: str) -> None:
    page.locator(".fd-player").get_by_role("button", name=name, exact=True).click()
    until(page, f"p.view === '{name.lower()}'")
    painted(page)


def panel(page: Page, half: str) -> Locator:
    return page.locator(f".fd-panel-{half}")


def pixels(canvas: Locator, width: int | None = None, height: int | None = None) -> np.ndarray:
    """Canvas as uint8 [height, width, 3]; with a size, the middle of each pixel of a crisply scaled picture."""
    have_width, have_height, text = canvas.evaluate(READ)
    seen = np.frombuffer(base64.b64decode(text), np.uint8).reshape(have_height, have_width, 4)[..., :3]
    if width is None or height is None:
        return seen
    x = ((np.arange(width) + 0.5) * have_width / width).astype(int)
    y = ((np.arange(height) + 0.5) * have_height / height).astype(int)
    return seen[y[:, None], x]


def shown(page: Page, run: Joint, half: str) -> np.ndarray:
    return pixels(panel(page, half).locator(".fd-base"), run.width, run.height)


@pytest.mark.parametrize("name", ["Segment", "Paint", "Classify", "Imagine"])
def test_both_halves_move_on_one_clock(app: App, open_page: Any, name: str) -> None:
    page = start(app, open_page, name)
    run = app.last
    label = "Class level" if run.whole else "Mask"
    does = (
        {"image": "dissolves", "label": "forms"} if run.forms == "label" else {"image": "forms", "label": "dissolves"}
    )
    for half, title in (("image", "Image"), ("label", label)):
        assert panel(page, half).locator(".fd-half-title").inner_text().split() == [*title.split(), does[half]]
    for index in (0, 2, 5, 3):
        scrub(page, index)
        for half in ("image", "label"):
            np.testing.assert_array_equal(
                shown(page, run, half), run.picture(half, index, 0), err_msg=f"{half} {index}"
            )
        t = run.times[index]
        np.testing.assert_allclose(page.locator(".fd-player").evaluate(LINE), [t, 1 - t], atol=0.01)
        said = page.locator(".fd-halves").get_attribute("aria-label")
        assert said.startswith(f"t = {t:.2f}: image {100 * t:.0f} % clean") and said.endswith(
            f"{100 - 100 * t:.0f} % clean"
        )
    assert (
        page.locator(".fd-halves .fd-forms b")
        .inner_text()
        .startswith("image" if run.forms == "image" else label.split()[-1].lower())
    )
    left, right = (panel(page, half).locator(".fd-stack").bounding_box() for half in ("image", "label"))
    assert left["y"] == right["y"] and left["x"] + left["width"] < right["x"], "side by side"
    assert left["width"] == pytest.approx(right["width"], abs=0.5) and left["height"] == pytest.approx(
        right["height"], abs=0.5
    )


def test_an_image_that_stays_as_it_was_given(app: App, open_page: Any) -> None:
    page = start(app, open_page, "Judge")
    run = app.last
    assert panel(page, "image").locator(".fd-half-title").inner_text().split() == ["Image", "given"]
    for index in (0, 1):
        scrub(page, index)
        np.testing.assert_array_equal(shown(page, run, "image"), run.picture("image", 0, 0))
        np.testing.assert_array_equal(shown(page, run, "label"), run.picture("label", index, 0))
        np.testing.assert_allclose(page.locator(".fd-player").evaluate(LINE), [1, index], atol=0.01)
    assert page.locator(".fd-half b").all_inner_texts() == ["image", "level · t = 1.00"]
    assert "noise" not in page.locator(".fd-below").inner_text()


def test_views_act_on_the_label_half(app: App, open_page: Any) -> None:
    page = start(app, open_page, "Segment")
    run = app.last
    scrub(page, 3)
    view(page, "Classes")
    top = panel(page, "label").locator(".fd-top")
    np.testing.assert_array_equal(pixels(top), np.array(COLORS, np.uint8)[run.classes[3][0]])
    np.testing.assert_array_equal(shown(page, run, "image"), run.picture("image", 3, 0))
    view(page, "Overlay")
    np.testing.assert_array_equal(
        shown(page, run, "label"), run.picture("image", 0, 0), err_msg="over the given picture"
    )
    view(page, "Settling")
    np.testing.assert_array_equal(shown(page, run, "image"), run.picture("image", 3, 0))

    view(page, "Speed")
    assert f"{run.top_speed():.2f}" in page.locator(".fd-bar").inner_text()
    for half in ("image", "label"):
        green = shown(page, run, half)[..., 1].astype(float)  # along viridis green rises with speed
        assert np.corrcoef(green.ravel(), run.speed(half, 3, 0).ravel())[0, 1] > 0.9
    speeds = {half: run.speed(half, 3, 0).mean() for half in ("image", "label")}
    greens = {half: shown(page, run, half)[..., 1].mean() for half in ("image", "label")}
    assert (greens["image"] < greens["label"]) == (speeds["image"] < speeds["label"]), "one scale for both"
    scrub(page, 0)
    for half in ("image", "label"):
        assert "no speed" in panel(page, half).inner_text()

    push(page, "Paint")
    view(page, "Overlay")
    scrub(page, 2)
    np.testing.assert_array_equal(
        shown(page, app.last, "label"), app.last.picture("image", 2, 0), err_msg="over the image half"
    )


def test_one_pixel_on_both_panels(app: App, open_page: Any) -> None:
    page = start(app, open_page, "Segment")
    run = app.last
    until(page, "p.probe")
    box = panel(page, "image").locator(".fd-stack").bounding_box()
    asked = len(app.server.questions)
    panel(page, "image").locator(".fd-stack").click(
        position={"x": 20.5 / 64 * box["width"], "y": 30.5 / 48 * box["height"]}
    )
    until(page, "p.probe?.x === 20 && p.probe?.y === 30")
    assert app.server.questions[asked:] == [("probe", run.run, 0, 20, 30)]

    def crosses() -> list[tuple[float, float]]:
        found = []
        for half in ("image", "label"):
            area = panel(page, half).locator(".fd-stack").bounding_box()
            cross = panel(page, half).locator(".fd-cross").bounding_box()
            middle = (cross["x"] + cross["width"] / 2 - area["x"], cross["y"] + cross["height"] / 2 - area["y"])
            found.append((64 * middle[0] / area["width"], 48 * middle[1] / area["height"]))
        return found

    np.testing.assert_allclose(crosses(), [(20.5, 30.5)] * 2, atol=0.1)
    for half, by in (("label", 1), ("image", 2)):
        panel(page, half).locator(".fd-stack").focus()
        page.keyboard.press("ArrowRight")
        painted(page)
        np.testing.assert_allclose(crosses(), [(20.5 + by, 30.5)] * 2, atol=0.1)
        page.keyboard.press("Enter")
        until(page, f"p.probe?.x === {20 + by}")
    page.mouse.move(box["x"] + 1.5 / 64 * box["width"], box["y"] + 2.5 / 48 * box["height"])
    painted(page)
    assert page.locator(".fd-caption-text").inner_text().startswith("Pixel 1, 2")
    assert page.evaluate("document.querySelector('.fd-player').fdPlayer.index") == 5, "arrows on a picture do not scrub"


@pytest.mark.parametrize("name", ["Classify", "Imagine"])
def test_level_of_the_class(app: App, open_page: Any, name: str) -> None:
    page = start(app, open_page, name)
    run, player = app.last, page.locator(".fd-player")
    assert player.locator(".fd-legend").is_hidden() and player.locator(".fd-probe").is_hidden()
    assert player.get_by_role("button", name="Save: Class indices as PNG").is_hidden()
    assert player.locator(".fd-head button:visible").all_inner_texts() == ["State", "Speed"]
    rows = [row.split("\n") for row in player.locator(".fd-gauge-axis g g").evaluate_all(ROWS)]
    given = GIVEN if name == "Imagine" else None
    assert rows == [
        [thing, "given" if i == given else f"{-2 + 4 / 9 * i:.2f}".replace("-", "−")] for i, thing in enumerate(THINGS)
    ]
    heights = []
    for index in (0, 1, 5):
        scrub(page, index)
        mean, nearest = float(run.means[index][0]), run.nearest(index, 0)
        away = abs(mean - (-2 + 4 / 9 * nearest)) / (4 / 9)
        wanted = f"mean {mean:.2f} → {THINGS[nearest]}, {away:.2f} spacings away".replace("-", "−")
        assert player.locator(".fd-reading").inner_text() == wanted
        assert player.locator(".fd-gauge-axis g.fd-now text").first.text_content().startswith(THINGS[nearest])
        assert len(player.locator(".fd-past").get_attribute("d").split("M")) - 1 == index, (
            "one mark for each step before"
        )
        mark = player.locator(".fd-gauge-axis .fd-mark").bounding_box()
        heights.append(mark["y"] + mark["height"] / 2)
    scale = (heights[0] - heights[2]) / (run.means[5][0] - run.means[0][0])
    assert heights[0] - heights[1] == pytest.approx(scale * (run.means[1][0] - run.means[0][0]), abs=1)

    chart = player.get_by_role("img", name="Mean of the label channel")
    names = chart.locator("text").filter(has_text=THINGS[1])
    outer, inner = chart.bounding_box(), names.bounding_box()
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"], "the longest name fits"
    assert chart.locator("text.fd-given").all_text_contents() == ([THINGS[GIVEN]] if name == "Imagine" else [])
    chart.click(position={"x": 8, "y": 60})
    settle(page, 0)
    player.locator(".fd-stack").first.click()
    page.keyboard.press("ArrowRight")
    settle(page, 1)  # no pixel is followed here, so that the arrows scrub on the picture too
    assert player.locator(".fd-cross:visible").count() == 0
    assert not [question for question in app.server.questions if question[:2] == ("probe", run.run)]


@pytest.mark.parametrize(
    ("name", "heading", "text", "half"),
    [
        (
            "Segment 3",
            "Same picture, other seeds",
            "3 readings of one picture: the noise that the label starts",
            "label",
        ),
        (
            "Paint 3",
            "Same mask, other seeds",
            "3 pictures from one mask. Drawn anew: the image's noise, and the mask's within β = 51 g",
            "image",
        ),
        (
            "Classify 3",
            "Same picture, other seeds",
            "3 readings of one picture: the noise that the label starts",
            "image",
        ),
        (
            "Imagine 3",
            "Same class, other seeds",
            "3 pictures from one class. Drawn anew: the image's noise, and the level's within β = 0.25 l",
            "image",
        ),
    ],
)
def test_wall_and_film(app: App, open_page: Any, name: str, heading: str, text: str, half: str) -> None:
    page = start(app, open_page, name)
    run = app.last
    card = page.locator(".fd-card", has=page.locator(".fd-wall"))
    assert card.locator("h3").inner_text() == heading and card.locator("p").inner_text().startswith(text)
    page.get_by_role("button", name=f"{'Reading' if run.forms == 'label' else 'Picture'} 3").click()
    until(page, "p.sample === 2")
    scrub(page, 1)
    page.wait_for_timeout(300)
    tiles, cells = page.locator(".fd-wall button"), page.locator(".fd-cell")
    for k in range(3):
        np.testing.assert_array_equal(pixels(tiles.nth(k).locator("canvas")), run.picture(half, 1, k))
    for i in range(6):
        np.testing.assert_array_equal(pixels(cells.nth(i).locator("canvas")), run.picture(half, i, 2))
    for other in ("image", "label"):
        np.testing.assert_array_equal(shown(page, run, other), run.picture(other, 1, 2))
    reads = page.locator(".fd-film .fd-read:visible").all_inner_texts()
    assert reads == ([THINGS[run.nearest(i, 2)] for i in range(6)] if name == "Classify 3" else [])
    if run.whole:
        assert page.get_by_role("img", name="Mean of the label channel").locator(".fd-curve").count() == 3
    mean_speed = page.locator(".fd-numbers dt", has_text="mean |v|")
    assert "label half" in mean_speed.get_attribute("title") and "label half" in page.locator(".fd-below").inner_text()


def test_live_run_and_the_runs_after_it(app: App, open_page: Any) -> None:
    page = open_page(app.url, width=1280, height=1000)
    page.wait_for_selector(".fd-player .fd-head")
    page.evaluate(
        """() => { const make = window.createImageBitmap.bind(window); window.made = [];
          window.createImageBitmap = (...a) => make(...a).then(b => (window.made.push(b), b)); }"""
    )
    page.get_by_role("button", name="Live", exact=True).click()
    until(page, "p.newest >= 1 && !p.status")
    assert page.locator(".fd-stack").count() == 2
    until(page, "p.status === 'done' && p.arrived === 6")
    settle(page, 5)
    np.testing.assert_array_equal(shown(page, app.last, "image"), app.last.picture("image", 5, 0))
    decoded = page.evaluate("window.made.length")
    assert decoded <= 6 * (3 + 2) + 1, "of the samples that are not on the stage, thumbnails only"
    push(page, "Plain")
    assert page.locator(".fd-stack").count() == 1 and page.locator(".fd-halves").count() == 0
    for hidden in (".fd-gauge", ".fd-half-title"):
        assert page.locator(hidden).is_hidden()
    for back in (".fd-legend", ".fd-probe"):
        assert page.locator(back).is_visible()
    assert "Path 1.73 long" in page.locator(".fd-below").inner_text()
    push(page, "Segment")
    page.wait_for_timeout(300)
    assert page.locator(".fd-stack").count() == 2
    alive = page.evaluate("window.made.filter(b => b.width > 0).length")
    assert alive <= 6 * 3 + 1, (
        "both halves and a thumbnail per frame, and the given picture; those of other runs are freed"
    )


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (360, "dark")])
@pytest.mark.parametrize("name", ["Paint 3", "Imagine 3"])
def test_phone(app: App, open_page: Any, name: str, width: int, theme: str) -> None:
    page = start(app, open_page, name, width=width, height=844, ratio=3, theme=theme, touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    left, right = (panel(page, half).bounding_box() for half in ("image", "label"))
    assert left["y"] == right["y"] and left["width"] == pytest.approx(right["width"], abs=0.5)
    assert 2 * left["width"] > 0.88 * page.locator(".fd-stage").bounding_box()["width"], "the panels use the room"
    for half in ("image", "label"):
        does = panel(page, half).locator(".fd-half-title span")
        assert does.evaluate("node => node.scrollWidth <= node.clientWidth"), "the heading fits its panel"
    heights = []
    for name_of_view in page.locator(".fd-head .fd-seg button:visible").all_inner_texts():
        view(page, name_of_view)
        heights.append(page.locator(".fd-stage").bounding_box()["height"])
    assert max(heights) - min(heights) < 1, "views change without a jump"
    view(page, "State")
    panel(page, "image").locator(".fd-stack").tap()
    controls = page.locator(".fd-player button:visible, .fd-player input[type=range]:visible")
    assert min(controls.nth(i).bounding_box()["height"] for i in range(controls.count())) >= 44
    page.locator(".fd-cell").nth(2).tap()
    settle(page, 2)
    run = app.last
    np.testing.assert_array_equal(shown(page, run, "image"), run.picture("image", 2, 0))
    if run.whole:
        places = (".fd-panel-label", ".fd-gauge", ".fd-transport", ".fd-numbers")
        tops = [page.locator(place).bounding_box()["y"] for place in places]
        assert tops == sorted(tops), "the reading lies between the pictures and the scrubber"


def test_thumbnails_are_small_whatever_the_picture(app: App, open_page: Any) -> None:
    page = start(app, open_page, "Large")
    run = app.last
    thumb = pixels(page.locator(".fd-cell canvas").last)
    assert thumb.shape[1] <= 132
    small = np.asarray(
        Image.fromarray(np.ascontiguousarray(run.picture("image", 5, 0))).resize(
            thumb.shape[1::-1], Image.Resampling.BOX
        ),
        float,
    )
    assert np.abs(small - thumb).mean() < 6
