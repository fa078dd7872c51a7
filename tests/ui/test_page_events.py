"""What the page's own controls send, without a browser: refusals beside the control, a whole run, Stop, the player."""

from __future__ import annotations

import base64
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.fakes import put_in
from tiny import CLASSES, ONE_STEP, POSTERIOR, SIDE, VELOCITY, mask_labels, png_bytes
from web import Visitor

from flowdemo.engine import Engine, Given, run
from flowdemo.engine.products import make
from flowdemo.errors import InputError
from flowdemo.ui import restore
from flowdemo.ui.guard import FAILED, plain
from flowdemo.ui.page import build, launch
from flowdemo.ui.widgets.painter.value import encode_mask


@pytest.fixture
def visitor(site: Any) -> Visitor:
    return Visitor(site.url)


def refusal(visitor: Visitor, **changed: Any) -> tuple[str, str]:
    """Which control a refused run complains about, and how."""
    answer = visitor.press_run(**changed)
    assert answer.status_code == 422, answer.text
    names = list(visitor.controls())
    wrong = [(name, v["message"]) for name, v in zip(names, answer.json()["detail"], strict=True) if not v["is_valid"]]
    assert len(wrong) == 1 and "\n" not in wrong[0][1] and wrong[0][1].endswith(".")
    return wrong[0]


@pytest.mark.parametrize("steps", [0, -1, 51, 2.5, None, "many", 1e9, True])
def test_bad_steps_are_told_beside_the_slider(visitor: Visitor, photo: bytes, steps: Any) -> None:
    control, message = refusal(visitor, photo=visitor.upload(photo), steps=steps)
    assert control == "steps" and "from 1 to 50" in message


@pytest.mark.parametrize(
    ("control", "value", "words"),
    [("beta", 127, "below 127"), ("beta", -0.5, "at least 0"), ("beta", "wide", "number"), ("seed", -1, "from 0"),
     ("seed", None, "from 0"), ("seed", 1.5, "whole number"), ("seed", 2**63, "from 0"), ("samples", 9, "from 1 to 8"),
     ("temperature", 1.5, "from 0 to 1"), ("temperature", None, "number"), ("beta", 10**400, "number")],
)  # fmt: skip
def test_other_bad_values_are_told_beside_their_control(visitor: Visitor, control: str, value: Any, words: str) -> None:
    painted = {"direction": "mask-to-image", "painter": encode_mask(mask_labels())}
    where, message = refusal(visitor, **painted, **{control: value})
    assert where == control and words in message


def test_a_missing_input_is_told_where_it_belongs(visitor: Visitor) -> None:
    assert refusal(visitor)[0] == "photo"
    assert refusal(visitor, direction="mask-to-image")[0] == "painter"


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"\x89PNG\r\n\x1a\n"]
)
def test_files_that_are_no_photo(visitor: Visitor, data: bytes) -> None:
    for name in ("photo.png", "photo.svg", "photo"):
        control, message = refusal(visitor, photo=visitor.upload(data or b" ", name))
        assert control == "photo" and "/" not in message.replace("PNG, JPEG", "")


def test_what_a_direction_hides_cannot_be_at_fault(visitor: Visitor, photo: bytes) -> None:
    answer = visitor.press_run(photo=visitor.upload(photo), seed=None, beta=999, samples=99, steps=1)
    assert answer.status_code == 200 and list(visitor.messages())[-1]["msg"] == "close_stream"
    answer = visitor.press_run(photo=visitor.upload(photo), model=VELOCITY, temperature=0.3, steps=1)
    assert answer.status_code == 200 and list(visitor.messages())
    answer = visitor.press_run(photo=visitor.upload(photo), model=ONE_STEP, steps=1)
    assert answer.status_code == 200 and list(visitor.messages())


def last_player_value(visitor: Visitor) -> dict[str, Any]:
    (done,) = (m for m in visitor.messages() if m["msg"] == "process_completed")
    assert done["success"], done
    return done["output"]["data"][0]


def test_a_run_from_click_to_download(visitor: Visitor, site: Any, photo: bytes) -> None:
    assert visitor.press_run(photo=visitor.upload(photo), steps=4).status_code == 200
    end = last_player_value(visitor)
    assert end["end"]["status"] == "done" and end["frame"] is None
    name = end["run"]
    frames = visitor.ask("player", "frames", [name, [0, 2, 4]]).json()
    assert [frame["index"] for frame in frames] == [0, 2, 4]
    assert visitor.ask("player", "meta", name).json()["steps"] == 4
    path = visitor.ask("player", "probe", [name, 0, 3, 5]).json()
    assert len(path["path"]) == 5 and path["classes"][-1] in range(len(CLASSES))
    record = run({"model": POSTERIOR, "steps": 4}, Given.picture(photo, site.engine.manifest(POSTERIOR)), site.engine)
    file = visitor.ask("player", "download", [name, "picture", 0, 0]).json()
    assert base64.b64decode(file["data"]) == make(record, "picture").data
    assert path["classes"][-1] == record.classes(0)[-1][5, 3]


def test_a_painted_mask_runs_and_comes_back_exactly(visitor: Visitor) -> None:
    painted = {"direction": "mask-to-image", "painter": encode_mask(mask_labels())}
    assert visitor.press_run(**painted, steps=2, samples=2, beta=10, seed=5).status_code == 200
    name = last_player_value(visitor)["run"]
    file = visitor.ask("player", "download", [name, "recipe", 0, 1]).json()
    assert file["name"] == "a-posterior_mask-to-image_2steps_euler_beta10_seed6_recipe.json"
    frame = visitor.ask("player", "frames", [name, [0]]).json()[0]
    assert len(frame["samples"]) == 2


@pytest.mark.parametrize(
    ("function", "data"),
    [("frames", ["nothing-known", [0]]), ("frames", [None, [0]]), ("frames", ["../../etc", [0]]), ("frames", "x"),
     ("meta", None), ("meta", {"path": "/etc/passwd"}), ("probe", ["nothing-known", 0, 0, 0]), ("probe", []),
     ("download", ["nothing-known", "zip", 0, 0]), ("download", ["nothing-known", "../x", 0, 0]), ("download", 3)],
)  # fmt: skip
def test_bad_questions_to_the_player_are_one_sentence(visitor: Visitor, function: str, data: Any) -> None:
    answer = visitor.ask("player", function, data)
    assert answer.status_code == 200 and set(answer.json()) == {"error"}
    assert answer.json()["error"].endswith(".") and "/etc" not in answer.text


@pytest.mark.parametrize("function", ["preprocess", "__init__", "nothing", "get_config"])
def test_nothing_but_server_functions_can_be_asked(visitor: Visitor, function: str) -> None:
    assert visitor.ask("player", function, []).status_code == 404


def press(visitor: Visitor, name: str) -> None:
    """A button whose handler does not queue."""
    (event,) = (d for d in visitor.config["dependencies"] if d["api_name"] == name)
    body = {"data": [], "fn_index": event["id"], "session_hash": visitor.session, "trigger_id": event["targets"][0][0]}
    answer = visitor.http.post(f"gradio_api/run/{name}", json=body)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def slow_site(engine: Engine) -> Any:
    """A page whose engine waits at evaluation 4 of its first run until it is told to go on."""
    held, go = threading.Event(), threading.Event()

    def evaluate(i: int) -> None:
        if i == 4 and not go.is_set():
            held.set()
            assert go.wait(30)

    system = put_in(engine, evaluate)
    demo = build(engine)
    _, url, _ = launch(demo, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    yield Visitor(url), held, go, system
    go.set()
    demo.close(verbose=False)


def test_stop_ends_the_run_after_the_evaluation_in_flight_and_the_next_is_whole(slow_site: Any, photo: bytes) -> None:
    visitor, held, go, system = slow_site
    assert visitor.press_run(photo=visitor.upload(photo), steps=50).status_code == 200
    assert held.wait(30)
    press(visitor, "stop")
    go.set()
    end = last_player_value(visitor)["end"]
    assert (end["status"], end["message"]) == ("stopped", "Stopped after step 4 of 50.")
    assert system.evaluations == 4 and len(end["curves"]["speed"]) == 5
    assert visitor.press_run(photo=visitor.upload(photo), steps=6).status_code == 200
    assert last_player_value(visitor)["end"]["status"] == "done" and system.evaluations == 10


def test_an_engine_that_fails_is_a_message_and_the_next_run_is_whole(slow_site: Any, photo: bytes) -> None:
    visitor, _, go, system = slow_site
    go.set()
    system.on_evaluate = lambda i: 1 / 0 if i == 3 else None
    visitor.press_run(photo=visitor.upload(photo), steps=5)
    value = last_player_value(visitor)
    assert value["end"]["status"] == "failed" and "division" not in value["end"]["message"]
    assert len(visitor.ask("player", "frames", [value["run"], [0, 1, 2, 3]]).json()) == 3, "frames are kept"
    system.on_evaluate = lambda i: None
    visitor.press_run(photo=visitor.upload(photo), steps=5)
    assert last_player_value(visitor)["end"]["status"] == "done"


def test_a_recipe_comes_back_from_every_file_that_carries_it(shared_engine: Engine) -> None:
    raw = {"model": VELOCITY, "direction": "mask-to-image", "steps": 2, "beta": 3.5, "seed": 4, "samples": 2}
    record = run(raw, Given("mask", mask_labels()), shared_engine)
    for kind in ("picture", "frame", "sheet", "mask", "recipe"):
        request, painted = restore.read_recipe(shared_engine, make(record, kind).data)
        assert request == record.request and np.array_equal(painted.pixels, mask_labels())
    assert len(restore.restored(shared_engine, request, painted)) == restore.RESTORED
    photo = Given("picture", np.zeros((SIDE, SIDE, 3), np.uint8))
    towards = run({"model": POSTERIOR, "steps": 1}, photo, shared_engine)
    request, painted = restore.read_recipe(shared_engine, make(towards, "picture").data)
    assert request == towards.request and painted is None


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"{}", b"[1]", b'{"model": "gone", "format": 1}', b'{"model": "a-posterior", "format": 2}',
     b'{"model": "a-posterior", "format": 1, "steps": 99}', b'{"model": "a-posterior", "format": 1, "spells": 1}',
     b'{"model": "a-posterior", "format": 1, "beta": 1' + b"0" * 400 + b', "direction": "mask-to-image"}',
     b'{"model": "a-posterior", "format": 1, "mask": "data:image/png;base64,!"}',
     b'{"model": "a-posterior", "format": 1, "mask": "https://example.org/a.png"}',
     b'{"model": "a-posterior", "format": 1, "mask": 7}', png_bytes(np.zeros((4, 4), np.uint8))],
)  # fmt: skip
def test_recipes_that_cannot_be_run(shared_engine: Engine, data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        restore.read_recipe(shared_engine, data)
    assert caught.value.message.endswith(".") and "\n" not in caught.value.message


def test_whatever_a_handler_raises_the_visitor_gets_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def function() -> None:
        raise KeyError("/srv/secret")

    def generator() -> Any:
        yield 1
        raise InputError("Too many cooks.")

    with pytest.raises(Exception, match="Too many cooks") as caught:
        list(plain(generator)())
    assert str(caught.value) == "Too many cooks."
    with pytest.raises(Exception, match=FAILED) as caught:
        plain(function)()
    assert "secret" not in str(caught.value) and caught.value.__suppress_context__ and "secret" in caplog.text


def test_a_page_without_models_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path))
    monkeypatch.setattr("flowdemo.zoo.folders.CHECKPOINTS", tmp_path)
    with pytest.raises(Exception, match="no models"):
        build(Engine("cpu"))
