"""The tab Shape without a browser: what it is built of, what it takes, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import gradio as gr
import pytest

from flowdemo.engine.shaper import Shaper
from flowdemo.errors import InputError
from flowdemo.ui.tabs import shape
from flowdemo.ui.widgets.shape import ShapeLab


class Stub:
    """Answers that say what they were asked."""

    def __getattr__(self, name: str) -> Any:
        def answer(*arguments: Any) -> Any:
            if arguments[0] == "nothing-000000":
                raise InputError("This run is not known here; press Run again.", "run")
            return [name, *arguments]

        return answer


@pytest.fixture
def lab() -> ShapeLab:
    with gr.Blocks():
        return ShapeLab(Shaper().offers(), Stub(), "text")


def test_the_tab_has_its_events_and_its_text() -> None:
    with gr.Blocks() as demo:
        shape.build(Shaper(), None)
    (found,) = [block for block in demo.blocks.values() if isinstance(block, ShapeLab)]
    assert found.elem_id == "shape" and "no local rule can know" in found.html_template
    events = [target[1] for fn in demo.fns.values() for target in fn.targets]
    assert events.count("shape") == events.count("halt") == 1
    with pytest.raises(AttributeError):
        found.star()  # a word of the script


def test_the_offers_reach_the_browser_as_they_are(lab: ShapeLab) -> None:
    first = lab.js_on_load.split("\n", 1)[0]
    assert json.loads(first.removeprefix("const OFFERS = ").removesuffix(";")) == Shaper().offers()


@pytest.mark.parametrize(
    ("name", "sent", "heard"),
    [("silhouette", "star", ["star"]), ("result", "shape-000001", ["shape-000001"]),
     ("frames", ["shape-000001", [1, 2, 2]], ["shape-000001", [1, 2]]),
     ("download", ["shape-000001", "gif"], ["shape-000001", "gif"]),
     ("taken", ["shape-000001", 3], ["shape-000001", 3]),
     ("tangents", ["data:", {"dx": 2.0, "occluder": None}], ["data:", {"dx": 2.0, "occluder": None}])],
)  # fmt: skip
def test_questions_pass_on_what_is_sound(lab: ShapeLab, name: str, sent: Any, heard: list[Any]) -> None:
    assert getattr(lab, name)(sent) == [name, *heard]


@pytest.mark.parametrize(
    ("name", "sent"),
    [("silhouette", 3), ("silhouette", "s" * 999), ("result", None), ("result", "nothing-000000"), ("frames", "text"),
     ("frames", ["shape-000001", [-1]]), ("download", ["shape-000001", "exe"]), ("download", ["shape-000001"]),
     ("taken", ["shape-000001", 256]), ("taken", ["shape-000001", True]), ("tangents", ["data:", [1]]),
     ("tangents", ["data:", {"dx": float("inf")}])],
)  # fmt: skip
def test_questions_that_are_not_are_refused_in_a_sentence(lab: ShapeLab, name: str, sent: Any) -> None:
    answer = getattr(lab, name)(sent)
    assert answer.keys() == {"error"} and answer["error"].endswith(".")


def test_messages_are_completed_and_nothing_is_taken_in(lab: ShapeLab) -> None:
    assert lab.postprocess(None) is None and lab.preprocess(None) is None
    message = lab.postprocess({"ask": 1, "end": {"status": "done"}})
    assert message is not None and lab.preprocess(message) is None
    with pytest.raises(ValueError):
        lab.postprocess({"ask": 1, "more": 2})
    with pytest.raises(gr.Error, match="takes no input"):
        lab.preprocess({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}})


LOOK = """
import sys
from flowdemo.engine.shaper import Shaper
from flowdemo.ui.tabs import shape
import gradio as gr
with gr.Blocks():
    shape.build(Shaper(), None)
print(sorted({"torch", "scipy"} & set(sys.modules)))
"""


def test_the_tab_is_built_without_torch() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
