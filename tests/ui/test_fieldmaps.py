"""Maps of a picture without a browser: which models make a pair, what their numbers are, what is refused."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from browser.fieldmaps_kit import CLASSES, HEIGHT, PLAIN, TERM, VOID, WIDTH, engine_of, flow_model, pair_engine
from PIL import Image
from tiny import png_bytes

from flowdemo.data.drawings import draw_street
from flowdemo.data.street_scene import STREET_NAMES
from flowdemo.engine import Engine, Given, RunRecord
from flowdemo.engine.frames import Seen, draw_seen
from flowdemo.errors import EngineError, InputError
from flowdemo.rendering.palette import ClassColour, Palette
from flowdemo.ui.comparison import Comparison
from flowdemo.ui.fieldmaps import MOST_STEPS, FieldMaps, find_pair
from flowdemo.ui.runner import Runner
from flowdemo.ui.tabs import fieldlab
from flowdemo.ui.widgets.fieldmaps import FieldMapsView, Update, section
from flowdemo.ui.widgets.fieldmaps.contract import check_update
from flowdemo.ui.widgets.fieldmaps.measures import CURVES, KINDS, pixel_of, result_of

PICTURE = png_bytes(np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return pair_engine(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def maps(engine: Engine) -> FieldMaps:
    pair = find_pair(engine)
    assert pair is not None
    return FieldMaps(Runner(engine), pair)


def indices(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))))


# Which models ---------------------------------------------------------------------------------------------------


def test_a_pair_is_a_plain_flow_and_one_with_the_term(engine: Engine) -> None:
    pair = find_pair(engine)
    assert pair is not None and (pair.plain.name, pair.reshaped.name) == (PLAIN, TERM)
    stage = pair.stage()
    assert [model["eta"] for model in stage["models"]] == [0.0, 1.0]
    assert [model["name"] for model in stage["models"]] == ["Vanilla", "Flowseg"]
    points = pair.plain.codebook.points[: len(CLASSES)].astype(float)
    apart = [np.linalg.norm(a - b) for i, a in enumerate(points) for b in points[:i]]
    assert stage["least"] == pytest.approx(min(apart), abs=1e-4) and stage["alike"] == "Trained alike but for η."


def test_what_else_differs_in_training_is_said(tmp_path: Path) -> None:
    flow_model(tmp_path, PLAIN, 0.0)
    flow_model(tmp_path, TERM, 2, training={"steps": 10, "options": {"eta": 2, "lr": 0.002}})
    pair = find_pair(engine_of(tmp_path))
    assert pair is not None
    assert pair.stage()["alike"] == "Their trainings differ in more than η: lr, number of steps."


@pytest.mark.parametrize(
    ("eta", "changes"),
    [(0.0, {}), (None, {}), (True, {}), (1.0, {"size": (32, 48)}), (1.0, {"data": {"name": "other", "terms": "None."}}),
     (1.0, {"flow": {"codes": "kronecker", "start": "gaussian"}}), (1.0, {"flow": {"codes": "rd", "start": "image"}}),
     (1.0, {"training": {"command": "none"}})],
    ids=["η of both is 0", "η unknown", "η no number", "size", "data", "source", "codes", "no options"],
)  # fmt: skip
def test_models_that_are_no_pair(tmp_path: Path, eta: Any, changes: dict[str, Any]) -> None:
    flow_model(tmp_path, PLAIN, 0.0)
    flow_model(tmp_path, TERM, eta, **changes)
    assert find_pair(engine_of(tmp_path)) is None


def test_the_section_stands_in_the_tab_where_there_is_a_pair(engine: Engine, tmp_path: Path) -> None:
    def section_ids(runner: Runner) -> list[str]:
        with gr.Blocks() as demo:
            fieldlab.build(runner, tmp_path / "no-scores.json")
        links = next(b for b in demo.blocks.values() if getattr(b, "elem_id", "") == "fl-nav").html_template
        ids = [b.elem_id for b in demo.blocks.values() if str(getattr(b, "elem_id", "")).startswith(("fl-", "fm-view"))]
        assert ("fl-real" in ids) is ('data-to="fl-real">On a picture' in links)
        return ids

    flow_model(tmp_path, PLAIN, 0.0)
    assert section_ids(Runner(engine_of(tmp_path))) == ["fl-nav", "fl-plane", "fl-codes"]
    assert section_ids(Runner(engine)) == ["fl-nav", "fl-plane", "fl-codes", "fl-real", "fm-view"]


# Numbers --------------------------------------------------------------------------------------------------------


def made_up(engine: Engine, model: str, seed: int, steps: int = 4) -> RunRecord:
    """A finished run whose states are made up."""
    manifest = engine.manifest(model)
    given = Given.picture(PICTURE, manifest)
    record = engine.start(engine.request({"model": model, "steps": steps}, given), given)
    path = np.random.default_rng(seed).uniform(-1, 1, (steps + 1, 1, 3, HEIGHT, WIDTH)).astype(np.float16)
    for i, state in enumerate(path):
        seen = Seen(state.astype(np.float32), manifest.codebook.decode(state.astype(np.float32)))
        record.drawn.append(draw_seen(i, i / steps, i / steps, i, 0.1 * i, seen, record.drawn[-1] if i else None))
    return record


def by_hand(record: RunRecord, own: np.ndarray, x: int, y: int) -> dict[str, dict[str, float]]:
    """The measures of one pixel by their definitions."""
    codes = record.manifest.codebook.points[: len(CLASSES)].astype(float)
    states = record.codes(0)[:, :, y, x].astype(float)
    steps, label = len(states) - 1, own[y, x]
    estimates = [states[i] + (1 - i / steps) * steps * (states[i + 1] - states[i]) for i in range(steps)]
    if label == VOID:
        return {kind: dict.fromkeys(CURVES, np.nan) for kind in KINDS}
    others = np.delete(codes, label, axis=0)
    inside = lambda point: np.linalg.norm(codes - point, axis=1).argmin() == label  # noqa: E731
    nearest = lambda points: min(np.linalg.norm(others - point, axis=1).min() for point in points)  # noqa: E731
    return {
        "dwell": {"estimate": float(np.mean([not inside(p) for p in estimates])),
                  "state": float(np.mean([not inside(p) for p in states[:-1]]))},
        "clearance": {"estimate": nearest(estimates), "state": nearest(states)},
    }  # fmt: skip


@pytest.mark.parametrize("with_truth", [True, False])
def test_maps_are_what_their_definitions_say(engine: Engine, with_truth: bool) -> None:
    records = [made_up(engine, PLAIN, 1), made_up(engine, TERM, 2)]
    rng = np.random.default_rng(3)
    truth = rng.integers(0, VOID + 1, (HEIGHT, WIDTH)).astype(np.uint8) if with_truth else None
    result = result_of(Comparison(records, [truth, truth] if with_truth else None))
    everywhere = []
    for record, told in zip(records, result["models"], strict=True):
        ends = record.classes(0)[-1]
        own = ends if truth is None else truth
        np.testing.assert_array_equal(indices(told["end"]), ends)
        known = own != VOID
        right = None if truth is None else (ends == truth)[known].mean()
        assert told["right"] == (None if right is None else pytest.approx(right))
        found = [[by_hand(record, own, x, y) for x in range(WIDTH)] for y in range(HEIGHT)]
        for kind in KINDS:
            for curve in CURVES:
                wanted = np.array([[pixel[kind][curve] for pixel in row] for row in found])
                shown, top = told["maps"][kind][curve], result["tops"][kind]
                everywhere += [wanted[known].max()] if kind == "clearance" else []
                assert shown["mean"] == pytest.approx(wanted[known].mean(), abs=1e-5)
                assert shown["median"] == pytest.approx(np.median(wanted[known]), abs=1e-5)
                levels = indices(shown["levels"]).astype(float)
                assert np.array_equal(levels == 255, ~known)
                np.testing.assert_allclose(levels[known] / 254 * top, wanted[known], atol=0.502 / 254 * top)
    assert result["tops"]["dwell"] == 1 and result["tops"]["clearance"] == pytest.approx(max(everywhere), abs=1e-5)


def test_a_pixel_is_told_as_the_maps_show_it(engine: Engine) -> None:
    records = [made_up(engine, PLAIN, 4), made_up(engine, TERM, 5)]
    truth = np.zeros((HEIGHT, WIDTH), np.uint8)
    truth[0, 0], truth[7, 9] = VOID, 2
    for given, (x, y) in ((truth, (9, 7)), (truth, (0, 0)), (None, (WIDTH - 1, HEIGHT - 1))):
        told = pixel_of(records, given, x, y)
        for k, record in enumerate(records):
            end = record.classes(0)[-1]
            own = end if given is None else given
            assert told["end"][k] == end[y, x] and told["own"][k] == (None if own[y, x] == VOID else own[y, x])
            np.testing.assert_allclose(told["paths"][k]["state"], record.codes(0)[:, :, y, x], atol=1e-4)
            np.testing.assert_allclose(told["paths"][k]["estimate"][-1], record.codes(0)[-1, :, y, x], atol=1e-4)
            wanted = by_hand(record, own, x, y)
            for kind in KINDS:
                for curve in CURVES:
                    number = told[kind][k][curve]
                    assert np.isnan(wanted[kind][curve]) if number is None else True
                    assert number is None or number == pytest.approx(wanted[kind][curve], abs=1e-5)
        assert told["times"] == [0, 0.25, 0.5, 0.75, 1]
    for x, y in ((WIDTH, 0), (0, HEIGHT), (-1, 0), (1.5, 0), ("1", 0)):
        with pytest.raises(InputError):
            pixel_of(records, truth, x, y)


# Runs -----------------------------------------------------------------------------------------------------------


def messages(maps: FieldMaps, comparison: Comparison) -> list[Update]:
    told = list(maps.stream(comparison, "visitor"))
    assert all(check_update(message) is message for message in told)
    return told


def test_two_runs_then_their_maps_and_pixels(maps: FieldMaps) -> None:
    told = messages(maps, maps.prepare(PICTURE, None, 3))
    steps = [(message["progress"]["model"], message["progress"]["step"]) for message in told[:-1]]
    assert steps == [(model, step) for model in (0, 1) for step in range(4)]
    last = told[-1]
    assert last["end"] == "done" and last["result"] is not None and last["result"]["steps"] == 3
    assert np.array_equal(indices(last["result"]["picture"]), indices(f"x,{base64.b64encode(PICTURE).decode()}"))
    assert last["id"] and maps.pixel(last["id"], 3, 4)["own"] == maps.pixel(last["id"], 3, 4)["end"]
    with pytest.raises(InputError, match="no longer kept"):
        maps.pixel("something-else", 3, 4)


def test_a_run_that_fails_ends_both(maps: FieldMaps, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise EngineError("The network is broken.")

    monkeypatch.setattr(engine.model(PLAIN).system, "steps", broken)
    comparison = maps.prepare(PICTURE, None, 3)
    (last,) = messages(maps, comparison)
    assert (last["end"], last["message"], last["result"]) == ("failed", "The network is broken.", None)
    assert not comparison.records[1].drawn


def test_stop_ends_with_a_sentence_and_no_maps(maps: FieldMaps) -> None:
    comparison = maps.prepare(PICTURE, None, 25)
    told = maps.stream(comparison, "visitor")
    next(told)
    maps.stop("visitor")
    *_, last = told
    assert last["end"] == "stopped" and last["message"].startswith("Stopped") and not comparison.records[1].drawn
    with pytest.raises(InputError):
        maps.pixel(last["id"], 0, 0)


@pytest.mark.parametrize("steps", [0, MOST_STEPS + 1, 1e9, 2.5, None, "many", float("nan")])
def test_steps_that_cannot_be(maps: FieldMaps, steps: Any) -> None:
    with pytest.raises(InputError) as refused:
        maps.prepare(PICTURE, None, steps)
    assert refused.value.field == "steps" and refused.value.message.endswith(".")


@pytest.mark.parametrize(
    ("truth", "words"),
    [(b"hello", "is text"), (png_bytes(np.full((HEIGHT, WIDTH), 9, np.uint8)), "9"),
     (png_bytes(np.zeros((40, 40), np.uint8)), "40 × 40"),
     (png_bytes(np.full((HEIGHT, WIDTH), VOID, np.uint8)), "no class")],
    ids=["text", "no class of these", "another shape", "void alone"],
)  # fmt: skip
def test_a_ground_truth_that_cannot_be_used(maps: FieldMaps, truth: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        maps.prepare(PICTURE, truth, 3)
    assert refused.value.field == "truth"


def test_a_picture_is_needed(maps: FieldMaps) -> None:
    for photo in (None, b"no picture"):
        with pytest.raises(InputError) as refused:
            maps.prepare(photo, None, 3)
        assert refused.value.field == "image"


def test_the_drawn_street_has_exact_labels_where_the_classes_are_its_own(tmp_path: Path, maps: FieldMaps) -> None:
    picture, truth = section.drawn(maps.pair)
    assert picture.shape == (HEIGHT, WIDTH, 3) and truth is None
    entries = tuple(ClassColour(i, name, (20 * i, 90, 9)) for i, name in enumerate(STREET_NAMES))
    for name, eta in ((PLAIN, 0), (TERM, 1)):
        flow_model(tmp_path, name, eta, palette=Palette(entries, ClassColour(len(entries), "void", (0, 0, 0))))
    engine = engine_of(tmp_path)
    pair = find_pair(engine)
    assert pair is not None
    picture, truth = section.drawn(pair)
    assert not np.array_equal(picture, draw_street((WIDTH, HEIGHT), 1)[0])
    comparison = FieldMaps(Runner(engine), pair).prepare(png_bytes(picture), Path(truth).read_bytes(), 2)
    np.testing.assert_array_equal(comparison.records[0].given.pixels, draw_street((WIDTH, HEIGHT), 0)[0])
    assert comparison.truths is not None
    for labels in comparison.truths:
        np.testing.assert_array_equal(labels, draw_street((WIDTH, HEIGHT), 0)[1])
    assert section.left(truth) is None, "it goes with its picture"
    assert section.left(str(tmp_path / "mine.png")) is not None and section.left(None) is not None


# The widget -----------------------------------------------------------------------------------------------------


def test_the_widget_takes_nothing_and_answers_hostile_questions_with_a_sentence(maps: FieldMaps) -> None:
    with gr.Blocks():
        view = FieldMapsView(maps.pixel, maps.update())
    assert view.preprocess(None) is None and view.preprocess(maps.update()) is None
    for payload in ("text", {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}):
        with pytest.raises(gr.Error, match="take no input"):
            view.preprocess(payload)
    for question in (None, [], ["abcdef", 0], [1, 0, 0], ["../../x", 0, 0], ["abcdef", -1, 0], ["abcdef", 0, 1.5],
                     ["abcdef", 10**9, 0], ["abcdef", 0, 0]):  # fmt: skip
        assert set(view.pixel(question)) == {"error"}
    with pytest.raises(AttributeError):
        view.pointermove  # noqa: B018  # a word in quotes of its script


def test_messages_of_another_form_are_refused(maps: FieldMaps) -> None:
    good = maps.update()
    for wrong in ({}, "text", good | {"more": 1}, good | {"id": "a b"}, good | {"end": "odd"}, good | {"end": "done"},
                  good | {"stage": {}}):  # fmt: skip
        with pytest.raises(ValueError):
            check_update(wrong)
