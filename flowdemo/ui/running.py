"""One question of each visitor at a time: which runs, which is no longer wanted, and how its answers travel."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flowdemo.errors import FlowdemoError, InputError
from flowdemo.ui.guard import FAILED
from flowdemo.ui.stopped import Stopped
from flowdemo.ui.widgets.labels.contract import check_number

KEEP_SESSIONS = 500

log = logging.getLogger(__name__)


class Running:
    """Knows each visitor's question in progress by its number, so that it can be halted; as long as it runs.

    Args:
        what: runs, for the log.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._stopped = Stopped()
        self._runs: OrderedDict[str, tuple[int, threading.Event]] = OrderedDict()
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self._runs)

    def answers(
        self, sent: Any, session: str, answer: Callable[[dict[str, Any], str, int], Iterator[Any]],
        failure: Callable[[str], dict[str, Any]],
    ) -> Iterator[Any]:  # fmt: skip
        """Numbered messages of one question; a refusal is a message. One that is no longer wanted just ends.

        Args:
            sent: what came with the event.
            session: whose question it is.
            answer: messages of the question, its visitor and its number; closed where they are no longer wanted.
            failure: an end that tells a sentence.

        Raises:
            InputError: the question has no number, so that nobody waits for an answer.
        """
        number = check_number(sent.get("ask")) if isinstance(sent, dict) else None
        if number is None:
            raise InputError("Start with the buttons of the page.")
        if self._stopped(session, number):
            return
        try:
            for message in answer(sent, session, number):
                if self._stopped(session, number):
                    return
                yield message | {"ask": number}
        except Exception as error:
            if not isinstance(error, FlowdemoError):
                log.error("%s failed", self._what, exc_info=error)
            said = error.message if isinstance(error, FlowdemoError) else FAILED
            yield {"ask": number, "end": failure(said)}

    def halt(self, sent: Any, session: str) -> None:
        """End what runs or waits under the number in ``sent`` or a smaller one."""
        self._stopped.note(session, sent)
        with self._guard:
            number, stopping = self._runs.get(session, (None, None))
        if stopping is not None and self._stopped(session, number):
            stopping.set()

    @contextmanager
    def known(self, session: str, number: int, stopping: threading.Event) -> Iterator[None]:
        """While a question runs: ``stopping`` is set where its visitor halts it."""
        with self._guard:
            self._runs[session] = (number, stopping)
            while len(self._runs) > KEEP_SESSIONS:
                self._runs.popitem(last=False)
        try:
            yield
        finally:
            with self._guard:
                if self._runs.get(session, (None, None))[1] is stopping:
                    del self._runs[session]
