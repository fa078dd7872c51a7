"""What a browser may ask of the panel Shape prior, whatever it sends."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from flowdemo.ui.widgets.prior import ShapePrior

RUN = "abcdefgh"


class Recorder:
    """Remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []

    def offer(self, record: Any) -> None:
        return None

    def repair(self, *asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        return {"text": "Done."}


def test_a_sound_question_reaches_what_computes() -> None:
    recorder = Recorder()
    assert ShapePrior(recorder).repair([RUN, 0, [1, 2], "curvature", None, 50]) == {"text": "Done."}
    assert recorder.asked == [(RUN, 0, [1, 2], "curvature", None, 50)]


@pytest.mark.parametrize(
    "sent",
    [None, [], [RUN, 0, [1], "line-scan", 5], ["../../x", 0, [1], "line-scan", 5, 50],
     [RUN, -1, [1], "line-scan", 5, 50],
     [RUN, 0, "1", "line-scan", 5, 50], [RUN, 0, [[]], "line-scan", 5, 50], [RUN, 0, [True], "line-scan", 5, 50],
     [RUN, 0, [1] * 256, "line-scan", 5, 50], [RUN, 0, [1], {}, 5, 50], [RUN, 0, [1], "line-scan", [], 50],
     [RUN, 0, [1], "line-scan", 5, 50.0]],
)  # fmt: skip
def test_other_questions_get_a_sentence(sent: Any) -> None:
    recorder = Recorder()
    answer = ShapePrior(recorder).repair(sent)
    assert answer["error"].endswith(".") and not recorder.asked


def test_the_panel_is_no_input_and_has_no_events() -> None:
    panel = ShapePrior(Recorder())
    assert panel.preprocess(None) is None and panel.preprocess({"run": RUN, "classes": []}) is None
    with pytest.raises(gr.Error):
        panel.preprocess("x")
    with pytest.raises(AttributeError):
        panel.details  # noqa: B018
