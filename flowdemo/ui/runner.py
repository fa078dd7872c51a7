"""From the values of the controls to a stream of player messages; the page's only way to the engine."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np

from flowdemo.engine import Engine, Given, RunRecord
from flowdemo.errors import EngineError, InputError
from flowdemo.rendering.intake.header import MAX_BYTES
from flowdemo.request import Request
from flowdemo.systems.base import MASK_TO_IMAGE
from flowdemo.ui.messages import message

KEEP_SESSIONS = 500


class Runner:
    """Validates, runs and remembers each visitor's last run, so that Stop finds it.

    Args:
        engine: what computes.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._last: OrderedDict[str, RunRecord] = OrderedDict()
        self._guard = threading.Lock()

    def prepare(self, raw: dict[str, Any], photo: bytes | None, labels: np.ndarray | None) -> RunRecord:
        """Check everything a person gave.

        Args:
            raw: entries of the recipe.
            photo: bytes of a picture file, used towards the mask.
            labels: painted mask, used towards the image.

        Raises:
            InputError: with the field at fault.
        """
        manifest = self.engine.manifest(raw.get("model"))
        request = self.engine.request(raw)
        given = _given(request, manifest, photo, labels)
        return self.engine.start(self.engine.request(raw, given), given)

    def stream(self, record: RunRecord, session: str) -> Iterator[dict[str, Any]]:
        """Messages for the player, the last with the summary. An engine failure is a message, not an exception."""
        with self._guard:
            self._last[session] = record
            while len(self._last) > KEEP_SESSIONS:
                self._last.popitem(last=False)
        frames, first = self.engine.stream(record), True
        try:
            for frame in frames:
                yield message(record, frame, first=first)
                first = False
        except EngineError as error:
            yield _failure(record, error, first)
            return
        finally:
            frames.close()
        yield message(record, None, last=True)

    def stop(self, session: str) -> None:
        """End the visitor's run after the evaluation in flight."""
        with self._guard:
            record = self._last.get(session)
        if record is not None:
            record.stopping.set()


def read_file(path: str | None) -> bytes | None:
    """Bytes of an uploaded file, at most one more than the limit, so that a huge one is refused and not loaded."""
    if not path:
        return None
    with open(path, "rb") as file:
        return file.read(MAX_BYTES + 1)


def _given(request: Request, manifest, photo: bytes | None, labels: np.ndarray | None) -> Given:
    if request.direction == MASK_TO_IMAGE:
        if labels is None:
            raise InputError("Paint or load a mask first.", field="mask")
        return Given.labels(labels, manifest)
    if photo is None:
        raise InputError("Choose a photo first, or pick one of the examples.", field="photo")
    return Given.picture(photo, manifest)


def _failure(record: RunRecord, error: EngineError, first: bool) -> dict[str, Any]:
    if record.summary is not None:
        return message(record, None, last=True)
    numbers = {"path_length": None, "straightness": None, "evaluations": 0, "seconds": 0.0}
    end = {"status": "failed", "message": error.message, "numbers": numbers,
           "curves": {"speed": [], "changed": [], "settled": []}, "settling": []}  # fmt: skip
    return message(record, None, first=first) | {"end": end}
