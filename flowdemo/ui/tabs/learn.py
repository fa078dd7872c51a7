"""SymmFlow on a spiral of points, small enough to be computed and trained while one looks on."""

from __future__ import annotations

import contextlib
import logging
import math
import random
from collections.abc import Generator, Iterator
from typing import Any

import gradio as gr

from flowdemo.errors import FlowdemoError, InputError
from flowdemo.toys.spiral import MAX_SEED, SHOW, dequantise, joint, sample, stream
from flowdemo.toys.store import load_spiral
from flowdemo.ui.guard import FAILED, plain
from flowdemo.ui.stopped import Stopped
from flowdemo.ui.widgets.spiral import Shipped, SpiralLab, Update
from flowdemo.ui.widgets.spiral.contract import check_run

POINTS = 600
SECONDS = 15.0  # of training
QUIET = {"show_progress": "hidden", "api_visibility": "private"}
TEXT = """
<h2>Why more steps read worse</h2>
<p>A point and its label flow on one clock, in opposite directions: at t&nbsp;=&nbsp;1 the point is real and its label
is noise; at t&nbsp;=&nbsp;0 it is the reverse. Classifying runs t from 1 to 0.</p>
<p>One Euler step asks the field once, at t&nbsp;=&nbsp;1, where the point still is what it was: nearly every label
comes out right. More steps follow the flow more closely, and the point drifts to where the two arms mix while its
label still forms: at 50 steps about one label in five is wrong. Generating is the other way round: one step makes two
heaps, and only many steps draw the arms.</p>
<p class="sp-source">The toy experiment of SymmFlow (Caetano et al., <a href="https://arxiv.org/abs/2506.10634"
target="_blank" rel="noopener">arXiv 2506.10634</a>), computed in your browser.</p>
"""

log = logging.getLogger(__name__)


def build() -> None:
    """Lay out the tab and wire it."""
    lab = SpiralLab(shipped, TEXT, elem_id="spiral")
    stopped = Stopped("run")

    def work(event: gr.EventData, request: gr.Request) -> Iterator[Update]:
        with contextlib.closing(train(event)) as updates:
            for update in updates:
                if stopped(str(request.session_hash), update["run"]):
                    return
                yield update

    # Gradio's own way to cancel an event counts as its failure, and may reach the page when the next one has begun.
    def halt(event: gr.EventData, request: gr.Request) -> None:
        stopped.note(str(request.session_hash), event._data)

    training = lab.train(plain(work), None, lab, concurrency_id="spiral", concurrency_limit=1, trigger_mode="multiple",
                         **QUIET)  # fmt: skip
    training.failure(None, None, None, js=_LOST, queue=False, **QUIET)
    lab.halt(plain(halt), None, None, queue=False, **QUIET)


def shipped() -> Shipped:
    """The networks of this project, and the points that all of them are shown with.

    Raises:
        ModelError: there is no trained spiral, or it is damaged.
    """
    networks = load_spiral().networks
    coordinates, labels, noise = sample(POINTS)
    rng = stream(SHOW, 1)
    starts = joint(rng.standard_normal((POINTS, 2)), dequantise(labels, rng))
    return Shipped({seed: network.to_json() for seed, network in networks.items()}, coordinates, labels, noise, starts)


def train(event: gr.EventData) -> Generator[Update, None, None]:
    """Train a network from a random seed and tell about it; ends where the generator is closed.

    Raises:
        InputError: the event has no number.
    """
    sent = event._data
    number = check_run(sent.get("run")) if isinstance(sent, dict) else None
    if number is None:
        raise InputError("Start a training with its button.")
    newest = _update(number)
    yield newest  # the wait for a place is over
    try:
        from flowdemo.toys.training import train_live  # torch, which takes its time

        for told in train_live(random.SystemRandom().randrange(MAX_SEED + 1), SECONDS):
            newest = _update(number, **told)
            yield newest
    except Exception as error:
        said = error.message if isinstance(error, FlowdemoError) else FAILED
        if said == FAILED:
            log.error("a training failed", exc_info=error)
        yield newest | {"weights": None, "end": "failed", "message": said}
        return
    yield newest | {"weights": None, "end": "done"}


def _update(run: int, step: int = 0, loss: float | None = None, seconds: float = 0.0, weights: Any = None) -> Update:
    known = loss if loss is not None and math.isfinite(loss) else None
    said = {"end": None, "message": None}
    return {"run": run, "step": step, "loss": known, "seconds": seconds, "weights": weights, **said}


# The queue was full, or the training was refused: no message will come.
_LOST = "() => document.querySelector('#spiral .fd-spiral')?.fdSpiral?.lost()"
