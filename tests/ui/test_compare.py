"""Comparisons without a browser: who is offered, what is refused, and which messages come in which order."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.fakes import put_in
from PIL import Image
from tiny import CLASSES, JOINT, LEVELS, ONE_STEP, POSTERIOR, SIDE, VELOCITY, mask_labels, png_bytes

from flowdemo.data.drawings import draw_cell
from flowdemo.engine import Engine, Given, run
from flowdemo.engine.stored import save_stored
from flowdemo.errors import InputError
from flowdemo.rendering.masks import resize_nearest
from flowdemo.ui import comparison_examples, examples
from flowdemo.ui.comparison import Comparison, Comparisons, compared, prepare
from flowdemo.ui.comparison_families import choices, families
from flowdemo.ui.runner import Runner
from flowdemo.ui.tabs import compare
from flowdemo.ui.widgets.compare import CompareView, Update
from flowdemo.ui.widgets.compare.contract import check_update

TO_MASK = "image-to-mask"


def raw(model: str, **entries: Any) -> dict[str, Any]:
    return {"model": model, "direction": TO_MASK, **entries}


def indices(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))))


def messages(engine: Engine, comparison: Comparison) -> list[Update]:
    """What the widget is sent, each checked as it would be."""
    told = list(compared(Runner(engine), comparison, comparison.head(), "visitor"))
    assert all(check_update(message) is message for message in told)
    return told


# Who is offered -------------------------------------------------------------------------------------------------


def test_models_that_read_the_same_classes_are_offered_in_order(shared_engine: Engine) -> None:
    (family,) = (f for f in families(shared_engine).values() if POSTERIOR in f.models)
    assert family.models == (POSTERIOR, VELOCITY, ONE_STEP, JOINT) and LEVELS not in family.models
    assert family.pair == (POSTERIOR, VELOCITY) and family.all == family.models
    assert [model for _, model in choices(shared_engine, family)] == list(family.models)
    assert len({name for name, _ in choices(shared_engine, family)}) == 4


def test_models_of_other_data_are_another_family(shared_engine: Engine) -> None:
    known = families(shared_engine)
    for key, family in known.items():
        alike = {(m.data["name"], len(m.palette.classes)) for m in map(shared_engine.manifest, family.models)}
        assert len(alike) == 1 and key in family.models
    assert sum(len(family.models) for family in known.values()) == len({m for f in known.values() for m in f.models})


# What is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("truth", "words"),
    [(b"hello", "is text"), (png_bytes(np.full((40, 48), 7, np.uint8)), "7"),
     (png_bytes(np.zeros((40, 40), np.uint8)), "40 × 40"), (png_bytes(np.full((40, 48), 3, np.uint8)), "no class")],
    ids=["text", "no class of these", "another shape", "void alone"],
)  # fmt: skip
def test_a_ground_truth_that_cannot_be_used(shared_engine: Engine, photo: bytes, truth: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        prepare(shared_engine, [raw(POSTERIOR)], photo, truth)
    assert refused.value.field == "truth" and refused.value.message.endswith(".")


def test_a_comparison_needs_a_photo_and_valid_settings(shared_engine: Engine, photo: bytes) -> None:
    with pytest.raises(InputError) as refused:
        prepare(shared_engine, [raw(POSTERIOR)], None, None)
    assert refused.value.field == "image"
    with pytest.raises(InputError) as refused:
        prepare(shared_engine, [raw(POSTERIOR), raw(VELOCITY, steps=0)], photo, None)
    assert refused.value.field == "steps"


def test_the_control_at_fault_is_named(shared_engine: Engine) -> None:
    """Inputs: photo, truth, family, then model, steps, solver, seed and temperature of A and of B."""
    good = [POSTERIOR, 3, "euler", 0, 1.0]
    for place, wrong in ((0, "nobody"), (1, 2.5), (2, "magic"), (4, 7)):
        for slot in (0, 1):
            slots = [list(good), list(good)]
            slots[slot][place] = wrong
            fault = compare._fault(shared_engine, [None, None, "", *slots[0], *slots[1]], compare._both)
            assert fault is not None and fault[0] == 3 + 5 * slot + place and fault[1].endswith(".")
    fault = compare._fault(shared_engine, [None, None, "", *good, *good], compare._both)
    assert fault is not None and fault[0] == 0, "a photo is missing"


def test_what_a_model_does_not_have_cannot_be_at_fault(shared_engine: Engine) -> None:
    values = [None, None, "", ONE_STEP, 99, "magic", -1, 7, VELOCITY, 3, "heun", None, "hot"]
    assert compare._both(shared_engine, values) == [
        raw(ONE_STEP, steps=1),
        raw(VELOCITY, steps=3, solver="heun"),
    ]


def test_the_ground_truth_is_cropped_and_resized_as_the_picture_is(shared_engine: Engine, photo: bytes) -> None:
    labels = np.random.default_rng(4).integers(0, len(CLASSES) + 1, (40, 48), dtype=np.uint8)
    comparison = prepare(shared_engine, [raw(POSTERIOR), raw(ONE_STEP)], photo, png_bytes(labels))
    expected = resize_nearest(labels, (SIDE, SIDE))
    assert comparison.truths is not None and comparison.note
    for truth, pane in zip(comparison.truths, comparison.head()["panes"], strict=True):
        assert np.array_equal(truth, expected) and np.array_equal(indices(pane["truth"] or ""), expected)


# Messages -------------------------------------------------------------------------------------------------------


def test_each_frame_is_sent_once_and_in_order(engine: Engine, photo: bytes) -> None:
    comparison = prepare(engine, [raw(POSTERIOR, steps=3), raw(ONE_STEP), raw(JOINT, steps=2)], photo, None)
    told = messages(engine, comparison)
    assert [bool(message["head"]) for message in told] == [True] + [False] * (len(told) - 1)
    frames = [(m["pane"], m["frame"]["index"]) for m in told if m["frame"]]
    assert frames == [(0, i) for i in range(4)] + [(1, i) for i in range(2)] + [(2, i) for i in range(3)]
    assert [m["end"] for m in told if m["end"]] == ["done"] and told[-1]["end"] == "done"
    assert [(s["drawn"], s["end"]["status"]) for s in told[-1]["runs"]] == [(4, "done"), (2, "done"), (3, "done")]
    assert [s["end"]["evaluations"] for s in told[-1]["runs"]] == [3, 1, 2]
    for message in told:
        if message["frame"]:
            (sample,) = message["frame"]["samples"]
            sent = comparison.records[message["pane"]].classes(0)[message["frame"]["index"]]
            assert np.array_equal(indices(sample["classes"]), sent)
            assert sample["speed"] is None and sample["partner"] is None


def test_stop_keeps_what_there_is_and_begins_nothing_more(engine: Engine, photo: bytes) -> None:
    runner, comparisons = Runner(engine), Comparisons()
    comparison = prepare(engine, [raw(POSTERIOR, steps=40), raw(VELOCITY, steps=3)], photo, None)
    told = []
    for message in compared(runner, comparison, comparisons.begin(comparison, "visitor"), "visitor"):
        told.append(message)
        if message["frame"] and message["frame"]["index"] == 2:
            comparisons.stop("visitor")
            runner.stop("visitor")
    first, second = told[-1]["runs"]
    assert told[-1]["end"] == "stopped" and first["end"]["status"] == "stopped" and 3 <= first["drawn"] < 41
    assert second == {"drawn": 0, "end": {"status": "skipped", "message": None, "evaluations": 0}}
    assert not runner.busy("visitor")


def test_stop_between_two_runs_counts(engine: Engine, photo: bytes) -> None:
    comparison = prepare(engine, [raw(ONE_STEP), raw(VELOCITY, steps=3)], photo, None)
    for message in compared(Runner(engine), comparison, comparison.head(), "visitor"):
        if message["runs"][0]["end"]:
            comparison.stopping.set()
    assert [end["status"] for end in comparison.ends if end] == ["done", "skipped"]


def test_a_run_that_fails_does_not_end_the_others(engine: Engine, photo: bytes) -> None:
    calls = []

    def evaluate(i: int) -> None:
        calls.append(i)
        if calls == [1, 2]:
            raise RuntimeError("secret /srv/models")

    put_in(engine, evaluate)
    comparison = prepare(engine, [raw(VELOCITY, steps=3), raw(POSTERIOR, steps=2)], photo, None)
    told = messages(engine, comparison)
    first, second = told[-1]["runs"]
    assert first["end"]["status"] == "failed" and "secret" not in first["end"]["message"] and first["drawn"] == 2
    assert second["end"]["status"] == "done" and second["drawn"] == 3 and told[-1]["end"] == "done"


def test_a_closed_page_ends_the_run_in_progress(engine: Engine, photo: bytes) -> None:
    comparison = prepare(engine, [raw(POSTERIOR, steps=50), raw(VELOCITY)], photo, None)
    stream = compared(Runner(engine), comparison, comparison.head(), "visitor")
    next(message for message in stream if message["frame"])
    stream.close()
    assert comparison.records[0].stopping.is_set() and comparison.records[0].summary.status == "stopped"
    assert not comparison.records[1].drawn


def test_a_lost_head_can_be_asked_for(engine: Engine, photo: bytes) -> None:
    comparisons = Comparisons()
    comparison = prepare(engine, [raw(ONE_STEP)], photo, None)
    head = comparisons.begin(comparison, "visitor")
    assert comparisons.head(comparison.id) == head
    with pytest.raises(InputError, match="no longer kept"):
        comparisons.head("nothing-known")


GOOD: Update = {"comparison": "abcdef", "head": None, "runs": [{"drawn": 1, "end": None}], "pane": 0, "frame": None,
                "end": None}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [{"comparison": "../x"}, {"comparison": None}, {"runs": []}, {"runs": [{"drawn": 1}]}, {"pane": 1}, {"pane": True},
     {"runs": [{"drawn": 1, "end": {"status": "odd"}}]}, {"frame": {}, "pane": None}, {"frame": 3}, {"end": "failed"},
     {"head": {"panes": []}}, {"more": 1}],
)  # fmt: skip
def test_messages_of_another_form_are_no_messages(wrong: dict[str, Any]) -> None:
    assert check_update(GOOD) == GOOD and check_update(None) is None
    with pytest.raises(ValueError):
        check_update({**GOOD, **wrong})


# What the widget asks -------------------------------------------------------------------------------------------


@pytest.fixture
def pair(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Engine, np.ndarray]:
    """Two stored runs of one drawn cell, and its labels."""
    picture, labels = draw_cell(SIDE, 1)
    for model in (POSTERIOR, ONE_STEP):
        record = run(raw(model), Given("picture", picture), engine)
        save_stored(record, tmp_path / f"{model}.zip", {"title": "Drawn cell → mask", "origin": "Drawn."})
    monkeypatch.setattr(examples, "STORED", tmp_path)
    return engine, labels


def test_the_tab_opens_with_two_stored_runs_of_one_drawing(pair: tuple[Engine, np.ndarray]) -> None:
    engine, labels = pair
    view = CompareView(compare.Answers(engine, Comparisons()))
    told = view.opening()
    assert check_update(told) and told["head"]["origin"] == "stored" and told["end"] == "done"
    first, second = told["head"]["panes"]
    assert (first["run"], second["run"]) == (f"stored-{POSTERIOR}", f"stored-{ONE_STEP}")
    assert not first["one_step"] and second["one_step"]
    assert np.array_equal(indices(first["truth"]), labels)
    frames = view.frames([second["run"], [0, 1]])
    assert [frame["index"] for frame in frames] == [0, 1] and frames[1]["samples"][0]["speed"] is None
    assert view.recipe(first["run"])["name"].endswith("_recipe.json")
    assert len(comparison_examples.pictures(engine)) == 1, "one picture, however many runs of it there are"


def test_a_picture_that_is_no_drawing_has_no_known_truth(pair: tuple[Engine, np.ndarray]) -> None:
    engine, _ = pair
    (item,) = comparison_examples.pictures(engine)
    changed = item.pixels.copy()
    changed[0, 0, 0] ^= 1
    other = examples.Example(item.key, item.path, item.title, item.request, changed, item.picture)
    assert comparison_examples.drawn_truth(engine, item) is not None
    assert comparison_examples.drawn_truth(engine, other) is None


@pytest.mark.parametrize(
    ("function", "data"),
    [("frames", ["nothing-known", [0]]), ("frames", ["../../etc", [0]]), ("frames", None), ("frames", [1, 2, 3]),
     ("described", None), ("described", {"path": "/etc/passwd"}), ("recipe", "nothing-known"), ("recipe", 3)],
)  # fmt: skip
def test_bad_questions_are_answered_with_one_sentence(shared_engine: Engine, function: str, data: Any) -> None:
    view = CompareView(compare.Answers(shared_engine, Comparisons()))
    answer = getattr(view, function)(data)
    assert set(answer) == {"error"} and answer["error"].endswith(".") and "/" not in answer["error"]


def test_the_mask_of_the_tiny_models_scores_one_against_itself(shared_engine: Engine) -> None:
    """The truth that a drawing of the same size brings is taken as it is, void included."""
    photo = png_bytes(np.zeros((SIDE, SIDE, 3), np.uint8))
    comparison = prepare(shared_engine, [raw(ONE_STEP)], photo, png_bytes(mask_labels()))
    assert comparison.truths is not None and np.array_equal(comparison.truths[0], mask_labels())
