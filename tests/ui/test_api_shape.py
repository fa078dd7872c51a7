"""The endpoint /shape over HTTP: defaults, the same result as the engine's, and one sentence for every mistake."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import gradio as gr
import numpy as np
import pytest
from tiny import png_bytes
from web import Visitor, data_url

from flowdemo.data.silhouettes import silhouette
from flowdemo.engine.shape_products import make, numbers_of, recipe_of
from flowdemo.engine.shaper import Shaper
from flowdemo.ui import api_shape

STAR = png_bytes((255 * silhouette("star", 48, 0.0)).astype(np.uint8))


@pytest.fixture(scope="module")
def shaper() -> Shaper:
    return Shaper()


@pytest.fixture(scope="module")
def visitor(shaper: Shaper) -> Iterator[Visitor]:
    with gr.Blocks(analytics_enabled=False) as demo:
        api_shape.add(shaper)
    _, url, _ = demo.queue().launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield Visitor(url)
    demo.close(verbose=False)


def decoded(url: str) -> bytes:
    return base64.b64decode(url.removeprefix("data:image/png;base64,"), validate=True)


def test_defaults_need_a_mask_only_and_give_what_the_engine_gives(visitor: Visitor, shaper: Shaper) -> None:
    *told, (kind, last) = visitor.events("shape", mask=data_url(STAR))
    run = shaper.start(STAR, method="line-scan")
    list(shaper.stream(run))
    assert kind == "complete" and (last["status"], last["note"]) == ("done", None)
    assert last["recipe"] == recipe_of(run) and last["frames"] == numbers_of(run)
    assert decoded(last["mask"]) == make(run, "mask").data
    running = [content for _, content in told if content and content["status"] == "running"]
    assert [content["index"] for content in running] == list(range(len(run.frames)))


def test_settings_count_and_runs_of_programs_are_not_kept(visitor: Visitor, shaper: Shaper) -> None:
    before = len(shaper.runs)
    settings = {"iterations": 3, "template": "star", "occluder": [2, 9, 2, 9]}
    _, last = visitor.call("shape", mask=visitor.upload(STAR), method="contour-flow", settings=settings)
    assert last["recipe"]["settings"]["template"] == "star" and len(last["frames"]) == 4
    assert last["recipe"]["settings"]["occluder"] == [2, 9, 2, 9] and last["frames"][-1]["dice"] > 0.2
    _, last = visitor.call("shape", mask=data_url(STAR), method="curvature", soften=2, settings={"iterations": 1})
    assert last["recipe"]["soften"] == 2 and len(shaper.runs) == before


@pytest.mark.parametrize(
    ("values", "words"),
    [({}, "Give a mask"), ({"mask": {"path": "/etc/passwd"}}, "not among the uploads"),
     ({"mask": data_url(STAR), "method": "magic"}, "choose one of"),
     ({"mask": data_url(STAR), "settings": {"reach": 99}}, "1 to 8"),
     ({"mask": data_url(STAR), "parts": "no"}, "true or false")],
)  # fmt: skip
def test_mistakes_are_one_sentence(visitor: Visitor, values: dict, words: str) -> None:
    kind, content = visitor.call("shape", **values)
    assert kind == "error" and words in str(content) and "Traceback" not in str(content)
