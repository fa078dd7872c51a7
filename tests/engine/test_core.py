"""The engine around the stream: models, limits, inputs, devices, and runs that share it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import CLASSES, ONE_STEP, POSTERIOR, SIDE, VELOCITY, mask_labels, write_tiny_model

import flowdemo
from flowdemo.engine import Engine, Given, RunRecord, run
from flowdemo.errors import InputError, ModelError

from .fakes import PATIENCE


def picture(seed: int = 0) -> Given:
    return Given("picture", np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))


def painted() -> Given:
    return Given("mask", mask_labels())


def views(record: RunRecord) -> list[tuple[bytes, bytes, bytes | None]]:
    return [(s.state, s.classes, s.speed) for frame in record.frames for s in frame.samples]


def same(a: RunRecord, b: RunRecord) -> bool:
    """Bit by bit: states, classes, and what the browser gets."""
    arrays = all(
        np.array_equal(x.codes, y.codes) and np.array_equal(x.classes, y.classes)
        for x, y in zip(a.drawn, b.drawn, strict=True)
    )
    return arrays and views(a) == views(b)


TO_MASK = {"model": POSTERIOR, "steps": 4}
TO_IMAGE = {"model": VELOCITY, "direction": "mask-to-image", "steps": 4, "beta": 30, "seed": 5}


def test_the_same_recipe_gives_the_same_bytes_in_every_engine(shared_engine: Engine) -> None:
    for raw, given in ((TO_MASK, picture()), (TO_IMAGE, painted())):
        first = run(raw, given, shared_engine)
        assert same(first, run(raw, given, Engine("cpu")))
        assert first.id != run(raw, given, shared_engine).id


def test_another_seed_or_input_gives_other_bytes(shared_engine: Engine) -> None:
    first = run(TO_IMAGE, painted(), shared_engine)
    assert not same(first, run({**TO_IMAGE, "seed": 6}, painted(), shared_engine))
    assert not same(run(TO_MASK, picture(), shared_engine), run(TO_MASK, picture(1), shared_engine))
    unperturbed = {**TO_IMAGE, "beta": 0}
    assert same(run(unperturbed, painted(), shared_engine), run({**unperturbed, "seed": 6}, painted(), shared_engine))


def test_runs_side_by_side_equal_runs_one_after_the_other(shared_engine: Engine) -> None:
    jobs = [(TO_MASK, picture()), (TO_IMAGE, painted()), ({**TO_MASK, "solver": "heun"}, picture(3))]
    alone = [run(raw, given, shared_engine) for raw, given in jobs]
    together: list[RunRecord | None] = [None] * len(jobs)
    ready = threading.Barrier(len(jobs), timeout=PATIENCE)

    def work(i: int) -> None:
        ready.wait()
        together[i] = run(*jobs[i], shared_engine)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert all(b is not None and same(a, b) for a, b in zip(alone, together, strict=True))


def test_two_streams_of_one_model_read_in_turns_do_not_mix(shared_engine: Engine) -> None:
    records = [shared_engine.start(shared_engine.request(TO_MASK, g), g) for g in (picture(1), picture(2))]
    streams = [shared_engine.stream(record) for record in records]
    for frames in zip(*streams, strict=True):
        assert frames[0].index == frames[1].index
    assert all(same(record, run(TO_MASK, record.given, shared_engine)) for record in records)


def test_sample_k_is_the_run_of_its_own_with_seed_plus_k(shared_engine: Engine) -> None:
    many = run({**TO_IMAGE, "samples": 3}, painted(), shared_engine)
    for k, seed in enumerate(many.request.seeds):
        alone = run({**TO_IMAGE, "seed": seed}, painted(), shared_engine)
        # Equal up to rounding: libraries sum in another order for another batch size.
        assert np.allclose(many.codes(k), alone.codes(0), atol=2e-3)
        assert np.array_equal(many.codes(k)[0], alone.codes(0)[0]), "the start has no rounding to differ by"
    assert not np.allclose(many.codes(0), many.codes(1), atol=0.05)


def test_what_each_model_admits(shared_engine: Engine) -> None:
    assert list(shared_engine.manifests())[:2] == [POSTERIOR, VELOCITY]
    posterior, velocity, one = (shared_engine.limits(name) for name in (POSTERIOR, VELOCITY, ONE_STEP))
    assert posterior.directions == velocity.directions == ("image-to-mask", "mask-to-image")
    assert one.directions == ("image-to-mask",) and one.max_steps == 1 and posterior.max_steps == 50
    assert set(posterior.settings) == {"temperature"} and not velocity.settings and not one.settings
    # Three classes and the ignore label need k = 2, so s = 254.
    assert posterior.beta_bound == 127 and posterior.default_beta == 20
    with pytest.raises(InputError, match="127"):
        shared_engine.request({**TO_IMAGE, "beta": 127})


def test_a_model_may_have_its_own_temperature(tmp_path: Path) -> None:
    write_tiny_model(tmp_path / POSTERIOR, POSTERIOR, "semflow", "posterior", 3 + len(CLASSES) + 1)
    path = tmp_path / POSTERIOR / "manifest.json"
    raw = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(raw | {"settings": {"temperature": 0.25}}), "utf-8")
    engine = Engine("cpu")
    name = engine.add(tmp_path / POSTERIOR)
    assert engine.limits(name).settings["temperature"].default == 0.25
    ends = []
    for settings in ({}, {"temperature": 0.25}, {"temperature": 1.0}):
        record = run({"model": name, "steps": 2, "settings": settings}, picture(), engine)
        ends.append(record.codes(0)[-1])
    assert np.array_equal(ends[0], ends[1]) and not np.allclose(ends[0], ends[2], atol=1e-2)
    for wrong in (-0.1, 2, "0", None):
        path.write_text(json.dumps(raw | {"settings": {"temperature": wrong}}), "utf-8")
        with pytest.raises(ModelError):
            Engine("cpu").add(tmp_path / POSTERIOR)


@pytest.mark.parametrize("name", ["", "nothing", None, 3, ["a"], "../a-posterior", "a-posterior/"])
def test_unknown_models_are_refused_with_the_known_ones(shared_engine: Engine, name: Any) -> None:
    with pytest.raises(InputError) as caught:
        shared_engine.request({"model": name})
    assert caught.value.field == "model" and POSTERIOR in caught.value.message


def test_a_request_carries_the_hash_of_its_input(shared_engine: Engine) -> None:
    given = picture()
    assert shared_engine.request(TO_MASK).input == ""
    assert shared_engine.request(TO_MASK, given).input == given.sha256


def test_inputs_of_the_wrong_kind_or_size_are_refused(shared_engine: Engine) -> None:
    small = Given("picture", np.zeros((SIDE, SIDE + 1, 3), np.uint8))
    for raw, given, word in (
        (TO_MASK, painted(), "needs a picture"),
        (TO_IMAGE, picture(), "needs a mask"),
        (TO_MASK, small, f"{SIDE} × {SIDE}"),
    ):
        with pytest.raises(InputError, match=word) as caught:
            shared_engine.request(raw, given)
        assert caught.value.field == "input"


def test_a_folder_given_by_path_is_taken_in(tiny_models: Path, tmp_path: Path) -> None:
    write_tiny_model(tmp_path / "run-7", "own-model", "semflow", "velocity", 3, seed=9)
    engine = Engine("cpu")
    assert engine.add(POSTERIOR) == POSTERIOR
    name = engine.add(str(tmp_path / "run-7"))
    assert name == "own-model" and run({"model": name, "steps": 1}, picture(), engine).summary.status == "done"
    with pytest.raises(ModelError):
        engine.add(tmp_path / "nothing")


def test_a_folder_comes_before_a_model_of_the_same_name(tiny_models: Path, tmp_path: Path) -> None:
    engine = Engine("cpu")
    raw = {"model": VELOCITY, "steps": 2}
    before = run(raw, picture(), engine)
    write_tiny_model(tmp_path / "newer", VELOCITY, "semflow", "velocity", 3, seed=9)
    assert engine.add(tmp_path / "newer") == VELOCITY
    assert not same(before, run(raw, picture(), engine))


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "CPU", "", "cpu; rm"])
def test_devices_that_are_none_are_refused_at_once(device: str) -> None:
    with pytest.raises(InputError) as caught:
        Engine(device)
    assert caught.value.field == "device" and "cpu" in caught.value.message


def test_warming_up_loads_the_first_model_and_never_fails(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.warm()
    assert engine.model(POSTERIOR) is engine.model(POSTERIOR)
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path))
    monkeypatch.setattr("flowdemo.zoo.folders.CHECKPOINTS", tmp_path)
    Engine("cpu").warm()


def test_the_library_runs_by_the_same_words(tiny_models: Path) -> None:
    record = flowdemo.run({"model": POSTERIOR, "steps": 2}, picture())
    model = flowdemo.load(POSTERIOR, "cpu")
    steps = list(model.trajectory(picture().pixels, direction="image-to-mask", steps=2))
    assert [step.t for step in steps] == [0.0, 0.5, 1.0]
    assert np.array_equal(model.system.codes(steps[-1].x).astype(np.float16), record.drawn[-1].codes)
    assert len(model.manifest.palette.classes) == len(CLASSES)
    with pytest.raises(AttributeError):
        _ = flowdemo.nothing
