"""Shape runs: what may be asked, frames as they are worked out with true numbers, endings, and files."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import png_bytes

from flowdemo.data.silhouettes import SILHOUETTES, silhouette
from flowdemo.engine.shape_methods import METHODS, OCCLUDER, Question, checked, offers
from flowdemo.engine.shape_products import PRODUCTS, make
from flowdemo.engine.shaper import Shaper
from flowdemo.engine.shapes import ShapeRun, Shapes, read_field
from flowdemo.errors import EngineError, InputError
from flowdemo.rendering import recipe
from flowdemo.systems.convexity import curvature_flow
from flowdemo.systems.levelscan import line_scan
from flowdemo.systems.shape_fields import softened
from flowdemo.systems.shape_runs import Plan

SIDE = 64
FAST = {"line-scan": {}, "midpoint": {"radius": 6}, "curvature": {"iterations": 120}, "cgpm": {"iterations": 7},
        "contour-flow": {"iterations": 60}}  # fmt: skip


def field(name: str = "star", size: int = SIDE) -> np.ndarray:
    return silhouette(name, size, 0.0).astype(np.float32)


def opened(method: str = "line-scan", name: str = "star", **asked: Any) -> ShapeRun:
    asked["settings"] = FAST[method] | asked.get("settings", {})
    return Shapes().open(Question.build(field(name), method, **asked))


def done(method: str = "line-scan", name: str = "star", **asked: Any) -> ShapeRun:
    run = opened(method, name, **asked)
    for _ in Shapes().stream(run):
        pass
    assert (run.status, run.message) == ("done", None)
    return run


# Questions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_what_is_left_out_takes_the_default_and_offers_pass_their_own_check(method: str) -> None:
    (offer,) = (one for one in offers() if one["name"] == method)
    told = {knob["name"]: knob["default"] for knob in offer["settings"]}
    extra = {OCCLUDER: None} if method == "contour-flow" else {}
    assert checked(method, {}, (SIDE, SIDE)) == checked(method, told, (SIDE, SIDE)) == told | extra
    question = Question.build(field(), method)
    assert (question.soften, question.parts) == (offer["soften"], True)
    for knob in offer["settings"]:
        for value in (knob["low"], knob["high"]):
            assert value is None or checked(method, {knob["name"]: value}, (SIDE, SIDE))[knob["name"]] == value
        json.dumps(knob)


@pytest.mark.parametrize(
    ("method", "changed", "words"),
    [("line-scan", {"reach": 9}, "1 to 8"), ("line-scan", {"reach": 2.5}, "whole"), ("line-scan", {"dt": 1}, "no set"),
     ("midpoint", {"radius": 0}, "1 to 40"), ("curvature", {"iterations": 8001}, "1 to 8000"),
     ("curvature", {"dt": 0.3}, "0.01 to 0.25"), ("curvature", {"dt": "fast"}, "a number"),
     ("curvature", {"mu": float("nan")}, "a number"), ("cgpm", {"recipe": "secret"}, "recommended"),
     ("contour-flow", {"template": "../x"}, "flower"), ("contour-flow", {"follow": 2}, "on or off"),
     ("contour-flow", {"share": 0}, "0.05 to 2.5"), ("contour-flow", {"occluder": [1, 2, 3]}, "rectangle"),
     ("contour-flow", {"occluder": [5, 5, 1, 9]}, "rectangle"), ("contour-flow", {"occluder": "0,65,0,9"}, "rectangle"),
     ("contour-flow", {"occluder": [0, float("inf"), 0, 9]}, "rectangle"), ("contour-flow", {"occluder": 7}, "rectang"),
     ("contour-flow", {"seed": -1}, "0 to"), ("magic", {}, "choose one of"), (None, {}, "choose one of"),
     (["cgpm"], {}, "choose one of")],
)  # fmt: skip
def test_other_values_are_refused_with_a_sentence(method: Any, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Question.build(field(), method, settings=changed)


def test_masks_have_a_size_a_shape_and_a_bounded_softening() -> None:
    for size in ((15, 64), (64, 257)):
        with pytest.raises(InputError, match="16 to 256"):
            Question.build(np.ones(size, np.float32), "line-scan")
    with pytest.raises(InputError, match="empty"):
        Question.build(np.full((32, 32), 0.4, np.float32), "line-scan")
    with pytest.raises(InputError, match="0 to 4"):
        Question.build(field(), "cgpm", soften=4.5)
    assert checked("contour-flow", {"occluder": "1,5,2,9"}, (SIDE, SIDE))["occluder"] == (1, 5, 2, 9)


def test_files_are_read_by_grey_level_or_as_classes_0_and_1() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (read_field(png_bytes(ramp)) == (ramp / 255).astype(np.float32)).all()
    assert (read_field(png_bytes((ramp > 99).astype(np.uint8))) == (ramp > 99)).all()
    with pytest.raises(InputError):
        read_field(b"no picture")


# Frames ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_frames_come_in_order_and_are_few(method: str) -> None:
    frames = done(method).frames
    assert [frame.index for frame in frames] == list(range(len(frames))) and 2 <= len(frames) <= 51
    assert frames[0].progress == frames[0].t == 0 and frames[-1].progress == 1
    assert all(a.t < b.t and a.seconds <= b.seconds for a, b in pairwise(frames))
    assert all(frame.u.shape == (SIDE, SIDE) and 0 <= frame.u.min() <= frame.u.max() <= 1 for frame in frames)
    told = frames[-1].json
    levels = np.asarray(Image.open(io.BytesIO(base64.b64decode(told["u"].split(",")[1]))))
    assert (levels == np.rint(255 * frames[-1].u)).all() and (told["residual"] is None) == (method != "contour-flow")
    if method in ("curvature", "contour-flow"):
        assert (len(frames), frames[-1].t) == (51, FAST[method]["iterations"])


def test_the_last_frame_is_what_the_methods_give() -> None:
    u = torch.from_numpy(field())[None, None]
    assert (done("line-scan").frames[-1].u == line_scan(u)[0, 0].numpy()).all()
    ended = done("curvature", soften=2.0, settings={"dt": 0.1, "mu": 0.01}).frames[-1].u
    assert np.allclose(ended, curvature_flow(softened(field()[None], 2.0), 120, 0.1, 0.01)[0, 0].numpy(), atol=1e-6)


def test_parts_are_joined_only_where_that_is_asked_for() -> None:
    alone, together = (done("line-scan", "two discs", parts=parts) for parts in (True, False))
    assert len(alone.frames) == 1 and alone.frames[0].numbers["chord"] == 0
    first, last = together.frames[0].numbers, together.frames[-1].numbers
    assert first["defect"] > 0.3 and first["chord"] == 1 and first["solidity"] == 1  # of one disc
    assert last["defect"] < 0.01 and last["chord"] == 0 and last["area"] > 1.5 * alone.frames[0].numbers["area"]


def test_numbers_are_those_of_a_shape_that_is_known() -> None:
    u = np.zeros((40, 40), np.float32)
    u[10:30, 10:30] = 1
    u[10:20, 20:30] = 0  # an L: 300 pixels; its hull cuts the missing corner of 10×10 in halves
    run = Shapes().open(Question.build(u, "line-scan"))
    first, *_, last = Shapes().stream(run)
    assert first.numbers["area"] == 300 and first.numbers["solidity"] == pytest.approx(300 / 345, abs=1e-5)
    assert first.numbers["defect"] == pytest.approx(45 / 345, abs=1e-5) and first.numbers["chord"] == 1
    assert first.dented[12:20, 20:28].any()
    assert first.numbers["dented_share"] == pytest.approx(first.dented.mean(), abs=1e-5)
    assert last.numbers["area"] == 345 and last.numbers["solidity"] == 1 and not last.dented.any()


def test_contour_flow_recovers_the_shape_and_tells_what_is_left() -> None:
    run = done("contour-flow", settings={"noise": 1.5, "seed": 3})
    first, last = run.frames[0].numbers, run.frames[-1].numbers
    assert first["dice"] < 0.75 and last["dice"] > 0.9 and last["residual"] < 0.35 * first["residual"]
    scales = {frame.residual_scale for frame in run.frames}
    assert len(scales) == 1 and run.frames[0].residual.max() >= scales.pop()
    beyond = done("contour-flow", settings={"share": 2.0, "strength": 0.0, "iterations": 200}).frames
    assert beyond[-1].numbers["residual"] > beyond[0].numbers["residual"]


def test_an_occluder_hides_and_the_template_sees_through_it() -> None:
    hidden = (20, 40, 25, 60)
    run = done("contour-flow", settings={"occluder": hidden, "noise": 0.0, "template": "star"})
    top, bottom, left, right = hidden
    assert (run.plan.start[top:bottom, left:right] < 0.3).all()
    assert run.frames[-1].numbers["dice"] > run.frames[0].numbers["dice"]


def test_tangents_lie_across_the_gradient_where_the_template_was_put() -> None:
    shaper, sent = Shaper(), png_bytes((255 * field("disc")).astype(np.uint8))
    told = shaper.tangents(sent, {"dx": 6, "dy": -4, "offset": -8})
    x, y, tx, ty = np.array(told["arrows"]).T
    away = np.hypot(x - 31.5 - 6, y - 31.5 + 4)
    beside = (away > 5) & (away < 18)
    across = (tx * (x - 37.5) + ty * (y - 27.5))[beside] / away[beside]
    assert beside.sum() > 20 and abs(across).max() < 0.1 and np.allclose(np.hypot(tx, ty), 1, atol=2e-3)
    outline = read_field(base64.b64decode(told["outline"].split(",")[1]))
    assert outline.sum() == pytest.approx(np.pi * 12**2, rel=0.05)  # the radius is 20 less the offset
    rows, columns = np.nonzero(outline)
    assert (columns.mean(), rows.mean()) == pytest.approx((37.5, 27.5), abs=0.3)


def test_a_template_follows_what_it_shapes() -> None:
    moved = np.roll(field("flower"), (8, -8), (0, 1))
    answers = []
    for follow in (0, 1):
        settings = {"template": "flower", "follow": follow, "noise": 2.0, "iterations": 30}
        run = Shapes().open(Question.build(moved, "contour-flow", settings=settings))
        *_, last = Shapes().stream(run)
        answers.append(last.numbers["dice"])
    assert answers[1] > answers[0] + 0.03
    assert Shapes().meta(run)["arrows"] is None  # there is no one place


def test_notes_tell_what_a_method_cannot_do() -> None:
    def note(*args: Any, **asked: Any) -> str | None:
        return Shapes().meta(opened(*args, **asked))["note"]

    assert note("line-scan") is None and note("curvature") is None and note("contour-flow") is None
    assert "2 parts will not be joined" in note("curvature", "two discs", parts=False)
    assert "on its own" in note("midpoint", "two discs") and note("midpoint", "two discs", parts=False) is None
    assert "soften" in note("cgpm", soften=0.0) and "mouth" in note("cgpm", "pac-man")
    assert "below its limit" in note("contour-flow", settings={"share": 1.0})
    assert "only as good" in note("contour-flow", settings={"template": "disc"})


# Endings --------------------------------------------------------------------------------------------------------


def slow(run: ShapeRun, monkeypatch: pytest.MonkeyPatch, wait: Any) -> None:
    """Before iteration i of a run, ``wait(i)`` is called."""
    steps = Plan.steps

    def watched(plan: Plan, watch: Any = None) -> Iterator[Any]:
        count = iter(range(1, 10**6))

        def before() -> None:
            wait(next(count))
            watch()

        return steps(plan, before)

    monkeypatch.setattr(Plan, "steps", watched)


def test_frames_are_there_while_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run, seen = opened("curvature", settings={"iterations": 3}), threading.Event()
    slow(run, monkeypatch, lambda i: i < 2 or seen.wait(20) or pytest.fail("frame 1 was held back"))
    for frame in Shapes().stream(run):
        if frame.index == 1:
            seen.set()
    assert run.status == "done" and run.iterations == 3


def test_a_run_stops_after_the_iteration_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    run = opened("curvature", settings={"iterations": 40})
    slow(run, monkeypatch, lambda i: run.stopping.set() if i == 11 else None)
    assert [frame.index for frame in Shapes().stream(run)] == list(range(11))
    assert (run.status, run.message) == ("stopped", "Stopped after iteration 10 of 40.")
    assert Shapes().end_json(run)["iterations"] == 10


def test_closing_ends_the_thread_and_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, ended = Shapes(), threading.Event()
    run = opened("curvature", settings={"iterations": 8000})
    steps = Plan.steps

    def noted(plan: Plan, watch: Any = None) -> Iterator[Any]:
        try:
            yield from steps(plan, watch)
        finally:
            ended.set()

    monkeypatch.setattr(Plan, "steps", noted)
    frames = kept.stream(run)
    next(frames), next(frames)
    frames.close()
    assert run.status == "stopped" and len(run.frames) == 2 and kept.runs.get(run.id) is run
    assert ended.wait(20)
    *_, last = kept.stream(opened("line-scan"))  # the next one starts clean
    assert last.progress == 1


@pytest.mark.parametrize(
    ("broken", "words"),
    [(EngineError("The well is dry."), "The well is dry."), (RuntimeError("/srv/secret"), "inside the engine"),
     (MemoryError(), "out of memory")],
)  # fmt: skip
def test_what_breaks_is_one_sentence(monkeypatch: pytest.MonkeyPatch, broken: Exception, words: str) -> None:
    def fail(i: int) -> None:
        if i == 3:
            raise broken

    run = opened("curvature", settings={"iterations": 10})
    slow(run, monkeypatch, fail)
    with pytest.raises(EngineError, match=words):
        list(Shapes().stream(run))
    assert run.status == "failed" and words in run.message and len(run.frames) == 3


def test_a_run_has_a_deadline_and_must_stay_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineError, match="longer than 0 s"):
        list(Shapes(deadline=0.0).stream(opened("curvature")))
    steps = Plan.steps
    monkeypatch.setattr(Plan, "steps", lambda plan, watch=None: (replace(s, x=s.x / 0) for s in steps(plan, watch)))
    with pytest.raises(EngineError, match="not finite"):
        list(Shapes().stream(opened("curvature")))


def test_old_runs_go_and_those_of_programs_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Shapes()
    run = opened()
    run.kept = False
    list(kept.stream(run))
    assert len(kept.runs) == 0
    monkeypatch.setattr(kept.runs, "keep_bytes", 3 * run.bytes)
    for _ in range(5):
        list(kept.stream(last := opened()))
    assert kept.runs.get(last.id) is last and 1 < len(kept.runs) <= 3


# Files ----------------------------------------------------------------------------------------------------------


def test_files_hold_the_run_and_its_recipe_repeats_it() -> None:
    run = done("contour-flow", settings={"seed": 5, "occluder": [3, 20, 4, 30], "iterations": 6})
    made = {kind: make(run, kind) for kind in PRODUCTS}
    assert {product.name.split("_")[1] for product in made.values()} == {"contour-flow"}
    told = json.loads(made["recipe"].data)
    assert recipe.extract(made["sheet"].data) == recipe.extract(made["mask"].data) == told
    sent = base64.b64decode(told["field"].split(",")[1])
    again = Shaper().start(sent, **{key: told[key] for key in ("method", "soften", "parts", "settings")})
    *_, last = Shapes().stream(again)
    with np.load(io.BytesIO(made["npz"].data)) as numbers:
        assert numbers["u"].shape == (7, SIDE, SIDE) and (numbers["u"][-1] == last.u).all()
        assert list(numbers["times"]) == [frame.t for frame in run.frames]
    mask = np.asarray(Image.open(io.BytesIO(made["mask"].data)))
    assert mask.dtype == np.uint8 and (mask == (last.u >= 0.5)).all()
    with Image.open(io.BytesIO(made["gif"].data)) as film:
        assert film.n_frames == 7 and film.width % SIDE == 0
    with pytest.raises(InputError, match="choose one of"):
        make(run, "../mask")
    with pytest.raises(InputError, match="no frames"):
        make(opened(), "mask")


def test_silhouettes_are_hard_masks_of_the_canvas() -> None:
    offered = Shaper().offers()["silhouettes"]
    assert [one["name"] for one in offered] == list(SILHOUETTES)
    for name in SILHOUETTES:
        found = read_field(base64.b64decode(Shaper().silhouette(name)["field"].split(",")[1]))
        assert (found == field(name, 128)).all()
