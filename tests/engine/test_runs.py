"""What is measured on a run, the pixel probe, and the store of runs."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given as property_of
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tiny import POSTERIOR, SIDE, VELOCITY, mask_labels

from flowdemo.engine import Engine, Given, RunRecord, RunStore, run
from flowdemo.engine.frames import Drawn, Seen, draw_seen
from flowdemo.engine.probe import probe
from flowdemo.errors import InputError
from flowdemo.request import Request

from .fakes import begin, put_in

MASKS: Any = SimpleNamespace(levels=None)  # what is asked of a manifest


def record_of(classes: np.ndarray, painted: np.ndarray | None = None, codes: np.ndarray | None = None) -> RunRecord:
    """A finished record with given classes ``[N + 1, h, w]``, towards a mask, or from a painted one."""
    codes = np.zeros((len(classes), 3, *classes.shape[1:]), np.float32) if codes is None else codes
    given = Given("picture", np.zeros((*classes.shape[1:], 3), np.uint8)) if painted is None else Given("mask", painted)
    record = RunRecord(Request("m", "image-to-mask", len(classes) - 1), MASKS, given)
    before: Drawn | None = None
    for i, (state, reading) in enumerate(zip(codes, classes, strict=True)):
        before = draw_seen(i, 0.0, i / max(len(classes) - 1, 1), i, 0.1 * i, Seen(state[None], reading[None]), before)
        record.drawn.append(before)
    record.finish("done")
    return record


readings = arrays.arrays(np.uint8, st.tuples(st.integers(1, 6), st.just(3), st.just(4)), elements=st.integers(0, 2))


@property_of(readings)
def test_towards_the_mask_a_pixel_settles_when_it_keeps_its_class(classes: np.ndarray) -> None:
    summary = record_of(classes).summary
    for (y, x), step in np.ndenumerate(summary.settling[0]):
        along = classes[:, y, x].tolist()
        assert set(along[step:]) == {along[-1]} and (step == 0 or along[step - 1] != along[-1])
    settled = [(summary.settling[0] <= i).mean() for i in range(len(classes))]
    assert summary.settled == pytest.approx(settled) and summary.settled[-1] == 1.0
    assert summary.changed[1:] == pytest.approx([(a != b).mean() for a, b in pairwise(classes)])


@property_of(readings, st.integers(0, 2))
def test_towards_the_image_a_pixel_counts_until_it_reads_otherwise(classes: np.ndarray, label: int) -> None:
    painted = np.full(classes.shape[1:], label, np.uint8)
    summary = record_of(classes, painted).summary
    for (y, x), step in np.ndenumerate(summary.settling[0]):
        along = classes[:, y, x].tolist()
        assert label not in along[step : step + 1] or (step == len(along) - 1 and set(along) == {label})
        assert set(along[:step]) <= {label}
    assert summary.settled == pytest.approx([(reading == label).mean() for reading in classes])


def summary_of(engine: Engine, path: list[tuple[float, float, float]]) -> Any:
    put_in(engine, path=lambda i: path[i])
    record = begin(engine, len(path) - 1)
    list(engine.stream(record))
    return record.summary


def test_path_length_and_straightness_of_known_paths(engine: Engine) -> None:
    straight = summary_of(engine, [(0, 0, 0), (0.25, 0, 0), (1, 0, 0)])
    assert (straight.path_length, straight.straightness) == pytest.approx((1.0, 1.0))
    corner = summary_of(engine, [(0, 0, 0), (0.75, 0, 0), (0.75, 1, 0)])
    assert (corner.path_length, corner.straightness) == pytest.approx((1.75, 1.25 / 1.75))
    back = summary_of(engine, [(0, 0, 0), (0.5, 0, 0), (0, 0, 0)])
    assert (back.path_length, back.straightness) == pytest.approx((1.0, 0.0))
    still = summary_of(engine, [(0, 0, 0)] * 3)
    assert (still.path_length, still.straightness) == (0.0, 1.0)
    assert still.evaluations == 2 and still.speed == [None, 0.0, 0.0]


@pytest.fixture(scope="module")
def live(shared_engine: Engine) -> RunRecord:
    raw = {"model": POSTERIOR, "direction": "mask-to-image", "steps": 5, "samples": 2, "beta": 60}
    return run(raw, Given("mask", mask_labels()), shared_engine)


@property_of(x=st.integers(0, SIDE - 1), y=st.integers(0, SIDE - 1), sample=st.integers(0, 1))
def test_the_probe_agrees_with_the_frames(live: RunRecord, x: int, y: int, sample: int) -> None:
    answer = probe(live, sample, x, y)
    codes, classes = live.codes(sample)[:, :, y, x], live.classes(sample)[:, y, x]
    assert np.allclose(answer["path"], codes, atol=1e-4) and answer["classes"] == classes.tolist()
    assert answer["t"] == [frame.t for frame in live.frames]
    points = live.manifest.codebook.points[:3]
    away = np.linalg.norm(codes[:, None] - points[None], axis=2) * 127.5
    assert np.allclose(answer["distance"], away.min(1), atol=0.02)
    # Nearest by the distances, which says that the class beside each point of the chart is the one it lies next to.
    assert np.allclose(away[np.arange(6), classes], away.min(1), atol=0.2)
    settled = answer["settled"]
    assert set(classes[settled:]) == {classes[-1]} and (settled == 0 or classes[settled - 1] != classes[-1])
    moves = np.linalg.norm(np.diff(codes, axis=0), axis=1).sum()
    chord = np.linalg.norm(codes[-1] - codes[0])
    assert answer["straightness"] == pytest.approx(chord / moves if moves > 1e-6 else 1.0, abs=1e-4)


@pytest.mark.parametrize("place", [(-1, 0), (SIDE, 0), (0, SIDE), (0, -1), (1.0, 0), ("1", 0), (True, 0), (None, 0)])
def test_the_probe_refuses_places_that_are_not_there(live: RunRecord, place: tuple[Any, Any]) -> None:
    with pytest.raises(InputError, match=f"from 0 to {SIDE - 1}"):
        probe(live, 0, *place)
    with pytest.raises(InputError, match="from 0 to 1"):
        probe(live, 2, 0, 0)


def test_the_probe_works_on_a_run_that_has_its_start_only(engine: Engine) -> None:
    put_in(engine)
    record = begin(engine)
    record.stopping.set()
    list(engine.stream(record))
    assert probe(record, 0, 1, 2)["straightness"] == 1.0


def blank(size: int = 8) -> RunRecord:
    return record_of(np.zeros((2, size, size), np.uint8))


def test_the_store_is_bounded_in_number() -> None:
    store = RunStore(keep=3)
    records = [blank() for _ in range(5)]
    for record in records:
        store.add(record)
    assert len(store) == 3 and store.get(records[-1].id) is records[-1]
    with pytest.raises(InputError) as caught:
        store.get(records[0].id)
    assert caught.value.field == "run" and "again" in caught.value.message


def test_the_store_is_bounded_in_bytes_but_keeps_the_newest() -> None:
    small, large = blank(8), blank(64)
    assert large.bytes > large.drawn[0].codes.nbytes * 2
    store = RunStore(keep_bytes=large.bytes + small.bytes // 2)
    for record in (small, large):
        store.add(record)
    assert len(store) == 1 and store.get(large.id) is large
    tiny = RunStore(keep_bytes=1)
    tiny.add(large)
    assert tiny.get(large.id) is large


def test_a_run_counts_with_its_final_size(engine: Engine) -> None:
    put_in(engine)
    first, second = begin(engine), begin(engine)
    list(engine.stream(first))
    engine.runs.keep_bytes = first.bytes + first.drawn[0].bytes * 2
    stream = engine.stream(second)
    next(stream)
    assert len(engine.runs) == 2
    list(stream)
    assert len(engine.runs) == 1 and engine.runs.get(second.id) is second


def test_a_run_that_is_looked_at_is_kept_longer_and_stored_ones_for_good() -> None:
    store = RunStore(keep=2)
    stored = dataclasses.replace(blank(), id="stored-example", origin="stored")
    store.keep_always(stored)
    old, new = blank(), blank()
    store.add(old), store.add(new)
    store.get(old.id)
    store.add(blank())
    assert store.get(old.id) is old and store.get("stored-example") is stored
    with pytest.raises(InputError):
        store.get(new.id)


@pytest.mark.parametrize("name", [None, 3, ["a"], {}, "", "../../etc/passwd"])
def test_the_store_refuses_what_is_no_run(name: Any) -> None:
    with pytest.raises(InputError):
        RunStore().get(name)


def test_names_of_runs_cannot_be_guessed() -> None:
    names = {blank().id for _ in range(50)}
    assert len(names) == 50 and all(len(name) >= 16 for name in names)


def test_speed_is_measured_in_code_space(shared_engine: Engine) -> None:
    record = run(
        {"model": VELOCITY, "steps": 2}, Given("picture", np.full((SIDE, SIDE, 3), 99, np.uint8)), shared_engine
    )
    codes = record.codes(0)
    speed = np.linalg.norm((codes[1] - codes[0]) / 0.5, axis=0)
    frame = record.frames[1]
    assert frame.numbers["mean_speed"] == pytest.approx(float(speed.mean()), rel=5e-3)
    assert frame.samples[0].speed_scale == pytest.approx(float(speed.max()), rel=5e-3)


def test_a_run_that_nobody_comes_back_for_is_not_kept(engine: Engine) -> None:
    put_in(engine)
    record = begin(engine)
    record.kept = False
    frames = list(engine.stream(record))
    assert len(frames) == record.request.steps + 1 and record.summary is not None and len(engine.runs) == 0
