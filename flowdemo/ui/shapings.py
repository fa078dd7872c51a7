"""Between the tab Shape and the engine: questions become shape runs, runs become messages of the widget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from flowdemo.errors import InputError
from flowdemo.ui.files import read_sent
from flowdemo.ui.running import Running
from flowdemo.ui.widgets.shape.contract import Offers, Reply, Shown, check_settings, read_ask

if TYPE_CHECKING:
    from flowdemo.engine import Engine
    from flowdemo.engine.shaper import Shaper


class Shapings:
    """Validates, runs, and knows each visitor's run in progress, so that a newer question ends it.

    Args:
        shaper: what computes.
        engine: whose segmentation runs may be taken over.
    """

    def __init__(self, shaper: Shaper, engine: Engine) -> None:
        self._shaper, self._engine = shaper, engine
        self._running = Running("a shape run")

    def offers(self) -> Offers:
        """Silhouettes and methods with their settings; nothing is computed."""
        return self._shaper.offers()

    def messages(self, sent: Any, session: str) -> Iterator[Reply]:
        """Answer a question; a refusal is a message, not an exception. One that is no longer wanted just ends.

        Args:
            sent: what came with the event.
            session: whose question it is.

        Raises:
            InputError: the question has no number, so that nobody waits for an answer.
        """
        yield from self._running.answers(sent, session, self._shaped, _failure)

    def halt(self, sent: Any, session: str) -> None:
        """End what runs or waits under the number in ``sent`` or a smaller one, after the iteration in flight."""
        self._running.halt(sent, session)

    def silhouette(self, name: str) -> dict[str, str]:
        """``{"field"}``: a silhouette as a hard mask, PNG data URL; InputError: no such silhouette."""
        return self._shaper.silhouette(name)

    def frames(self, run: str, indices: list[int]) -> list[Shown]:
        """Frames of a run that were dropped on their way; InputError: no such run."""
        return self._shaper.frames(run, indices)

    def download(self, run: str, kind: str) -> dict[str, str]:
        """A file of a run, base64; InputError: no such run or kind."""
        return self._shaper.download(run, kind)

    def result(self, run: str) -> dict[str, Any]:
        """Classes of the mask that a segmentation run ended with; InputError: no such run, or no mask."""
        return self._shaper.result(self._engine, run)

    def taken(self, run: str, index: int) -> dict[str, str]:
        """``{"field"}``: where that mask has one class, as a hard mask; InputError: no such run or class."""
        return self._shaper.taken(self._engine, run, index)

    def tangents(self, field: Any, settings: Any) -> dict[str, Any]:
        """``{"arrows", "outline"}`` of a template in its pose; InputError: it cannot be used."""
        return self._shaper.tangents(_field(field), check_settings(settings))

    def _shaped(self, sent: dict[str, Any], session: str, number: int) -> Iterator[Reply]:
        record = self._shaper.start(_field(sent.get("field")), **read_ask(sent))
        with self._running.known(session, number, record.stopping):
            meta = self._shaper.meta(record)
            about: Reply = {"run": record.id}
            yield about | {"meta": meta}
            with closing(self._shaper.pictures(record)) as frames:
                for frame in frames:
                    yield about | {"frame": frame}
        # The description once more: the first message may have been dropped for the second.
        yield about | {"meta": meta, "end": self._shaper.end_json(record)}


def _field(sent: Any) -> bytes:
    data = read_sent(sent, "field")
    if data is None:
        raise InputError("Draw or choose a shape first.", field="field")
    return data


def _failure(message: str) -> dict[str, Any]:
    return {"status": "failed", "message": message, "seconds": 0.0, "iterations": 0}
