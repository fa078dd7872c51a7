"""From a question of the tab Anomaly to a detection and back, on a stand-in for the detections of the engine."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from detector import HEIGHT, MODEL, WIDTH, StandIn, dented, grey, surface
from PIL import Image
from web import data_url

from flowdemo.errors import InputError
from flowdemo.ui.guard import FAILED
from flowdemo.ui.inspections import Inspections
from flowdemo.ui.running import KEEP_SESSIONS
from flowdemo.ui.widgets.anomaly.contract import check_reply

ME = "visitor"


@pytest.fixture
def detector() -> StandIn:
    return StandIn()


@pytest.fixture
def inspections(detector: StandIn) -> Inspections:
    return Inspections(detector)


def question(**changed: Any) -> dict[str, Any]:
    return {"ask": 1, "model": MODEL, "paths": 2, "times": 3, "weight": "noise", "aggregation": "min", "share": 0.2,
            "seed": 5, "example": None, "picture": data_url(grey(surface(1)))} | changed  # fmt: skip


def levels(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))))


def test_a_question_is_answered_by_its_times_in_order(detector: StandIn, inspections: Inspections) -> None:
    told = list(inspections.messages(question(), ME))
    assert all(check_reply(message) and message["ask"] == 1 for message in told)
    assert len({message["run"] for message in told}) == 1
    assert [message["frame"]["index"] for message in told if "frame" in message] == [1, 2, 3]
    assert told[-1]["end"]["status"] == "done" and told[-1]["end"]["score"] == told[-2]["frame"]["score"]
    assert told[0]["meta"] == told[-1]["meta"]  # the first may be lost on its way
    raw = detector.records[0].raw
    assert raw == {k: v for k, v in question().items() if k not in ("ask", "example", "picture")}
    assert detector.records[0].closed


def test_the_picture_is_the_one_that_was_sent(detector: StandIn, inspections: Inspections) -> None:
    list(inspections.messages(question(picture=data_url(grey(surface(7)))), ME))
    assert (detector.records[0].picture == surface(7)).all()


def test_the_truth_of_an_example_comes_with_it(detector: StandIn, inspections: Inspections) -> None:
    first = next(inspections.messages(question(example="dent", picture=data_url(grey(dented(1)[0]))), ME))
    assert (levels(first["meta"]["truth"]) == dented(1)[1]).all()
    assert next(inspections.messages(question(ask=2), ME))["meta"]["truth"] is None


def test_examples_are_png_data_urls(inspections: Inspections) -> None:
    found = inspections.example(MODEL, "dent")
    assert (levels(found["picture"]) == dented(1)[0]).all() and (levels(found["truth"]) == dented(1)[1]).all()
    assert inspections.example(MODEL, "plain")["truth"] is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"picture": None}, "Choose a surface"), ({"picture": "http://127.0.0.1/x"}, "data URL"),
     ({"picture": "data:image/png;base64,%%%"}, "valid data URL"),
     ({"picture": "data:image/png;base64,AAAA"}, "picture"),
     ({"model": "../../etc"}, "no such model"), ({"example": "../../etc"}, "no such example"),
     ({"example": {"path": "/etc/passwd"}}, "from the list"), ({"paths": 10**9}, "from 1 to 32"),
     ({"times": 0}, "from 1 to 32"), ({"weight": "none"}, "weight"), ({"share": 5}, "share")],
)  # fmt: skip
def test_hostile_questions_are_answered_with_a_sentence(
    inspections: Inspections, changed: dict[str, Any], words: str
) -> None:
    (told,) = inspections.messages(question(**changed), ME)
    assert check_reply(told) and told["end"]["status"] == "failed"
    assert words in told["end"]["message"] and told["end"]["message"].endswith(".")


@pytest.mark.parametrize("sent", [None, {}, {"ask": "1"}, {"ask": 2**40}, "ask", 5, [1]])
def test_a_question_without_a_number_starts_nothing(detector: StandIn, inspections: Inspections, sent: Any) -> None:
    with pytest.raises(InputError):
        list(inspections.messages(sent, ME))
    assert not detector.records


def test_what_breaks_is_a_sentence_without_a_path(detector: StandIn, inspections: Inspections) -> None:
    detector.fail = "/srv/secret/weights"
    last = list(inspections.messages(question(), ME))[-1]
    assert last["end"] == {"status": "failed", "message": FAILED, "score": None, "seconds": 0.0, "evaluations": 0}


# Stopping -------------------------------------------------------------------------------------------------------


def begun(inspections: Inspections, number: int, session: str = ME) -> Iterator[Any]:
    running = inspections.messages(question(ask=number), session)
    next(running), next(running)
    return running


def test_a_halt_ends_the_running_question_after_its_time(detector: StandIn, inspections: Inspections) -> None:
    running = begun(inspections, 4)
    inspections.halt({"ask": 4}, ME)
    assert detector.records[0].stopping.is_set()
    assert list(running) == [] and detector.records[0].made == 1 and detector.records[0].closed


def test_a_late_halt_of_the_former_question_leaves_the_next_alone(
    detector: StandIn, inspections: Inspections
) -> None:
    running = begun(inspections, 5)
    inspections.halt({"ask": 4}, ME)
    assert not detector.records[0].stopping.is_set()
    assert list(running)[-1]["end"]["status"] == "done"


def test_a_question_that_was_halted_while_it_waited_does_not_begin(
    detector: StandIn, inspections: Inspections
) -> None:
    inspections.halt({"ask": 3}, ME)
    assert list(inspections.messages(question(ask=3), ME)) == [] and not detector.records
    assert list(inspections.messages(question(ask=4), ME))[-1]["end"]["status"] == "done"


def test_nobody_halts_for_another(detector: StandIn, inspections: Inspections) -> None:
    running = begun(inspections, 1)
    inspections.halt({"ask": 1}, "another")
    assert not detector.records[0].stopping.is_set()
    running.close()
    assert detector.records[0].closed


@pytest.mark.parametrize("sent", [None, {}, "4", {"ask": "4"}, {"ask": -1}, {"ask": 2**31}])
def test_hostile_halts_halt_nothing(detector: StandIn, inspections: Inspections, sent: Any) -> None:
    running = begun(inspections, 1)
    inspections.halt(sent, ME)
    assert not detector.records[0].stopping.is_set()
    running.close()


def test_visitors_long_gone_are_forgotten(detector: StandIn, inspections: Inspections) -> None:
    running = [begun(inspections, 1, f"visitor {i}") for i in range(KEEP_SESSIONS + 3)]
    assert len(inspections._running) == KEEP_SESSIONS
    for one in running:
        one.close()
    assert not inspections._running


# Kept detections ------------------------------------------------------------------------------------------------


def test_kept_detections_are_asked_without_a_new_one(detector: StandIn, inspections: Inspections) -> None:
    run = list(inspections.messages(question(), ME))[-1]["run"]
    assert [frame["index"] for frame in inspections.frames(run, [1, 3])] == [1, 3]
    graded = inspections.regrade(run, "velocity", "mean", 0.2)
    assert (graded["meta"]["weight"], len(graded["frames"])) == ("velocity", 3)
    maps = inspections.paths(run, 2)["maps"]
    assert [levels(url).shape for url in maps] == [(HEIGHT, WIDTH)] * 2
    assert inspections.download(run, "recipe")["name"].endswith(".json")
    with pytest.raises(InputError):
        inspections.frames("detect-999999", [1])
