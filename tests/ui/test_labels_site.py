"""The tab Classify & generate behind its requests: where it appears, and what hostile ones get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import LEVELS, POSTERIOR, png_bytes
from web import Visitor, data_url

from flowdemo.engine import Engine
from flowdemo.ui.page import build
from flowdemo.zoo import folders


def elements(demo: Any) -> set[str]:
    return {part["props"].get("elem_id") for part in demo.config["components"]}


def test_the_tab_is_there_where_a_model_needs_it(
    site: Any, tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "labels" in elements(site.demo)
    (tmp_path / POSTERIOR).symlink_to(tiny_models / POSTERIOR)
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path))
    monkeypatch.setattr(folders, "CHECKPOINTS", tmp_path)
    assert "labels" not in elements(build(Engine("cpu")))


def asked(site: Any, sent: Any) -> list[dict[str, Any]]:
    """Send an event of the widget, whatever it carries; everything that the queue answers."""
    visitor = Visitor(site.url)
    (event,) = (d for d in visitor.config["dependencies"] if any(t[1] == "classify" for t in d["targets"]))
    body = {"data": [], "fn_index": event["id"], "session_hash": visitor.session, "event_data": sent,
            "trigger_id": event["targets"][0][0]}  # fmt: skip
    answer = visitor.http.post("gradio_api/queue/join", json=body)
    assert answer.status_code == 200, answer.text
    return list(visitor.messages())


def last_value(messages: list[dict[str, Any]]) -> dict[str, Any]:
    found = [m["output"]["data"][0] for m in messages if m["msg"] == "process_completed"]
    values = [m["output"]["data"][0] for m in messages if m["msg"] == "process_generating"]
    return [value for value in [*values, *found] if isinstance(value, dict)][-1]


def question(**changed: Any) -> dict[str, Any]:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[8:32, 16:24] = 255
    return {"ask": 1, "task": "ladder", "model": LEVELS, "kind": "file", "seed": 0,
            "picture": data_url(png_bytes(picture))} | changed  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"picture": "http://127.0.0.1/x"}, "data URL"), ({"picture": "file:///etc/passwd"}, "data URL"),
     ({"picture": None}, "choose a picture"), ({"picture": ["x"]}, "data URL"), ({"kind": "../.."}, "choose a picture"),
     ({"model": "../../etc"}, "no such model"), ({"model": POSTERIOR}, "no direction"),
     ({"task": "train"}, "buttons of the page"), ({"seed": 10**400}, "seed"),
     ({"picture": "data:image/png;base64,%%%"}, "valid data URL")],
)  # fmt: skip
def test_hostile_questions_are_answered_with_a_sentence(site: Any, changed: dict[str, Any], words: str) -> None:
    messages = asked(site, question(**changed))
    told = last_value(messages)
    assert (told["ask"], told["end"]) == (1, "failed") and words in told["message"]
    assert "Traceback" not in str(messages) and "/work" not in str(messages)


def test_a_path_of_the_server_is_not_opened(site: Any) -> None:
    (end,) = (m for m in asked(site, question(picture={"path": "/etc/passwd"})) if m["msg"] == "process_completed")
    assert not end["success"] and "root:" not in str(end)


def test_a_sound_question_is_answered_in_order(site: Any) -> None:
    told = last_value(asked(site, question()))
    assert told["end"] == "done" and [c["steps"] for c in told["columns"]] == [1, 2, 5, 10, 25]


@pytest.mark.parametrize("sent", [None, "text", 7, [], {"ask": "1"}])
def test_an_event_without_a_number_is_an_error_in_words(site: Any, sent: Any) -> None:
    (end,) = (m for m in asked(site, sent) if m["msg"] == "process_completed")
    assert not end["success"] and "buttons of the page" in str(end["output"])


@pytest.mark.parametrize("sent", [None, [1, 2], ["run-abcdef", [0]], ["run-abcdef", [10**9]], {"run": 1}])
def test_frames_of_no_run_are_a_sentence(site: Any, sent: Any) -> None:
    answer = Visitor(site.url).ask("labels", "frames", sent)
    assert answer.status_code == 200 and set(answer.json()) == {"error"}
