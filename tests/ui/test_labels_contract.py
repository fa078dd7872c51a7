"""Messages and questions of the widget Classify & generate, at the edge to the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest

from flowdemo.errors import InputError
from flowdemo.ui.guard import FAILED
from flowdemo.ui.stopped import KEEP_SESSIONS, Stopped
from flowdemo.ui.tabs.labels import answered
from flowdemo.ui.widgets.labels import LabelsLab
from flowdemo.ui.widgets.labels.contract import MAX_ASK, Reply, check_number, check_reply, read_ask

READING = {"ask": 1, "task": "ladder", "model": "m", "kind": "drawing", "seed": 4, "steps": 5}
MAKING = {"ask": 1, "model": "m", "label": 2, "samples": 8, "steps": 25, "beta": 0.2, "seed": 4}


def test_a_reply_is_completed_and_nothing_else_passes() -> None:
    assert check_reply(None) is None
    full = check_reply({"ask": 3, "end": "done"})
    assert full is not None and full.keys() == Reply.__annotations__.keys()
    assert (full["ask"], full["end"], full["columns"]) == (3, "done", None)


@pytest.mark.parametrize(
    "value",
    [{}, {"ask": "1"}, {"ask": True}, {"ask": -1}, {"ask": 1, "more": 0}, {"ask": 1, "end": "perhaps"}, "text", [1]],
)
def test_a_reply_of_another_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        check_reply(value)


@pytest.mark.parametrize("sent", [None, -1, MAX_ASK + 1, 1.0, "1", True, [1]])
def test_questions_are_numbered_with_whole_numbers_only(sent: Any) -> None:
    assert check_number(sent) is None
    assert check_number(MAX_ASK) == MAX_ASK


def test_a_question_keeps_its_own_entries_alone() -> None:
    assert read_ask(READING | {"extra": "x", "label": 1}, "ladder") == {"model": "m", "kind": "drawing", "seed": 4}
    assert read_ask(READING, "seeds")["steps"] == 5
    assert read_ask(MAKING, "generate") == {key: value for key, value in MAKING.items() if key != "ask"}


@pytest.mark.parametrize(
    ("task", "change", "field"),
    [("ladder", {"model": 7}, "model"), ("ladder", {"model": None}, "model"), ("ladder", {"kind": "url"}, "image"),
     ("ladder", {"kind": ["file"]}, "image"), ("ladder", {"seed": "4"}, "seed"), ("ladder", {"seed": None}, "seed"),
     ("seeds", {"steps": True}, "steps"), ("seeds", {"steps": [5]}, "steps"), ("generate", {"beta": {}}, "beta"),
     ("generate", {"label": "0"}, "label"), ("generate", {"samples": None}, "samples")],
)  # fmt: skip
def test_a_question_of_other_types_is_refused_with_its_field(task: str, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        read_ask((MAKING if task == "generate" else READING) | change, task)
    assert refused.value.field == field


@pytest.mark.parametrize("sent", [None, "text", 7, [READING]])
def test_a_question_that_is_no_object_is_refused(sent: Any) -> None:
    with pytest.raises(InputError):
        read_ask(sent, "ladder")


# Answers --------------------------------------------------------------------------------------------------------


def answers(sent: Any, work: Any, stopped: Stopped | None = None) -> Iterator[dict[str, Any]]:
    return answered(sent, work, stopped or Stopped(), "visitor")


def test_every_message_carries_the_number_and_the_last_one_the_end() -> None:
    told = list(answers({"ask": 9}, lambda sent: iter([{"columns": []}, {"columns": [1]}])))
    assert [(m["ask"], m.get("end"), m["columns"]) for m in told] == [(9, None, []), (9, None, [1]), (9, "done", [1])]
    assert all(check_reply(message) for message in told)


@pytest.mark.parametrize(
    ("error", "sentence"), [(InputError("No ink."), "No ink."), (RuntimeError("/srv/secret/weights"), FAILED)]
)
def test_what_breaks_is_a_sentence_and_keeps_what_was_there(error: Exception, sentence: str) -> None:
    def work(sent: Any) -> Any:
        yield {"columns": [1]}
        raise error

    last = list(answers({"ask": 2}, work))[-1]
    assert last == {"ask": 2, "columns": [1], "end": "failed", "message": sentence}


@pytest.mark.parametrize("sent", [None, {}, {"ask": "1"}, {"ask": 2**40}, "ask", 5])
def test_a_question_without_a_number_starts_nothing(sent: Any) -> None:
    def work(sent: Any) -> Any:
        raise AssertionError("started")

    with pytest.raises(InputError):
        list(answers(sent, work))


def test_closing_the_answer_closes_the_work() -> None:
    closed = []

    def work(sent: Any) -> Any:
        try:
            while True:
                yield {"columns": []}
        finally:
            closed.append(True)

    running = answers({"ask": 1}, work)
    next(running), next(running)
    running.close()
    assert closed == [True]


def test_a_question_that_was_stopped_while_it_waited_does_not_begin() -> None:
    stopped, begun = Stopped(), []
    stopped.note("visitor", {"ask": 4})
    for number in (3, 4):
        assert list(answers({"ask": number}, lambda sent: begun.append(sent), stopped)) == []
    assert begun == []
    (last,) = answers({"ask": 5}, lambda sent: iter([]), stopped)
    assert last["end"] == "done"
    assert list(answered({"ask": 4}, lambda sent: iter([]), stopped, "another"))[-1]["end"] == "done"


def test_a_stop_in_the_middle_ends_the_work_at_its_next_message() -> None:
    stopped, seen = Stopped(), []
    for message in answers({"ask": 4}, lambda sent: iter([{"columns": [n]} for n in range(9)]), stopped):
        seen.append(message["columns"])
        if len(seen) == 2:
            stopped.note("visitor", {"ask": 4})
    assert seen == [[0], [1]]


@pytest.mark.parametrize("sent", [None, {}, "4", {"ask": "4"}, {"ask": -1}, {"ask": 2**31}])
def test_hostile_stops_stop_nothing(sent: Any) -> None:
    stopped = Stopped()
    stopped.note("visitor", sent)
    assert not stopped("visitor", 1)


def test_stops_of_visitors_long_gone_are_forgotten() -> None:
    stopped = Stopped()
    for visitor in range(KEEP_SESSIONS + 10):
        stopped.note(f"visitor {visitor}", {"ask": 1})
    assert not stopped("visitor 0", 1) and stopped(f"visitor {KEEP_SESSIONS + 9}", 1)


# Widget ---------------------------------------------------------------------------------------------------------


def lab(frames: Any) -> LabelsLab:
    with gr.Blocks():
        return LabelsLab([], [1, 2], frames)


def test_missed_frames_are_asked_for_by_run_and_indices() -> None:
    made = lab(lambda run, indices: [{"run": run, "index": i} for i in indices])
    assert made.frames(["run-abcdef", [3, 4]]) == [{"run": "run-abcdef", "index": 3}, {"run": "run-abcdef", "index": 4}]


@pytest.mark.parametrize(
    "sent",
    [None, "run-abcdef", ["run-abcdef"], ["run-abcdef", []], ["run-abcdef", [-1]], ["run-abcdef", ["0"]],
     ["run-abcdef", [True]], ["run-abcdef", list(range(99))], ["../../x", [0]], [5, [0]]],
)  # fmt: skip
def test_hostile_questions_for_frames_get_a_sentence(sent: Any) -> None:
    def frames(run: str, indices: list[int]) -> Any:
        raise AssertionError("asked")

    answer = lab(frames).frames(sent)
    assert set(answer) == {"error"} and answer["error"].endswith(".")


def test_what_breaks_behind_the_frames_tells_no_path() -> None:
    def frames(run: str, indices: list[int]) -> Any:
        raise OSError("/srv/secret")

    assert lab(frames).frames(["run-abcdef", [0]]) == {"error": FAILED}


def test_the_widget_is_no_input_and_has_three_events() -> None:
    made = lab(None)
    assert made.preprocess(None) is None
    for payload in ("text", {"run": 1}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}):
        with pytest.raises(gr.Error, match="takes no input"):
            made.preprocess(payload)
    assert all(callable(getattr(made, name)) for name in ("classify", "generate", "halt"))
    with pytest.raises(AttributeError):
        made.pointerdown  # noqa: B018  # a word in quotes of its script
