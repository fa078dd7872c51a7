"""What visitors no longer want: stopped questions, running or waiting for their turn."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from flowdemo.ui.widgets.labels.contract import check_number

KEEP_SESSIONS = 500


class Stopped:
    """Which questions their visitors no longer want answered; one that still waits for its turn must not begin.

    Args:
        name: under which an event carries the number of its question.
    """

    def __init__(self, name: str = "ask") -> None:
        self._name = name
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._guard = threading.Lock()

    def note(self, session: str, sent: Any) -> None:
        """Numbers grow, so that one stands for all before it; what is no number counts for nothing."""
        number = check_number(sent.get(self._name)) if isinstance(sent, dict) else None
        with self._guard:
            self._newest[session] = max(number or 0, self._newest.pop(session, 0))
            while len(self._newest) > KEEP_SESSIONS:
                self._newest.popitem(last=False)

    def __call__(self, session: str, number: int) -> bool:
        with self._guard:
            return number <= self._newest.get(session, -1)
