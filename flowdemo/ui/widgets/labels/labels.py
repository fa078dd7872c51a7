"""Draw or choose a picture and see it read, choose a class and see pictures of it form."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gradio.components.base import server as callable_from_browser

from flowdemo.ui.guard import answered
from flowdemo.ui.widgets.asking import Asking
from flowdemo.ui.widgets.labels.contract import Offer, Shown, check_reply
from flowdemo.ui.widgets.player.contract import check_indices, check_run, unpack
from flowdemo.ui.widgets.section import bundle

# One function body in the browser: tools without state, what a person has chosen, the parts of both modes, assembly.
_SCRIPTS = (
    "../player/dom",
    "texts",
    "state",
    "fields",
    "samples",
    "pad",
    "source",
    "columns",
    "chart",
    "bars",
    "agreement",
    "run",
    "grid",
    "transport",
    "download",
    "forms",
    "messages",
    "main",
)


class LabelsLab(Asking):
    """Classify and generate with models whose label belongs to the whole picture.

    Three events: ``classify`` (``task``, ``kind``, ``picture``, ``model``, ``seed``, ``steps``) and ``generate``
    (``model``, ``label``, ``samples``, ``steps``, ``beta``, ``seed``), both numbered by ``ask``, should run generators
    of :class:`Reply` with the widget as output; ``halt`` should end the one with its number, running or waiting.

    Args:
        offers: the models, at least one.
        ladder: numbers of steps that are shown side by side.
        frames: ``(run, indices) → frames`` that the framework dropped on their way.
        **kw: further arguments of ``gr.HTML`` (``elem_id``, ``visible``, …).
    """

    title = "Classify and generate"
    questions = ("classify", "generate", "halt")
    about = "One message: columns of a reading, or the newest frame of a run."
    check = staticmethod(check_reply)

    def __init__(
        self, offers: Sequence[Offer], ladder: Sequence[int], frames: Callable[[str, list[int]], list[Shown]], **kw: Any
    ) -> None:
        self._frames = frames
        known = f"const OFFERS = {json.dumps(list(offers))};\nconst LADDER = {json.dumps(list(ladder))};\n"
        super().__init__(
            '<section class="fd-labels" aria-label="Classify and generate"></section>',
            known + bundle(Path(__file__).parent, _SCRIPTS, STYLE=("labels.css",)),
            **kw,
        )

    @callable_from_browser
    def frames(self, arguments: Any) -> Any:
        """``[run, indices]`` → frames, or ``{"error": sentence}``; called by the browser."""

        def ask() -> Any:
            run, indices = unpack(arguments, 2)
            return self._frames(check_run(run), check_indices(indices))

        return answered(ask, "sending frames")
