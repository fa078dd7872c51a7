"""Threads that compute while others draw or serve, and how the process ends while they do."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

PATIENCE = 10.0  # seconds that the end of the process waits for one thread at most

_working: WeakKeyDictionary[threading.Thread, threading.Event | None] = WeakKeyDictionary()


def compute(target: Callable[..., Any], *args: Any, stop: threading.Event | None = None) -> threading.Thread:
    """Start a thread that runs ``target(*args)``.

    When the process ends it is told to ``stop``, if it can be, and waited for: an interpreter that goes away under a
    thread in the middle of a network call aborts the process.
    """
    thread = threading.Thread(target=target, args=args, daemon=True)
    _working[thread] = stop
    thread.start()
    return thread


@atexit.register
def finish() -> None:
    """Stop what can be stopped, and wait for the rest."""
    for thread, stop in list(_working.items()):
        if stop is not None:
            stop.set()
        thread.join(PATIENCE)
