"""The stream: frames while it works, two threads at once, and every way a run can end."""

from __future__ import annotations

import builtins
import logging
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import JOINT, ONE_STEP, POSTERIOR, SIDE

from flowdemo.engine import Engine, Frame, Given
from flowdemo.errors import EngineError, FlowdemoError, ModelError

from .fakes import PATIENCE, begin, put_in, wait_for_threads


class Gates:
    """Evaluation i waits until a test has opened gate i."""

    def __init__(self, count: int) -> None:
        self.events = [threading.Event() for _ in range(count + 1)]
        self.waiting = [threading.Event() for _ in range(count + 1)]

    def __call__(self, i: int) -> None:
        self.waiting[i].set()
        assert self.events[i].wait(PATIENCE)

    def open(self, *indices: int) -> None:
        for i in indices:
            self.events[i].set()


def test_every_frame_leaves_before_the_next_evaluation_is_done(engine: Engine) -> None:
    gates = Gates(4)
    system = put_in(engine, gates)
    stream = engine.stream(begin(engine, 4))
    assert next(stream).index == 0 and system.evaluations == 0
    for k in range(1, 5):
        gates.open(k)
        frame = next(stream)
        assert (frame.index, frame.evaluations, system.evaluations) == (k, k, k)
    assert list(stream) == []


def test_a_frame_is_drawn_while_the_next_step_is_computed(engine: Engine) -> None:
    meeting = threading.Barrier(2, timeout=PATIENCE)
    put_in(engine, lambda i: meeting.wait() if i > 1 else None, lambda i: meeting.wait() if 1 <= i < 4 else None)
    assert [frame.index for frame in engine.stream(begin(engine, 4))] == [0, 1, 2, 3, 4]


def test_frames_carry_progress_time_and_numbers(engine: Engine) -> None:
    put_in(engine, path=lambda i: (0.3 * i, 0.4 * i, 0.0))
    record = begin(engine, 2)
    frames = list(engine.stream(record))
    assert [(f.progress, f.t) for f in frames] == [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)]
    assert frames[0].numbers == {"mean_speed": None, "changed": None, "step_seconds": None}
    assert all(f.numbers["mean_speed"] == pytest.approx(1.0, abs=5e-3) for f in frames[1:])  # 0.5 in half a unit of t
    assert [f.seconds for f in frames] == sorted(f.seconds for f in frames)
    assert record.summary is not None and record.summary.status == "done"


def test_closing_stops_after_the_evaluation_in_flight_and_keeps_the_frames(engine: Engine) -> None:
    base, gates = threading.active_count(), Gates(50)
    system = put_in(engine, gates)
    record = begin(engine, 50)
    stream = engine.stream(record)
    gates.open(1, 2, 3)
    assert [next(stream).index for _ in range(4)] == [0, 1, 2, 3]
    assert gates.waiting[4].wait(PATIENCE)
    stream.close()
    gates.open(4, 5, 6)
    wait_for_threads(base)
    assert system.evaluations == 4
    assert [f.index for f in record.frames] == [0, 1, 2, 3]
    assert record.summary is not None and record.summary.status == "stopped"
    assert record.summary.message == "Stopped after step 3 of 50."
    assert engine.runs.get(record.id) is record


def test_stopping_from_outside_ends_the_stream_with_the_step_in_flight(engine: Engine) -> None:
    gates = Gates(50)
    system = put_in(engine, gates)
    record = begin(engine, 50)
    stream = engine.stream(record)
    gates.open(1)
    next(stream), next(stream)
    assert gates.waiting[2].wait(PATIENCE)
    record.stopping.set()
    gates.open(2, 3)
    assert [frame.index for frame in stream] == [2]
    assert system.evaluations == 2 and record.summary.status == "stopped"


@pytest.mark.parametrize(("model", "direction"), [(POSTERIOR, "image-to-mask"), (JOINT, "image-to-mask")])
def test_stop_and_deadline_act_within_the_step_of_an_adaptive_solver(
    tiny_models: Path, monkeypatch: pytest.MonkeyPatch, model: str, direction: str
) -> None:
    engine = Engine("cpu")
    system, calls = engine.model(model).system, []
    given = Given("picture", np.full((SIDE, SIDE, 3), 127, np.uint8))
    network = system.network

    def counted(*args: Any) -> Any:
        calls.append(1)
        record.stopping.set() if len(calls) == 3 and engine.deadline > 1 else time.sleep(0.02)
        return network(*args)

    monkeypatch.setattr(system, "network", counted)
    raw = {"model": model, "direction": direction, "steps": 1, "solver": "dopri5"}
    record = engine.start(engine.request(raw, given), given)
    assert [frame.index for frame in engine.stream(record)] == [0]
    assert len(calls) == 3 and record.summary.status == "stopped"
    engine.deadline, calls[:] = 0.05, []
    record = engine.start(engine.request(raw, given), given)
    with pytest.raises(EngineError, match="longer than"):
        list(engine.stream(record))
    assert len(calls) < 6 and record.summary.status == "failed"


def test_a_run_stopped_before_it_began_shows_its_start(engine: Engine) -> None:
    system = put_in(engine)
    record = begin(engine)
    record.stopping.set()
    assert [frame.index for frame in engine.stream(record)] == [0]
    assert system.evaluations == 0 and record.summary.status == "stopped"


def test_fifty_stopped_runs_leave_no_thread_and_the_next_run_is_whole(engine: Engine) -> None:
    base = threading.active_count()
    put_in(engine)
    for cycle in range(50):
        stream = engine.stream(begin(engine, 20))
        for _ in range(cycle % 4 + 1):
            next(stream)
        stream.close()
    wait_for_threads(base)
    record = begin(engine, 20)
    assert len(list(engine.stream(record))) == 21 and record.summary.status == "done"


def test_a_stream_that_is_never_read_starts_nothing(engine: Engine) -> None:
    # By identity: a thread of the test before may end meanwhile, and must neither fail this test nor hide a new one.
    before, system = set(threading.enumerate()), put_in(engine)
    engine.stream(begin(engine)).close()
    assert not set(threading.enumerate()) - before and system.evaluations == 0


def ended_badly(engine: Engine, steps: int = 5) -> tuple[list[Frame], FlowdemoError, Any]:
    """Frames, error and record of a run that fails."""
    record, frames = begin(engine, steps), []
    with pytest.raises(FlowdemoError) as caught:
        for frame in engine.stream(record):
            frames.append(frame)
    assert record.stopping.is_set()
    assert "\n" not in caught.value.message and caught.value.message.endswith(".")
    return frames, caught.value, record


def runs_again(engine: Engine) -> bool:
    put_in(engine)
    return len(list(engine.stream(begin(engine)))) == 6


def test_a_run_past_its_deadline_fails_and_keeps_its_frames(tiny_models: Path) -> None:
    engine = Engine("cpu", deadline=0.3)
    put_in(engine, lambda i: time.sleep(0.5) if i == 3 else None)
    frames, error, record = ended_badly(engine)
    assert isinstance(error, EngineError) and "0.3 s" in error.message
    assert [f.index for f in frames] == [0, 1, 2, 3] and len(record.frames) == 4
    assert (record.summary.status, record.summary.message) == ("failed", error.message)
    assert runs_again(Engine("cpu"))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_state_that_is_not_finite_is_never_shown(engine: Engine, value: float) -> None:
    put_in(engine, path=lambda i: (0.0, value if i == 2 else 0.0, 0.0))
    frames, error, record = ended_badly(engine)
    assert isinstance(error, EngineError) and "step 2" in error.message
    assert [f.index for f in frames] == [0, 1] and record.summary.status == "failed"
    assert runs_again(engine)


def broken(error: BaseException, at: int) -> Any:
    def hook(i: int) -> None:
        if i == at:
            raise error

    return hook


@pytest.mark.parametrize("where", ["evaluate", "draw"])
def test_whatever_breaks_inside_reaches_the_visitor_as_one_sentence(
    engine: Engine, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    put_in(engine, **{where: broken(RuntimeError("shape mismatch in /srv/secret/net.py"), 3)})
    with caplog.at_level(logging.ERROR):
        frames, error, record = ended_badly(engine)
    assert isinstance(error, EngineError) and "secret" not in error.message
    assert [f.index for f in frames] == [0, 1, 2] and record.summary.status == "failed"
    assert "secret" in caplog.text, "whoever runs the server must find the cause"
    assert runs_again(engine)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 20 GiB")])
def test_running_out_of_memory_is_called_by_its_name(engine: Engine, error: Exception) -> None:
    put_in(engine, broken(error, 2))
    frames, shown, _ = ended_badly(engine)
    assert "memory" in shown.message and "GiB" not in shown.message and len(frames) == 2


def test_a_failure_before_the_first_frame_leaves_nothing_behind(engine: Engine) -> None:
    put_in(engine, draw=broken(ValueError("no"), 0))
    frames, _, record = ended_badly(engine)
    assert frames == [] and record.summary is None and len(engine.runs) == 0


def test_damaged_weights_are_a_plain_error(engine: Engine, tiny_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    manifest = (tiny_models / POSTERIOR / "manifest.json").read_text("utf-8")
    (folder / "manifest.json").write_text(manifest.replace(POSTERIOR, "damaged"), "utf-8")
    (folder / "weights.safetensors").write_bytes(b"\x80\x04." * 100)
    name = engine.add(folder)
    record = begin(engine, model=name)
    with pytest.raises(ModelError) as caught:
        list(engine.stream(record))
    assert str(tmp_path) not in caught.value.message and "damaged" in caught.value.message


def test_a_stream_writes_no_file(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.model(POSTERIOR)
    real = builtins.open

    def reading(file: Any, mode: str = "r", *rest: Any, **kw: Any) -> Any:
        assert not set(mode) & set("wax+"), f"{file} is written during a run"
        return real(file, mode, *rest, **kw)

    monkeypatch.setattr(builtins, "open", reading)
    assert len(list(engine.stream(begin(engine, 2)))) == 3


def test_the_one_step_model_streams_two_frames(engine: Engine) -> None:
    record = begin(engine, 1, model=ONE_STEP)
    assert [f.evaluations for f in engine.stream(record)] == [0, 1]
