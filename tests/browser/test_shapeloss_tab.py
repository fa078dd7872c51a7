"""The section on losses of shapes in real Chromium: its numbers against the library's, and mouse, touch and keys.

Numbers agree to 1e-6 where both sides read T off the same distances, and to 1e-4 where they make those from a mask,
which the library keeps in single precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from shapeloss_kit import SHOWN, Losses, losses_tab
from spiral_kit import touch
from test_page_looks import CONTRAST, NAMELESS

from flowdemo.data.silhouettes import SILHOUETTES, signed_distance
from flowdemo.evaluation.contours import contour_scores
from flowdemo.systems.contourflow import shape_loss, tangent
from flowdemo.systems.distance import gaussian
from flowdemo.systems.distance import signed_distance as distance_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenLosses = Callable[..., Losses]
SIDE = 128
Y, X = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2


@pytest.fixture(scope="module")
def url(serve: Any) -> Iterator[str]:
    with losses_tab(serve) as address:
        yield address


@pytest.fixture
def open_losses(open_page: Callable[..., Page], url: str) -> OpenLosses:
    return lambda **options: Losses(open_page(url, **options)).ready()


@pytest.fixture
def losses(open_losses: OpenLosses) -> Losses:
    return open_losses(height=1100)


# Numbers --------------------------------------------------------------------------------------------------------


def phi_of(losses: Losses, name: str, pose: dict[str, float] | None = None) -> np.ndarray:
    return np.array(losses.ask("phi", name, pose or {})).reshape(SIDE, SIDE)


def by_library(u: np.ndarray, mask: np.ndarray, phi: torch.Tensor) -> dict[str, float | None]:
    scores = contour_scores(mask, u >= 0.5, least=0)
    flow = float(shape_loss(torch.from_numpy(u)[None, None], tangent(phi.double())))
    dice = None if scores["dice"] is None else 1 - scores["dice"]
    return {"flow": flow, "dice": dice, "bd": scores["bd"], "bdsd": scores["bdsd"]}


def test_silhouettes_are_those_of_the_library_in_any_pose(losses: Losses) -> None:
    for name in SILHOUETTES:
        found, expected = phi_of(losses, name), signed_distance(name)
        np.testing.assert_array_equal(found >= 0, expected >= 0, err_msg=name)
        if name != "ellipse":  # the library's is not Euclidean
            np.testing.assert_allclose(found, expected, atol=1e-9, err_msg=name)
    pose = {"dx": 5, "dy": -7, "turn": 25, "scale": 1.3, "offset": -4}
    disc = 48 - np.hypot(X - 5, Y + 7)
    off = np.abs(phi_of(losses, "disc", pose) - disc)
    assert off[disc < 30].max() < 0.02, "read between kept distances, which is rough at the middle only"
    right = {"turn": 90}
    for name in ("ellipse", "pac-man"):  # clockwise as it is shown
        np.testing.assert_allclose(phi_of(losses, name, right), np.rot90(phi_of(losses, name), -1), atol=1e-9)
    grown = phi_of(losses, "ellipse", {"scale": 0.8, "offset": 6})
    steep = np.hypot(*np.gradient(grown))[np.abs(grown) < 6]
    assert np.abs(steep - 1).max() < 0.02, "an offset of a Euclidean distance is a parallel curve"


def test_any_mask_has_the_losses_of_the_library(losses: Losses) -> None:
    rng = np.random.default_rng(0)
    noise = torch.from_numpy(rng.normal(size=(4, 1, SIDE, SIDE)))
    rough = gaussian(noise, 5.0)[:, 0].numpy() * 40  # many parts, some across the border
    for one, other in ((0, 1), (2, 3)):
        mask, u = rough[one] >= 0, 1 / (1 + np.exp(-rough[other]))
        phi = distance_of(mask[None])
        found = losses.ask("distance", mask.ravel().astype(int).tolist())
        np.testing.assert_allclose(np.reshape(found, (SIDE, SIDE)), phi[0, 0], atol=1e-4)
        told = losses.ask("compare", u.ravel().tolist(), mask.ravel().astype(int).tolist())
        assert told == pytest.approx(by_library(u, mask, phi), abs=1e-4)


def test_what_is_shown_are_the_losses_of_the_library(losses: Losses) -> None:
    for preset, key in (("Turned flower", None), ("Larger ellipse", "its pixels"), ("Shifted square", None)):
        losses.press(preset)
        if key:
            losses.press(key)
        losses.settle()
        state = losses.get("state")
        pose = {name: state[name] for name in ("dx", "dy", "turn", "scale", "offset")}
        own = phi_of(losses, state["reference"])
        phi = torch.from_numpy(own)[None, None]
        phi = distance_of((own >= 0)[None]) if state["source"] == "pixels" else gaussian(phi, 1.5)
        near = 1e-4 if state["source"] == "pixels" else 1e-6

        def expected(own: np.ndarray, phi: torch.Tensor, name: str, pose: dict[str, float]) -> dict[str, Any]:
            return by_library(1 / (1 + np.exp(-phi_of(losses, name, pose) / 1.5)), own >= 0, phi)

        assert losses.get("losses") == pytest.approx(expected(own, phi, state["second"], pose), abs=near), preset
        along = losses.get("sweep")
        assert along["sweep"] == state["sweep"] and len(along["values"]) == len(along["at"])
        for k in (3, 40):
            there = expected(own, phi, state["second"], {**pose, along["sweep"]: along["at"][k]})
            assert along["values"][k] == pytest.approx(there, abs=near), preset
        if key:
            losses.press("its outline")


def test_what_each_loss_charges_for(losses: Losses) -> None:
    words, found = losses.root.locator(".sl-verdict"), {}
    expected = {"Offset ellipse": "parallel", "Larger ellipse": "scaled outline", "Larger disc": "one centre",
                "Turned flower": "across T", "Constant u": "needs a partner"}  # fmt: skip
    for preset, told in expected.items():
        losses.press(preset)
        found[preset] = losses.get("losses")
        expect(words).to_contain_text(told)
    offset, scaled, disc = (found[name] for name in ("Offset ellipse", "Larger ellipse", "Larger disc"))
    assert max(offset["flow"], disc["flow"]) < 0.01 < 0.05 < scaled["flow"] < 0.2 < 0.8 < found["Turned flower"]["flow"]
    assert offset["bd"] == pytest.approx(8, abs=0.5) and offset["bdsd"] < 0.5 < scaled["bdsd"]
    assert found["Constant u"] == {"flow": 0, "dice": 1, "bd": None, "bdsd": None}
    losses.choose("Second shape", "Star")
    losses.slide("Offset", "Home")
    losses.slide("Scale", "Home")
    expect(words).to_contain_text("is gone")
    expect(losses.root.locator(".sl-bar", has_text="BDSD").locator("b")).to_have_text("–")
    losses.press("Put back")
    losses.choose("Reference", "Star")
    expect(words).to_contain_text("same shape in the same place")
    assert losses.get("losses")["dice"] == 0 and losses.get("losses")["flow"] < 0.03


# Hands ----------------------------------------------------------------------------------------------------------


def test_mouse_and_keys_move_the_shape_without_the_server(losses: Losses) -> None:
    asked: list[str] = []
    losses.page.on("request", lambda request: asked.append(request.url))
    losses.press("Put back")
    losses.canvas.scroll_into_view_if_needed()
    mouse, keys, before = losses.page.mouse, losses.page.keyboard, losses.pixels()
    mouse.move(*losses.at(10, 10))
    mouse.down()
    mouse.move(*losses.at(30, -5), steps=5)
    mouse.up()
    assert (losses.get("state")["dx"], losses.get("state")["dy"]) == (20, -15)
    assert losses.pixels() != before and losses.get("losses")["bd"] > 3
    expect(losses.root.locator(".fl-said")).to_contain_text("Contour flow 0.")
    losses.canvas.focus()
    for key in ("ArrowLeft", "ArrowDown", "Shift+ArrowRight"):
        keys.press(key)
    assert (losses.get("state")["dx"], losses.get("state")["dy"]) == (27, -14)
    losses.choose("Sweep", "Scale")
    losses.settle()
    plot = losses.root.locator(".sl-plot").last
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    mouse.click(box["x"] + 40 + (box["width"] - 52) * 2 / 3, box["y"] + 60)
    assert losses.get("state")["scale"] == pytest.approx(1.5, abs=0.011)
    assert asked == []


def test_the_sweep_plays_and_pauses_in_calm_steps_too(losses: Losses) -> None:
    losses.choose("Sweep", "Offset")
    losses.settle()
    curve = losses.get("sweep")["values"]
    for calm in ("no-preference", "reduce"):
        losses.page.emulate_media(reduced_motion=calm)
        losses.slide("Offset", "Home")
        losses.press("Play the sweep")
        losses.page.wait_for_function(f"() => {SHOWN}.state.offset > -15")
        losses.press("Pause")
        stopped = losses.get("state")["offset"]
        losses.page.wait_for_timeout(600)
        assert losses.get("state")["offset"] == stopped < 20
    assert losses.get("sweep")["values"] == curve, "a pose along the sweep changes nothing of it"


def test_a_finger_drags_the_shape_and_scrolls_beside_it(open_losses: OpenLosses) -> None:
    losses = open_losses(width=390, height=844, ratio=3, touch=True)
    losses.press("Put back")
    losses.canvas.scroll_into_view_if_needed()
    before = losses.page.evaluate("scrollY")
    touch(losses.page, [losses.at(0, 3 * i) for i in range(9)])
    losses.page.wait_for_timeout(200)
    assert losses.get("state")["dy"] == pytest.approx(24, abs=2) and losses.page.evaluate("scrollY") == before
    touch(losses.page, [losses.at(-50, -20 - 4 * i) for i in range(9)])
    losses.page.wait_for_timeout(400)
    assert losses.get("state")["dy"] == pytest.approx(24, abs=2) and losses.page.evaluate("scrollY") > before


# Looks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (768, "dark"), (1280, "light")])
def test_nothing_is_cut_off_moves_or_lacks_a_name(open_losses: OpenLosses, width: int, theme: str) -> None:
    losses = open_losses(width=width, height=900, theme=theme, touch=width < 700)
    places = """() => [...document.querySelectorAll(".fl-stage, .sl-bar, .sl-panel, .sl-along")]
      .map((node) => { const box = node.getBoundingClientRect(); return [box.x, box.y + scrollY].map(Math.round); })"""
    found = []
    for preset in ("Constant u", "Larger ellipse", "Turned flower"):
        losses.press(preset)
        losses.settle()
        found.append(losses.page.evaluate(places))
        assert losses.cut_off() == []
        assert losses.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert found[0] == found[1] == found[2]
    losses.page.wait_for_timeout(300)
    assert losses.page.evaluate(CONTRAST) == [] == losses.page.evaluate(NAMELESS)
