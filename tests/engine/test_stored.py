"""Stored runs come back as they were, and a damaged file is one plain error."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as property_of
from hypothesis import strategies as st
from tiny import POSTERIOR, SIDE, VELOCITY, mask_labels

from flowdemo.engine import Engine, Given, RunRecord, run
from flowdemo.engine import stored as stored_module
from flowdemo.engine.stored import load_stored, read_head, read_input, save_stored
from flowdemo.errors import DataError

ABOUT = {"title": "A cell", "origin": "Painted by this test."}


@pytest.fixture(scope="module", params=["image-to-mask", "mask-to-image"])
def live(request: pytest.FixtureRequest, shared_engine: Engine) -> RunRecord:
    if request.param == "image-to-mask":
        given = Given("picture", np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))
        return run({"model": POSTERIOR, "steps": 3, "settings": {"temperature": 0.5}}, given, shared_engine)
    raw = {"model": VELOCITY, "direction": "mask-to-image", "steps": 3, "beta": 60, "seed": 8, "samples": 2}
    return run(raw, Given("mask", mask_labels()), shared_engine)


@pytest.fixture
def file(live: RunRecord, tmp_path: Path) -> Path:
    save_stored(live, tmp_path / "cell.zip", ABOUT)
    return tmp_path / "cell.zip"


def test_a_stored_run_comes_back_as_it_was(live: RunRecord, file: Path) -> None:
    record = load_stored(file, live.manifest)
    assert (record.origin, record.id, record.device) == ("stored", "stored-cell", live.device)
    assert record.request == live.request and record.given.sha256 == live.given.sha256
    assert record.given.note == ABOUT["origin"]
    for k in range(live.request.samples):
        assert np.abs(record.codes(k) - live.codes(k)).max() <= 1 / 256  # half a step of storage, and float16 again
        agree = (record.classes(k) == live.classes(k)).mean()
        assert agree > 0.98, "only pixels between two codes may read otherwise"
    for a, b in zip(record.frames, live.frames, strict=True):
        assert (a.index, a.t, a.evaluations, a.seconds) == (b.index, b.t, b.evaluations, b.seconds)
        assert a.progress == pytest.approx(b.progress)
    assert record.summary.status == "done"
    assert record.summary.path_length == pytest.approx(live.summary.path_length, rel=0.02)


def test_storing_is_deterministic_and_small(live: RunRecord, file: Path, tmp_path: Path) -> None:
    save_stored(live, tmp_path / "again.zip", ABOUT)
    assert (tmp_path / "again.zip").read_bytes() == file.read_bytes()
    assert file.stat().st_size < 2 * sum(d.codes.nbytes for d in live.drawn)


def test_head_and_input_are_read_without_the_frames(live: RunRecord, file: Path) -> None:
    head = read_head(file)
    assert head["about"] == ABOUT and head["request"] == live.request.to_json()
    assert head["weights"] == {name: entry["sha256"] for name, entry in live.manifest.files.items()}
    assert np.array_equal(read_input(file), live.given.pixels)


def refused(file: Path, live: RunRecord) -> str:
    with pytest.raises(DataError) as caught:
        load_stored(file, live.manifest)
    assert "\n" not in caught.value.message and str(file.parent) not in caught.value.message
    return caught.value.message


def rewritten(file: Path, change: dict[str, Any]) -> None:
    """Replace parts of the archive; None leaves one out."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | change
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            if data is not None:
                archive.writestr(name, data)


@pytest.mark.parametrize(
    "change",
    [{"format": 99}, {"request": None}, {"request": {}}, {"request": []}, {"steps": []}, {"steps": None},
     {"about": None}, {"steps": [{}] * 4}, {"device": None, "steps": "abc"}],
)  # fmt: skip
def test_a_head_that_says_otherwise(live: RunRecord, file: Path, change: dict[str, Any]) -> None:
    rewritten(file, {"head.json": json.dumps(read_head(file) | change).encode()})
    assert refused(file, live)


@pytest.mark.parametrize("head", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_head_that_is_none(live: RunRecord, file: Path, head: bytes) -> None:
    rewritten(file, {"head.json": head})
    refused(file, live)


@pytest.mark.parametrize("name", ["head.json", "input.npy", "low.npy", "high.npy"])
@pytest.mark.parametrize("data", [None, b"", b"\x93NUMPY\x01\x00", b"\x80\x04\x95pickle"])
def test_a_part_that_is_missing_or_broken(live: RunRecord, file: Path, name: str, data: bytes | None) -> None:
    rewritten(file, {name: data})
    refused(file, live)


def test_states_of_another_shape_and_inputs_that_were_changed(live: RunRecord, file: Path) -> None:
    original = file.read_bytes()
    rewritten(file, {"low.npy": stored_module._npy(np.zeros((4, 1, 3, 8, 8), np.uint8))})
    refused(file, live)
    file.write_bytes(original)
    other = read_input(file).copy()
    other[0, 0] = 1
    rewritten(file, {"input.npy": stored_module._npy(other)})
    assert "input" in refused(file, live)


def test_pickled_arrays_are_not_opened(live: RunRecord, file: Path) -> None:
    rewritten(file, {"input.npy": stored_module._npy(np.zeros(3, np.uint8)).replace(b"|u1", b"|O ")})
    refused(file, live)


def test_a_run_of_another_model_is_refused(live: RunRecord, file: Path, shared_engine: Engine) -> None:
    other = VELOCITY if live.request.model == POSTERIOR else POSTERIOR
    with pytest.raises(DataError, match="model"):
        load_stored(file, shared_engine.manifest(other))


def test_a_file_that_would_unpack_to_too_much_is_refused_first(
    live: RunRecord, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_module, "MAX_BYTES", 1000)
    assert "large" in refused(file, live)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@property_of(data=st.data())
def test_no_damage_gets_past_the_reader(live: RunRecord, file: Path, data: st.DataObject) -> None:
    whole = file.read_bytes()
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4), "places")):
        broken[data.draw(st.integers(0, len(whole) - 1), "place")] = data.draw(st.integers(0, 255), "byte")
    cut = data.draw(st.sampled_from([len(whole), len(whole) // 2, len(whole) - 30]), "length")
    damaged = file.with_name("damaged.zip")
    damaged.write_bytes(bytes(broken[:cut]))
    try:
        record = load_stored(damaged, live.manifest)
    except DataError as error:
        assert "\n" not in error.message
    else:  # a byte that says nothing, such as a date
        assert record.request == live.request and len(record.drawn) == 4


def test_what_is_no_file(live: RunRecord, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.zip", tmp_path):
        refused(path, live)
        with pytest.raises(DataError):
            read_input(path)
