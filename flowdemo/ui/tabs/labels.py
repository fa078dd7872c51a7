"""Labels of whole pictures: draw one and see it read in more and more steps, or choose one and see pictures form."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from flowdemo.errors import FlowdemoError, InputError
from flowdemo.ui.files import read_sent
from flowdemo.ui.guard import FAILED, plain
from flowdemo.ui.readings import LADDER, agreement, frames_of, generated, ladder, offers
from flowdemo.ui.runner import Runner
from flowdemo.ui.stopped import Stopped
from flowdemo.ui.widgets.labels import LabelsLab, Reply
from flowdemo.ui.widgets.labels.contract import LADDER_TASK, SEEDS_TASK, TASKS, check_number, read_ask

QUIET = {"show_progress": "hidden", "api_visibility": "private"}

log = logging.getLogger(__name__)


def build(runner: Runner) -> None:
    """Lay out the tab and wire it; the engine has a model for it (see :func:`flowdemo.ui.readings.offers`)."""
    engine = runner.engine
    lab = LabelsLab(offers(engine), LADDER, lambda run, indices: frames_of(engine, run, indices), elem_id="labels")

    stopped = Stopped()

    def classify(event: gr.EventData, request: gr.Request) -> Iterator[Reply]:
        yield from answered(event._data, lambda sent: _classified(runner, sent, key(request)), stopped, key(request))

    def generate(event: gr.EventData, request: gr.Request) -> Iterator[Reply]:
        def work(sent: dict[str, Any]) -> Iterator[Reply]:
            return generated(runner, read_ask(sent, "generate"), key(request))

        yield from answered(event._data, work, stopped, key(request))

    def halt(event: gr.EventData, request: gr.Request) -> None:
        stopped.note(key(request), event._data)
        runner.stop(key(request))

    work = {"concurrency_id": "engine", "concurrency_limit": 1, "trigger_mode": "multiple"}
    reading = lab.classify(plain(classify), None, lab, **work, **QUIET)
    making = lab.generate(plain(generate), None, lab, **work, **QUIET)
    lab.halt(plain(halt), None, None, queue=False, **QUIET)
    for event in (reading, making):
        event.failure(None, None, None, js=_LOST, queue=False, **QUIET)


def answered(
    sent: Any, work: Callable[[dict[str, Any]], Iterator[Reply]], stopped: Stopped, session: str
) -> Iterator[Reply]:
    """Messages of some work, numbered, and how it ended; a refusal is a message, not an exception.

    Args:
        sent: what came with the event.
        work: ``sent → messages``.
        stopped: asked before each message whether anybody still waits for it.
        session: whose question it is.

    Raises:
        InputError: the question has no number, so that nobody waits for an answer.
    """
    number = check_number(sent.get("ask")) if isinstance(sent, dict) else None
    if number is None:
        raise InputError("Start with the buttons of the page.")
    newest: Reply = {}
    try:
        if stopped(session, number):
            return
        for newest in work(sent):
            if stopped(session, number):
                return
            yield newest | {"ask": number}
    except Exception as error:
        if not isinstance(error, FlowdemoError):
            log.error("classifying or generating failed", exc_info=error)
        said = error.message if isinstance(error, FlowdemoError) else FAILED
        yield newest | {"ask": number, "end": "failed", "message": said}
        return
    yield newest | {"ask": number, "end": "done"}


def _classified(runner: Runner, sent: dict[str, Any], session: str) -> Iterator[Reply]:
    task = sent.get("task")
    if task not in TASKS:
        raise InputError("Start with the buttons of the page.")
    asked = read_ask(sent, task)
    data = read_sent(sent.get("picture"), "image")
    if data is None:
        raise InputError("Draw or choose a picture first.", field="image")
    work = {LADDER_TASK: ladder, SEEDS_TASK: agreement}[task]
    return work(runner, asked, data, session)


def key(request: gr.Request) -> str:
    """Name of the visitor's run in this tab; the Trajectory tab has one of its own."""
    return f"{request.session_hash} labels"


# The queue was full, or the connection broke: no message will come.
_LOST = "() => document.querySelector('#labels .fd-labels')?.fdLabels?.lost()"
