"""The spiral laboratory without a browser: what is packed, what is refused, and how a training is told."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from flowdemo.errors import EngineError, ModelError
from flowdemo.toys.folded import Folded
from flowdemo.toys.store import load_spiral
from flowdemo.ui.guard import FAILED
from flowdemo.ui.tabs import learn
from flowdemo.ui.widgets.spiral import Shipped, SpiralLab
from flowdemo.ui.widgets.spiral.contract import check_run, check_update, pack

CHECKPOINT = Path(__file__).resolve().parents[2] / "checkpoints" / "symmflow-spiral"
UPDATE = {"run": 3, "step": 7, "loss": 0.6, "seconds": 1.5, "weights": None, "end": None, "message": None}


def some_weights(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shapes = {"scale": (11,), "shift": (11,), "weight": (11, 11), "bias": (11,)}
    blocks = [{name: rng.normal(size=shape).tolist() for name, shape in shapes.items()} for _ in range(10)]
    head = {"weight": rng.normal(size=(3, 11)).tolist(), "bias": rng.normal(size=3).tolist()}
    return {"blocks": blocks, "head": head}


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f8")


def test_packed_weights_hold_every_number_in_the_order_of_the_layout() -> None:
    folded = some_weights()
    numbers = unpacked(pack(folded))
    assert numbers.shape == (1576,)
    fourth = folded["blocks"][3]
    row = np.concatenate([np.ravel(fourth[name]) for name in ("scale", "shift", "weight", "bias")])
    np.testing.assert_array_equal(numbers[3 * 154 : 4 * 154], row)
    np.testing.assert_array_equal(numbers[-3:], folded["head"]["bias"])
    assert numbers[3 * 154 + 22 + 11 * 2 + 5] == fourth["weight"][2][5]


def broken(change: str) -> dict[str, Any]:
    folded = some_weights()
    if change == "a block too few":
        folded["blocks"].pop()
    elif change == "no bias":
        del folded["blocks"][4]["bias"]
    elif change == "not finite":
        folded["head"]["bias"][1] = float("nan")
    elif change == "another width":
        folded["blocks"][0]["weight"] = [[0.0] * 10] * 11
    else:
        folded["head"]["weight"] = "many"
    return folded


@pytest.mark.parametrize("change", ["a block too few", "no bias", "not finite", "another width", "text"])
def test_weights_of_another_layout_are_refused(change: str) -> None:
    with pytest.raises(ValueError):
        pack(broken(change))


@pytest.mark.parametrize(
    "change",
    [{"run": -1}, {"run": True}, {"run": "3"}, {"step": 1.5}, {"loss": float("nan")}, {"seconds": float("inf")},
     {"seconds": None}, {"end": "perhaps"}, {"weights": {"blocks": []}}, {"more": 1}],
)  # fmt: skip
def test_a_message_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        check_update(UPDATE | change)


def test_a_message_passes_with_its_weights_packed() -> None:
    assert check_update(None) is None
    assert check_update(UPDATE) == UPDATE
    folded = some_weights(1)
    sent = check_update(UPDATE | {"weights": folded, "loss": None, "end": "done"})
    assert sent == UPDATE | {"weights": pack(folded), "loss": None, "end": "done"}


@pytest.mark.parametrize("sent", [None, -1, 2**31, 1.0, "1", True, [1]])
def test_the_browser_numbers_trainings_with_whole_numbers_only(sent: Any) -> None:
    assert check_run(sent) is None
    assert check_run(5) == 5


def lab(source: Any) -> SpiralLab:
    with gr.Blocks():
        return SpiralLab(source)


def tiny() -> Shipped:
    return Shipped({4: some_weights()}, np.zeros((2, 2)), np.array([-1, 1]), np.ones(2), np.full((2, 3), 2.0))


def test_points_travel_as_seven_numbers_each() -> None:
    found = lab(tiny).shipped()
    assert [entry["seed"] for entry in found["weights"]] == [4]
    rows = unpacked(found["cloud"]).reshape(2, 7)
    np.testing.assert_array_equal(rows, [[0, 0, 1, -1, 2, 2, 2], [0, 0, 1, 1, 2, 2, 2]])


def test_what_cannot_be_read_is_a_sentence_and_no_path() -> None:
    def missing() -> Shipped:
        raise ModelError("There is no spiral.")

    def broken_file() -> Shipped:
        raise OSError("/srv/secret/weights")

    assert lab(missing).shipped(["anything"]) == {"error": "There is no spiral."}
    assert "secret" not in lab(broken_file).shipped()["error"]


def test_the_laboratory_is_no_input_and_has_two_events() -> None:
    made = lab(tiny)
    assert made.preprocess(None) is None
    for payload in ("text", {"run": 1}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}):
        with pytest.raises(gr.Error, match="takes no input"):
            made.preprocess(payload)
    assert callable(made.train) and callable(made.halt)
    with pytest.raises(AttributeError):
        made.classify  # noqa: B018  # a word in quotes of its script


def test_the_shipped_spiral_is_read_without_torch() -> None:
    code = (
        "import sys; from flowdemo.ui.tabs import learn; from flowdemo.toys.store import load_spiral;"
        f"learn.load_spiral = lambda: load_spiral({str(CHECKPOINT)!r});"
        "found = learn.shipped().to_json();"
        "assert [w['seed'] for w in found['weights']] == [0, 1, 2]; assert 'torch' not in sys.modules; print('light')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["light"], done.stderr


def test_what_is_shown_is_of_both_classes_and_of_the_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "load_spiral", lambda: load_spiral(CHECKPOINT))
    found = learn.shipped()
    assert found.points.shape == (600, 2) and (found.labels == -1).sum() == 300
    assert abs(float(np.mean(found.noise))) < 0.2 and 0.8 < float(np.std(found.noise)) < 1.2
    assert np.abs(found.starts[:, 2] - found.labels).max() <= 0.5
    assert json.dumps(found.to_json())
    assert all(isinstance(Folded.from_json(folded), Folded) for folded in found.weights.values())


# Training -------------------------------------------------------------------------------------------------------


def told(monkeypatch: pytest.MonkeyPatch, trainer: Any, data: Any = None) -> list[dict[str, Any]]:
    monkeypatch.setattr("flowdemo.toys.training.train_live", trainer)
    return list(learn.train(gr.EventData(None, {"run": 9} if data is None else data)))


def test_a_training_is_told_from_its_start_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, float]] = []

    def trainer(seed: int, seconds: float) -> Any:
        asked.append((seed, seconds))
        yield {"step": 0, "loss": None, "seconds": 0.0, "weights": some_weights(1)}
        yield {"step": 40, "loss": 0.7, "seconds": 0.5, "weights": some_weights(2)}

    messages = told(monkeypatch, trainer)
    assert [(m["step"], m["end"]) for m in messages] == [(0, None), (0, None), (40, None), (40, "done")]
    assert {m["run"] for m in messages} == {9}
    assert messages[0]["weights"] is None and messages[2]["weights"] == some_weights(2)
    assert all(check_update(message) for message in messages)
    told(monkeypatch, trainer)
    assert asked[0][1] == 15.0 and asked[0][0] != asked[1][0], "each training has a seed of its own"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(EngineError("The loss is not finite."), "The loss is not finite."), (RuntimeError("/srv/secret"), FAILED)],
)
def test_a_training_that_breaks_says_so_in_its_last_message(
    monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    def trainer(seed: int, seconds: float) -> Any:
        yield {"step": 5, "loss": 0.8, "seconds": 0.5, "weights": some_weights()}
        raise error

    last = told(monkeypatch, trainer)[-1]
    assert (last["end"], last["message"], last["step"]) == ("failed", sentence, 5)
    assert check_update(last)


def test_closing_a_training_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    def trainer(seed: int, seconds: float) -> Any:
        try:
            while True:
                yield {"step": 1, "loss": 0.8, "seconds": 0.5, "weights": some_weights()}
        finally:
            closed.append(True)

    monkeypatch.setattr("flowdemo.toys.training.train_live", trainer)
    running = learn.train(gr.EventData(None, {"run": 1}))
    next(running), next(running)
    running.close()
    assert closed == [True]


@pytest.mark.parametrize("data", [{}, {"run": "1"}, {"run": -4}, "run", 7, ["run"]])
def test_an_event_without_a_number_starts_nothing(monkeypatch: pytest.MonkeyPatch, data: Any) -> None:
    def trainer(seed: int, seconds: float) -> Any:
        raise AssertionError("started")
        yield

    with pytest.raises(Exception, match="with its button"):
        told(monkeypatch, trainer, data)
