"""Messages and questions of the widget Anomaly, at the edge to the browser."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest
from detector import MODEL

from flowdemo.errors import InputError
from flowdemo.ui.guard import FAILED
from flowdemo.ui.widgets.anomaly import AnomalyLab, Reply
from flowdemo.ui.widgets.anomaly.contract import check_grade, check_reply, read_ask

GRADE = {"weight": "noise", "aggregation": "order", "share": 0.3}
QUESTION = {"ask": 1, "model": MODEL, "paths": 4, "times": 6, "seed": 2} | GRADE
RUN = "detect-000000"


def test_a_reply_is_completed_and_nothing_else_passes() -> None:
    assert check_reply(None) is None
    full = check_reply({"ask": 3, "end": {"status": "done"}})
    assert full is not None and full.keys() == Reply.__annotations__.keys()
    assert (full["ask"], full["end"], full["meta"]) == (3, {"status": "done"}, None)


@pytest.mark.parametrize(
    "value",
    [{}, {"ask": "1"}, {"ask": True}, {"ask": -1}, {"ask": 1, "more": 0}, {"ask": 1, "end": "done"},
     {"ask": 1, "end": {"status": "perhaps"}}, "text", [1]],
)  # fmt: skip
def test_a_reply_of_another_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        check_reply(value)


def test_a_question_keeps_its_own_entries_alone() -> None:
    sent = QUESTION | {"picture": "data:", "more": 1, "settings": {"paths": 10**9}}
    assert read_ask(sent) == {key: value for key, value in QUESTION.items() if key != "ask"}


@pytest.mark.parametrize(
    ("change", "field"),
    [({"model": 7}, "model"), ({"model": ""}, "model"), ({"model": "m" * 999}, "model"), ({"paths": 4.0}, "paths"),
     ({"paths": True}, "paths"), ({"times": "6"}, "times"), ({"seed": None}, "seed"), ({"weight": "t"}, "weight"),
     ({"weight": ["noise"]}, "weight"), ({"aggregation": None}, "aggregation"), ({"share": "0.2"}, "share"),
     ({"share": 0}, "share"), ({"share": float("nan")}, "share"), ({"share": True}, "share"), ({"share": 2}, "share")],
)  # fmt: skip
def test_a_question_of_other_types_is_refused_with_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        read_ask(QUESTION | change)
    assert refused.value.field == field


def test_a_grade_is_all_that_a_weighing_takes() -> None:
    assert check_grade(QUESTION) == GRADE
    with pytest.raises(InputError):
        check_grade(["noise", "min", 0.2])


# Widget ---------------------------------------------------------------------------------------------------------


class Asked:
    """Answers with what was asked."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kw: {"asked": name, "args": list(args), **kw}


class Silent:
    """Must not be asked."""

    def __getattr__(self, name: str) -> Any:
        def ask(*args: Any, **kw: Any) -> Any:
            raise AssertionError(f"{name} was asked")

        return ask


def lab(answers: Any) -> AnomalyLab:
    with gr.Blocks():
        return AnomalyLab([], answers)


@pytest.mark.parametrize(
    ("function", "sent", "args"),
    [("example", [MODEL, "plain"], [MODEL, "plain"]), ("frames", [RUN, [1, 2]], [RUN, [1, 2]]),
     ("paths", [RUN, 3], [RUN, 3]), ("download", [RUN, "map-npz"], [RUN, "map-npz"])],
)  # fmt: skip
def test_questions_of_the_browser_reach_their_answers(function: str, sent: list[Any], args: list[Any]) -> None:
    assert getattr(lab(Asked()), function)(sent) == {"asked": function, "args": args}


def test_a_weighing_names_its_settings() -> None:
    answer = lab(Asked()).regrade([RUN, "velocity", "mean", 0.2])
    assert answer == {"asked": "regrade", "args": [RUN], "weight": "velocity", "aggregation": "mean", "share": 0.2}


@pytest.mark.parametrize(
    ("function", "sent"),
    [("example", None), ("example", [MODEL]), ("example", [MODEL, 3]), ("example", [MODEL, "x" * 500]),
     ("frames", [RUN]), ("frames", ["../../x", [1]]), ("frames", [RUN, []]), ("frames", [RUN, [-1]]),
     ("frames", [RUN, list(range(99))]), ("paths", [RUN, "1"]), ("paths", [RUN, 10**6]), ("paths", [5, 1]),
     ("regrade", [RUN, "noise", "min"]), ("regrade", [RUN, "noise", "max", 0.2]),
     ("regrade", [RUN, "noise", "min", -1]), ("download", [RUN, "../recipe"]),
     ("download", [RUN, ["recipe"]]), ("download", "recipe")],
)  # fmt: skip
def test_hostile_questions_get_a_sentence_and_reach_nobody(function: str, sent: Any) -> None:
    answer = getattr(lab(Silent()), function)(sent)
    assert set(answer) == {"error"} and answer["error"].endswith(".") and answer["error"] != FAILED


def test_what_breaks_behind_an_answer_tells_no_path() -> None:
    class Broken:
        def frames(self, run: str, indices: list[int]) -> Any:
            raise OSError("/srv/secret")

    assert lab(Broken()).frames([RUN, [1]]) == {"error": FAILED}


def test_the_widget_is_no_input_and_has_two_events() -> None:
    made = lab(Silent())
    assert made.preprocess(None) is None
    for payload in ("text", {"run": 1}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}):
        with pytest.raises(gr.Error, match="takes no input"):
            made.preprocess(payload)
    assert all(callable(getattr(made, name)) for name in ("analyse", "halt"))
    with pytest.raises(AttributeError):
        made.pointerdown  # noqa: B018  # a word in quotes of its script
