"""How long a run may take, and how it is asked to stop early."""

from __future__ import annotations

import math
import signal
import threading
from dataclasses import dataclass
from types import FrameType

from flowdemo.errors import InputError


@dataclass(frozen=True)
class Budget:
    """How long to train: optimiser steps, minutes of training, or whichever comes first.

    Both count everything a state has seen, runs before a resumption included.

    Raises:
        InputError: neither is given, or one is not above zero.
    """

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if self.steps is None and self.minutes is None:
            raise InputError("Training needs --minutes or --steps.", field="minutes")
        if self.steps is not None and self.steps < 1:
            raise InputError("The number of training steps must be at least 1.", field="steps")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise InputError("The training minutes must be a number above 0.", field="minutes")

    def progress(self, step: int, seconds: float) -> float:
        """Share of the budget that is spent, 0 to 1 and beyond."""
        by_steps = step / self.steps if self.steps else 0.0
        by_time = seconds / (60 * self.minutes) if self.minutes else 0.0
        return max(by_steps, by_time)


class Interruption:
    """Context in which Ctrl-C or a termination signal only asks to stop, so that the state can be saved.

    A second Ctrl-C stops at once. Outside the main thread, where Python takes no signals, nothing is changed.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True
