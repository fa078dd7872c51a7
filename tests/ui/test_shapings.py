"""From a question of the tab Shape to a run and back: messages, refusals, halts, and masks of other runs."""

from __future__ import annotations

import base64
import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny import POSTERIOR, VELOCITY, png_bytes
from web import data_url

from flowdemo.data.silhouettes import silhouette
from flowdemo.engine import Engine, Given
from flowdemo.engine.shaper import SIDE, Shaper
from flowdemo.errors import InputError
from flowdemo.ui.guard import FAILED
from flowdemo.ui.shapings import Shapings
from flowdemo.ui.widgets.shape.contract import MAX_FRAMES, Numbers, Shown, check_kind, check_reply, read_ask

ME = "visitor"


def sent(name: str = "star", size: int = 48) -> str:
    return data_url(png_bytes((255 * silhouette(name, size, 0.0)).astype(np.uint8)))


def question(**changed: Any) -> dict[str, Any]:
    return {"ask": 1, "field": sent(), "method": "curvature", "soften": 3, "parts": True,
            "settings": {"iterations": 8, "dt": 0.2, "mu": 0}} | changed  # fmt: skip


def levels(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))))


@pytest.fixture
def shapings(shared_engine: Engine) -> Shapings:
    return Shapings(Shaper(), shared_engine)


def test_a_question_is_answered_by_its_frames_in_order(shapings: Shapings) -> None:
    told = list(shapings.messages(question(), ME))
    assert all(check_reply(message) and message["ask"] == 1 for message in told)
    assert len({message["run"] for message in told}) == 1
    frames = [message["frame"] for message in told if "frame" in message]
    assert [frame["index"] for frame in frames] == list(range(9))
    assert all(frame.keys() == Shown.__annotations__.keys() for frame in frames)
    assert all(frame["numbers"].keys() == Numbers.__annotations__.keys() for frame in frames)
    meta, end = told[0]["meta"], told[-1]["end"]
    assert told[-1]["meta"] == meta and (meta["size"], meta["symbol"]) == ([48, 48], "iteration")
    assert (levels(meta["start"]) == levels(frames[0]["u"])).all() and meta["truth"] is meta["arrows"] is None
    assert (end["status"], end["message"], end["iterations"]) == ("done", None, 8)
    assert shapings.frames(told[0]["run"], [2, 8, 50]) == [frames[2], frames[8]]
    made = shapings.download(told[0]["run"], "mask")
    assert (levels("," + made["data"]) == (levels(frames[8]["u"]) >= 128)).all() and made["mime"] == "image/png"


def test_contour_flow_is_described(shapings: Shapings) -> None:
    settings = {"iterations": 2, "epsilon": 2, "share": 0.5, "occluder": [4, 20, 4, 20], "template": "own"}
    first = next(shapings.messages(question(method="contour-flow", settings=settings), ME))["meta"]
    assert (first["limit"], first["tau"]) == (2.0, 1.0)
    assert (levels(first["truth"]) == levels(sent())).all()
    assert first["arrows"] and all(len(arrow) == 4 for arrow in first["arrows"])


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"field": None}, "Draw or choose"), ({"field": "http://127.0.0.1/x"}, "data URL"),
     ({"field": "data:image/png;base64,AAAA"}, "picture"), ({"field": sent(size=300)}, "16 to 256"),
     ({"field": data_url(png_bytes(np.zeros((20, 20), np.uint8)))}, "empty"), ({"method": "../../x"}, "no such method"),
     ({"method": None}, "from the list"), ({"soften": 5}, "0 to 4"), ({"soften": "4"}, "numbers"),
     ({"parts": 1}, "true or false"), ({"settings": {"iterations": 10**9}}, "1 to 8000"),
     ({"settings": {"iterations": [1, 2]}}, "rectangle"), ({"settings": {"dt": float("inf")}}, "numbers"),
     ({"settings": ["dt"]}, "a table"), ({"settings": {"path": "/etc/passwd"}}, "no setting"),
     ({"settings": {str(i): i for i in range(99)}}, "a table"), ({"settings": {"dt": {"a": 1}}}, "numbers")],
)  # fmt: skip
def test_hostile_questions_are_answered_with_a_sentence(
    shapings: Shapings, changed: dict[str, Any], words: str
) -> None:
    (told,) = shapings.messages(question(**changed), ME)
    assert check_reply(told) and told["end"]["status"] == "failed"
    assert words in told["end"]["message"] and told["end"]["message"].endswith(".")


@pytest.mark.parametrize("sent", [None, {}, {"ask": "1"}, {"ask": 2**40}, "ask", [1]])
def test_a_question_without_a_number_starts_nothing(shapings: Shapings, sent: Any) -> None:
    with pytest.raises(InputError):
        list(shapings.messages(sent, ME))


def test_what_is_left_out_takes_the_defaults() -> None:
    assert read_ask({"method": "midpoint", "field": "x", "more": 1}) == {"method": "midpoint", "settings": {}}
    assert check_kind("gif") == "gif"
    for kind in ("webp", None, ["gif"]):
        with pytest.raises(InputError):
            check_kind(kind)


@pytest.mark.parametrize(
    "value", [{}, {"ask": True}, {"ask": 1, "more": 0}, {"ask": 1, "end": {"status": "perhaps"}}, "text"]
)
def test_a_reply_of_another_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        check_reply(value)


def test_what_breaks_is_a_sentence_without_a_path(shapings: Shapings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kw: Any) -> Any:
        raise OSError("/srv/secret")

    monkeypatch.setattr(Shaper, "start", broken)
    (told,) = shapings.messages(question(), ME)
    assert told["end"] == {"status": "failed", "message": FAILED, "seconds": 0.0, "iterations": 0}


def test_a_halt_ends_the_visitors_own_run_and_the_next_one_starts(shapings: Shapings) -> None:
    long = {"iterations": 8000}
    running, other = (shapings.messages(question(ask=4, settings=long), who) for who in (ME, "another"))
    run = next(running)["run"]
    next(running), next(running)
    shapings.halt({"ask": 4}, "another")
    assert list(other) == []  # halted while it waited: it does not begin
    assert "frame" in next(running)
    shapings.halt({"ask": 4}, ME)
    assert list(running) == []
    assert shapings._shaper.runs.get(run).status == "stopped"
    assert list(shapings.messages(question(ask=5), ME))[-1]["end"]["status"] == "done"


# Masks of other runs --------------------------------------------------------------------------------------------


def ended(engine: Engine, raw: dict[str, Any], given: Given) -> str:
    record = engine.start(engine.request(raw, given), given)
    list(engine.stream(record))
    return record.id


def test_the_result_of_a_segmentation_is_taken_over(
    shapings: Shapings, shared_engine: Engine, photo: bytes, mask: bytes
) -> None:
    manifest = shared_engine.manifest(POSTERIOR)
    run = ended(shared_engine, {"model": POSTERIOR, "steps": 2}, Given.picture(photo, manifest))
    found = shapings.result(run)
    classes = shared_engine.runs.get(run).classes(0)[-1]
    assert found["name"] == manifest.label
    shares = {entry["index"]: entry["share"] for entry in found["classes"]}
    assert shares == {i: pytest.approx((classes == i).mean(), abs=1e-5) for i in range(len(manifest.palette.classes))}
    assert list(found["classes"][0]["color"]) == list(manifest.palette.classes[0].color)
    present = int(np.bincount(classes.ravel()).argmax())
    taken = levels(shapings.taken(run, present)["field"])
    assert taken.shape == (SIDE, SIDE) and (taken == 255 * np.kron(classes == present, np.ones((4, 4)))).all()
    with pytest.raises(InputError, match="no pixel"):
        shapings.taken(run, 77)
    painted = Given.mask(mask, manifest)
    other = ended(shared_engine, {"model": VELOCITY, "direction": "mask-to-image", "steps": 1}, painted)
    for refused in (other, "nothing", None, 5):
        with pytest.raises(InputError):
            shapings.result(refused)


def test_a_mask_that_is_no_square_lies_in_the_middle(shapings: Shapings) -> None:
    classes = np.ones((1, 30, 60), np.uint8)
    record = SimpleNamespace(request=SimpleNamespace(direction="image-to-mask"), drawn=[1], classes=lambda k: classes,
                             manifest=SimpleNamespace(levels=None))  # fmt: skip
    engine = SimpleNamespace(runs=SimpleNamespace(get=lambda run: record))
    taken = levels(Shaper().taken(engine, "run", 1)["field"])
    assert (taken[32:96] == 255).all() and not taken[:32].any() and not taken[96:].any()


def test_a_template_is_shown_in_its_pose(shapings: Shapings) -> None:
    shown = shapings.tangents(sent("disc"), {"dx": 5})
    columns = np.nonzero(levels(shown["outline"]))[1]
    assert columns.mean() == pytest.approx(23.5 + 5, abs=0.3) and shown["arrows"]
    for field, settings in ((None, {}), (sent(), {"reach": 5}), (sent(), {"dx": "far"}), (sent(), 7)):
        with pytest.raises(InputError):
            shapings.tangents(field, settings)


def test_offers_are_ready_without_a_run(shapings: Shapings) -> None:
    offers = shapings.offers()
    assert len(offers["silhouettes"]) == 8 and len(offers["methods"]) == 5 and MAX_FRAMES == 51
    assert levels(shapings.silhouette("pac-man")["field"]).shape == (SIDE, SIDE)
    with pytest.raises(InputError):
        shapings.silhouette("../../etc")
