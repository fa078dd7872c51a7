"""The lessons on Flow Mismatching in real Chromium: their numbers against numpy's, and mouse, touch and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from mismatchlab_kit import GAUSSIAN, PARTS, PLANE, Lessons, lessons_tab
from playwright.sync_api import expect
from spiral_kit import touch
from test_page_looks import CONTRAST, NAMELESS

from flowdemo.flow import mismatch_plane as exact

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenLessons = Callable[..., Lessons]


@pytest.fixture(scope="module")
def url(serve: Any) -> Iterator[str]:
    with lessons_tab(serve) as address:
        yield address


@pytest.fixture
def open_lessons(open_page: Callable[..., Page], url: str) -> OpenLessons:
    return lambda **options: Lessons(open_page(url, **options)).ready()


@pytest.fixture
def lessons(open_lessons: OpenLessons) -> Lessons:
    return open_lessons(height=1000)


# Numbers --------------------------------------------------------------------------------------------------------


def test_points_fields_and_scores_are_those_of_the_library(lessons: Lessons) -> None:
    sets = {"semicircle": exact.semicircle, "clusters": exact.clusters}
    for name, make in sets.items():
        np.testing.assert_allclose(lessons.ask("set", name, 40, 7), make(40, 7), atol=1e-12)
    np.testing.assert_allclose(lessons.ask("gaussians", 30, 5), exact.gaussians(30, 5), atol=1e-12)

    rng = np.random.default_rng(0)
    values = rng.permutation(25) + 1.0
    assert lessons.ask("aggregate", values, "order", 0.28) == exact.aggregate(values, "order", 0.28) == 7
    for points, s in ((exact.semicircle(60, 1), 0.0), (exact.clusters(60, 1), 0.4)):
        for t in (0.02, 0.3, 0.7, 0.98):
            x = rng.uniform([-8, -3], [8, 14])
            expected = exact.exact_velocity(x, t, points, s)
            np.testing.assert_allclose(lessons.ask("velocity", *x, t, points, s), expected, rtol=1e-9, atol=1e-9)
        y, seeds, times = np.array([2.0, 6.0]), exact.gaussians(15, 2), exact.inner_times(5)
        expected = exact.disagreement(y, seeds, times, lambda x, t, p=points, s=s: exact.exact_velocity(x, t, p, s))
        found = np.array(lessons.ask("disagreements", points, s, y, seeds, times))
        np.testing.assert_allclose(found, expected.T.ravel(), rtol=1e-9)
        for rule in exact.AGGREGATIONS:
            for share in (0.1, 0.2, 0.3):
                told = lessons.ask("aggregate", expected[:, 0], rule, share)
                assert told == pytest.approx(exact.aggregate(expected[:, 0], rule, share), rel=1e-12)
            for weight in exact.WEIGHTS:
                told = lessons.ask("scoreOf", found, times, 15, rule, weight)
                assert told == pytest.approx(exact.score(expected, times, weight, rule), rel=1e-9)


def by_library(state: dict[str, Any], target: Any, times: np.ndarray | None = None) -> float:
    points, seeds = getattr(exact, state["set"])(), exact.gaussians(32, 100 + state["seed"])[: state["paths"]]
    times = exact.inner_times(state["times"]) if times is None else times
    velocity = lambda x, t: exact.exact_velocity(x, t, points, state["smoothing"])  # noqa: E731
    delta = exact.disagreement(np.array(target), seeds, times, velocity)
    return float(exact.score(delta, times, state["weight"], state["rule"]))


def test_target_maps_and_unseen_points_have_the_scores_of_the_library(lessons: Lessons) -> None:
    cells = [0, 48 * 20 + 25, 48 * 33 + 7, 48 * 51 - 1]
    places = [(-8 + (c % 48 + 0.5) / 3, 14 - (c // 48 + 0.5) / 3) for c in cells]
    for acts in ([], ["Three clusters", "order", "(1 − t)²"]):
        for name in acts:
            lessons.press(lessons.plane, name)
        if acts:
            lessons.slide(lessons.plane, "Smoothing s", "ArrowRight", "ArrowRight")
        lessons.settle()
        state = lessons.get("state")
        assert lessons.get("score") == pytest.approx(by_library(state, state["target"]), rel=1e-9)
        now, whole = lessons.get("maps")
        assert len(whole) == 48 * 51 and np.isfinite(whole).all() and np.isfinite(now).all()
        for cell, place in zip(cells, places, strict=True):
            assert whole[cell] == pytest.approx(by_library(state, place), rel=1e-4), "kept in single precision"
            assert now[cell] == pytest.approx(by_library(state, place, np.array([state["t"]])), rel=1e-4)
        unseen = sorted(by_library(state, place) for place in getattr(exact, state["set"])(60, 5001))
        np.testing.assert_allclose(lessons.get("fresh"), unseen, rtol=1e-4)
        below = sum(score < lessons.get("score") for score in unseen)
        expect(lessons.plane.locator(".mm-verdict")).to_contain_text(f"above {below} of 60 unseen normal points")
    row = lessons.plane.locator("tr.fl-mine")
    expect(row).to_contain_text("order")
    expect(lessons.plane.locator(".mm-chosen h3")).to_have_text("Squared error of the one-step reconstruction")


def test_the_gaussian_is_the_closed_form_and_separates_as_the_library_does(lessons: Lessons) -> None:
    for z, sigma, t in ((1.0, 2.0, 0.5), (0.3, 0.05, 0.9), (0.0, 1.0, 0.1)):
        mean = exact.gaussian_mean(z, sigma, t)
        assert lessons.ask("mean", z, sigma, t, of=GAUSSIAN) == pytest.approx(mean, rel=1e-12)
        told = lessons.ask("disagreement", z, 0.7, sigma, t, of=GAUSSIAN)
        assert told == pytest.approx(exact.gaussian_disagreement(z, 0.7, sigma, t), rel=1e-9)
        dot = lessons.ask("sampled", z, sigma, t, 0, of=GAUSSIAN)
        assert abs(dot["mean"] - mean) < 4 * dot["error"] + 1e-9
    rng = np.random.default_rng(0)
    normal, odd = rng.integers(0, 9, 40), rng.integers(3, 12, 30)
    assert lessons.ask("compare", normal, odd, of=GAUSSIAN) == pytest.approx(exact.auc(normal, odd), rel=1e-12)

    many = lessons.get("auc", GAUSSIAN)
    assert many["min"] == pytest.approx(0.99, abs=0.02) and many["mean"] == pytest.approx(0.50, abs=0.04)
    assert many["mean"] < many["order"] < many["min"]
    lessons.slide(lessons.gaussian, "Paths K", "Home", *["ArrowRight"] * 3)
    few = lessons.get("auc", GAUSSIAN)
    assert few["min"] == pytest.approx(0.78, abs=0.03) and few["mean"] == pytest.approx(0.51, abs=0.04)
    expect(lessons.gaussian.locator(".mm-auc").first).to_contain_text(f"{few['min']:.2f}")
    expect(lessons.gaussian.locator(".mm-lucky")).to_contain_text("120 across it")
    lessons.press(lessons.gaussian, "Odd along it")
    hidden = lessons.get("auc", GAUSSIAN)
    assert hidden["min"] < 0.7 < 0.85 < hidden["mean"], "what lies along the manifold is explained away"
    lessons.press(lessons.gaussian, "Other draws")
    assert lessons.get("auc", GAUSSIAN) != hidden


def test_the_parts_are_those_of_the_library_and_their_sum_is_the_sampled_total(lessons: Lessons) -> None:
    for n, shift, variance, ratio in ((1, 1.5, 0.25, 1.0), (3, 0.0, 4.0, 0.3), (16, 2.0, 0.5, 3.0), (2, 1.0, 1.0, 0.0)):
        settings = {"dimensions": n, "shift": shift, "variance": variance, "ratio": ratio}
        p = exact.Normal(np.zeros(n), variance * np.eye(n))
        q = exact.Normal(shift * np.eye(n)[0], ratio * variance * np.eye(n))
        for t in (0.1, 0.5, 0.9):
            denoising, fisher = exact.decomposition(p, q, t)
            told = lessons.ask("parts", settings, t, of=PARTS)
            assert told["denoising"] == pytest.approx(denoising, rel=1e-9, abs=1e-12)
            assert told["fisher"] == pytest.approx(fisher, rel=1e-9, abs=1e-12)
            dot = lessons.ask("sampled", settings, t, of=PARTS)
            assert abs(dot["mean"] - denoising - fisher) < 4 * dot["error"]
    words, table = lessons.parts.locator(".fl-state"), lessons.parts.locator(".fl-table")
    expect(words).to_contain_text("70.6 % of the mean disagreement")
    for name, told, row in (("The same", "a large disagreement alone", "Fisher term00 %"),
                            ("One fixed sample", "q is one point", "denoising term00 %")):  # fmt: skip
        lessons.press(lessons.parts, name)
        expect(words).to_contain_text(told)
        expect(table).to_contain_text(row)


# Hands ----------------------------------------------------------------------------------------------------------


def test_the_target_follows_the_mouse_without_the_server(lessons: Lessons) -> None:
    asked: list[str] = []
    lessons.page.on("request", lambda request: asked.append(request.url))
    mouse, before = lessons.page.mouse, lessons.pixels()
    lessons.canvas.scroll_into_view_if_needed()
    mouse.move(*lessons.at(0.3, 6.0))
    mouse.down()
    mouse.move(*lessons.at(5.0, 3.0), steps=5)
    mouse.up()
    state = lessons.get("state")
    np.testing.assert_allclose(state["target"], (5.0, 3.0), atol=0.05)
    assert lessons.pixels() != before
    expect(lessons.plane.locator(".fl-said")).to_contain_text("Target at 5.0")
    on = lessons.get("score")
    mouse.click(*lessons.at(-7.0, 12.0))
    np.testing.assert_allclose(lessons.get("state")["target"], (-7.0, 12.0), atol=0.05)
    assert lessons.get("score") > 20 * on
    chart = lessons.plane.locator(".mm-map canvas").last
    chart.scroll_into_view_if_needed()
    mouse.click(*lessons.at(2.0, -1.0, chart))
    np.testing.assert_allclose(lessons.get("state")["target"], (2.0, -1.0), atol=0.1)
    chords = lessons.get("chords")
    assert len(chords["paths"]) == 8
    assert chords["paths"][chords["best"]]["delta"] == min(path["delta"] for path in chords["paths"])
    assert asked == []


def test_keys_move_the_target_and_play_the_clock(lessons: Lessons) -> None:
    keys, words = lessons.page.keyboard, lessons.plane.locator(".mm-question")
    lessons.press(lessons.plane, "Far from both")
    lessons.canvas.focus()
    for key in ("ArrowLeft", "Shift+ArrowUp"):
        keys.press(key)
    np.testing.assert_allclose(lessons.get("state")["target"], (6.3, -0.2), atol=1e-9)
    lessons.slide(lessons.plane, "Time t", "Home")
    expect(words).to_contain_text("is it near the average?")
    lessons.slide(lessons.plane, "Time t", *["PageUp"] * 7)
    expect(words).to_contain_text("is it on the manifold?")
    lessons.slide(lessons.plane, "Time t", "End", *["ArrowLeft"] * 2)
    expect(words).to_contain_text("single points by heart")
    lessons.canvas.focus()
    keys.press(" ")
    lessons.page.wait_for_function(f"() => {PLANE}.state.t === 0.98 && !{PLANE}.state.playing")
    lessons.page.emulate_media(reduced_motion="reduce")
    lessons.press(lessons.plane, "Play t from 0.02 to 0.98")
    lessons.page.wait_for_function(f"() => {PLANE}.state.t > 0.05 && {PLANE}.state.t < 0.9")
    lessons.press(lessons.plane, "Pause")
    stopped = lessons.get("state")["t"]
    lessons.page.wait_for_timeout(700)
    assert lessons.get("state")["t"] == stopped


def test_more_paths_are_never_less_lucky_and_other_seeds_are_others(lessons: Lessons) -> None:
    lessons.slide(lessons.plane, "Paths K", "Home")
    scores = []
    for _ in range(5):
        scores.append(lessons.get("score"))
        lessons.slide(lessons.plane, "Paths K", *["ArrowRight"] * 3)
    assert scores == sorted(scores, reverse=True) and scores[-1] < scores[0]
    before = lessons.get("score")
    lessons.press(lessons.plane, "Other seeds")
    assert lessons.get("score") != before and lessons.get("state")["seed"] == 1


def test_a_finger_drags_the_target_and_scrolls_beside_it(open_lessons: OpenLessons) -> None:
    lessons = open_lessons(width=390, height=844, ratio=3, touch=True)
    lessons.canvas.scroll_into_view_if_needed()
    before = lessons.page.evaluate("scrollY")
    touch(lessons.page, [lessons.at(0.3, 6.0 - 0.4 * i) for i in range(9)])
    lessons.page.wait_for_timeout(200)
    np.testing.assert_allclose(lessons.get("state")["target"], (0.3, 2.8), atol=0.1)
    assert lessons.page.evaluate("scrollY") == before
    lessons.page.touchscreen.tap(*lessons.at(-5.0, 10.0))
    np.testing.assert_allclose(lessons.get("state")["target"], (-5.0, 10.0), atol=0.1)
    touch(lessons.page, [lessons.at(4.0, -1 + 0.6 * i) for i in range(9)])
    lessons.page.wait_for_timeout(400)
    assert lessons.page.evaluate("scrollY") > before
    np.testing.assert_allclose(lessons.get("state")["target"], (-5.0, 10.0), atol=0.1)


def test_links_lead_to_sections(lessons: Lessons) -> None:
    lessons.page.emulate_media(reduced_motion="reduce")
    for name in ("Decomposition", "Gaussian", "Plane"):
        lessons.page.locator(".fl-nav button", has_text=name).click()
        focused = "document.activeElement"
        assert lessons.page.evaluate(f"{focused}.tagName === 'H2' && {focused}.closest('section').ariaLabel") == name


# Looks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_width_scrolls_sideways_or_cuts_a_word(open_lessons: OpenLessons, width: int) -> None:
    lessons = open_lessons(width=width, height=844, touch=width < 700)
    for name in ("(1 − t)²", "order"):
        lessons.press(lessons.plane, name)
    lessons.slide(lessons.plane, "Time t", "End")
    lessons.press(lessons.gaussian, "Odd along it")
    lessons.page.wait_for_timeout(300)
    assert lessons.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert lessons.cut_off() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_stand_out_and_controls_have_names(open_lessons: OpenLessons, theme: str) -> None:
    lessons = open_lessons(height=900, theme=theme)
    lessons.page.wait_for_timeout(300)
    assert lessons.page.evaluate(CONTRAST) == []
    assert lessons.page.evaluate(NAMELESS) == []


def test_nothing_jumps_and_pictures_follow_the_theme(lessons: Lessons) -> None:
    before = lessons.places()
    acts: list[Callable[[], Any]] = [
        lambda: lessons.slide(lessons.plane, "Time t", "Home"), lambda: lessons.slide(lessons.plane, "Time t", "End"),
        lambda: lessons.press(lessons.plane, "Three clusters"), lambda: lessons.press(lessons.plane, "order"),
        lambda: lessons.press(lessons.plane, "Far from both"), lambda: lessons.press(lessons.gaussian, "Odd along it"),
        lambda: lessons.slide(lessons.gaussian, "Time t", "Home"), lambda: lessons.press(lessons.parts, "The same"),
        lambda: lessons.slide(lessons.parts, "σ of p", "Home"),
        lambda: lessons.press(lessons.parts, "One fixed sample"),
    ]  # fmt: skip
    for number, act in enumerate(acts):
        act()
        lessons.page.wait_for_timeout(150)
        assert lessons.places() == before, f"act {number}"
    lessons.settle()
    for number in range(3):
        light = lessons.pixels(number)
        lessons.page.evaluate("document.body.classList.add('dark')")
        lessons.page.wait_for_timeout(100)
        assert lessons.pixels(number) != light
        lessons.page.evaluate("document.body.classList.remove('dark')")
        lessons.page.wait_for_timeout(100)
