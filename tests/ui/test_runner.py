"""From validated values to player messages, and what the page remembers of its visitors."""

from __future__ import annotations

import dataclasses
import gc
import json
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from engine.fakes import PATIENCE, put_in, wait_for_threads
from tiny import POSTERIOR, SIDE, VELOCITY, mask_labels

from flowdemo.engine import Engine, RunStore
from flowdemo.engine.messages import message
from flowdemo.errors import InputError, ModelError
from flowdemo.ui import runner as runner_module
from flowdemo.ui.runner import Runner
from flowdemo.ui.widgets.player import contract

PHOTO = {"model": POSTERIOR, "direction": "image-to-mask", "steps": 4}
PAINT = {"model": VELOCITY, "direction": "mask-to-image", "steps": 2, "samples": 2, "seed": 3}


@pytest.fixture
def runner(engine: Engine) -> Runner:
    return Runner(engine)


def test_the_first_message_describes_the_run_and_the_last_sums_it_up(runner: Runner, photo: bytes) -> None:
    for record in (runner.prepare(PHOTO, photo, None), runner.prepare(PAINT, None, mask_labels())):
        sent = list(runner.stream(record, "visitor"))
        frames, last = sent[:-1], sent[-1]
        assert [m["frame"]["index"] for m in frames] == list(range(record.request.steps + 1))
        assert [m["meta"] is not None for m in frames] == [True] + [False] * record.request.steps
        assert all(m["end"] is None for m in frames) and last["frame"] is None
        assert last["end"]["status"] == "done" and len(last["end"]["settling"]) == record.request.samples
        json.dumps(sent, allow_nan=False)
        for m in sent:
            assert contract.check_message(m) == m


def test_messages_have_the_parts_that_the_player_knows(runner: Runner) -> None:
    record = runner.prepare(PAINT, None, mask_labels())
    first, *_, last = list(runner.stream(record, "visitor"))
    for value, shape in (
        (first, contract.Message), (first["meta"], contract.Meta), (first["frame"], contract.Frame),
        (first["frame"]["samples"][0], contract.Sample), (first["frame"]["numbers"], contract.Numbers),
        (last["end"], contract.End),
    ):  # fmt: skip
        assert value.keys() == shape.__annotations__.keys()
    assert first["meta"]["size"] == [SIDE, SIDE] and first["meta"]["frames"] == 3
    assert first["meta"]["time"] == {"symbol": "t", "start": 1.0, "end": 0.0}
    assert (first["meta"]["seed"], first["meta"]["beta"]) == (3, 20.0)
    assert len(first["meta"]["codes"]) == 3 == len(first["meta"]["palette"]["classes"])


def test_every_frame_is_sent_once(runner: Runner, photo: bytes) -> None:
    record = runner.prepare({**PHOTO, "steps": 20}, photo, None)
    sizes = [len(json.dumps(m["frame"])) for m in runner.stream(record, "visitor")][:-1]
    assert max(sizes[5:]) < 2 * min(sizes[5:]), "messages must not grow with the number of frames behind them"


def test_what_is_missing_is_named(runner: Runner) -> None:
    for raw, field in ((PHOTO, "image"), (PAINT, "mask"), ({}, "model"), ({**PHOTO, "steps": 0}, "steps")):
        with pytest.raises(InputError) as caught:
            runner.prepare(raw, None, None)
        assert caught.value.field == field


def test_a_model_that_cannot_be_loaded_is_a_message(runner: Runner, photo: bytes) -> None:
    def broken(name: str) -> Any:
        raise ModelError("The weights of 'a-posterior' are not a safetensors file.")

    runner.engine.model = broken  # type: ignore[method-assign]
    (only,) = runner.stream(runner.prepare(PHOTO, photo, None), "visitor")
    assert only["end"]["status"] == "failed" and "safetensors" in only["end"]["message"]
    assert only["meta"]["model"] == POSTERIOR and only["end"].keys() == contract.End.__annotations__.keys()


def test_stop_reaches_the_visitors_own_run_only(runner: Runner, photo: bytes) -> None:
    put_in(runner.engine)
    mine, other = (runner.prepare(PHOTO, photo, None) for _ in range(2))
    streams = [runner.stream(mine, "me"), runner.stream(other, "somebody")]
    assert [next(stream)["frame"]["index"] for stream in streams] == [0, 0]
    runner.stop("me"), runner.stop("nobody")
    assert mine.stopping.is_set() and not other.stopping.is_set()
    assert list(streams[1])[-1]["end"]["status"] == "done"
    list(streams[0])
    runner.stop("me")


def test_closing_the_stream_of_messages_stops_the_engine(runner: Runner, photo: bytes) -> None:
    base, gate = threading.active_count(), threading.Event()
    system = put_in(runner.engine, lambda i: gate.wait(PATIENCE) if i == 3 else None)
    record = runner.prepare({**PHOTO, "steps": 50}, photo, None)
    stream = runner.stream(record, "visitor")
    for _ in range(3):
        next(stream)
    stream.close()
    gate.set()
    wait_for_threads(base)
    assert system.evaluations == 3 and record.summary.status == "stopped"


def test_a_visitor_who_left_costs_no_memory(runner: Runner, photo: bytes) -> None:
    put_in(runner.engine)
    runner.engine.runs = RunStore(keep=1)
    record = runner.prepare(PHOTO, photo, None)
    gone = weakref.ref(record)
    for _ in runner.stream(record, "first"):
        pass
    del record
    for _ in runner.stream(runner.prepare(PHOTO, photo, None), "second"):
        pass
    gc.collect()
    assert gone() is None, "a run that the store has dropped must not live on"


def test_the_number_of_visitors_remembered_is_bounded(
    runner: Runner, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "KEEP_SESSIONS", 2)
    put_in(runner.engine)
    records = [runner.prepare(PHOTO, photo, None) for _ in range(3)]
    streams = [runner.stream(record, str(k)) for k, record in enumerate(records)]
    for stream in streams:
        next(stream)
    for k in range(3):
        runner.stop(str(k))
    assert [record.stopping.is_set() for record in records] == [False, True, True]
    for stream in streams:
        stream.close()


def test_a_stored_run_needs_no_frame_but_the_last(runner: Runner, photo: bytes) -> None:
    record = runner.prepare(PHOTO, photo, None)
    list(runner.stream(record, "visitor"))
    stored = dataclasses.replace(record, origin="stored")
    sent = message(stored, stored.drawn[-1].frame, first=True, last=True)
    assert sent["meta"]["origin"] == "stored" and sent["frame"]["index"] == 4 and sent["end"]["status"] == "done"


def test_nothing_of_a_hidden_folder_is_in_a_message(runner: Runner, photo: bytes, tiny_models: Path) -> None:
    text = json.dumps(list(runner.stream(runner.prepare(PHOTO, photo, None), "visitor")))
    assert str(tiny_models) not in text and str(Path.home()) not in text
