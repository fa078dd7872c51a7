"""What the player lets through between browser and Python, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from flowdemo.errors import InputError
from flowdemo.ui.widgets.player import TrajectoryPlayer, player
from flowdemo.ui.widgets.player.contract import check_message

RUN = "run-000000"


class Recorder:
    """A server that knows one run and keeps the questions that reach it."""

    def __init__(self) -> None:
        self.questions: list[tuple[Any, ...]] = []

    def frames(self, run: str, indices: list[int]) -> list[dict[str, Any]]:
        self.questions.append(("frames", run, indices))
        return [{"index": index} for index in indices]

    def meta(self, run: str) -> dict[str, Any]:
        self.questions.append(("meta", run))
        if run != RUN:
            raise KeyError(run)
        return {"model": "toy"}

    def probe(self, run: str, sample: int, x: int, y: int) -> dict[str, Any]:
        self.questions.append(("probe", run, sample, x, y))
        return {"path": []}

    def download(self, run: str, kind: str, index: int, sample: int) -> dict[str, str]:
        self.questions.append(("download", run, kind, index, sample))
        raise InputError("There is no mask in this run; save the picture instead.", "kind")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("frames", None),
        ("frames", "run-000000"),
        ("frames", ["../../etc/passwd", [0]]),
        ("frames", ["run-000000", []]),
        ("frames", ["run-000000", list(range(1000))]),
        ("frames", ["run-000000", [True]]),
        ("frames", ["run-000000", [1.5]]),
        ("frames", ["run-000000", [-1]]),
        ("meta", {"path": "/etc/passwd"}),
        ("meta", "x" * 10_000_000),
        ("probe", ["run-000000", 0, "1; drop", 2]),
        ("probe", ["run-000000", 0, 10**9, 2]),
        ("probe", ["run-000000", float("nan"), 1, 2]),
        ("download", ["run-000000", "../zip", 0, 0]),
        ("download", ["run-000000", ["zip"], 0, 0]),
        ("download", ["run-000000", "zip", None, 0]),
    ],
)
def test_hostile_questions_are_refused_in_one_sentence(name: str, arguments: Any) -> None:
    server = Recorder()
    answer = getattr(TrajectoryPlayer(server), name)(arguments)
    assert set(answer) == {"error"} and len(answer["error"]) < 200
    assert server.questions == [], "nothing behind the edge has seen it"


def test_a_broken_server_gives_one_plain_sentence() -> None:
    answer = TrajectoryPlayer(Recorder()).meta("run-999999")  # KeyError behind the edge
    assert set(answer) == {"error"} and "KeyError" not in answer["error"] and "999999" not in answer["error"]


def test_the_player_takes_no_input() -> None:
    box = TrajectoryPlayer(Recorder())
    message = {"run": RUN, "meta": {"title": "toy"}, "frame": None, "end": None}
    assert box.preprocess(None) is None and box.preprocess("") is None
    assert box.preprocess(message) is None, "its own value coming back is ignored"
    forged = {"path": "/etc/passwd"}
    for hostile in ("<script>", "x" * 30_000_000, [1], forged, {"run": 1}, {**message, "extra": 1}):
        with pytest.raises(gr.Error, match="takes no input"):
            box.preprocess(hostile)


def test_messages_are_completed_and_checked() -> None:
    assert check_message({"run": RUN}) == {"run": RUN, "meta": None, "frame": None, "end": None}
    for wrong in ({}, {"run": "short"}, {"run": "has space here"}, {"run": "run-000000", "frames": []}):
        with pytest.raises(ValueError, match="player message"):
            check_message(wrong)


def test_questions_reach_the_server_as_plain_arguments() -> None:
    server = Recorder()
    box = TrajectoryPlayer(server)
    assert box.frames([RUN, [2, 0, 2]]) == [{"index": 2}, {"index": 0}]
    assert box.meta(RUN) == {"model": "toy"}
    assert box.probe([RUN, 1, 2, 3]) == {"path": []}
    assert box.download([RUN, "mask", 4, 0]) == {"error": "There is no mask in this run; save the picture instead."}
    assert server.questions == [
        ("frames", RUN, [2, 0]),
        ("meta", RUN),
        ("probe", RUN, 1, 2, 3),
        ("download", RUN, "mask", 4, 0),
    ]


def test_every_script_and_sheet_is_served() -> None:
    folder = Path(player.__file__).parent
    assert {path.name for path in folder.glob("*.js")} == set(player._SCRIPTS)
    assert {path.name for path in folder.glob("*.css")} == set(player._SHEETS)
