"""Flow Mismatching: paint a defect on a surface and see where the flow of normal surfaces disagrees with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import gradio as gr

from flowdemo.ui.guard import plain
from flowdemo.ui.inspections import Inspections
from flowdemo.ui.tabs import anomaly_lessons
from flowdemo.ui.widgets.anomaly import AnomalyLab, Reply

if TYPE_CHECKING:
    from flowdemo.engine.detector import Detector

QUIET = {"show_progress": "hidden", "api_visibility": "private"}


def build(detector: Detector) -> None:
    """Lay out the tab and wire it.

    Args:
        detector: what computes; it offers at least one model.
    """
    inspections = Inspections(detector)
    lab = AnomalyLab(inspections.offers(), inspections, elem_id="anomaly")

    def analyse(event: gr.EventData, request: gr.Request) -> Iterator[Reply]:
        yield from inspections.messages(event._data, key(request))

    def halt(event: gr.EventData, request: gr.Request) -> None:
        inspections.halt(event._data, key(request))

    work = {"concurrency_id": "engine", "concurrency_limit": 1, "trigger_mode": "multiple"}
    analysing = lab.analyse(plain(analyse), None, lab, **work, **QUIET)
    analysing.failure(None, None, None, js=_LOST, queue=False, **QUIET)
    lab.halt(plain(halt), None, None, queue=False, **QUIET)
    anomaly_lessons.build()


def key(request: gr.Request) -> str:
    """Name of the visitor's detection."""
    return str(request.session_hash)


# The queue was full, or the connection broke: no message will come.
_LOST = "() => document.querySelector('#anomaly .fd-anomaly')?.fdAnomaly?.lost()"
