"""From the values of the controls to a stream of player messages; the page's only way to the engine."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np

from flowdemo.engine import Engine, Given, RunRecord
from flowdemo.engine.messages import message
from flowdemo.errors import FlowdemoError, InputError
from flowdemo.request import LABEL_TO_IMAGE, MASK_TO_IMAGE, Request
from flowdemo.zoo import Manifest

KEEP_SESSIONS = 500


class Runner:
    """Validates, runs, and knows each visitor's run in progress, so that Stop finds it.

    Args:
        engine: what computes.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._stops: OrderedDict[str, threading.Event] = OrderedDict()
        self._guard = threading.Lock()

    def prepare(
        self, raw: dict[str, Any], photo: bytes | None, mask: np.ndarray | bytes | None = None, label: Any = None
    ) -> RunRecord:
        """Check everything a person gave.

        Args:
            raw: entries of the recipe.
            photo: bytes of a picture file, used towards the mask.
            mask: painted labels, or bytes of a mask file, used towards the image.
            label: a class by its index or name, used towards the image where the whole picture has one label.

        Raises:
            InputError: with the field at fault.
        """
        manifest = self.engine.manifest(raw.get("model"))
        request = self.engine.request(raw)
        given = _given(request, manifest, photo, mask, label)
        return self.engine.start(self.engine.request(raw, given), given)

    def stream(self, record: RunRecord, session: str) -> Iterator[dict[str, Any]]:
        """Messages for the player, the last with the summary. A run that fails is a message, not an exception."""
        with self._guard:
            self._stops[session] = record.stopping
            while len(self._stops) > KEEP_SESSIONS:
                self._stops.popitem(last=False)
        frames, first = self.engine.stream(record), True
        try:
            for frame in frames:
                yield message(record, frame, first=first)
                first = False
        except FlowdemoError as error:
            yield _failure(record, error, first)
            return
        finally:
            frames.close()
            with self._guard:
                if self._stops.get(session) is record.stopping:
                    del self._stops[session]
        yield message(record, None, last=True)

    def stop(self, session: str) -> None:
        """End the visitor's run after the evaluation in flight."""
        with self._guard:
            stopping = self._stops.get(session)
        if stopping is not None:
            stopping.set()

    def busy(self, session: str) -> bool:
        """Whether a run of the visitor is in progress."""
        with self._guard:
            return session in self._stops


def _given(
    request: Request, manifest: Manifest, photo: bytes | None, mask: np.ndarray | bytes | None, label: Any
) -> Given:
    if request.direction == LABEL_TO_IMAGE:
        if label is None or label == "":
            raise InputError("Choose a class first.", field="label")
        return Given.category(label, manifest)
    if request.direction == MASK_TO_IMAGE:
        if mask is None:
            raise InputError("Paint or load a mask first.", field="mask")
        return Given.mask(mask, manifest) if isinstance(mask, bytes) else Given.labels(mask, manifest)
    if photo is None:
        raise InputError("Choose a photo first, or pick one of the examples.", field="image")
    return Given.picture(photo, manifest)


def _failure(record: RunRecord, error: FlowdemoError, first: bool) -> dict[str, Any]:
    if record.summary is not None:
        return message(record, None, last=True)
    numbers = {"path_length": None, "straightness": None, "evaluations": 0, "seconds": 0.0}
    end = {"status": "failed", "message": error.message, "numbers": numbers,
           "curves": {"speed": [], "changed": [], "settled": []}, "settling": []}  # fmt: skip
    return message(record, None, first=first) | {"end": end}
