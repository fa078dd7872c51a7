"""Between the tab Anomaly and the engine: questions become detections, detections become messages of the widget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from flowdemo.errors import InputError
from flowdemo.rendering.encoders import data_uri
from flowdemo.ui.files import read_sent
from flowdemo.ui.running import Running
from flowdemo.ui.widgets.anomaly.contract import Offer, Reply, Shown, check_name, read_ask

if TYPE_CHECKING:
    from flowdemo.engine.detector import Detector


class Inspections:
    """Validates, runs, and knows each visitor's detection in progress, so that a newer question ends it.

    Args:
        detector: what computes.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._running = Running("a detection")

    def offers(self) -> list[Offer]:
        """The detectors at hand; nothing is loaded."""
        return self._detector.offers()

    def messages(self, sent: Any, session: str) -> Iterator[Reply]:
        """Answer a question; a refusal is a message, not an exception. One that is no longer wanted just ends.

        Args:
            sent: what came with the event.
            session: whose question it is.

        Raises:
            InputError: the question has no number, so that nobody waits for an answer.
        """
        yield from self._running.answers(sent, session, self._detected, _failure)

    def halt(self, sent: Any, session: str) -> None:
        """End what runs or waits under the number in ``sent`` or a smaller one, after the evaluation in flight."""
        self._running.halt(sent, session)

    def example(self, model: str, name: str) -> dict[str, Any]:
        """A surface that comes with a detector, as PNG data URLs.

        Raises:
            InputError: no such model or example.
        """
        found = self._detector.example(model, name)
        return {key: found[key] and data_uri("image/png", found[key]) for key in ("picture", "truth")}

    def frames(self, run: str, indices: list[int]) -> list[Shown]:
        """Frames of a run that were dropped on their way; InputError: no such run."""
        return self._detector.frames(run, indices)

    def regrade(self, run: str, weight: str, aggregation: str, share: float) -> dict[str, Any]:
        """Description and frames of a run under another weight and aggregation; InputError: no such run."""
        return self._detector.regrade(run, weight, aggregation, share)

    def paths(self, run: str, index: int) -> dict[str, Any]:
        """Maps of the single paths at one time; InputError: no such run or time."""
        return self._detector.paths(run, index)

    def download(self, run: str, kind: str) -> dict[str, str]:
        """A file of a run, base64; InputError: no such run or kind."""
        return self._detector.download(run, kind)

    def _detected(self, sent: dict[str, Any], session: str, number: int) -> Iterator[Reply]:
        asked = read_ask(sent)
        picture = read_sent(sent.get("picture"), "image")
        if picture is None:
            raise InputError("Choose a surface first.", field="image")
        record = self._detector.start(asked, picture, self._truth(asked["model"], sent.get("example")))
        with self._running.known(session, number, record.stopping):
            meta = self._detector.meta(record)
            about: Reply = {"run": meta["run"]}
            yield about | {"meta": meta}
            with closing(self._detector.stream(record)) as frames:
                for index, _ in enumerate(frames, 1):
                    yield about | {"frame": self._detector.frame_json(record, index)}
        # The description once more: the first message may have been dropped for the second.
        yield about | {"meta": meta, "end": self._detector.end_json(record)}

    def _truth(self, model: str, example: Any) -> bytes | None:
        """Known defect of the example that was painted on."""
        if example is None:
            return None
        return self._detector.example(model, check_name(example, "example"))["truth"]


def _failure(message: str) -> dict[str, Any]:
    return {"status": "failed", "message": message, "score": None, "seconds": 0.0, "evaluations": 0}
