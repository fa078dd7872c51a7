"""The field laboratory in real Chromium: its numbers against Python's, and mouse, touch and keys on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from fieldlab_kit import CODES, PLANE, FieldLab, fieldlab_tab
from playwright.sync_api import Page, expect
from spiral_kit import touch
from test_page_looks import CONTRAST, NAMELESS

from flowdemo.codes import families, measures
from flowdemo.systems.potential import TRANSFORMS, Potential

OpenLab = Callable[..., FieldLab]
MAKERS = {"grid": families.grid, **families.POINTS}


@pytest.fixture(scope="module")
def url(serve: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fieldlab_tab(serve, tmp_path_factory.mktemp("scores")) as address:
        yield address


@pytest.fixture
def open_lab(open_page: Callable[..., Page], url: str) -> OpenLab:
    return lambda **options: FieldLab(open_page(url, **options)).ready()


@pytest.fixture
def lab(open_lab: OpenLab) -> FieldLab:
    return open_lab(height=1000)


# Numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_gradient_is_that_of_the_library(lab: FieldLab, transform: str) -> None:
    rng = np.random.default_rng(5)
    for tau, epsilon in ((0.5, 1e-3), (1.0, 1e-4), (2.0, 1e-3), (4.0, 1e-1)):
        codes, places = rng.uniform(-1, 1, (6, 2)), rng.uniform(-1.2, 1.2, (40, 2))
        labels = rng.integers(0, 6, 40)
        potential = Potential(torch.tensor(codes), tau, epsilon, transform)
        x, y = torch.tensor(places), torch.tensor(labels)
        settings = {"codes": codes.tolist(), "tau": tau, "epsilon": epsilon, "transform": transform}
        found = np.array(lab.page.evaluate(
            f"([s, places, hot]) => places.map((place, i) => {PLANE}.gradient(s, place, hot[i]))",
            [settings, places.tolist(), np.eye(6)[labels].tolist()],
        ))  # fmt: skip
        expected = potential.gradient(x, y).numpy()
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(found[:, :2], expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
        np.testing.assert_allclose(found[:, 2], potential.value(x, y).numpy(), rtol=1e-9, atol=1e-12)


def test_codes_and_measures_are_those_of_the_library(lab: FieldLab) -> None:
    for n in (2, 19, 150, 171, 216, 255):
        found = lab.page.evaluate(f"(n) => {CODES}.measured(n)", n)
        assert set(found) == set(MAKERS)
        for family, make in MAKERS.items():
            points, one = make(n), found[family]
            np.testing.assert_allclose(one["points"], points, atol=1e-12)
            expected = [measures.min_distance(points), measures.tolerance(points), measures.neighbour_variation(points),
                        measures.axis_gap(points), measures.discrepancy(points)]  # fmt: skip
            told = [one[name] for name in ("least", "tolerance", "variation", "gap", "discrepancy")]
            np.testing.assert_allclose(told, expected, atol=1e-6)
            apart = measures.distances(points)
            assert apart[tuple(one["pair"])] == pytest.approx(expected[0], rel=1e-9)
            assert one["ties"] == (np.triu(apart) <= expected[0] * (1 + 1e-9))[np.triu_indices(n, 1)].sum()
    seeded = lab.page.evaluate(f"() => {CODES}.measured(7, 12).random.points")
    np.testing.assert_array_equal(seeded, families.uniform_random(7, 12))


def field(codes: np.ndarray, target: int, eta: float, t: float, **options: Any) -> Callable[[np.ndarray], np.ndarray]:
    potential, label = Potential(torch.tensor(codes), **options), torch.tensor([target])

    def force(x: np.ndarray) -> np.ndarray:
        slope = potential.gradient(torch.tensor(x[None]), label)[0].numpy() if eta else 0.0
        return -(x - codes[target]) / (1 - t) - eta * slope

    return force


def descent(force: Any, start: np.ndarray, codes: np.ndarray, target: int) -> tuple[float, float, float]:
    """Closest approach to a wrong code, time of arrival and time in wrong cells, by small steps of Runge and Kutta."""
    x, s, h, wrong = start.astype(float), 0.0, 2e-3, 0.0
    closest = np.delete(np.linalg.norm(codes - x, axis=1), target).min()
    while np.linalg.norm(x - codes[target]) >= 0.05 and s < 10:
        a = force(x)
        b = force(x + h / 2 * a)
        c = force(x + h / 2 * b)
        x, s = x + h / 6 * (a + 2 * b + 2 * c + force(x + h * c)), s + h
        apart = np.linalg.norm(codes - x, axis=1)
        wrong += h * (apart.argmin() != target)
        closest = min(closest, np.delete(apart, target).min())
    return closest, s, wrong


@pytest.mark.parametrize("t", [0.0, 0.5])
def test_descents_keep_the_distance_and_take_the_time_that_python_finds(lab: FieldLab, t: float) -> None:
    lab.slide("Time t", "Home", *(["PageUp"] * 20 if t else []))
    state = lab.state
    codes, t = np.array(state["codes"]), state["t"]
    found = lab.get("paths")
    for eta, name in ((0.0, "plain"), (state["eta"], "term")):
        force = field(codes, state["target"], eta, t, tau=state["tau"], epsilon=1e-3)
        for start, told in zip(state["starts"], found[name], strict=True):
            closest, time, wrong = descent(force, np.array(start), codes, state["target"])
            assert told["closest"]["distance"] == pytest.approx(closest, abs=5e-3)
            assert told["time"] == pytest.approx(time, abs=1e-2)
            assert told["wrong"] == pytest.approx(wrong, abs=2e-2)
    assert found["term"][0]["closest"]["distance"] > 2 * found["plain"][0]["closest"]["distance"]
    assert found["term"][0]["time"] < found["plain"][0]["time"]


def test_pull_follows_its_law_and_its_cap(lab: FieldLab) -> None:
    lab.slide("Smoothing ε", "Home")
    for _ in range(4):
        lab.slide("Temperature τ", "PageDown", "PageDown", "ArrowLeft")
        state, law = lab.state, lab.get("law")
        radii, pulls = np.array(law["radii"]), np.array(law["pulls"])
        assert (pulls <= law["cap"]).all()
        clear = (radii > 0.01) & (radii < 0.05) & (law["stiffness"] * radii ** (2 / state["tau"]) < 0.05)
        if clear.sum() < 3:
            continue
        slope = np.polyfit(np.log(radii[clear]), np.log(pulls[clear]), 1)[0]
        assert slope == pytest.approx(2 / state["tau"] - 1, abs=0.1)
        break
    else:
        raise AssertionError("no temperature had a clear first regime")


def test_the_prediction_of_a_population_is_a_minimum_below_the_mean(lab: FieldLab) -> None:
    lab.button("Population").click()
    state = lab.state
    codes, share = np.array(state["codes"]), np.array(state["weights"]) / sum(state["weights"])
    potential = Potential(torch.tensor(codes), state["tau"], 1e-3)
    rng = np.random.default_rng(2)
    for _ in range(12):
        x, t = rng.normal(size=2), rng.uniform(0, 0.8)
        logits = np.log(share) - ((x - t * codes) ** 2).sum(1) / (2 * (1 - t) ** 2)
        pi = np.exp(logits - logits.max())
        pi /= pi.sum()
        mean = pi @ codes

        def height(at: np.ndarray, pi: np.ndarray = pi, mean: np.ndarray = mean, t: float = t) -> float:
            entropy = -(torch.tensor(pi)[None] * potential.log_probabilities(torch.tensor(at[None]))).sum()
            return float(((at - mean) ** 2).sum() / 2 + (1 - t) * state["eta"] * entropy)

        found = np.array(lab.page.evaluate(f"([x, y, t]) => {PLANE}.predict(x, y, t)", [*x, t]))
        assert height(found) <= height(mean) + 1e-12
        around = [height(found + 0.01 * np.array([np.cos(a), np.sin(a)])) for a in np.arange(12) * np.pi / 6]
        assert height(found) <= min(around)


def test_the_ambiguous_pixel_is_read_as_a_class_without_a_share_until_the_term_is_on(lab: FieldLab) -> None:
    lab.button("Ambiguous pixel").click()
    words = lab.page.locator(".fl-plane .fl-state")
    expect(words).to_contain_text("mean code (−0.06, 0.00), nearest to code 2, which has a share of 0 %")
    expect(words).to_contain_text("it is (−0.42, −0.17), nearest to code 0, which has a share of 55.0 %")
    np.testing.assert_allclose(lab.page.evaluate(f"() => {PLANE}.predict(0.3, 0.2, 0)"), (-0.42, -0.16), atol=0.012)
    lab.slide("Weight η", "Home")
    expect(words).not_to_contain_text("it is (−0.42")


def test_a_reshaped_population_does_not_keep_its_shares(lab: FieldLab) -> None:
    lab.button("Population").click()
    lab.slide("Euler steps N", "End")
    plain, bent = lab.census()
    asked = np.array([0.4, 0.25, 0.15, 0.12, 0.08])
    assert np.abs(np.array(plain["shares"]) - asked).max() < 0.06, "a perfect flow transports to what was asked for"
    assert bent["shares"][0] < 0.32, "the crowded class in the middle loses"
    expect(lab.page.locator(".fl-cost")).to_contain_text("does not transport")
    row = lab.page.locator(".fl-readout tbody tr").filter(has_text="class 0").last
    expect(row).to_contain_text(f"{100 * bent['shares'][0]:.1f} %")


# Words ----------------------------------------------------------------------------------------------------------


def test_the_state_is_told_as_it_is(lab: FieldLab) -> None:
    words = lab.page.locator(".fl-plane .fl-state")
    expect(words).to_contain_text("both pulls are linear in r")
    lab.slide("Temperature τ", "Home")
    expect(words).to_contain_text("It vanishes sooner than the squared error’s, not later.")
    lab.slide("Temperature τ", "End")
    expect(words).to_contain_text("grows as r^−0.50 while r shrinks, down to √ε")
    lab.button("−d").click()
    expect(words).to_contain_text("It fades as py nears 1")
    lab.slide("Weight η", "Home")
    expect(words).to_contain_text("no knowledge of the other codes")


def test_the_codes_view_tells_the_numbers_of_its_family(lab: FieldLab) -> None:
    table = lab.page.locator(".fl-codes .fl-table").first
    for name, family in (("Grid", "grid"), ("R₃", "r3"), ("Random", "random")):
        lab.button(name).click()
        points = MAKERS[family](150)
        expect(table).to_contain_text(f"{measures.min_distance(points):.2g}"[:4])
        expect(lab.page.locator(".fl-mine")).to_contain_text(name[:4], ignore_case=True)
    lab.button("Another draw").click()
    assert lab.get("state", CODES)["seed"] == 1
    expect(table).to_contain_text(f"{measures.min_distance(families.uniform_random(150, 1)):.2g}")
    lab.button("Grid").click()
    lab.slide("Classes N", "Home")
    expect(table).to_contain_text("classes 0 and 1")
    expect(lab.page.locator(".fl-codes .fl-state")).to_contain_text("share coordinates on an axis")


def test_curves_say_when_the_level_is_reached(lab: FieldLab) -> None:
    section = lab.page.locator(".fl-convergence")
    expect(section.locator(".fl-verdict")).to_contain_text("at or above it at step 500, 50 % of these steps")
    assert section.locator("path.fl-run").count() - 1 == 3, "one in the key"
    section.locator("summary").click()
    rows = section.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_have_text("50020.00 %20.00 %41.00 %")


# Hands ----------------------------------------------------------------------------------------------------------


def test_codes_and_starts_are_dragged_without_the_server(lab: FieldLab) -> None:
    asked: list[str] = []
    lab.page.on("request", lambda request: asked.append(request.url))
    lab.drag((0.7, 0.5), (0.9, 0.1))
    np.testing.assert_allclose(lab.state["codes"][1], (0.9, 0.1), atol=0.01)
    lab.click(-0.2, 0.95)
    np.testing.assert_allclose(lab.state["starts"][-1], (-0.2, 0.95), atol=0.01)
    lab.drag((-0.2, 0.95), (-0.5, 1.05))
    np.testing.assert_allclose(lab.state["starts"][-1], (-0.5, 1.05), atol=0.01)
    expect(lab.page.locator(".fl-plane .fl-said")).to_contain_text("Start at −0.50, 1.05. It comes within")
    lab.drag((-0.5, 1.05), (5.0, 0.0))
    assert lab.state["starts"][-1][0] == 1.15, "what is dragged out stays at the edge"
    before = lab.pixels()
    lab.button("Target class 4").click()
    assert lab.pixels() != before and lab.state["target"] == 4
    for _ in range(6):
        lab.click(-0.9, 0.95)
        lab.button("Clear starts").click()
    assert lab.state["starts"] == [] and asked == []
    expect(lab.page.locator(".fl-readout caption").first).to_contain_text("No start yet")


def test_there_are_two_to_eight_codes(lab: FieldLab) -> None:
    for _ in range(3):
        lab.button("One code more").click()
    expect(lab.button("One code more")).to_be_disabled()
    codes = np.array(lab.state["codes"])
    apart = np.linalg.norm(codes[:, None] - codes[None], axis=-1)[np.triu_indices(8, 1)]
    assert len(codes) == 8 and apart.min() > 0.2
    lab.button("Target class 7").click()
    for _ in range(6):
        lab.button("One code less").click()
    expect(lab.button("One code less")).to_be_disabled()
    state = lab.state
    assert (len(state["codes"]), len(state["weights"]), state["target"]) == (2, 2, 1)


def test_the_plane_and_the_cube_by_keyboard(lab: FieldLab) -> None:
    keys = lab.page.keyboard
    lab.canvas.focus()
    for key in ("n", "n", "ArrowRight", "Shift+ArrowDown"):
        keys.press(key)
    np.testing.assert_allclose(lab.state["codes"][1], (0.72, 0.4), atol=1e-9)
    expect(lab.page.locator(".fl-plane .fl-said")).to_have_text("Code 1 at 0.72, 0.40.")
    keys.press("Enter")
    assert len(lab.state["starts"]) == 3 and lab.state["held"] == {"kind": "start", "index": 2}
    keys.press("Delete")
    assert len(lab.state["starts"]) == 2
    cube = lab.page.locator(".fl-cube")
    cube.focus()
    before, start = lab.get("state", CODES), lab.pixels(".fl-cube")
    keys.press("ArrowLeft")
    assert lab.get("state", CODES)["yaw"] < before["yaw"] and lab.pixels(".fl-cube") != start
    keys.press("Home")
    assert lab.pixels(".fl-cube") == start


def test_a_finger_drops_and_drags_and_scrolls_beside(open_lab: OpenLab) -> None:
    lab = open_lab(width=390, height=844, ratio=3, touch=True)
    lab.canvas.scroll_into_view_if_needed()
    lab.page.touchscreen.tap(*lab.at(0.0, 0.9))
    np.testing.assert_allclose(lab.state["starts"][-1], (0.0, 0.9), atol=0.02)
    before = lab.page.evaluate("scrollY")
    touch(lab.page, [lab.at(0.7, 0.5 - 0.1 * i) for i in range(9)])
    lab.page.wait_for_timeout(200)
    np.testing.assert_allclose(lab.state["codes"][1], (0.7, -0.3), atol=0.03)
    assert lab.page.evaluate("scrollY") == before, "the page stays while a code is dragged"
    touch(lab.page, [lab.at(-0.3, -0.9 + 0.15 * i) for i in range(9)])
    lab.page.wait_for_timeout(400)
    assert lab.page.evaluate("scrollY") > before
    assert len(lab.state["starts"]) == 3


def test_links_lead_to_sections(lab: FieldLab) -> None:
    lab.page.emulate_media(reduced_motion="reduce")
    for name in ("Convergence", "Codes", "Field"):
        lab.page.locator(".fl-nav button", has_text=name).click()
        lab.page.wait_for_timeout(150)
        focused = "document.activeElement"
        assert lab.page.evaluate(f"{focused}.tagName === 'H2' && {focused}.closest('section').ariaLabel") == name
        assert -1 <= lab.page.evaluate(f"{focused}.getBoundingClientRect().top") < 1000


# Looks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 768, 1024, 1280])
def test_no_width_scrolls_sideways_or_cuts_a_word(open_lab: OpenLab, width: int) -> None:
    lab = open_lab(width=width, height=844, touch=width < 700)
    for name in ("Ambiguous pixel", "Crowded line"):
        lab.button(name).click()
        lab.page.wait_for_timeout(300)
        assert lab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert lab.cut_off() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_stand_out_and_controls_have_names(open_lab: OpenLab, theme: str) -> None:
    lab = open_lab(height=900, theme=theme)
    lab.page.locator(".fl-raw summary").click()
    for mode in ("One target", "Population"):
        lab.button(mode).click()
        if mode == "Population":
            lab.census()
        lab.page.wait_for_timeout(500)
        assert lab.page.evaluate(CONTRAST) == []
        assert lab.page.evaluate(NAMELESS) == []


@pytest.mark.parametrize("ratio", [1, 2])
def test_canvases_have_a_pixel_for_each_of_the_screen(open_lab: OpenLab, ratio: int) -> None:
    lab = open_lab(ratio=ratio)
    sizes = lab.page.evaluate(
        "[...document.querySelectorAll('.fd-fieldlab canvas')].map((c) => [c.width, c.getBoundingClientRect().width])"
    )
    assert len(sizes) == 2
    for pixels, width in sizes:
        assert abs(pixels - ratio * width) <= 1


def test_nothing_jumps_and_pictures_follow_the_theme(lab: FieldLab) -> None:
    before = lab.places()
    acts: list[Callable[[], Any]] = [
        lambda: lab.click(0.2, 0.9), lambda: lab.slide("Temperature τ", "Home"), lab.button("Population").click,
        lab.button("Clear starts").click, lab.button("One code less").click, lab.button("Random").click,
        lambda: lab.slide("Weight η", "Home"), lambda: lab.slide("Classes N", "Home"), lab.button("One target").click,
    ]  # fmt: skip
    for number, act in enumerate(acts):
        act()
        lab.page.wait_for_timeout(350)
        now = lab.places()
        assert now == before, f"act {number}"
    for place in (".fl-plane canvas", ".fl-cube"):
        light = lab.pixels(place)
        lab.page.evaluate("document.body.classList.add('dark')")
        lab.page.wait_for_timeout(100)
        assert lab.pixels(place) != light
        lab.page.evaluate("document.body.classList.remove('dark')")
        lab.page.wait_for_timeout(100)
