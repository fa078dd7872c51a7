from __future__ import annotations

import io
import json
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from flowdemo.errors import DataError
from flowdemo.flow import GaussianPath, Trajectory, heun, reversed_grid, uniform


def _run(shape: tuple[int, ...] = (3, 4, 5), library=np.asarray) -> Trajectory:
    x = library(np.random.default_rng(0).normal(size=shape).astype(np.float32))
    grid = reversed_grid(uniform(6))
    steps = heun(GaussianPath(0.0, 1.0, 1.0, 0.3).velocity, x, grid)
    meta = {"seed": 3, "beta": 0.5, "classes": ["sky", "road"], "note": "größer"}
    return Trajectory.from_steps(steps, solver="heun", system="semflow", grid=grid, meta=meta)


@pytest.mark.parametrize("shape", [(2,), (7, 2), (3, 4, 5), (2, 3, 4, 5)])
@pytest.mark.parametrize("dtype, rounding", [("float16", 2**-11), ("float32", 0.0)])
@pytest.mark.parametrize("library", [np.asarray, torch.as_tensor], ids=["numpy", "torch"])
def test_round_trip(tmp_path: Path, shape, dtype: str, rounding: float, library) -> None:
    run, file = _run(shape, library), tmp_path / "run.npz"
    run.save(file, dtype)
    again = Trajectory.load(file)
    for name in ("grid", "solver", "system", "meta"):
        assert getattr(again, name) == getattr(run, name)
    for a, b in zip(run.steps, again.steps, strict=True):
        assert (a.index, a.progress, a.t, a.evaluations) == (b.index, b.progress, b.t, b.evaluations)
        assert b.x.dtype == np.float32
        np.testing.assert_allclose(b.x, np.asarray(a.x), rtol=rounding, atol=1e-7)
        assert (a.v is None) == (b.v is None)
        if a.v is not None:
            largest = np.abs(run.states()).max()
            np.testing.assert_allclose(b.v, np.asarray(a.v), atol=2 * 6 * rounding * largest + 1e-4)


def test_equal_runs_give_equal_bytes_and_half_precision_is_smaller(tmp_path: Path) -> None:
    for name, dtype in [("a", "float16"), ("b", "float16"), ("c", "float32")]:
        _run((3, 32, 32)).save(tmp_path / name, dtype)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert len(a) < 0.7 * len(c)


def test_a_stopped_run_round_trips(tmp_path: Path) -> None:
    whole = _run()
    part = Trajectory(whole.steps[:3], whole.grid, "heun", "semflow")
    part.save(tmp_path / "part.npz", "float32")
    again = Trajectory.load(tmp_path / "part.npz")
    assert len(again.steps) == 3
    assert again.grid == whole.grid


def test_the_file_needs_no_pickle(tmp_path: Path) -> None:
    _run().save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as stored:
        assert set(stored.files) == {"header", "states"}
        assert stored["states"].dtype == np.float16


def test_what_cannot_be_stored_is_refused(tmp_path: Path) -> None:
    run = _run()
    steps = heun(lambda x, t: x, 1e5 * np.ones(2), uniform(1))
    huge = Trajectory.from_steps(steps, solver="heun", system="test")
    huge.save(tmp_path / "fits.npz", "float32")
    with pytest.raises(DataError, match="float16 cannot hold"):
        huge.save(tmp_path / "huge.npz")
    with pytest.raises(DataError, match="float16 or float32"):
        run.save(tmp_path / "wide.npz", "float64")
    for note in (object(), float("nan"), {1, 2}):
        with pytest.raises(DataError, match="plain JSON"):
            Trajectory(run.steps, run.grid, "heun", "semflow", {"note": note}).save(tmp_path / "note.npz")
    with pytest.raises(DataError, match="cannot be written"):
        run.save(tmp_path / "missing" / "run.npz")
    assert [file.name for file in tmp_path.iterdir()] == ["fits.npz"]


# --- files from strangers ---------------------------------------------------------------------------------


class _Alarm:
    """Unpickling this raises, so that a reader which unpickles cannot pass unnoticed."""

    def __reduce__(self):
        return (exec, ("raise AssertionError('unpickled')",))


def _parts(tmp_path: Path) -> tuple[dict, np.ndarray]:
    _run().save(tmp_path / "good.npz", "float32")
    with np.load(tmp_path / "good.npz") as stored:
        return json.loads(stored["header"].tobytes()), stored["states"]


def _write(path: Path, header: object, states: np.ndarray, raw: bytes | None = None) -> Path:
    text = json.dumps(header).encode() if raw is None else raw
    np.savez_compressed(path, header=np.frombuffer(text, dtype=np.uint8), states=states)
    return path


def _refused(path: Path, **options: int) -> None:
    with pytest.raises(DataError) as caught, warnings.catch_warnings():
        warnings.simplefilter("error")
        Trajectory.load(path, **options)
    assert str(path) not in caught.value.message


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    header, states = _parts(tmp_path)
    objects = np.array([_Alarm()] * len(states), dtype=object)
    _refused(_write(tmp_path / "objects.npz", header, objects))
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, states, allow_pickle=False)
    with zipfile.ZipFile(tmp_path / "raw.npz", "w") as archive:
        archive.writestr("header.npy", pickle.dumps(_Alarm()))
        archive.writestr("states.npy", buffer.getvalue())
    _refused(tmp_path / "raw.npz")
    (tmp_path / "bare.npz").write_bytes(pickle.dumps(_Alarm()))
    _refused(tmp_path / "bare.npz")


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    _parts(tmp_path)
    whole = (tmp_path / "good.npz").read_bytes()
    for length in sorted({0, 1, 10, len(whole) - 1, *range(0, len(whole), 97)}):
        (tmp_path / "cut.npz").write_bytes(whole[:length])
        _refused(tmp_path / "cut.npz")


def test_flipped_bytes_never_pass_as_another_run(tmp_path: Path) -> None:
    header, states = _parts(tmp_path)
    whole = (tmp_path / "good.npz").read_bytes()
    rng = np.random.default_rng(0)
    for position in rng.integers(0, len(whole), size=150):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        (tmp_path / "flip.npz").write_bytes(damaged)
        try:
            run = Trajectory.load(tmp_path / "flip.npz")
        except DataError:
            continue
        assert np.array_equal(run.states(), states)  # only archive book-keeping was hit
        assert list(run.grid) == header["grid"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    header, states = _parts(tmp_path)
    states = states.copy()
    states[2, 1, 0, 3] = value
    _refused(_write(tmp_path / "nan.npz", header, states))
    one = header | {name: header[name][:1] for name in ("progress", "evaluations", "moving")}
    _refused(_write(tmp_path / "start.npz", one, states[2:3]))


def test_wrong_shapes_and_types_are_refused(tmp_path: Path) -> None:
    header, states = _parts(tmp_path)
    wrong = [states[:-1], states[:, :0], states[0, 0, 0], states.astype(np.int32), states.astype(np.float64)]
    wrong += [np.float32(1.0), states.astype(np.complex64), np.array(["a"] * 7)]
    for i, array in enumerate(wrong):
        _refused(_write(tmp_path / f"{i}.npz", header, array))
    np.savez(tmp_path / "nostates.npz", header=np.zeros(3, dtype=np.uint8))
    _refused(tmp_path / "nostates.npz")


@pytest.mark.parametrize(
    "change",
    [
        {"format": "flowdemo-trajectory-2"},
        {"format": None},
        {"solver": 3},
        {"system": None},
        {"meta": []},
        {"meta": {"note": float("nan")}},
        {"grid": [0.0, 1.0]},
        {"grid": "0123456"},
        {"grid": [None] * 7},
        {"grid": [0, 1, 2, 3, 4, 5, 1e400]},
        {"grid": [0, 1, 2, 3, 4, 5, 10**400]},
        {"grid": [0, 1e-320, 2e-320, 3e-320, 4e-320, 5e-320, 6e-320]},
        {"progress": [0.0] * 6},
        {"progress": [0.0, 0.5, 0.4, 0.6, 0.7, 0.8, 1.0]},
        {"progress": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.5]},
        {"progress": [True] * 7},
        {"evaluations": [0, 1, 2, 3, 4, 5, 5.5]},
        {"evaluations": [0, 1, 2, 3, 4, 3, 6]},
        {"evaluations": [-1, 1, 2, 3, 4, 5, 6]},
        {"moving": [1] * 7},
        {"moving": None},
    ],
)
def test_headers_that_contradict_the_states_are_refused(tmp_path: Path, change: dict) -> None:
    header, states = _parts(tmp_path)
    Trajectory.load(_write(tmp_path / "same.npz", header, states))
    _refused(_write(tmp_path / "changed.npz", header | change, states))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": NaN}',
        b"1" * 10_000,
        b'{"grid": [' + b"9" * 9000,
    ],
)
def test_headers_that_are_not_a_json_object_are_refused(tmp_path: Path, raw: bytes) -> None:
    _, states = _parts(tmp_path)
    _refused(_write(tmp_path / "raw.npz", None, states, raw))


def test_declared_sizes_are_checked_before_memory_is_taken(tmp_path: Path, monkeypatch) -> None:
    header, states = _parts(tmp_path)
    text = io.BytesIO()
    np.lib.format.write_array(text, np.frombuffer(json.dumps(header).encode(), dtype=np.uint8))
    read_array = np.lib.format.read_array

    def watched(stream, **options):
        assert "states" not in stream.name, "the array was read on the word of its header"
        return read_array(stream, **options)

    monkeypatch.setattr(np.lib.format, "read_array", watched)
    for shape in [(7, 10**9, 10**9), (7, 3, 4, 6), (7, -3, 4), (10**30,), (0,)]:
        lie = io.BytesIO()
        np.lib.format.write_array_header_1_0(lie, {"descr": "<f4", "fortran_order": False, "shape": shape})
        with zipfile.ZipFile(tmp_path / "lie.npz", "w") as archive:
            archive.writestr("header.npy", text.getvalue())
            archive.writestr("states.npy", lie.getvalue() + states.tobytes())
        _refused(tmp_path / "lie.npz")


def test_files_beyond_the_limit_are_refused_by_their_unpacked_size(tmp_path: Path) -> None:
    header, _ = _parts(tmp_path)
    bomb = _write(tmp_path / "bomb.npz", header, np.zeros((7, 3, 600, 600), dtype=np.float32))
    assert bomb.stat().st_size < 100_000
    Trajectory.load(bomb)
    _refused(bomb, max_bytes=1 << 20)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    _refused(tmp_path / "nowhere.npz")
    _refused(tmp_path)
